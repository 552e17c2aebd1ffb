/** Files. A name that exists is complete: contents are written under another name, synced, and renamed. */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { hasErrno, KnownError, messageOf } from "../base/index.ts";

export type { FSWatcher, Stats } from "node:fs";
export {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  watch,
  writeSync,
} from "node:fs";

/** Turns a full disk or a read-only file system into an error that says so; passes anything else on. */
export function diskError(error: unknown, path: string): unknown {
  if (hasErrno(error, "ENOSPC", "EDQUOT")) {
    const hint = `free some space on the file system of ${dirname(path)}; "lading store gc" removes what no generation needs`;
    return new KnownError("no-space", `no space left to write ${path}`, { hint, cause: error });
  }
  return hasErrno(error, "EROFS", "EACCES", "EPERM") ? notWritable(path, error) : error;
}

function notWritable(path: string, cause: unknown): KnownError {
  const hint = `check who owns ${dirname(path)} and that its file system is mounted for writing`;
  return new KnownError("read-only", `cannot write ${path}`, { hint, cause });
}

/** Syncs files and folders, several at once. */
export async function syncAll(paths: readonly string[]): Promise<void> {
  const queue = paths.values();
  const work = async (): Promise<void> => {
    for (const path of queue) {
      const file = await fs.promises.open(path, "r");
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
}

/** Writes all of `bytes`, which the kernel may take in parts: where the file stands, or from `position` on. */
export function writeAll(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length; )
    done += fs.writeSync(descriptor, bytes, done, bytes.length - done, position === undefined ? null : position + done);
}

/** Syncs a folder, so that a rename in it survives a loss of power. */
export function syncFolder(path: string): void {
  const descriptor = fs.openSync(path, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

const temporarySuffix = ".lading";

/** Removes what writers of this file left under other names when they were killed. Nobody else may be writing it. */
export function sweepTemporaries(path: string): void {
  const folder = dirname(path);
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder))
    if (name.startsWith(`.${basename(path)}.`) && name.endsWith(temporarySuffix)) fs.rmSync(join(folder, name));
}

/**
 * Writes a whole file or nothing: temporary name, fsync, rename, fsync of the folder. Without `durable` nothing is synced:
 * for what means nothing any more once the machine went down.
 */
export function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
  { durable = true }: { readonly durable?: boolean } = {},
): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}${temporarySuffix}`);
  try {
    const descriptor = fs.openSync(temporary, "wx", mode);
    try {
      fs.writeFileSync(descriptor, content);
      // The umask must not decide who can read the file.
      fs.fchmodSync(descriptor, mode);
      if (durable) fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, path);
    if (durable) syncFolder(dirname(path));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw diskError(error, path);
  }
}

/** Bytes that write(2) takes as a whole or not at all: it looks for a kill only between two pages. */
const page = 4096;

/**
 * Writes a file that means nothing any more once the machine went down, and that is written again and again: in place where
 * it fits in a page, which takes a tenth of the time. Whoever is killed meanwhile leaves what was there before, which is
 * nothing where the file is new. A text that is shorter than the one before it is filled up with spaces.
 */
export function overwriteFile(path: string, text: string, mode: number): void {
  const bytes = Buffer.from(text);
  if (bytes.length > page || !overwriteInPlace(path, bytes, mode))
    writeFileAtomic(path, bytes, mode, { durable: false });
}

function overwriteInPlace(path: string, bytes: Buffer, mode: number): boolean {
  try {
    const { O_WRONLY, O_CREAT, O_NOFOLLOW } = fs.constants;
    const descriptor = fs.openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode);
    try {
      const { size } = fs.fstatSync(descriptor);
      if (size > page) return false;
      if (size === 0) fs.fchmodSync(descriptor, mode);
      const all = Buffer.alloc(Math.max(size, bytes.length), " ");
      bytes.copy(all);
      return fs.writeSync(descriptor, all, 0, all.length, 0) === all.length;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    throw diskError(error, path);
  }
}

/** Writes to a file of the kernel's, such as those below /proc/sys: one write, which it takes or refuses. */
export function writeKernelFile(path: string, content: string): void {
  const descriptor = fs.openSync(path, fs.constants.O_WRONLY);
  try {
    fs.writeSync(descriptor, content);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Makes a folder and its parents with exactly this mode; an existing one is left as it is. */
export function ensureFolder(path: string, mode = 0o755): void {
  if (fs.existsSync(path)) return;
  ensureFolder(dirname(path));
  try {
    fs.mkdirSync(path, { mode });
    fs.chmodSync(path, mode);
    // Or a loss of power takes the folder with all that was synced into it.
    syncFolder(dirname(path));
  } catch (error) {
    if (hasErrno(error, "EEXIST")) return;
    // A file system that takes no folders at all, such as /proc, says that there is no such file.
    throw hasErrno(error, "ENOENT", "ENOTDIR") ? notWritable(path, error) : diskError(error, path);
  }
}

/** A file's text, or undefined when there is none; those in /proc go with their process, also while they are read. */
export function readTextIfExists(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ESRCH")) return undefined;
    throw error;
  }
}

/** Bytes of a file that somebody else may have put there. */
const mostForeign = 1 << 20;

export interface ForeignOptions {
  /** A link may stand there, and what it points at is looked at in the same way. Default: `false`. */
  readonly follow?: boolean;
  /** Bytes; a file that is larger is not read. Default: 1 MiB. */
  readonly most?: number;
}

/** The text of a file where somebody else may put anything: see `readForeignBytes`. */
export function readForeign(path: string, options: ForeignOptions = {}): string | undefined {
  return readForeignBytes(path, options)?.toString("utf8");
}

/** What is in a file where somebody else may put anything: a link, a FIFO, a folder or a device is as good as none. */
export function readForeignBytes(
  path: string,
  { follow = false, most = mostForeign }: ForeignOptions = {},
): Buffer | undefined {
  let descriptor: number;
  try {
    const flags = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | (follow ? 0 : fs.constants.O_NOFOLLOW);
    descriptor = fs.openSync(path, flags);
  } catch {
    return undefined;
  }
  try {
    const { size } = fs.fstatSync(descriptor);
    if (!fs.fstatSync(descriptor).isFile() || size > most) return undefined;
    const buffer = Buffer.alloc(size);
    return buffer.subarray(0, fs.readSync(descriptor, buffer, 0, size, 0));
  } catch {
    return undefined;
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The object in a JSON file, or undefined when there is no file. `refuse` makes the error for anything else. */
export function readJsonFile(path: string, refuse: (problem: string) => KnownError): object | undefined {
  let value: unknown;
  try {
    const text = readTextIfExists(path);
    if (text === undefined) return undefined;
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(messageOf(error));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("it holds no object");
  return value;
}

/** Removes a tree whose folders may be read-only, as those of the store are. */
export function removeTree(path: string): void {
  const walk = (at: string): void => {
    fs.chmodSync(at, 0o700);
    for (const entry of fs.readdirSync(at, { withFileTypes: true }))
      if (entry.isDirectory()) walk(join(at, entry.name));
  };
  try {
    if (fs.lstatSync(path).isDirectory()) walk(path);
    fs.rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!hasErrno(error, "ENOENT")) throw error;
  }
}

/** Removes a file or a tree so that a loss of power does not bring it back. */
export function removeForGood(path: string): void {
  removeTree(path);
  if (fs.existsSync(dirname(path))) syncFolder(dirname(path));
}
