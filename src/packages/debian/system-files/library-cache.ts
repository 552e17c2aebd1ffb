/**
 * What ldconfig does: /etc/ld.so.cache, and a link by the soname of each library that its package ships under another
 * name only.
 *
 * Folders are those that /etc/ld.so.conf names, then the trusted ones; below each, those in glibc-hwcaps. The older
 * folders for processor features (haswell, tls, …) are left out: glibc dropped them in 2.37, and what they hold lies in
 * the plain folder too. So is the level that a library's ELF note asks of the processor: the folder's name asks for it.
 */
import { posix } from "node:path";
import type { LibraryFact } from "../facts.ts";
import { type CachedLibrary, formatLibraryCache } from "./library-cache-format.ts";
import { libraryFolders } from "./library-folders.ts";
import { compareLibraries } from "./library-order.ts";
import { file, type GeneratedFile, link } from "./types.ts";
import { compareBytes, type Union } from "./union.ts";

interface Machine {
  /** The name of the folders below lib. */
  readonly triplet: string;
  /** What ldconfig takes there: the ELF machine and class, and the flags by which the linker knows its own. */
  readonly takes: readonly (readonly [machine: number, bits: 32 | 64, flags: number])[];
  readonly bigEndian?: true;
}

/** For a C library that is the sixth, ELF; the second byte tells the machine's calling convention. */
const libc6 = 0x0003;
const x86 = [
  [62, 64, 0x0300 | libc6],
  [3, 32, libc6],
  [62, 32, 0x0800 | libc6],
] as const;

/** By Debian's name of the architecture. */
const machines: ReadonlyMap<string, Machine> = new Map<string, Machine>(
  Object.entries({
    amd64: { triplet: "x86_64-linux-gnu", takes: x86 },
    i386: { triplet: "i386-linux-gnu", takes: x86 },
    arm64: { triplet: "aarch64-linux-gnu", takes: [[183, 64, 0x0a00 | libc6]] },
    armhf: { triplet: "arm-linux-gnueabihf", takes: [[40, 32, 0x0900 | libc6]] },
    armel: { triplet: "arm-linux-gnueabi", takes: [[40, 32, 0x0b00 | libc6]] },
    riscv64: { triplet: "riscv64-linux-gnu", takes: [[243, 64, 0x1000 | libc6]] },
    ppc64el: { triplet: "powerpc64le-linux-gnu", takes: [[21, 64, 0x0500 | libc6]] },
    s390x: { triplet: "s390x-linux-gnu", takes: [[22, 64, 0x0400 | libc6]], bigEndian: true },
  } satisfies Record<string, Machine>),
);

/** Nothing where the packages bring no C library, or one for a machine that is not listed here. */
export function libraryCache(union: Union): readonly GeneratedFile[] {
  const libc = union.find("libc-bin") ?? union.find("libc6");
  const machine = machines.get(libc?.architecture ?? "");
  if (libc === undefined || machine === undefined) return [];
  const libraries = new Map(union.facts.flatMap((facts) => facts.libraries.map((each) => [each.path, each])));
  const cached: CachedLibrary[] = [];
  const links: GeneratedFile[] = [];
  for (const { name, path, hwcaps } of libraryFolders(union, machine.triplet)) {
    const found = searchFolder(union, libraries, path, machine);
    for (const each of found) {
      const shown = `${name}/${hwcaps === undefined ? each.soname : each.name}`;
      cached.push({ ...each, path: shown, ...(hwcaps === undefined ? {} : { hwcaps }) });
      const own = `${path}/${each.soname}`;
      if (hwcaps !== undefined || each.isLink || union.resolve(own) === each.path) continue;
      if (!union.has(own) || union.links.has(own)) links.push(link(own, each.name));
    }
  }
  const upstream = libc.version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  const generator = `ldconfig (Debian GLIBC ${libc.version}) stable release version ${upstream}`;
  const bytes = formatLibraryCache(cached, { generator, bigEndian: machine.bigEndian === true });
  return [file("/etc/ld.so.cache", bytes), ...links];
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly soname: string;
  readonly flags: number;
  readonly isLink: boolean;
}

/** One for each soname: files before links, and of several files the highest version. */
function searchFolder(
  union: Union,
  libraries: ReadonlyMap<string, LibraryFact>,
  folder: string,
  machine: Machine,
): readonly Found[] {
  const bySoname = new Map<string, Found>();
  for (const path of namesIn(union, folder)) {
    const name = posix.basename(path);
    const library = libraries.get(union.resolve(path));
    const flags = machine.takes.find(([elf, bits]) => elf === library?.machine && bits === library.bits)?.[2];
    if (library === undefined || flags === undefined) continue;
    const real = library.soname === "" ? name : library.soname;
    // The name becomes a link's: one that leads out of the folder is no library's.
    if (/[/\0]/.test(real) || real === "." || real === "..") continue;
    // Only a link by the soname, or by the soname without its version as linkers of programs use it, counts as a link.
    const isLink = union.links.has(path) && (name === real || (name.endsWith(".so") && real.startsWith(name)));
    const found: Found = { name, path: library.path, soname: isLink ? name : real, flags, isLink };
    const before = bySoname.get(found.soname);
    if (before === undefined || isBetter(found, before)) bySoname.set(found.soname, found);
  }
  return [...bySoname.values()];
}

function isBetter(one: Found, other: Found): boolean {
  if (one.isLink !== other.isLink) return other.isLink;
  return compareLibraries(one.name, other.name) > 0;
}

/** What may be a library by its name; the dynamic linker is listed too. */
function namesIn(union: Union, folder: string): readonly string[] {
  const at = folder.length + 1;
  return union
    .below(folder)
    .filter((path) => /^(lib|ld-|ld\.so\.|ld64\.so\.)/.test(path.slice(at)) && path.slice(at).includes(".so"))
    .sort(compareBytes);
}
