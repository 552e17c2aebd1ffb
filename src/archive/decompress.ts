/**
 * Decompressing streams: gzip by Node itself; xz and zstd by the host's program where there is one, which is several
 * times faster, and by a library otherwise. The bytes are the same. Nothing is held: a stream may be of any length up to
 * its limit.
 */
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { createGunzip } from "node:zlib";
import { messageOf } from "../base/index.ts";
import { filterThrough, findProgram } from "../sys/index.ts";
import { invalidArchive } from "./tree-guard.ts";

export type Compression = "none" | "gz" | "xz" | "zst";

const suffixes: Readonly<Record<string, Compression>> = { gz: "gz", xz: "xz", zst: "zst" };

/** How a file is compressed, by the end of its name: `data.tar.xz`; undefined for a compression that is not known. */
export function compressionOf(name: string): Compression | undefined {
  const suffix = name.slice(name.lastIndexOf(".") + 1);
  return suffix === "tar" || !name.includes(".") ? "none" : suffixes[suffix];
}

const beginnings = [
  ["gz", [0x1f, 0x8b]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zst", [0x28, 0xb5, 0x2f, 0xfd]],
] as const;

/** How something is compressed, by its first six bytes; `none` for all that does not begin as a compressed stream. */
export function compressionIn(beginning: Uint8Array): Compression {
  const found = beginnings.find(([, magic]) => magic.every((byte, at) => beginning[at] === byte));
  return found?.[0] ?? "none";
}

export interface DecompressOptions {
  readonly compression: Compression;
  /** What is read, for errors. */
  readonly name: string;
  /** The most bytes that may come out. */
  readonly limit: number;
  /** `library` leaves the host's programs alone. Default: `any`. */
  readonly by?: "any" | "library";
}

/** Bytes that a decompressor may look back: xz's largest preset and Debian's own need 64 MiB. */
const largestWindow = 128 << 20;

/** What `source` holds, decompressed. Throws `archive-invalid` for what is damaged, cut short, or larger than its limit. */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  options: DecompressOptions,
): AsyncGenerator<Buffer> {
  const { name, limit } = options;
  let size = 0;
  for await (const chunk of plain(source, options)) {
    size += chunk.length;
    if (size > limit) throw invalidArchive(name, `it unpacks to more than ${limit} bytes`);
    yield chunk;
  }
}

async function* plain(source: AsyncIterable<Uint8Array>, options: DecompressOptions): AsyncGenerator<Buffer> {
  const { compression, name, by = "any" } = options;
  if (compression === "none") {
    for await (const chunk of source) yield asBuffer(chunk);
    return;
  }
  // Errors of the source are its own; only what the decompressor says is about the archive.
  let sourceError: unknown;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (error) {
      sourceError = error;
      throw error;
    }
  };
  try {
    yield* decompressor(compression, by)(watched());
  } catch (error) {
    if (sourceError !== undefined) throw sourceError;
    throw invalidArchive(name, `it cannot be decompressed: ${messageOf(error)}`, error);
  }
}

type Decompressor = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Buffer>;

function decompressor(compression: Exclude<Compression, "none">, by: "any" | "library"): Decompressor {
  if (compression === "gz") return gunzip;
  const program = by === "library" ? undefined : findProgram(compression === "xz" ? "xz" : "zstd");
  if (program === undefined) return compression === "xz" ? unxzByLibrary : unzstdByLibrary;
  const options =
    compression === "xz"
      ? ["--decompress", "--stdout", "--format=xz", `--memlimit-decompress=${2 * largestWindow}`]
      : ["--decompress", "--stdout", "--quiet", `--memory=${largestWindow}`];
  return (source) => filterThrough([program, ...options], source);
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const input = Readable.from(source, { objectMode: false });
  const output = createGunzip({ chunkSize: 1 << 16 });
  input.on("error", (error) => output.destroy(error));
  input.pipe(output);
  try {
    yield* output as AsyncIterable<Buffer>;
  } finally {
    input.destroy();
    output.destroy();
  }
}

/** With the checks that Debian uses (CRC32, CRC64) and no other; the library takes one at a time, so each must be read to its end or given up. */
async function* unxzByLibrary(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  // The library is CommonJS: its names are found below `default`.
  const { XzReadableStream } = (await import("xz-decompress")).default;
  const iterator = source[Symbol.asyncIterator]();
  const input = new ReadableStream<Uint8Array>({
    // The library takes a first chunk for granted, be it empty.
    start: (controller) => controller.enqueue(new Uint8Array(0)),
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  try {
    yield* new XzReadableStream(input) as AsyncIterable<Buffer>;
  } finally {
    await iterator.return?.();
  }
}

/**
 * The library compares no checksums: what it is given was compared with a digest before, as packages and indexes are.
 * Bytes given to it at once: four of them make a block of 128 KiB, and a bomb must be noticed early.
 */
const zstdStep = 256;

async function* unzstdByLibrary(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { Decompress } = await import("fzstd");
  let made: Buffer[] = [];
  let size = 0;
  let ended = false;
  let head = Buffer.alloc(0);
  const stream = new Decompress((chunk, final) => {
    // The library writes again into what it gives.
    made.push(Buffer.from(chunk));
    ended ||= final === true;
  });
  for await (const chunk of source) {
    size += chunk.length;
    if (head.length < zstdHeader) {
      head = Buffer.concat([head, chunk.subarray(0, zstdHeader)]);
      if (zstdWindow(head) > largestWindow) throw new Error(`it needs a window of more than ${largestWindow} bytes`);
    }
    for (let at = 0; at < chunk.length; at += zstdStep) {
      stream.push(chunk.subarray(at, at + zstdStep));
      yield* made;
      made = [];
    }
  }
  stream.push(new Uint8Array(0), true);
  yield* made;
  // No frame at all is an end too, to the library.
  if (!ended || size === 0) throw new Error("unexpected end of the stream");
}

/** The most bytes of a frame's header (RFC 8878, section 3.1.1.1). */
const zstdHeader = 18;

/** The bytes that a zstd frame looks back, which the library takes at once; 0 while its header is not whole. */
function zstdWindow(head: Buffer): number {
  if (head.length < zstdHeader) return 0;
  const descriptor = head.readUInt8(4);
  const single = (descriptor & 0x20) !== 0;
  if (!single) {
    const window = head.readUInt8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const size = descriptor >> 6;
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  if (size === 3) return Number(head.readBigUInt64LE(at));
  return size === 2 ? head.readUInt32LE(at) : 0;
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
