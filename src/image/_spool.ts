/** Bytes that are put down in one order and read in another: in memory, and those beyond that in a file. */
import { closeSync, openSync, readSync, rmSync, writeAll } from "../sys/index.ts";

/** Bytes of a spool that are held; nothing is touched of what is not needed. */
const heldSize = 8 << 20;

/** What spools before held, for the next: memory that is given back and taken again is cleared each time. */
const spare: Buffer[] = [];

export class Spool {
  readonly #path: string;
  readonly #held: Buffer = spare.pop() ?? Buffer.allocUnsafeSlow(heldSize);
  #file: { readonly descriptor: number; readonly buffer: Buffer } | undefined;
  #size = 0;

  /** A file, should there be one, has the name `path` for a moment only, so that nothing is left of it, whatever happens. */
  constructor(path: string) {
    this.#path = path;
  }

  get size(): number {
    return this.#size;
  }

  #openFile(): { readonly descriptor: number; readonly buffer: Buffer } {
    rmSync(this.#path, { force: true });
    const descriptor = openSync(this.#path, "wx+", 0o600);
    rmSync(this.#path);
    return { descriptor, buffer: Buffer.allocUnsafe(1 << 20) };
  }

  write(bytes: Uint8Array): void {
    const room = Math.max(0, heldSize - this.#size);
    const held = bytes.subarray(0, room);
    this.#held.set(held, Math.min(this.#size, heldSize));
    this.#size += bytes.length;
    if (held.length === bytes.length) return;
    this.#file ??= this.#openFile();
    writeAll(this.#file.descriptor, bytes.subarray(held.length));
  }

  /** Hands `size` bytes from `at` on to `to`, each part valid until it returns. */
  copy(at: number, size: number, to: (part: Buffer) => void): void {
    const held = this.#held.subarray(Math.min(at, heldSize), Math.min(at + size, heldSize));
    if (held.length > 0) to(held);
    const left = size - held.length;
    if (left === 0) return;
    if (this.#file === undefined) throw new Error("a spool was asked for more than it has");
    const { descriptor, buffer } = this.#file;
    copyRange(descriptor, at + held.length - heldSize, left, buffer, to);
  }

  copyToFile(at: number, size: number, path: string): void {
    const file = openSync(path, "wx", 0o644);
    try {
      this.copy(at, size, (part) => writeAll(file, part));
    } finally {
      closeSync(file);
    }
  }

  /** Few bytes, held. */
  read(at: number, size: number): Buffer {
    const parts: Buffer[] = [];
    this.copy(at, size, (part) => parts.push(Buffer.from(part)));
    return Buffer.concat(parts);
  }

  [Symbol.dispose](): void {
    spare.push(this.#held);
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
  }
}

/** Hands a range of an open file on, piece by piece, through `buffer`. */
export function copyRange(file: number, at: number, size: number, buffer: Buffer, to: (part: Buffer) => void): void {
  for (let done = 0; done < size; ) {
    const count = readSync(file, buffer, 0, Math.min(buffer.length, size - done), at + done);
    if (count === 0) throw new Error("a file became shorter while it was read");
    to(buffer.subarray(0, count));
    done += count;
  }
}
