/** The members of an ar archive, found by their headers alone: a .deb is one of three members, deb(5). */
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "../sys/index.ts";
import { invalidArchive } from "./tree-guard.ts";

/** Where a member lies in its file. */
export interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** Its first bytes, at most four, as Latin-1. */
  readonly start: string;
}

const magic = "!<arch>\n";
const headerSize = 60;

/** A .deb has three members, and perhaps a few for others to read. */
const mostMembers = 64;

/** The members of the archive at `path`, in its order. Throws `archive-invalid`, with `name` for the archive. */
export function readAr(path: string, name: string = path): readonly ArMember[] {
  const descriptor = openSync(path, "r");
  try {
    const { size: end } = fstatSync(descriptor);
    const buffer = Buffer.alloc(headerSize);
    const textAt = (offset: number, size: number): string =>
      buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, size, offset));
    if (textAt(0, magic.length) !== magic) throw invalidArchive(name, "it is no ar archive, and so no Debian package");
    const members: ArMember[] = [];
    for (let at = magic.length; at < end; ) {
      const header = textAt(at, headerSize);
      const digits = header.slice(48, 58).trimEnd();
      if (header.length !== headerSize || header.slice(58) !== "`\n" || !/^\d{1,10}$/.test(digits))
        throw invalidArchive(name, `the header of its member at byte ${at} is damaged`);
      const offset = at + headerSize;
      const size = Number(digits);
      const called = header.slice(0, 16).trimEnd().replace(/\/$/, "");
      if (offset + size > end) throw invalidArchive(name, `its member ${JSON.stringify(called)} ends after the file`);
      members.push({ name: called, offset, size, start: textAt(offset, Math.min(size, 4)) });
      if (members.length > mostMembers) throw invalidArchive(name, `it has more than ${mostMembers} members`);
      // Members begin at even offsets.
      at = offset + size + (size % 2);
    }
    return members;
  } finally {
    closeSync(descriptor);
  }
}

/** The bytes of a member, as a stream. */
export function readArMember(path: string, { offset, size }: ArMember): AsyncIterable<Buffer> {
  // An empty range cannot be said: its end is inclusive.
  if (size === 0) return (async function* () {})();
  return createReadStream(path, { start: offset, end: offset + size - 1, highWaterMark: 1 << 18 });
}
