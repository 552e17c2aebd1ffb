/**
 * Compressing layers. Pieces of a fixed size are compressed on their own, in threads, and put one after the other: both
 * gzip (RFC 1952, 2.2) and zstd (RFC 8878, 3.1) read that as one stream. The programs are WebAssembly at pinned versions,
 * so the bytes depend on neither processor, cores, nor the zlib that a version of Node comes with.
 */
import { createHash } from "node:crypto";
import { asDigest, type Digest } from "../base/index.ts";
import { closeSync, openSync, readSync, writeAll } from "../sys/index.ts";
import { mostAtOnce, Threads } from "./_threads.ts";
import { compressPiece, type Piece } from "./compress-piece.ts";

export interface Compression {
  readonly codec: "gzip" | "zstd";
  readonly level: number;
}

/** What is known of a compressed file. */
export interface Packed {
  readonly digest: Digest;
  readonly size: number;
}

/** Bytes of a piece before compression. Other pieces would give other digests. */
export const pieceSize: number = 4 << 20;

const threads = new Threads<Piece, Uint8Array>(new URL("../image/compress-worker.js", import.meta.url));

function makePiece(): Buffer {
  // Threads share it, so that nothing is copied on the way.
  return Buffer.from(new SharedArrayBuffer(pieceSize));
}

/**
 * A compressed file in the making. Whoever has its bytes fills `piece` and calls `push`, and `pause` from time to time:
 * without it nothing is taken off the threads, and what waits for them grows.
 */
export class Packer {
  readonly #compression: Compression;
  readonly #file: number;
  readonly #hash = createHash("sha256");
  readonly #free: Buffer[] = [];
  readonly #done = new Map<number, Uint8Array>();
  #first: { readonly piece: Buffer; readonly length: number } | undefined;
  #pushed = 0;
  #written = 0;
  #size = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;
  /** What is to be filled: all of it, but for the last. */
  piece: Buffer = makePiece();

  /** Makes the file `to`, which must not be there. */
  constructor(to: string, compression: Compression) {
    this.#compression = compression;
    this.#file = openSync(to, "wx", 0o644);
  }

  /** Takes the first `length` bytes of `piece`, which is another afterwards. */
  push(length: number): void {
    const pushed = { piece: this.piece, length };
    this.piece = this.#free.pop() ?? makePiece();
    // One piece alone is not worth a thread.
    if (this.#pushed === 0) this.#first = pushed;
    else {
      if (this.#first !== undefined) this.#send(0, this.#first);
      this.#first = undefined;
      this.#send(this.#pushed, pushed);
    }
    this.#pushed += 1;
  }

  #send(number: number, { piece, length }: { readonly piece: Buffer; readonly length: number }): void {
    const take = (bytes: Uint8Array): void => {
      this.#free.push(piece);
      this.#done.set(number, bytes);
      this.#write();
    };
    threads
      .run({ ...this.#compression, bytes: piece.subarray(0, length) })
      .then(take)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#wake());
  }

  /** Writes what is next in the order of the pieces. */
  #write(): void {
    for (let bytes = this.#done.get(this.#written); bytes !== undefined; bytes = this.#done.get(this.#written)) {
      this.#done.delete(this.#written++);
      this.#hash.update(bytes);
      this.#size += bytes.length;
      writeAll(this.#file, bytes);
    }
  }

  /** Lets the threads hand over what they have done, and waits while there is as much under way as they can do. */
  async pause(): Promise<void> {
    await new Promise(setImmediate);
    await this.#until(() => this.#pushed - this.#written <= mostAtOnce);
  }

  async #until(isMet: () => boolean): Promise<void> {
    while (this.#failure === undefined && !isMet())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async finish(): Promise<Packed> {
    const alone = this.#first;
    if (alone !== undefined) {
      this.#done.set(0, await compressPiece({ ...this.#compression, bytes: alone.piece.subarray(0, alone.length) }));
      this.#write();
    }
    await this.#until(() => this.#written === this.#pushed);
    return { digest: asDigest(this.#hash.digest("hex")), size: this.#size };
  }

  /** Without `finish` before it, the file is not whole. */
  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Compresses the file `from` into `to`, which must not exist; holds some pieces in memory and no more. */
export async function compressFile(
  from: string,
  to: string,
  { signal, ...compression }: Compression & { readonly signal: AbortSignal | undefined },
): Promise<Packed> {
  const source = openSync(from, "r");
  try {
    using packer = new Packer(to, compression);
    for (;;) {
      let filled = 0;
      for (let count = -1; filled < pieceSize && count !== 0; filled += count)
        count = readSync(source, packer.piece, filled, pieceSize - filled, null);
      if (filled === 0) return await packer.finish();
      signal?.throwIfAborted();
      packer.push(filled);
      await packer.pause();
    }
  } finally {
    closeSync(source);
  }
}
