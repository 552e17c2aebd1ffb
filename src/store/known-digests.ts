/**
 * Listings of local trees as they were when something was built from them, so that a tree that did not change is only looked
 * at and not read again. A file is known by its stamp, which changes whenever its content does (`stampOf`). They lie beside
 * the store's items, a file for each tree: a line of JSON that says of what, and the records. They are no more than a cache:
 * what cannot be read is as if it were not there.
 */
import { join } from "node:path";
import { type Digest, digestOf } from "../base/index.ts";
import {
  closeSync,
  ensureFolder,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  removeTree,
  renameSync,
  type Stats,
  writeAll,
} from "../sys/index.ts";
import { storeHash } from "./derivation.ts";
import { byBytes } from "./order.ts";
import { isStamped, ListingCursor, type TreeListing } from "./tree-listing.ts";

/** Below the store's folder. */
const folderName = ".sources";

/** The first line. Files of version 1 had a line for each file. */
interface Heading {
  readonly version: 2;
  readonly root: string;
  /** Of the records: a file that was damaged knows nothing. */
  readonly digest: Digest;
}

/** What is known of the entries of the tree at `root`; they are asked for in the order of their paths. */
export class KnownDigests {
  readonly #cursor: ListingCursor | undefined;
  #more: boolean;

  constructor(storeDir: string, root: string) {
    const records = read(join(storeDir, folderName, storeHash(root)));
    this.#cursor = records === undefined ? undefined : new ListingCursor(records);
    this.#more = this.#cursor?.next() ?? false;
  }

  /** The entry as it was, valid until the next call; undefined where nobody knows whether it still is so. */
  find(path: string, stat: Stats): ListingCursor | undefined {
    const cursor = this.#cursor;
    if (cursor === undefined) return undefined;
    while (this.#more && byBytes(cursor.path, path) < 0) this.#more = cursor.next();
    if (!this.#more || cursor.path !== path) return undefined;
    const { stamp, kind } = cursor;
    if (stamp === undefined || (kind === "file") !== stat.isFile()) return undefined;
    return isStamped(stat, stamp, kind === "file" ? cursor.size : stat.size) ? cursor : undefined;
  }
}

function read(file: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(file);
    const end = bytes.indexOf(0x0a);
    const { version, digest } = JSON.parse(bytes.toString("utf8", 0, end)) as Partial<Heading>;
    const records = bytes.subarray(end + 1);
    return version === 2 && digestOf(records) === digest ? records : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what is known of the tree at `root` for the next time. */
export function keepDigests(storeDir: string, root: string, { records }: TreeListing): void {
  const path = join(storeDir, folderName, storeHash(root));
  ensureFolder(join(storeDir, folderName), 0o700);
  const part = `${path}.${process.pid}`;
  const heading: Heading = { version: 2, root, digest: digestOf(records) };
  const file = openSync(part, "w", 0o600);
  try {
    writeAll(file, Buffer.from(`${JSON.stringify(heading)}\n`));
    writeAll(file, records);
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
}

/** Forgets trees that are there no more, and what cannot be read. */
export function forgetDigests(storeDir: string): void {
  const folder = join(storeDir, folderName);
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (!existsSync(rootOf(join(folder, name)))) removeTree(join(folder, name));
}

/** The empty path, where nothing is, for a file that says none. */
function rootOf(file: string): string {
  try {
    const bytes = readFileSync(file);
    const { version, root } = JSON.parse(bytes.toString("utf8", 0, bytes.indexOf(0x0a))) as Partial<Heading>;
    return version === 2 ? (root ?? "") : "";
  } catch {
    return "";
  }
}
