/**
 * A blob in progress: a file beside the whole ones whose name says which process writes it, so that what a killed one left
 * is told from what another still writes.
 */
import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { asDigest, type Digest, hasErrno, hexOf } from "../base/index.ts";
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  isAlive,
  openSync,
  processId,
  readdirSync,
  readSync,
  renameSync,
  writeAll,
} from "../sys/index.ts";

/** Parts that this process writes: it may pull several images into one folder. */
const inUse = new Set<string>();

/** A name for a blob in progress that says whose it is; one that nobody writes any more is renamed and gone on with. */
export function claimPart(folder: string, digest: Digest): string {
  const self = processId(process.pid);
  let mine: string;
  let count = 0;
  do {
    mine = join(folder, `.${hexOf(digest)}.${self?.pid}-${self?.startTime}-${count}.part`);
    count += 1;
  } while (inUse.has(mine));
  inUse.add(mine);
  for (const name of readdirSync(folder)) {
    const [, hex, pid, startTime] = /^\.([0-9a-f]{64})\.(\d+)-(\d+)-\d+\.part$/.exec(name) ?? [];
    const path = join(folder, name);
    if (hex !== hexOf(digest) || path === mine || inUse.has(path)) continue;
    if (Number(pid) !== self?.pid && isAlive({ pid: Number(pid), startTime: Number(startTime) })) continue;
    try {
      // Of two that try, one gets it.
      renameSync(path, mine);
    } catch (error) {
      if (!hasErrno(error, "ENOENT")) throw error;
    }
  }
  return mine;
}

/** Gives the name up: the file has another one by now, or whoever wants it may have it. */
export function releasePart(part: string): void {
  inUse.delete(part);
}

/** The bytes of a blob that are there, and their hash. */
export class PartFile {
  readonly #descriptor: number;
  #hash: Hash = createHash("sha256");
  #received = 0;

  /** Opens the file, and hashes what is in it already. */
  constructor(path: string, size: number) {
    this.#descriptor = openSync(path, existsSync(path) ? "r+" : "wx+", 0o644);
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      const count = readSync(this.#descriptor, buffer, 0, buffer.length, this.#received);
      if (count === 0) break;
      this.#hash.update(buffer.subarray(0, count));
      this.#received += count;
    }
    if (this.#received > size) this.restart();
  }

  get received(): number {
    return this.#received;
  }

  write(bytes: Buffer): void {
    writeAll(this.#descriptor, bytes, this.#received);
    this.#hash.update(bytes);
    this.#received += bytes.length;
  }

  /** Forgets everything. */
  restart(): void {
    ftruncateSync(this.#descriptor, 0);
    this.#hash = createHash("sha256");
    this.#received = 0;
  }

  digest(): Digest {
    return asDigest(this.#hash.copy().digest("hex"));
  }

  /** Makes it what others may read, and safe from a loss of power. */
  finish(): void {
    fchmodSync(this.#descriptor, 0o644);
    fsyncSync(this.#descriptor);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
