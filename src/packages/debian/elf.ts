/**
 * What a shared library says of itself (elf(5)): its class, machine and soname, found through the program headers as the
 * dynamic linker finds them. What it says is believed only as far as the file reaches.
 */

export interface ElfLibrary {
  readonly bits: 32 | 64;
  readonly machine: number;
  /** Undefined where the library has none. */
  readonly soname: string | undefined;
}

/** Reads `size` bytes at `offset`, fewer where the file ends. */
export type ReadAt = (offset: number, size: number) => Buffer;

/** From <elf.h>. */
const sharedObject = 3;
const segmentLoad = 1;
const segmentDynamic = 2;
const dynamicEnd = 0;
const dynamicStrings = 5;
const dynamicSoname = 14;

/** Program headers of a library: about ten. */
const mostSegments = 128;
/** Bytes of a dynamic section: a few hundred entries of 16 bytes. */
const mostDynamic = 1 << 16;
const longestSoname = 255;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** What the library is, or undefined for what is none. */
export function readElfLibrary(readAt: ReadAt): ElfLibrary | undefined {
  const head = readAt(0, 64);
  if (head.length < 52 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const bits = head[4] === 1 ? 32 : head[4] === 2 ? 64 : undefined;
  const little = head[5] === 1 ? true : head[5] === 2 ? false : undefined;
  if (bits === undefined || little === undefined || head.length < (bits === 64 ? 64 : 52)) return undefined;
  const half = (from: Buffer, at: number): number => (little ? from.readUInt16LE(at) : from.readUInt16BE(at));
  const word = (from: Buffer, at: number): number => (little ? from.readUInt32LE(at) : from.readUInt32BE(at));
  // Offsets beyond 2^53 are in no file; losing their last bits does no harm.
  const address = (from: Buffer, at: number): number =>
    bits === 32 ? word(from, at) : Number(little ? from.readBigUInt64LE(at) : from.readBigUInt64BE(at));
  if (half(head, 16) !== sharedObject) return undefined;
  const machine = half(head, 18);
  const [table, each, count] =
    bits === 64
      ? [address(head, 32), half(head, 54), half(head, 56)]
      : [address(head, 28), half(head, 42), half(head, 44)];
  const smallest = bits === 64 ? 56 : 32;
  if (each < smallest || each > 256 || count > mostSegments) return undefined;
  const headers = readAt(table, each * count);
  const segments: Segment[] = [];
  for (let at = 0; at + smallest <= headers.length; at += each) {
    const [offset, virtual, size] = bits === 64 ? [8, 16, 32] : [4, 8, 16];
    segments.push({
      type: word(headers, at),
      offset: address(headers, at + offset),
      address: address(headers, at + virtual),
      size: address(headers, at + size),
    });
  }
  const dynamic = segments.find((segment) => segment.type === segmentDynamic);
  if (dynamic === undefined) return undefined;
  const entries = readAt(dynamic.offset, Math.min(dynamic.size, mostDynamic));
  const wide = bits / 8;
  let strings: number | undefined;
  let name: number | undefined;
  for (let at = 0; at + 2 * wide <= entries.length; at += 2 * wide) {
    const tag = address(entries, at);
    if (tag === dynamicEnd) break;
    if (tag === dynamicStrings) strings ??= address(entries, at + wide);
    if (tag === dynamicSoname) name ??= address(entries, at + wide);
  }
  return { bits, machine, soname: soname(readAt, segments, strings, name) };
}

/** The string table is told by its address in memory; the segment that is loaded there says where it lies in the file. */
function soname(
  readAt: ReadAt,
  segments: readonly Segment[],
  strings: number | undefined,
  name: number | undefined,
): string | undefined {
  if (strings === undefined || name === undefined) return undefined;
  const segment = segments.find(
    ({ type, address, size }) => type === segmentLoad && strings >= address && strings < address + size,
  );
  if (segment === undefined) return undefined;
  const bytes = readAt(segment.offset + (strings - segment.address) + name, longestSoname + 1);
  const end = bytes.indexOf(0);
  const text = bytes.toString("latin1", 0, Math.max(end, 0));
  // A soname is a file's name; with anything else in it, it could not be looked up.
  return /^[!-.0-~]+$/.test(text) && text !== "." && text !== ".." ? text : undefined;
}
