/** A file that bytes are put into in one order and read from in another; it is gone at the end of its scope. */
import { closeSync, openSync, readSync, rmSync, writeAll } from "../sys/index.ts";

export class Spool {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(1 << 20);
  #size = 0;

  /** Makes the file `path`; its name is taken away at once, so that nothing is left of it, whatever happens. */
  constructor(path: string) {
    rmSync(path, { force: true });
    this.#file = openSync(path, "wx+", 0o600);
    rmSync(path);
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void {
    writeAll(this.#file, bytes);
    this.#size += bytes.length;
  }

  /** Hands `size` bytes from `at` on to `to`, each part valid until it returns. */
  copy(at: number, size: number, to: (part: Buffer) => void): void {
    copyRange(this.#file, at, size, this.#buffer, to);
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
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(this.#file, bytes, 0, size, at));
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
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
