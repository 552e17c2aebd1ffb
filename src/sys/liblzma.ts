/**
 * The host's liblzma, which nearly every host has: dpkg, rpm and systemd stand on it. It decompresses xz in this thread at
 * the speed of its program, and without a process.
 */
import { endianness } from "node:os";
import { requireKoffi } from "./native.ts";

/** From <lzma/base.h> and <lzma/container.h>. */
const results = { ok: 0, end: 1 } as const;
const concatenated = 0x08;
const actions = { run: 0, finish: 3 } as const;

const failures: Readonly<Record<number, string>> = {
  5: "there is no memory for it",
  6: "it needs more memory than is allowed",
  7: "it is no xz stream",
  8: "it has options that are not known",
  9: "it is damaged",
  10: "unexpected end of the stream",
};

/** Where `lzma_stream` has its fields, each of 8 bytes, on little-endian machines of 64 bits; and its size. */
const fields = { nextIn: 0, availableIn: 8, nextOut: 24, availableOut: 32 } as const;
const streamSize = 136;

const inputSize = 64 << 10;
const outputSize = 256 << 10;

interface Liblzma {
  readonly addressOf: (bytes: Buffer) => bigint;
  readonly begin: (stream: Buffer, memory: bigint, flags: number) => number;
  readonly code: (stream: Buffer, action: number) => number;
  readonly end: (stream: Buffer) => void;
}

let known: { readonly library: Liblzma | undefined } | undefined;

function load(): Liblzma | undefined {
  try {
    const koffi = requireKoffi();
    if (koffi.sizeof("void *") !== 8 || endianness() !== "LE") return undefined;
    const library = koffi.load("liblzma.so.5");
    return {
      addressOf: (bytes) => koffi.address(bytes),
      begin: library.func("int lzma_stream_decoder(void *stream, uint64_t memory, uint32_t flags)"),
      code: library.func("int lzma_code(void *stream, int action)"),
      end: library.func("void lzma_end(void *stream)"),
    };
  } catch {
    return undefined;
  }
}

/**
 * What decompresses xz streams, with at most `memory` bytes for each; undefined where the host has no liblzma. Each part is
 * valid until the next is asked for. Throws for what is damaged or cut short.
 */
export function hostUnxz(memory: number): ((source: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer>) | undefined {
  known ??= { library: load() };
  const { library } = known;
  return library === undefined ? undefined : (source) => unxz(library, memory, source);
}

async function* unxz(
  { addressOf, begin, code, end }: Liblzma,
  memory: number,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  // The library writes to them by their addresses: they must be no part of a pool, and stay until it is told of the end.
  const stream = Buffer.alloc(streamSize);
  const input = Buffer.allocUnsafeSlow(inputSize);
  const output = Buffer.allocUnsafeSlow(outputSize);
  const set = (field: keyof typeof fields, value: bigint | number): void => {
    stream.writeBigUInt64LE(BigInt(value), fields[field]);
  };
  const get = (field: keyof typeof fields): number => Number(stream.readBigUInt64LE(fields[field]));
  const check = (result: number): number => {
    if (result === results.ok || result === results.end) return result;
    throw new Error(failures[result] ?? `liblzma answers ${result}`);
  };
  const next = (action: number): { readonly part: Buffer; readonly isEnd: boolean } => {
    set("nextOut", addressOf(output));
    set("availableOut", outputSize);
    const isEnd = check(code(stream, action)) === results.end;
    return { part: output.subarray(0, outputSize - get("availableOut")), isEnd };
  };
  try {
    check(begin(stream, BigInt(memory), concatenated));
    for await (const chunk of source)
      for (let at = 0; at < chunk.length; at += inputSize) {
        const given = chunk.subarray(at, at + inputSize);
        input.set(given);
        set("nextIn", addressOf(input));
        set("availableIn", given.length);
        for (let isFull = false; isFull || get("availableIn") > 0; ) {
          const { part } = next(actions.run);
          isFull = part.length === outputSize;
          if (part.length > 0) yield part;
        }
      }
    for (let isOver = false; !isOver; ) {
      const { part, isEnd } = next(actions.finish);
      isOver = isEnd;
      if (part.length > 0) yield part;
    }
  } finally {
    end(stream);
  }
}
