/**
 * Putting the packages of an npm application in place: each archive is unpacked where the lock says, as npm would, and
 * commands are linked. The result is what stands in node_modules.
 */
import { dirname, join, relative } from "node:path";
import { decompress, readTar } from "../../archive/index.ts";
import { KnownError } from "../../base/index.ts";
import { type BuildContext, byBytes, type Reference } from "../../store/index.ts";
import {
  chmodSync,
  closeSync,
  createReadStream,
  ensureFolder,
  existsSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeAll,
} from "../../sys/index.ts";
import type { NpmLink } from "./package-lock.ts";

export interface NpmModulesArgs {
  readonly packages: readonly {
    /** Below the application: `node_modules/hono`. */
    readonly path: string;
    readonly archive: Reference;
    /** Commands by name, each a path below the package. */
    readonly bins: Readonly<Record<string, string>>;
  }[];
  readonly links: readonly NpmLink[];
}

/** Bytes that one package may unpack to. */
const largestPackage = 4 * 2 ** 30;

/** Where something of the application lies in the result, which is what its node_modules holds. */
function below(out: string, path: string): string {
  return join(out, relative("node_modules", path));
}

/** Builds what stands in node_modules. */
export async function buildNpmModules(context: BuildContext): Promise<void> {
  const { packages, links } = context.args as NpmModulesArgs;
  mkdirSync(context.out);
  for (const { path, archive } of packages) {
    context.signal?.throwIfAborted();
    await unpack(context.pathOf(archive), path, below(context.out, path));
  }
  // Only now: what is unpacked goes through no link.
  for (const { path, bins } of packages)
    for (const [name, target] of Object.entries(bins).sort(([a], [b]) => byBytes(a, b)))
      linkCommand(context.out, path, name, target);
  for (const { path, to } of links) link(relative(dirname(path), to), below(context.out, path));
}

async function unpack(archive: string, name: string, to: string): Promise<void> {
  ensureFolder(to);
  const plain = decompress(createReadStream(archive), { compression: "gz", name, limit: largestPackage });
  for await (const { entry, body } of readTar(plain, { name })) {
    // The first folder is "package", or whatever its maker called it. npm takes folders and files, and nothing else.
    const path = entry.path.split("/").slice(1).join("/");
    if (path === "" || (entry.kind !== "file" && entry.kind !== "directory")) continue;
    const full = join(to, path);
    ensureFolder(entry.kind === "directory" ? full : dirname(full));
    if (entry.kind === "directory") continue;
    const file = openSync(full, "w", (entry.mode & 0o111) === 0 ? 0o644 : 0o755);
    try {
      for await (const part of body) writeAll(file, part);
    } finally {
      closeSync(file);
    }
  }
}

/** Beside the package, in .bin; of two with one name the first counts. */
function linkCommand(out: string, path: string, name: string, target: string): void {
  const program = join(below(out, path), target);
  const modules = path.slice(0, path.lastIndexOf("node_modules/") + "node_modules".length);
  const command = join(below(out, modules), ".bin", name);
  if (!existsSync(program) || existsSync(command)) return;
  chmodSync(program, 0o755);
  link(relative(dirname(command), program), command);
}

function link(target: string, path: string): void {
  if (existsSync(path)) {
    const hint = "write the lock anew: npm install --package-lock-only";
    throw new KnownError("npm-lock-invalid", `two things of the lock stand at ${path}`, { hint });
  }
  ensureFolder(dirname(path));
  symlinkSync(target, path);
}
