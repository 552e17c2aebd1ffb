/**
 * The entries of a local tree in a compact form: some 80 bytes for each file, in the order of their paths' bytes. A tree may
 * have hundreds of thousands of entries; as objects they would take a kilobyte each, and be copied for every thread.
 *
 * A record is the number of bytes that its path shares with the path before, the number of those that follow, and these; a
 * byte of flags; and then, as the flags say, the length and bytes of a link's target, or a file's size and digest, and a
 * stamp of three doubles. Numbers are written seven bits a byte, the lowest first, the last without the eighth bit.
 */
import { createHash } from "node:crypto";
import { asDigest, type Digest } from "../base/index.ts";
import type { Stats } from "../sys/index.ts";
import type { SourceEntry } from "./derivation.ts";

/** A tree as a recipe names it. */
export interface TreeSummary {
  /** What the path itself is. */
  readonly root: SourceEntry;
  /** Of the canonical JSON of the list of all entries. */
  readonly digest: Digest;
  /** How many of the entries are files. */
  readonly files: number;
}

/** All entries of a tree; its own is the first, with the empty path. */
export interface TreeListing {
  readonly summary: TreeSummary;
  /** Bytes of all files. */
  readonly size: number;
  /** The records, in memory that threads share. */
  readonly records: Uint8Array;
}

/** What changes whenever a file's content, its mode or its attributes do, together with its size. */
export interface Stamp {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** Milliseconds within which the kernel may give two changes of a file one time. */
const clockTick = 20;

/** The stamp of a file; undefined where it was changed too short a time before `asked` to tell a later change by. */
export function stampOf({ ino, mtimeMs, ctimeMs }: Stats, asked: number): Stamp | undefined {
  return ctimeMs > asked - clockTick ? undefined : { ino, mtimeMs, ctimeMs };
}

/** Whether a file is what it was when it got its stamp, and had `size` bytes. */
export function isStamped(stat: Stats, stamp: Stamp, size: number): boolean {
  return (
    stat.ctimeMs === stamp.ctimeMs && stat.mtimeMs === stamp.mtimeMs && stat.ino === stamp.ino && stat.size === size
  );
}

const flags = { file: 1, symlink: 2, executable: 4, stamped: 8, plain: 16 } as const;
const stampSize = 24;
const digestSize = 32;

/** Bytes that a record takes at most, beside its path and target. */
const mostFields = 128;

/** What the listing holds of an entry beside the entry itself. */
export interface Noted {
  readonly stamp?: Stamp | undefined;
  /** Nothing of it is lost. */
  readonly plain: boolean;
}

/** Bytes of memory that a listing takes at a time while it is written. */
const chunkSize = 1 << 18;

/** Takes entries in the order of their paths' bytes. */
export class ListingWriter {
  readonly #hash = createHash("sha256");
  readonly #full: Buffer[] = [];
  #bytes = Buffer.allocUnsafeSlow(1 << 14);
  #length = 0;
  #path: Buffer = Buffer.alloc(0);
  #root: SourceEntry | undefined;
  #json = "[";
  #files = 0;
  #size = 0;

  add(entry: SourceEntry, { stamp, plain }: Noted): void {
    if (this.#root !== undefined) this.#json += ",";
    this.#root ??= entry;
    this.#json += entryJson(entry);
    if (this.#json.length > 1 << 16) this.#flush();
    const path = Buffer.from(entry.path);
    const target = Buffer.from(entry.kind === "symlink" ? entry.target : "");
    this.#reserve(path.length + target.length + mostFields);
    const shared = sharedLength(this.#path, path);
    this.#path = path;
    this.#number(shared);
    this.#number(path.length - shared);
    this.#length += path.copy(this.#bytes, this.#length, shared);
    this.#bytes[this.#length++] =
      (entry.kind === "file" ? flags.file : entry.kind === "symlink" ? flags.symlink : 0) |
      (entry.kind === "file" && entry.executable ? flags.executable : 0) |
      (stamp === undefined ? 0 : flags.stamped) |
      (plain ? flags.plain : 0);
    if (entry.kind === "symlink") {
      this.#number(target.length);
      this.#length += target.copy(this.#bytes, this.#length);
    } else if (entry.kind === "file") {
      this.#number(entry.size);
      this.#length += this.#bytes.write(entry.digest.slice(7), this.#length, "hex");
      this.#files += 1;
      this.#size += entry.size;
    }
    if (stamp === undefined) return;
    for (const value of [stamp.ino, stamp.mtimeMs, stamp.ctimeMs])
      this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  finish(): TreeListing {
    const root = this.#root;
    if (root === undefined) throw new Error("a tree without its own entry");
    this.#json += "]";
    this.#flush();
    const chunks = [...this.#full, this.#bytes.subarray(0, this.#length)];
    const records = new Uint8Array(new SharedArrayBuffer(chunks.reduce((sum, { length }) => sum + length, 0)));
    let filled = 0;
    for (const chunk of chunks) {
      records.set(chunk, filled);
      filled += chunk.length;
    }
    const digest = asDigest(this.#hash.digest("hex"));
    return { summary: { root, digest, files: this.#files }, size: this.#size, records };
  }

  #flush(): void {
    this.#hash.update(this.#json);
    this.#json = "";
  }

  /** A record lies in one chunk as a whole. */
  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    this.#full.push(this.#bytes.subarray(0, this.#length));
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(chunkSize, size));
    this.#length = 0;
  }

  #number(value: number): void {
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) this.#bytes[this.#length++] = (left % 128) | 128;
    this.#bytes[this.#length++] = left;
  }
}

/** The canonical JSON of an entry: members stand in the order of their names. */
function entryJson(entry: SourceEntry): string {
  const path = JSON.stringify(entry.path);
  switch (entry.kind) {
    case "directory":
      return `{"kind":"directory","path":${path}}`;
    case "symlink":
      return `{"kind":"symlink","path":${path},"target":${JSON.stringify(entry.target)}}`;
    case "file":
      return `{"digest":"${entry.digest}","executable":${entry.executable},"kind":"file","path":${path},"size":${entry.size}}`;
  }
}

function sharedLength(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared += 1;
  return shared;
}

/** Reads a listing's records one after the other; what `next` found stands in the fields until it is called again. */
export class ListingCursor {
  readonly #bytes: Buffer;
  #at = 0;
  #path = Buffer.allocUnsafe(1 << 12);
  #flags = 0;
  #rest = 0;
  #restSize = 0;
  path = "";
  /** Bytes of a file. */
  size = 0;

  constructor(records: Uint8Array) {
    this.#bytes = Buffer.from(records.buffer, records.byteOffset, records.byteLength);
  }

  next(): boolean {
    if (this.#at >= this.#bytes.length) return false;
    const shared = this.#number();
    const length = this.#number();
    const end = shared + length;
    if (end > this.#path.length) this.#path = Buffer.concat([this.#path, Buffer.alloc(end)]);
    this.#bytes.copy(this.#path, shared, this.#at, this.#at + length);
    this.#at += length;
    this.path = this.#path.toString("utf8", 0, end);
    this.#flags = this.#bytes[this.#at++] ?? 0;
    const isFile = this.kind === "file";
    this.size = isFile ? this.#number() : 0;
    this.#restSize = isFile ? digestSize : this.kind === "symlink" ? this.#number() : 0;
    this.#rest = this.#at;
    this.#at += this.#restSize + ((this.#flags & flags.stamped) === 0 ? 0 : stampSize);
    return true;
  }

  get kind(): SourceEntry["kind"] {
    return (this.#flags & flags.file) !== 0 ? "file" : (this.#flags & flags.symlink) !== 0 ? "symlink" : "directory";
  }

  get executable(): boolean {
    return (this.#flags & flags.executable) !== 0;
  }

  /** Of a file. */
  get digest(): Digest {
    return asDigest(this.#bytes.toString("hex", this.#rest, this.#rest + digestSize));
  }

  /** Of a link. */
  get target(): string {
    return this.#bytes.toString("utf8", this.#rest, this.#rest + this.#restSize);
  }

  get plain(): boolean {
    return (this.#flags & flags.plain) !== 0;
  }

  get stamp(): Stamp | undefined {
    if ((this.#flags & flags.stamped) === 0) return undefined;
    const at = this.#rest + this.#restSize;
    const double = (offset: number): number => this.#bytes.readDoubleLE(at + offset);
    return { ino: double(0), mtimeMs: double(8), ctimeMs: double(16) };
  }

  #number(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }
}

/** One cursor, at each record of a listing in turn: what it says holds until the next. */
export function* listed({ records }: Pick<TreeListing, "records">): Generator<ListingCursor> {
  const cursor = new ListingCursor(records);
  while (cursor.next()) yield cursor;
}

/** What stands at a path of a tree; undefined where nothing does. */
export function findListed(listing: TreeListing, path: string): SourceEntry["kind"] | undefined {
  for (const entry of listed(listing)) if (entry.path === path) return entry.kind;
  return undefined;
}
