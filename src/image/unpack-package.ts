/**
 * Layers from Debian packages, unpacked by reading alone: nothing of a package is run, and no file of it is made on this
 * host. Its files go to one spool as they come, and from there into the layer in the order of their paths, so that neither
 * memory nor the package's own order matters.
 *
 * The item holds the layer (see `LayerWriter`), `facts.json` (`PackageFacts`) and, below `kept/`, the files that
 * generators read (`keptFiles`).
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { invalidArchive, readTar, type TarEntry } from "../archive/index.ts";
import { asDigest, type Digest, digestOf, hexOf } from "../base/index.ts";
import {
  type DebFile,
  keptFiles,
  type LibraryFact,
  type LockedPackage,
  mergeUsr,
  openDeb,
  type PackageFacts,
  readElfLibrary,
  scriptFacts,
} from "../packages/index.ts";
import { type BuiltFacts, byBytes, digestFile } from "../store/index.ts";
import { ensureFolder } from "../sys/index.ts";
import { Spool } from "./_spool.ts";
import { LayerWriter } from "./layer-writer.ts";
import { writeFacts } from "./package-facts.ts";

/** A package by what it is, and not by where it comes from. */
export type NamedPackage = Pick<LockedPackage, "name" | "version" | "architecture" | "sha256" | "size">;

/** A package to unpack. What comes of it goes to `out`, which must not be there. */
export interface PackageJob {
  readonly package: NamedPackage;
  /** Of the .deb. */
  readonly path: string;
  readonly out: string;
}

/** An entry, and for a file where its body lies in the spool. */
interface Unpacked extends TarEntry {
  readonly digest?: Digest;
  readonly at?: number;
}

/** Where dpkg's records are, one file a package, so that layers do not share one: the form of distroless images. */
const databaseFolder = "var/lib/dpkg/status.d";

/** Files of login shells, one a line, that debianutils' update-shells reads. */
const shellsFolder = "usr/share/debianutils/shells.d/";

export async function unpackPackage({ package: locked, path, out }: PackageJob): Promise<BuiltFacts> {
  const name = `${locked.name} ${locked.version}`;
  checkDeb(path, name, locked);
  const deb = await openDeb(path, name);
  for (const field of ["name", "version", "architecture"] as const) {
    const own = deb.fields.get(field === "name" ? "package" : field);
    if (own !== locked[field]) throw invalidArchive(name, `its ${field} is ${own ?? "missing"}`);
  }
  using spool = new Spool(`${out}.spool`);
  const unpacked = await unpack(deb, name, spool);
  const entries = arrange([...unpacked, ...database(deb, locked.name, spool)], name);
  using writer = new LayerWriter(out);
  for (const entry of entries) {
    writer.entry(entry, entry.digest);
    if (entry.at === undefined) continue;
    spool.copy(entry.at, entry.size, writer.body);
    writer.pad(entry.size);
    if (keptFiles.some((kept) => kept.test(entry.path))) keep(out, entry, spool);
  }
  const built = await writer.finish();
  const facts = factsOf(deb, locked, entries, spool);
  writeFacts(out, facts);
  return built;
}

/** A package is looked into only once it is known to be the one that was locked. */
function checkDeb(path: string, name: string, locked: NamedPackage): void {
  const { digest, size } = digestFile(path);
  if (size !== locked.size) throw invalidArchive(name, `it has ${size} bytes, and ${locked.size} were locked`);
  if (hexOf(digest) !== locked.sha256)
    throw invalidArchive(name, `its SHA-256 is ${hexOf(digest)}, and ${locked.sha256} was locked`);
}

async function unpack(deb: DebFile, name: string, spool: Spool): Promise<readonly Unpacked[]> {
  const entries: Unpacked[] = [];
  for await (const { entry, body } of readTar(deb.data(), { name, adapt: mergeUsr })) {
    if (entry.kind === "character" || entry.kind === "block" || entry.kind === "fifo")
      throw invalidArchive(name, `${entry.path} is a ${entry.kind} device or pipe, which no Debian package has`);
    if (entry.kind !== "file") entries.push(entry);
    else {
      const at = spool.size;
      const hash = createHash("sha256");
      for await (const part of body) {
        hash.update(part);
        spool.write(part);
      }
      entries.push({ ...entry, at, digest: asDigest(hash.digest("hex")) });
    }
  }
  return entries;
}

function database(deb: DebFile, name: string, spool: Spool): readonly Unpacked[] {
  const file = (path: string, content: string): Unpacked => {
    const bytes = Buffer.from(content);
    const at = spool.size;
    spool.write(bytes);
    const digest = digestOf(bytes);
    return { path, kind: "file", mode: 0o644, uid: 0, gid: 0, size: bytes.length, at, digest };
  };
  const status = file(`${databaseFolder}/${name}`, installedParagraph(deb.control));
  return deb.md5sums === undefined ? [status] : [status, file(`${databaseFolder}/${name}.md5sums`, deb.md5sums)];
}

/** A control file as dpkg keeps it of what is installed. */
function installedParagraph(control: string): string {
  const lines = control.split("\n").filter((line) => !/^status:/i.test(line));
  const after = lines.findIndex((line) => /^package:/i.test(line)) + 1;
  return lines.toSpliced(after, 0, "Status: install ok installed").join("\n");
}

/** All entries in the order of their paths' bytes, parents first; of a file's names, the first has the body. */
function arrange(entries: readonly Unpacked[], name: string): readonly Unpacked[] {
  const byPath = new Map<string, Unpacked>();
  // The root's own mode and owner are not a package's to say.
  for (const entry of entries.filter(({ path }) => path !== "")) {
    if (byPath.has(entry.path) && entry.kind !== "directory")
      throw invalidArchive(name, `${entry.path} is in it twice`);
    byPath.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let parent = dirname(path); parent !== "." && !byPath.has(parent); parent = dirname(parent))
      byPath.set(parent, { path: parent, kind: "directory", mode: 0o755, uid: 0, gid: 0, size: 0 });
  }
  for (const [path] of byPath) {
    const parent = byPath.get(dirname(path));
    if (parent !== undefined && parent.kind !== "directory")
      throw invalidArchive(name, `${path} lies in ${parent.path}, which is a ${parent.kind}`);
  }
  for (const names of namesOfFiles(byPath)) {
    const [first = "", ...others] = [...names].sort(byBytes);
    const file = names.map((path) => byPath.get(path)).find((entry) => entry?.kind === "file");
    if (file === undefined) throw new Error(`no file behind the hard link ${first}`);
    byPath.set(first, { ...file, path: first });
    const { at: _, digest: __, xattrs: ___, ...inode } = file;
    for (const path of others) byPath.set(path, { ...inode, path, kind: "hardlink", size: 0, target: first });
  }
  return [...byPath.values()].sort((a, b) => byBytes(a.path, b.path));
}

/** The paths of each file that has more than one. A hard link may be to another. */
function namesOfFiles(byPath: ReadonlyMap<string, Unpacked>): readonly (readonly string[])[] {
  const names = new Map<string, string[]>();
  const fileOf = new Map<string, string>();
  for (const [path, { kind, target = "" }] of byPath) {
    if (kind !== "hardlink") continue;
    const file = fileOf.get(target) ?? target;
    fileOf.set(path, file);
    const known = names.get(file);
    if (known === undefined) names.set(file, [file, path]);
    else known.push(path);
  }
  return [...names.values()];
}

function keep(out: string, entry: Unpacked, spool: Spool): void {
  const path = join(out, "kept", entry.path);
  ensureFolder(dirname(path));
  spool.copyToFile(entry.at ?? 0, entry.size, path);
}

function factsOf(deb: DebFile, locked: NamedPackage, entries: readonly Unpacked[], spool: Spool): PackageFacts {
  const scripts = scriptFacts(deb.scripts, deb.triggers, locked.name);
  const shells = entries
    .filter(({ path, kind, size }) => kind === "file" && path.startsWith(shellsFolder) && size < 1 << 16)
    .flatMap(({ at = 0, size }) => spool.read(at, size).toString("utf8").split("\n"))
    .filter((line) => line.startsWith("/"));
  return {
    name: locked.name,
    version: locked.version,
    architecture: locked.architecture,
    control: installedParagraph(deb.control),
    conffiles: deb.conffiles,
    libraries: entries.flatMap((entry) => libraryFact(entry, entries, spool)),
    alternatives: scripts.alternatives,
    shells: [...new Set([...scripts.shells, ...shells])],
    scripts: scripts.scripts,
  };
}

/** What ldconfig would look at: `lib*.so*` and `ld-*.so*`; a library without a soname goes by its file's name. */
function libraryFact(entry: Unpacked, entries: readonly Unpacked[], spool: Spool): readonly LibraryFact[] {
  const file = basename(entry.path);
  if (!/^(lib|ld-).*\.so(\.|$)/.test(file) || !/(^|\/)lib[^/]*\//.test(entry.path)) return [];
  const body = entry.kind === "hardlink" ? entries.find(({ path }) => path === entry.target) : entry;
  if (body?.at === undefined) return [];
  const { at, size } = body;
  const elf = readElfLibrary((offset, length) =>
    offset >= size ? Buffer.alloc(0) : spool.read(at + offset, Math.min(length, size - offset)),
  );
  if (elf === undefined) return [];
  return [{ path: `/${entry.path}`, soname: elf.soname ?? file, bits: elf.bits, machine: elf.machine }];
}
