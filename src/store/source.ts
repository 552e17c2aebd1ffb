/** Reading local trees: which entries they have and what is in them, in an order that no file system decides. */
import { createHash, hash as hashOnce } from "node:crypto";
import { join } from "node:path";
import { asDigest, type Digest, hasErrno, KnownError, messageOf, type Place } from "../base/index.ts";
import {
  attributesOf,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from "../sys/index.ts";
import type { SourceEntry } from "./derivation.ts";
import type { Select } from "./file-like.ts";
import type { KnownDigests } from "./known-digests.ts";
import { byBytes } from "./order.ts";
import { ListingWriter, stampOf, type TreeListing } from "./tree-listing.ts";

const buffer = Buffer.allocUnsafe(1 << 20);

/** The digest of a file's content; `chunk` sees every part on the way, valid until it returns. `open` opens the file. */
export function digestFile(
  path: string,
  chunk: (part: Buffer) => void = () => undefined,
  open: (path: string) => number = (each) => openSync(each, "r"),
): { digest: Digest; size: number } {
  const descriptor = open(path);
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

/** The digest of the first `size` bytes of a file, or of all of them where there are fewer. */
function digestOfStart(path: string, size: number): { digest: Digest; size: number } {
  const { descriptor } = openFile(path);
  try {
    // Most files are small: they need no second read to find their end.
    if (size > 0 && size <= buffer.length && readSync(descriptor, buffer, 0, size, null) === size)
      return { digest: asDigest(hashOnce("sha256", buffer.subarray(0, size), "hex")), size };
  } finally {
    closeSync(descriptor);
  }
  return digestFile(path, undefined, (each) => openFile(each).descriptor);
}

/** Bytes of a path that Linux takes at most, without the NUL that ends it: PATH_MAX of <linux/limits.h>. */
export const longestPath = 4095;

/** Something of an entry that neither an image nor the store keeps, and that it would be wrong to lose unsaid. */
export interface LostAttribute {
  /** Below the tree, as in entries. */
  readonly path: string;
  readonly what: string;
  /** Whether permission bits that are declared for the entry say all that this does. */
  readonly byMode: boolean;
}

export interface ScanOptions {
  readonly select?: Select | undefined;
  readonly where?: Place | undefined;
  /** Is given what would be lost. */
  readonly lost?: LostAttribute[];
  /** Knows files that need not be read again. */
  readonly known?: KnownDigests | undefined;
}

const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Throws where bytes, read as `text`, are not UTF-8: they would come out as others. */
function checkName(text: string, bytes: () => readonly Buffer[], refuse: (name: string) => KnownError): void {
  // What cannot be decoded is read as this character, which a name may also have of its own.
  if (!text.includes("\ufffd")) return;
  for (const each of bytes()) {
    try {
      fatal.decode(each);
    } catch {
      throw refuse(JSON.stringify(each.toString("latin1")));
    }
  }
}

const bitsLost = [
  [0o4000, "the set-user-ID bit"],
  [0o2000, "the set-group-ID bit"],
  [0o1000, "the sticky bit"],
] as const;

/** Others are the host's own, such as labels of SELinux, or say nothing about who may do what. */
const attributesLost: Readonly<Record<string, string>> = {
  "security.capability": "file capabilities",
  "system.posix_acl_access": "an access control list",
  "system.posix_acl_default": "a default access control list",
};

function lostOf(path: string, full: string, stat: Stats): readonly LostAttribute[] {
  const { mode } = stat;
  const isFolder = stat.isDirectory();
  const bits = bitsLost
    // On a folder it says whose group what is made in it has, here and not in an image.
    .filter(([bit]) => (mode & bit) !== 0 && !(bit === 0o2000 && isFolder))
    .map(([, what]): LostAttribute => ({ path, what, byMode: true }));
  const attributes = attributesOf(full).flatMap((name): readonly LostAttribute[] => {
    const what = attributesLost[name];
    return what === undefined ? [] : [{ path, what, byMode: name !== "security.capability" }];
  });
  return [...bits, ...attributes];
}

/** The error for what would be lost of the tree at `root`; undefined where nothing would. */
export function lostProblem(root: string, lost: readonly LostAttribute[], where?: Place): KnownError | undefined {
  const [first] = lost;
  if (first === undefined) return undefined;
  const more = lost.length > 1 ? `, as would be more in ${lost.length - 1} other places` : "";
  const hint = first.byMode
    ? "declare a later entry of its own for it, with a `mode`; or take the file from a package; or leave it out with `select`"
    : "give the container the capability with addCapabilities, and take a copy of the file that has none (setcap -r)";
  const message = `${join(root, first.path)} has ${first.what}, which would be lost${more}`;
  return new KnownError("unsupported-file", message, { where, hint });
}

/** Looks at one tree, entry by entry, in the order of their paths' bytes. */
class Scan {
  readonly #root: string;
  readonly #options: ScanOptions;
  readonly #begun = Date.now();
  readonly listing = new ListingWriter();

  constructor(root: string, options: ScanOptions) {
    this.#root = root;
    this.#options = options;
  }

  #unfit(message: string, hint: string): KnownError {
    return new KnownError("unsupported-file", message, { where: this.#options.where, hint });
  }

  /** Lists an entry, without what lies in it; whether it is a folder whose entries are to be listed as well. */
  entry(path: string, full: string): boolean {
    if (full.length * 3 > longestPath && Buffer.byteLength(full) > longestPath) {
      const hint = `Linux takes ${longestPath} bytes; move the tree up, or leave the folder out with \`select\``;
      const message = `a path in ${this.#root} has ${Buffer.byteLength(full)} bytes: ${full.slice(0, 200)}…`;
      throw this.#unfit(message, hint);
    }
    const { select, known } = this.#options;
    const stat = lstatSync(full);
    const kind = kindOf(stat);
    if (kind === undefined) {
      const hint = "only files, folders and symbolic links can be taken; leave the rest out with `select`";
      throw this.#unfit(`${full} is a socket, a pipe or a device`, hint);
    }
    if (path !== "" && select !== undefined && !select(path, kind)) return false;
    if (kind === "symlink") {
      this.listing.add({ path, kind, target: this.#target(full) }, { plain: true });
      return false;
    }
    const before = known?.find(path, stat);
    const plain = before?.plain === true || this.#isPlain(path, full, stat);
    const noted = { stamp: stampOf(stat, this.#begun), plain };
    if (kind === "directory") {
      this.listing.add({ path, kind }, noted);
      return true;
    }
    const { digest, size } = before ?? digestOfStart(full, stat.size);
    this.listing.add({ path, kind, executable: (stat.mode & 0o111) !== 0, digest, size }, noted);
    return false;
  }

  #target(full: string): string {
    const target = readlinkSync(full);
    const bytes = (): readonly Buffer[] => [readlinkSync(full, "buffer")];
    checkName(target, bytes, (name) => this.#unfit(`the link ${full} points at ${name}, which is not UTF-8`, rename));
    return target;
  }

  #isPlain(path: string, full: string, stat: Stats): boolean {
    const lost = lostOf(path, full, stat);
    this.#options.lost?.push(...lost);
    return lost.length === 0;
  }

  /**
   * Lists what lies in a folder. What lies in a folder "a" has paths that begin with "a/", and may have to wait for others:
   * "a-b" and "a.b" come before them.
   */
  folder(path: string, full: string): void {
    const names = readdirSync(full).sort(byBytes);
    const bytes = (): readonly Buffer[] => readdirSync(full, "buffer");
    const waiting: string[] = [];
    const enter = (name: string): void => this.folder(path === "" ? name : `${path}/${name}`, `${full}/${name}`);
    for (const name of names) {
      checkName(name, bytes, (raw) => this.#unfit(`${full} has a name that is not UTF-8: ${raw}`, rename));
      // Each that waits begins with the one that waited before it, so the last is the first in order.
      for (let last = waiting.at(-1); last !== undefined && byBytes(`${last}/`, name) < 0; last = waiting.at(-1)) {
        waiting.pop();
        enter(last);
      }
      if (this.entry(path === "" ? name : `${path}/${name}`, `${full}/${name}`)) waiting.push(name);
    }
    for (const name of waiting.reverse()) enter(name);
  }
}

function kindOf(stat: Stats): SourceEntry["kind"] | undefined {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : undefined;
}

/**
 * All entries of the tree or file at `root`; the root itself is the entry with the empty path. Links are not followed. Each
 * name of a file with several (hard links) is a file of its own.
 */
export function scanSource(root: string, options: ScanOptions = {}): TreeListing {
  const scan = new Scan(root, options);
  try {
    if (scan.entry("", root)) scan.folder("", root === "/" ? "" : root);
  } catch (error) {
    throw scanProblem(error, root, options.where);
  }
  return scan.listing.finish();
}

const rename = "images and the store take names in UTF-8; rename it, or leave its folder out with `select`";

function scanProblem(error: unknown, root: string, where: Place | undefined): unknown {
  if (error instanceof KnownError || !(error instanceof Error) || !("code" in error)) return error;
  const path = "path" in error ? String(error.path) : root;
  // Its folder listed it a moment ago.
  if (hasErrno(error, "ENOENT") && path !== root) return sourceChanged(path);
  const hint = hasErrno(error, "EACCES", "EPERM")
    ? "make it readable to the user who builds, or leave it out with `select`"
    : "a relative path starts at the folder of the file that declares it";
  return new KnownError("source-missing", `cannot read ${path}: ${messageOf(error)}`, { where, hint });
}

/** A source that no longer is what was hashed must not enter the store under the old hash. */
export function sourceChanged(path: string, cause?: unknown): KnownError {
  const hint = "something writes to it while Lading reads; try again when it is quiet";
  return new KnownError("source-changed", `${path} changed while it was taken into the store`, { hint, cause });
}

/** Opens what was a file a moment ago. Whatever has taken its place since, a pipe for one, is not waited for. */
function openFile(path: string): OpenSource {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stat = fstatSync(descriptor);
  if (stat.isFile()) return { descriptor, stat };
  closeSync(descriptor);
  throw sourceChanged(path);
}

export interface OpenSource {
  readonly descriptor: number;
  readonly stat: Stats;
}

/** Opens a file that was hashed before. Throws `source-changed` where it is no file any more, or cannot be read. */
export function openSource(path: string): OpenSource {
  try {
    return openFile(path);
  } catch (error) {
    throw hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "EACCES") ? sourceChanged(path, error) : error;
  }
}
