/**
 * The bytes of /etc/ld.so.cache in the one format that glibc has read since 2.2 and written since 2.32:
 *
 *     header      "glibc-ld.so.cache1.1", number of entries, length of the strings, byte order, offset of the extensions
 *     entries     flags, offset of the name, offset of the path, unused, hwcap; in descending order of names
 *     strings     each ended by 0; one that ends another shares its bytes
 *     extensions  a magic number, a count, and for each: tag, flags, offset, size
 *
 * (glibc, sysdeps/generic/dl-cache.h.) All numbers have the byte order of the machine that reads them.
 */
import { compareLibraries } from "./library-order.ts";

export interface CachedLibrary {
  readonly soname: string;
  readonly path: string;
  readonly flags: number;
  /** The folder's name below glibc-hwcaps. */
  readonly hwcaps?: string;
}

export interface CacheOptions {
  /** What made the cache; `ldconfig -p` prints it. */
  readonly generator: string;
  readonly bigEndian: boolean;
}

const magic = Buffer.from("glibc-ld.so.cache1.1", "latin1");
const headerSize = 48;
const entrySize = 24;
const extensionMagic = 0xeaa42174;
const sectionSize = 16;
const tags = { generator: 0, hwcaps: 1 };
/** Bit 62: what follows in the low half is an index into the section of names (DL_CACHE_HWCAP_EXTENSION). */
const hwcapsBit = 1n << 62n;

/** Entries that are equal in name, flags and folder keep their order: the first is the one that is loaded. */
export function formatLibraryCache(libraries: readonly CachedLibrary[], options: CacheOptions): Buffer {
  const { generator, bigEndian } = options;
  const sorted = [...libraries].sort(compareEntries);
  const folders = [...new Set(sorted.flatMap(({ hwcaps }) => hwcaps ?? []))].sort(byStrcmp);
  const strings = layOut([...sorted.flatMap(({ soname, path }) => [soname, path]), ...folders]);
  const stringsAt = headerSize + entrySize * sorted.length;
  const extensionsAt = aligned(stringsAt + strings.bytes.length);
  const sectionCount = folders.length > 0 ? 2 : 1;
  const foldersAt = extensionsAt + 8 + sectionSize * sectionCount;
  const generatorAt = foldersAt + 4 * folders.length;
  const size = generatorAt + Buffer.byteLength(generator);
  const out = Buffer.alloc(size);
  const u32 = (value: number, at: number): number =>
    bigEndian ? out.writeUInt32BE(value, at) : out.writeUInt32LE(value, at);
  const stringAt = (text: string): number => stringsAt + (strings.offsets.get(text) ?? 0);

  magic.copy(out);
  u32(sorted.length, 20);
  u32(strings.bytes.length, 24);
  out.writeUInt8(bigEndian ? 3 : 2, 28);
  u32(extensionsAt, 32);
  for (const [index, { soname, path, flags, hwcaps }] of sorted.entries()) {
    const at = headerSize + entrySize * index;
    u32(flags, at);
    u32(stringAt(soname), at + 4);
    u32(stringAt(path), at + 8);
    const hwcap = hwcaps === undefined ? 0n : hwcapsBit | BigInt(folders.indexOf(hwcaps));
    if (bigEndian) out.writeBigUInt64BE(hwcap, at + 16);
    else out.writeBigUInt64LE(hwcap, at + 16);
  }
  strings.bytes.copy(out, stringsAt);
  u32(extensionMagic, extensionsAt);
  u32(sectionCount, extensionsAt + 4);
  const section = (index: number, tag: number, at: number, length: number): void => {
    const header = extensionsAt + 8 + sectionSize * index;
    u32(tag, header);
    u32(at, header + 8);
    u32(length, header + 12);
  };
  section(0, tags.generator, generatorAt, size - generatorAt);
  out.write(generator, generatorAt);
  if (folders.length > 0) section(1, tags.hwcaps, foldersAt, generatorAt - foldersAt);
  for (const [index, name] of folders.entries()) u32(stringAt(name), foldersAt + 4 * index);
  return out;
}

function aligned(offset: number): number {
  return (offset + 3) & ~3;
}

function byStrcmp(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Names and flags descend; of one name, what lies below glibc-hwcaps comes first, as the linker stops at the rest. */
function compareEntries(a: CachedLibrary, b: CachedLibrary): number {
  const order = compareLibraries(b.soname, a.soname) || b.flags - a.flags;
  if (order !== 0) return order;
  if (a.hwcaps === undefined || b.hwcaps === undefined)
    return Number(a.hwcaps === undefined) - Number(b.hwcaps === undefined);
  return byStrcmp(a.hwcaps, b.hwcaps);
}

/** Sorted by their ends, descending and longer before shorter, strings that share an end are neighbours. */
function layOut(texts: readonly string[]): { readonly bytes: Buffer; readonly offsets: ReadonlyMap<string, number> } {
  const distinct = [...new Set(texts)].map((text) => ({ text, bytes: Buffer.from(text) }));
  distinct.sort((a, b) => compareEnds(a.bytes, b.bytes));
  const offsets = new Map<string, number>();
  const parts: Buffer[] = [];
  let end = 0;
  let last = Buffer.alloc(0);
  for (const { text, bytes } of distinct) {
    const shared = last.length >= bytes.length && last.subarray(last.length - bytes.length).equals(bytes);
    if (!shared) {
      parts.push(bytes, Buffer.alloc(1));
      end += bytes.length + 1;
    }
    offsets.set(text, end - 1 - bytes.length);
    last = bytes;
  }
  return { bytes: Buffer.concat(parts), offsets };
}

function compareEnds(a: Buffer, b: Buffer): number {
  const common = Math.min(a.length, b.length);
  for (let back = 1; back <= common; back += 1) {
    const difference = (b[b.length - back] ?? 0) - (a[a.length - back] ?? 0);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}
