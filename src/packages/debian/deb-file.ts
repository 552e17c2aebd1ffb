/**
 * A .deb as dpkg-deb reads it (deb(5)): what its control archive says, in memory and bounded, and its files as a stream.
 */
import {
  type ArMember,
  type Compression,
  compressionOf,
  decompress,
  invalidArchive,
  readAr,
  readArMember,
  readTar,
} from "../../archive/index.ts";
import { type Paragraph, parseParagraph } from "./control-fields.ts";

export interface DebFile {
  /** Of its control file. */
  readonly fields: Paragraph;
  /** The control file's paragraph, ending with one newline. */
  readonly control: string;
  /** Absolute paths of the files that an upgrade leaves as the administrator changed them. */
  readonly conffiles: readonly string[];
  /** What it says of its files' content, as it says it. */
  readonly md5sums: string | undefined;
  /** Programs that dpkg and debconf run, by name. */
  readonly scripts: ReadonlyMap<ScriptName, Buffer>;
  readonly triggers: string | undefined;
  /** Its files: a tar archive, decompressed. */
  readonly data: () => AsyncGenerator<Buffer>;
}

export type ScriptName = "preinst" | "postinst" | "prerm" | "postrm" | "config";

const scriptNames: readonly ScriptName[] = ["preinst", "postinst", "prerm", "postrm", "config"];

/** Bytes of the control archive. The largest part are checksums: 100,000 files make 10 MiB. */
const mostControl = 64 << 20;

/** Bytes of files where a package does not say how large they are. */
const mostData = 4 * 2 ** 30;

/** Reads all of a package but its files. Throws `archive-invalid`, with `name` for the package. */
export async function openDeb(path: string, name: string = path): Promise<DebFile> {
  const { control, data } = debMembers(path, name);
  const files = await readControl(path, control, name);
  const text = (file: string): string | undefined => files.get(file)?.toString("utf8");
  const paragraph = text("control");
  if (paragraph === undefined) throw invalidArchive(name, "its control archive has no control file");
  const fields = parseParagraph(paragraph, `the control file of ${name}`);
  return {
    fields,
    control: `${paragraph.trim()}\n`,
    conffiles: parseConffiles(text("conffiles") ?? ""),
    md5sums: text("md5sums"),
    scripts: new Map(
      scriptNames.flatMap((each) => {
        const script = files.get(each);
        return script === undefined ? [] : [[each, script] as const];
      }),
    ),
    triggers: text("triggers"),
    data: () =>
      decompress(readArMember(path, data.member), {
        compression: data.compression,
        by: wayFor(data),
        name,
        limit: dataLimit(fields.get("installed-size")),
      }),
  };
}

interface DebMember {
  readonly member: ArMember;
  readonly compression: Compression;
}

/** Bytes of a member from which on a process of its own is worth starting: it reads faster, and beside whoever unpacks. */
const worthAProcess = 8 << 20;

function wayFor({ member }: DebMember): "any" | "thread" {
  return member.size < worthAProcess ? "thread" : "any";
}

function debMembers(path: string, name: string): { readonly control: DebMember; readonly data: DebMember } {
  // Members whose names begin with "_" are for others; what comes after the files is nobody's.
  const [version, control, data] = readAr(path, name).filter((member) => !member.name.startsWith("_"));
  if (version?.name !== "debian-binary") throw invalidArchive(name, "it does not begin as a Debian package");
  if (version.start.slice(0, 2) !== "2.")
    throw invalidArchive(name, "its format is not version 2, the only one that is known");
  return { control: tarMember(name, "control", control), data: tarMember(name, "data", data) };
}

function tarMember(name: string, part: string, member: ArMember | undefined): DebMember {
  if (member === undefined || !(member.name === `${part}.tar` || member.name.startsWith(`${part}.tar.`)))
    throw invalidArchive(name, `its member ${part}.tar is not where it must be`);
  const compression = compressionOf(member.name);
  if (compression === undefined) throw invalidArchive(name, `its ${member.name} has a compression that is not known`);
  return { member, compression };
}

async function readControl(path: string, control: DebMember, deb: string): Promise<ReadonlyMap<string, Buffer>> {
  const name = `the control archive of ${deb}`;
  const tar = decompress(readArMember(path, control.member), {
    compression: control.compression,
    by: wayFor(control),
    name,
    limit: mostControl,
  });
  const files = new Map<string, Buffer>();
  for await (const { entry, body } of readTar(tar, { name })) {
    if (entry.kind !== "file") continue;
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(Buffer.from(part));
    files.set(entry.path, Buffer.concat(parts));
  }
  return files;
}

/** One path a line; a flag before it, such as remove-on-upgrade, is for files that the package does not have. */
function parseConffiles(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line.startsWith("/"));
}

/** Installed-Size is in KiB, and each file's share is rounded up; tar's headers come on top of it. */
function dataLimit(installedSize: string | undefined): number {
  if (installedSize === undefined || !/^\d{1,9}$/.test(installedSize)) return mostData;
  return Number(installedSize) * 2048 + (64 << 20);
}
