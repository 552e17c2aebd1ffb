/** The builders that the store ships: each writes one result to a path that does not exist yet. */
import { dirname, join } from "node:path";
import { type Digest, KnownError, type ProgressStep } from "../base/index.ts";
import {
  chmodSync,
  closeSync,
  diskError,
  ensureFolder,
  existsSync,
  lastWords,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  run,
  symlinkSync,
  writeAll,
  writeFileAtomic,
} from "../sys/index.ts";
import { type ItemName, type Reference, renderText, type TextParts } from "./derivation.ts";
import { byBytes } from "./order.ts";
import { digestFile, openSource, sourceChanged } from "./source.ts";
import { type ListingCursor, listed, type TreeListing } from "./tree-listing.ts";

/** Writes a part of a result. The store syncs it with all the rest, so it is not synced here. */
export function writeOutput(path: string, content: string | Uint8Array, mode = 0o644): void {
  writeFileAtomic(path, content, mode, { durable: false });
}

/** What a builder is given. It must write `out`, and may read nothing but inputs and declared origins. */
export interface BuildContext {
  readonly name: string;
  readonly item: ItemName;
  readonly args: unknown;
  readonly inputs: readonly ItemName[];
  readonly origins: Readonly<Record<string, string>>;
  readonly hashed: Readonly<Record<string, TreeListing>>;
  readonly out: string;
  readonly storeDir: string;
  readonly signal: AbortSignal | undefined;
  readonly pathOf: (reference: Reference) => string;
  /** Hears how far the builder is, where that takes long. */
  readonly tell?: (step: ProgressStep) => void;
}

/** What a builder knows of its result, so that it is not read again. */
export interface BuiltFacts {
  /** Digests of files that it hashed as it wrote them, by their paths below `out`; none of them names another item. */
  readonly digests: ReadonlyMap<string, Digest>;
}

export type Builder = (context: BuildContext) => void | BuiltFacts | Promise<void> | Promise<BuiltFacts>;

function write(context: BuildContext): void {
  const { parts, executable } = context.args as { parts: TextParts; executable: boolean };
  writeOutput(context.out, renderText(parts, context.storeDir), executable ? 0o755 : 0o644);
}

function bytes(context: BuildContext): void {
  writeOutput(context.out, Buffer.from((context.args as { base64: string }).base64, "base64"));
}

function copy(context: BuildContext): void {
  const { source: listing } = context.hashed;
  const origin = context.origins.source ?? "";
  if (listing === undefined) throw new Error(`no listing of ${origin}`);
  for (const entry of listed(listing)) {
    const to = entry.path === "" ? context.out : join(context.out, entry.path);
    const from = entry.path === "" ? origin : join(origin, entry.path);
    if (entry.kind === "directory") mkdirSync(to);
    else if (entry.kind === "symlink") symlinkSync(entry.target, to);
    else copyChecked(from, to, entry);
  }
}

function copyChecked(from: string, to: string, entry: Pick<ListingCursor, "executable" | "digest">): void {
  const target = openSync(to, "wx", entry.executable ? 0o755 : 0o644);
  try {
    const { digest } = digestFile(
      from,
      (chunk) => writeAll(target, chunk),
      (path) => openSource(path).descriptor,
    );
    if (digest !== entry.digest) throw sourceChanged(from);
  } finally {
    closeSync(target);
  }
}

function union(context: BuildContext): void {
  const { entries, merge } = context.args as { entries: readonly (readonly [string, Reference])[]; merge: boolean };
  mkdirSync(context.out);
  for (const [path, reference] of entries) {
    const member = context.pathOf(reference);
    if (merge) mergeTree(member, context.out);
    else {
      const to = join(context.out, join("/", path));
      ensureFolder(dirname(to));
      symlinkSync(member, to);
    }
  }
}

/** Links what `from` holds into the folder `to`; folders are merged, files must agree. */
function mergeTree(from: string, to: string): void {
  for (const name of readdirSync(from).sort(byBytes)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (lstatSync(source).isDirectory()) {
      ensureFolder(target);
      mergeTree(source, target);
    } else if (!existsSync(target)) symlinkSync(source, target);
    else if (digestFile(source).digest !== digestFile(target).digest) {
      const other = readlinkSync(target);
      throw new KnownError("build-failed", `two members of the union have different files: ${other} and ${source}`);
    }
  }
}

/** The arguments of bubblewrap that make the sandbox: see bwrap(1). The host's files are not in it. */
function sandbox(context: BuildContext, shell: string, folder: string): readonly string[] {
  const inputs = context.inputs.flatMap((input) => {
    const path = `${context.storeDir}/${input}`;
    return ["--ro-bind", path, path];
  });
  return [
    ...["bwrap", "--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--hostname", "lading"],
    ...["--die-with-parent", "--new-session", "--clearenv", "--proc", "/proc", "--dev", "/dev"],
    ...["--tmpfs", "/tmp", "--tmpfs", "/bin", "--ro-bind", shell, "/bin/busybox"],
    ...["--bind", folder, context.storeDir, ...inputs, "--ro-bind", `${folder}/.script`, "/build.sh"],
    ...["--chdir", "/tmp", "--setenv", "PATH", "/bin", "--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", "/tmp"],
    ...["--setenv", "out", `${context.storeDir}/${context.item}`, "--setenv", "SOURCE_DATE_EPOCH", "1"],
  ];
}

async function runProgram(context: BuildContext): Promise<void> {
  const { script, environment, shell } = context.args as {
    script: TextParts;
    environment: Readonly<Record<string, string>>;
    shell: Reference;
  };
  // The sandbox sees this folder as the store itself, so that `$out` is the result's final path.
  const folder = mkdtempSync(`${context.out}.sandbox-`);
  try {
    for (const input of context.inputs) {
      const path = `${folder}/${input}`;
      if (lstatSync(`${context.storeDir}/${input}`).isDirectory()) mkdirSync(path);
      else writeOutput(path, "");
    }
    writeOutput(`${folder}/.script`, renderText(script, context.storeDir));
    const setenv = Object.entries(environment).flatMap(([key, value]) => ["--setenv", key, value]);
    const boot = "/bin/busybox --install -s /bin && exec /bin/sh -eu /build.sh";
    const argv = [...sandbox(context, context.pathOf(shell), folder), ...setenv, "/bin/busybox", "sh", "-c", boot];
    const result = await run(argv, { signal: context.signal }).catch((error: unknown) => {
      if (!(error instanceof KnownError) || error.code !== "command-failed") throw error;
      const hint = "on Debian: apt-get install bubblewrap";
      throw new KnownError("sandbox-missing", `building ${context.name} needs bubblewrap`, { hint, cause: error });
    });
    if (result.status !== 0) {
      throw new KnownError("build-failed", `the build of ${context.name} failed: ${lastWords(result)}`);
    }
    const built = `${folder}/${context.item}`;
    if (!existsSync(built)) {
      const hint = "the script must write a file or a folder there";
      throw new KnownError("build-failed", `the build of ${context.name} left nothing at "$out"`, { hint });
    }
    renameSync(built, context.out);
  } finally {
    for (const input of context.inputs) rmSync(`${folder}/${input}`, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builders by the name that recipes use. */
export const storeBuilders: Readonly<Record<string, Builder>> = { write, bytes, copy, union, run: runProgram };

/** Runs a builder so that a full or read-only disk is told as such. */
export async function runBuilder(builder: Builder, context: BuildContext): Promise<BuiltFacts | undefined> {
  try {
    const facts = await builder(context);
    return typeof facts === "object" ? facts : undefined;
  } catch (error) {
    throw diskError(error, context.out);
  }
}

/** Gives everything below `path` the one mode and time that store items have, so that nothing of the host remains. */
export function makeCanonical(path: string, finish: (path: string) => void): void {
  const stat = lstatSync(path);
  if (stat.isDirectory()) {
    for (const name of readdirSync(path)) makeCanonical(join(path, name), finish);
    chmodSync(path, 0o555);
  } else if (stat.isFile()) {
    chmodSync(path, (stat.mode & 0o111) === 0 ? 0o444 : 0o555);
  } else if (!stat.isSymbolicLink()) {
    throw new KnownError("unsupported-file", `the build left ${path}, which is no file, folder or link`);
  }
  finish(path);
}
