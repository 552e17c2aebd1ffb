/**
 * Writing tar archives that depend on nothing but their entries: POSIX ustar, with a pax header only where a name, link,
 * size or owner does not fit (pax(1), "ustar Interchange Format"). Owners are numbers, times are one constant.
 */

/** Seconds since 1970 of every entry. */
const tarTime = 1;

export interface TarEntry {
  /** Without a leading "/", folders without a trailing one. */
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink" | "hardlink" | "fifo" | "character" | "block";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of the body; 0 for all but files. */
  readonly size: number;
  /** What a symbolic link says, or the path, in the archive, of the file that a hard link is another name of. */
  readonly target?: string;
  /** Major and minor number of a device. */
  readonly device?: readonly [major: number, minor: number];
  /** Extended attributes by name, `security.capability` for one. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
}

/** Bytes of a block: headers and bodies fill whole ones. */
const block = 512;
const typeFlags = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
} as const satisfies Record<TarEntry["kind"], string>;

/** The largest numbers that eleven and seven octal digits hold. */
const largestSize = 0o77777777777;
const largestId = 0o7777777;

/** The header blocks of an entry; its body follows, then `tarPadding` of its size. */
export function tarHeader(entry: TarEntry): Buffer {
  const plain = plainHeader(entry);
  return plain === undefined ? extendedHeader(entry) : Buffer.from(plain);
}

/** What is written again and again: a header is made in one place. */
const scratch = Buffer.alloc(block);

/** The one block of an entry that needs no other, valid until the next call; undefined for any other entry. */
export function plainHeader(entry: TarEntry): Buffer | undefined {
  const { path, target = "", size, uid, gid, xattrs } = entry;
  if (size > largestSize || uid > largestId || gid > largestId || xattrs !== undefined) return undefined;
  // A character takes three bytes at most where it is one unit of UTF-16.
  if (target.length * 3 > 100 && Buffer.byteLength(target) > 100) return undefined;
  const name = entry.kind === "directory" ? `${path}/` : path;
  const split = splitName(name);
  return split === undefined ? undefined : ustar({ ...entry, path: split[1] }, split[0], typeFlags[entry.kind]);
}

function extendedHeader(entry: TarEntry): Buffer {
  const name = entry.kind === "directory" ? `${entry.path}/` : entry.path;
  const extended: [string, string | Uint8Array][] = [];
  const split = splitName(name);
  if (split === undefined) extended.push(["path", name]);
  if (Buffer.byteLength(entry.target ?? "") > 100) extended.push(["linkpath", entry.target ?? ""]);
  if (entry.size > largestSize) extended.push(["size", String(entry.size)]);
  if (entry.uid > largestId) extended.push(["uid", String(entry.uid)]);
  if (entry.gid > largestId) extended.push(["gid", String(entry.gid)]);
  for (const [key, value] of Object.entries(entry.xattrs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    extended.push([`SCHILY.xattr.${key}`, value]);
  const [prefix, short] = split ?? ["", cutBytes(name, 100)];
  const header = Buffer.from(
    ustar(
      {
        ...entry,
        path: short,
        size: Math.min(entry.size, largestSize),
        uid: Math.min(entry.uid, largestId),
        gid: Math.min(entry.gid, largestId),
      },
      prefix,
      typeFlags[entry.kind],
    ),
  );
  if (extended.length === 0) return header;
  const records = Buffer.concat(extended.map(([key, value]) => paxRecord(key, value)));
  const pax: TarEntry = {
    path: cutBytes(`PaxHeaders/${short}`, 100),
    kind: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: records.length,
  };
  return Buffer.concat([ustar(pax, "", "x"), records, tarPadding(records.length), header]);
}

/** What fills a body of `size` bytes up to a whole block. */
export function tarPadding(size: number): Buffer {
  return tarEnd.subarray(0, (block - (size % block)) % block);
}

/** Two empty blocks end an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * block);

/** Splits a long name at a "/" into ustar's prefix (155 bytes) and name (100); undefined where it cannot be. */
function splitName(name: string): readonly [prefix: string, name: string] | undefined {
  if (name.length * 3 <= 100 || Buffer.byteLength(name) <= 100) return ["", name];
  for (let slash = name.indexOf("/"); slash !== -1; slash = name.indexOf("/", slash + 1)) {
    const [prefix, rest] = [name.slice(0, slash), name.slice(slash + 1)];
    if (Buffer.byteLength(prefix) > 155) return undefined;
    if (rest !== "" && Buffer.byteLength(rest) <= 100) return [prefix, rest];
  }
  return undefined;
}

function cutBytes(text: string, limit: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > limit) cut = cut.slice(0, -1);
  return cut;
}

/** A pax record's length counts itself. */
function paxRecord(key: string, value: string | Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

/** Where what is the same in all headers stands. */
const template = Buffer.alloc(block);
writeOctal(template, tarTime, 136, 12);
template.write("ustar\0" + "00", 257, "latin1");

/** A number in `width` bytes, the last of them NUL. */
function writeOctal(header: Buffer, value: number, offset: number, width: number): void {
  let left = value;
  for (let at = offset + width - 2; at >= offset; at -= 1) {
    header[at] = 48 + (left % 8);
    left = Math.floor(left / 8);
  }
  header[offset + width - 1] = 0;
}

/** Fields of text end where nothing but NULs follows; the sum of what is between `from` and there. */
function sumOf(header: Buffer, from: number, length: number): number {
  let sum = 0;
  for (let at = from; at < from + length; at += 1) sum += header[at] ?? 0;
  return sum;
}

/** One block, valid until the next call. */
function ustar(entry: TarEntry, prefix: string, flag: string): Buffer {
  const header = scratch;
  template.copy(header);
  const target = entry.target ?? "";
  let sum = sumOf(header, 0, header.write(entry.path, 0, 100, "utf8"));
  writeOctal(header, entry.mode & 0o7777, 100, 8);
  writeOctal(header, entry.uid, 108, 8);
  writeOctal(header, entry.gid, 116, 8);
  writeOctal(header, entry.size, 124, 12);
  header.write(flag, 156, "latin1");
  if (target !== "")
    sum += sumOf(
      header,
      157,
      header.write(Buffer.byteLength(target) > 100 ? cutBytes(target, 100) : target, 157, 100, "utf8"),
    );
  const [major, minor] = entry.device ?? [];
  if (major !== undefined && minor !== undefined) {
    writeOctal(header, major, 329, 8);
    writeOctal(header, minor, 337, 8);
  }
  if (prefix !== "") sum += sumOf(header, 345, header.write(prefix, 345, 155, "utf8"));
  // The sum's own field counts as spaces.
  sum += sumOf(header, 100, 48) + 8 * 32 + sumOf(header, 156, 1) + sumOf(header, 257, 88);
  writeOctal(header, sum, 148, 7);
  header[155] = 32;
  return header;
}
