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
  const header = ustar(
    {
      ...entry,
      path: short,
      size: Math.min(entry.size, largestSize),
      uid: Math.min(entry.uid, largestId),
      gid: Math.min(entry.gid, largestId),
    },
    prefix,
    typeFlags[entry.kind],
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
  return Buffer.alloc((block - (size % block)) % block);
}

/** Two empty blocks end an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * block);

/** Splits a long name at a "/" into ustar's prefix (155 bytes) and name (100); undefined where it cannot be. */
function splitName(name: string): [prefix: string, name: string] | undefined {
  if (Buffer.byteLength(name) <= 100) return ["", name];
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

function ustar(entry: TarEntry, prefix: string, flag: string): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, offset: number, width: number): void => {
    header.write(`${value.toString(8).padStart(width - 1, "0")}\0`, offset, "latin1");
  };
  header.write(entry.path, 0, 100, "utf8");
  octal(entry.mode & 0o7777, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(entry.size, 124, 12);
  octal(tarTime, 136, 12);
  header.write("        ", 148, "latin1");
  header.write(flag, 156, "latin1");
  header.write(
    Buffer.byteLength(entry.target ?? "") > 100 ? cutBytes(entry.target ?? "", 100) : (entry.target ?? ""),
    157,
    100,
    "utf8",
  );
  header.write("ustar\0" + "00", 257, "latin1");
  const [major, minor] = entry.device ?? [];
  if (major !== undefined && minor !== undefined) {
    octal(major, 329, 8);
    octal(minor, 337, 8);
  }
  header.write(prefix, 345, 155, "utf8");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
