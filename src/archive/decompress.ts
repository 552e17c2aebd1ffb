/**
 * Decompressing streams: gzip by Node itself; xz by the host's liblzma and zstd by its program where there are such, which
 * are several times faster, and by libraries of our own otherwise. The bytes are the same. Nothing is held: a stream may be
 * of any length up to its limit.
 */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { messageOf } from "../base/index.ts";
import { filterThrough, findProgram, hostUnxz } from "../sys/index.ts";
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
  /** `library` leaves all of the host's alone; `thread` its programs, for what is not worth a process. Default: `any`. */
  readonly by?: "any" | "thread" | "library";
}

/** Bytes that a decompressor may look back: xz's largest preset and Debian's own need 64 MiB. */
const largestWindow = 128 << 20;

/** What `source` holds, decompressed, each part valid until the next is asked for. Throws `archive-invalid` for what is damaged, cut short, or larger than its limit. */
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

function decompressor(compression: Exclude<Compression, "none">, by: "any" | "thread" | "library"): Decompressor {
  if (compression === "gz") return gunzip;
  if (compression === "xz") return (by === "library" ? undefined : hostUnxz(2 * largestWindow)) ?? unxzByLibrary;
  const program = by === "any" ? findProgram("zstd") : undefined;
  if (program === undefined) return unzstdByLibrary;
  return (source) =>
    filterThrough([program, "--decompress", "--stdout", "--quiet", `--memory=${largestWindow}`], source);
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

/** What the library's own stream is made of. That would copy each part, and have one stream wait for another. */
interface XzProgram {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly create_context: () => number;
  readonly supply_input: (context: number, length: number) => void;
  readonly get_next_output: (context: number) => number;
  readonly destroy_context: (context: number) => void;
}

interface XzLibrary {
  readonly _getModuleInstance: () => Promise<void>;
  readonly _moduleInstance: { readonly exports: XzProgram };
}

let xzProgram: Promise<XzProgram> | undefined;

async function loadXz(): Promise<XzProgram> {
  // The library is CommonJS: its names are found below `default`.
  const library = (await import("xz-decompress")).default.XzReadableStream as unknown as XzLibrary;
  await library._getModuleInstance();
  return library._moduleInstance.exports;
}

/** Where a context has the size of its buffers, both of them, how far each is read or filled, and what is in the first. */
const xzFields = { bufferSize: 0, input: 1, inputAt: 2, inputSize: 3, output: 4, outputSize: 5 } as const;

/** What `get_next_output` returns: XZ_OK and XZ_STREAM_END of xz-embedded. */
const xzResults = { more: 0, end: 1 } as const;

/** With the checks that Debian uses (CRC32, CRC64) and no other. */
async function* unxzByLibrary(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  xzProgram ??= loadXz();
  const program = await xzProgram;
  const context = program.create_context();
  // Anew each time: the memory is another when it has grown.
  const fields = (): Uint32Array => new Uint32Array(program.memory.buffer, context, 6);
  const field = (name: keyof typeof xzFields): number => fields()[xzFields[name]] ?? 0;
  const bytes = (at: number, size: number): Uint8Array => new Uint8Array(program.memory.buffer, at, size);
  const room = field("bufferSize");
  const output = Buffer.allocUnsafe(room);
  const supply = (input: Uint8Array): void => {
    bytes(field("input"), input.length).set(input);
    program.supply_input(context, input.length);
  };
  const next = (): { readonly part: Buffer; readonly isEnd: boolean } => {
    const result = program.get_next_output(context);
    if (result !== xzResults.more && result !== xzResults.end) throw new Error(`it is damaged (${result})`);
    const size = field("outputSize");
    output.set(bytes(field("output"), size));
    fields()[xzFields.outputSize] = 0;
    return { part: output.subarray(0, size), isEnd: result === xzResults.end };
  };
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += room) {
        supply(chunk.subarray(at, at + room));
        while (field("inputAt") < field("inputSize")) {
          const { part, isEnd } = next();
          if (part.length > 0) yield part;
          if (isEnd) return;
        }
      }
    }
    // No input says that there is none: one stream may follow another.
    for (let isEnd = false; !isEnd; ) {
      supply(new Uint8Array(0));
      const last = next();
      isEnd = last.isEnd;
      if (last.part.length > 0) yield last.part;
      else if (!isEnd) throw new Error("unexpected end of the stream");
    }
  } finally {
    program.destroy_context(context);
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
