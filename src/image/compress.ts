/**
 * Compressing layers. Pieces of a fixed size are compressed on their own, in threads, and put one after the other: both
 * gzip (RFC 1952, 2.2) and zstd (RFC 8878, 3.1) read that as one stream. The programs are WebAssembly and JavaScript at
 * pinned versions, so the bytes depend on neither processor, cores, nor the zlib that a version of Node comes with.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { asDigest, type Digest } from "../base/index.ts";
import { closeSync, fsyncSync, openSync, readSync, writeAll } from "../sys/index.ts";
import { compressPiece, type Piece } from "./compress-piece.ts";

export interface Compression {
  readonly codec: "gzip" | "zstd";
  readonly level: number;
}

/** Bytes of a piece before compression. Other pieces would give other digests. */
const pieceSize = 4 << 20;

/** More would hold more pieces in memory than they are worth. */
const mostThreads = 8;

/** A thread that compresses one piece after the other. */
class Compressor {
  readonly #worker = new Worker(new URL("../image/compress-worker.js", import.meta.url));

  async compress(piece: Piece): Promise<Uint8Array> {
    this.#worker.postMessage(piece, [piece.bytes.buffer as ArrayBuffer]);
    const [answer] = (await once(this.#worker, "message")) as [Uint8Array];
    return answer;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Compresses the file `from` into `to`, which must not exist; holds some pieces in memory and no more. */
export async function compressFile(
  from: string,
  to: string,
  { codec, level }: Compression,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const source = openSync(from, "r");
  const target = openSync(to, "wx", 0o644);
  const hash = createHash("sha256");
  let size = 0;
  const write = (bytes: Uint8Array): void => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    hash.update(buffer);
    size += buffer.length;
    writeAll(target, buffer);
  };
  const next = (): Piece | undefined => {
    const bytes = Buffer.alloc(pieceSize);
    let filled = 0;
    for (let count = -1; filled < pieceSize && count !== 0; filled += count)
      count = readSync(source, bytes.subarray(filled));
    return filled === 0 ? undefined : { codec, level, bytes: bytes.subarray(0, filled) };
  };
  try {
    const first = next();
    const second = next();
    if (first !== undefined && second === undefined) write(await compressPiece(first));
    if (first !== undefined && second !== undefined) await inThreads([first, second], next, write);
    fsyncSync(target);
    return { digest: asDigest(hash.digest("hex")), size };
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

/** Each thread takes the next piece as soon as it is free; results are written in the order of the pieces. */
async function inThreads(
  begun: Piece[],
  next: () => Piece | undefined,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  const threads = Array.from({ length: Math.min(availableParallelism(), mostThreads) }, () => new Compressor());
  const done = new Map<number, Uint8Array>();
  let [taken, written] = [0, 0];
  const work = async (thread: Compressor): Promise<void> => {
    for (let piece = begun.shift() ?? next(); piece !== undefined; piece = begun.shift() ?? next()) {
      const number = taken++;
      done.set(number, await thread.compress(piece));
      for (let bytes = done.get(written); bytes !== undefined; bytes = done.get(written)) {
        write(bytes);
        done.delete(written++);
      }
    }
  };
  try {
    await Promise.all(threads.map(work));
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}
