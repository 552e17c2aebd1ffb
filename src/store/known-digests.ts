/**
 * Digests of local files as they were when something was built from them, so that a tree that did not change is only looked
 * at and not read again. A file is known by its stamp, which changes whenever its content does (`stampOf`). They lie beside
 * the store's items, a file for each tree, and are no more than a cache: what cannot be read is as if it were not there.
 */
import { join } from "node:path";
import type { Digest } from "../base/index.ts";
import {
  closeSync,
  ensureFolder,
  existsSync,
  openSync,
  readdirSync,
  readTextIfExists,
  removeTree,
  renameSync,
  writeAll,
} from "../sys/index.ts";
import { type HashedSource, storeHash } from "./derivation.ts";

/** Below the store's folder. */
const folderName = ".sources";

interface Content {
  readonly digest: Digest;
  readonly size: number;
}

/** The first line names the tree; each further one is of a file. */
type Line = readonly [path: string, stamp: string, digest: Digest, size: number];

/** What is known of the files of the tree at `root`. */
export class KnownDigests {
  readonly #lines: ReadonlyMap<string, Line>;

  constructor(storeDir: string, root: string) {
    this.#lines = read(join(storeDir, folderName, storeHash(root)));
  }

  /** What the file with this stamp holds; undefined where nobody knows. */
  find(path: string, stamp: string | undefined): Content | undefined {
    const line = stamp === undefined ? undefined : this.#lines.get(path);
    return line === undefined || line[1] !== stamp ? undefined : { digest: line[2], size: line[3] };
  }
}

function read(file: string): ReadonlyMap<string, Line> {
  try {
    const [, ...lines] = (readTextIfExists(file) ?? "").split("\n").filter(Boolean);
    return new Map(lines.map((text) => JSON.parse(text) as Line).map((line) => [line[0], line]));
  } catch {
    return new Map();
  }
}

/** Lines that are held before they are written. */
const linesAtOnce = 4096;

/** Keeps what is known of the tree at `root` for the next time. */
export function keepDigests(storeDir: string, root: string, { entries, stamps }: HashedSource): void {
  const path = join(storeDir, folderName, storeHash(root));
  ensureFolder(join(storeDir, folderName), 0o700);
  const part = `${path}.${process.pid}`;
  const file = openSync(part, "w", 0o600);
  try {
    let lines = [JSON.stringify(root)];
    const flush = (): void => {
      writeAll(file, Buffer.from(`${lines.join("\n")}\n`));
      lines = [];
    };
    for (const entry of entries) {
      const stamp = stamps[entry.path];
      if (entry.kind !== "file" || stamp === undefined) continue;
      const line: Line = [entry.path, stamp, entry.digest, entry.size];
      lines.push(JSON.stringify(line));
      if (lines.length >= linesAtOnce) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
}

/** Forgets trees that are there no more. */
export function forgetDigests(storeDir: string): void {
  const folder = join(storeDir, folderName);
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const [first = ""] = (readTextIfExists(join(folder, name)) ?? "").split("\n", 1);
    if (!existsSync(first.slice(1, -1))) removeTree(join(folder, name));
  }
}
