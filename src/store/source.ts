/** Reading local trees: which entries they have and what is in them, in an order that no file system decides. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { asDigest, type Digest, KnownError, messageOf, type Place } from "../base/index.ts";
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "../sys/index.ts";
import type { SourceEntry } from "./derivation.ts";
import type { Select } from "./file-like.ts";

/** Compares as bytes, as `LC_ALL=C sort` does. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const buffer = Buffer.allocUnsafe(1 << 20);

/** The digest of a file's content; `chunk` sees every part on the way, valid until it returns. */
export function digestFile(
  path: string,
  chunk: (part: Buffer) => void = () => undefined,
): { digest: Digest; size: number } {
  const descriptor = openSync(path, "r");
  try {
    const hash = createHash("sha256");
    let size = 0;
    for (let count = readSync(descriptor, buffer); count > 0; count = readSync(descriptor, buffer)) {
      const part = buffer.subarray(0, count);
      hash.update(part);
      chunk(part);
      size += count;
    }
    return { digest: asDigest(hash.digest("hex")), size };
  } finally {
    closeSync(descriptor);
  }
}

/** All entries of the tree or file at `root`; the root itself is the entry with the empty path. */
export function scanSource(root: string, select: Select = () => true, where?: Place): readonly SourceEntry[] {
  const entries: SourceEntry[] = [];
  const visit = (path: string): void => {
    const full = path === "" ? root : join(root, path);
    const stat = lstatSync(full);
    const kind = stat.isFile()
      ? "file"
      : stat.isDirectory()
        ? "directory"
        : stat.isSymbolicLink()
          ? "symlink"
          : undefined;
    if (kind === undefined) {
      const hint = "only files, folders and symbolic links can be taken; leave the rest out with `select`";
      throw new KnownError("unsupported-file", `${full} is a socket, a pipe or a device`, { where, hint });
    }
    if (path !== "" && !select(path, kind)) return;
    if (kind === "symlink") entries.push({ path, kind, target: readlinkSync(full) });
    else if (kind === "file") {
      entries.push({ path, kind, executable: (stat.mode & 0o111) !== 0, ...digestFile(full) });
    } else {
      entries.push({ path, kind });
      for (const name of readdirSync(full).sort(byBytes)) visit(path === "" ? name : `${path}/${name}`);
    }
  };
  try {
    visit("");
  } catch (error) {
    if (error instanceof KnownError) throw error;
    const hint = "a relative path starts at the folder of the file that declares it";
    throw new KnownError("source-missing", `cannot read ${root}: ${messageOf(error)}`, { where, hint });
  }
  return entries;
}
