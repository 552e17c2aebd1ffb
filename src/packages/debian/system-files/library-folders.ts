/** Which folders ldconfig searches, in its order: /etc/ld.so.conf, what that includes, and the trusted ones. */
import { posix } from "node:path";
import { compareBytes, type Union } from "./union.ts";

export interface LibraryFolder {
  /** As it is written, which is how the cache names what lies in it. */
  readonly name: string;
  /** Where it lies, with links followed. */
  readonly path: string;
  /** The folder's name below glibc-hwcaps. */
  readonly hwcaps?: string;
}

export function libraryFolders(union: Union, triplet: string): readonly LibraryFolder[] {
  const trusted = [`/lib/${triplet}`, `/usr/lib/${triplet}`, "/lib", "/usr/lib"];
  const seen = new Set<string>();
  const folders: LibraryFolder[] = [];
  for (const name of [...configured(union, "/etc/ld.so.conf", new Set()), ...trusted]) {
    const path = union.resolve(name);
    if (seen.has(path)) continue;
    seen.add(path);
    folders.push({ name, path });
    for (const hwcaps of hwcapsIn(union, path))
      folders.push({ name: `${name}/glibc-hwcaps/${hwcaps}`, path: `${path}/glibc-hwcaps/${hwcaps}`, hwcaps });
  }
  return folders;
}

function hwcapsIn(union: Union, folder: string): readonly string[] {
  const names = union
    .below(`${folder}/glibc-hwcaps`)
    .flatMap((path) => path.slice(`${folder}/glibc-hwcaps/`.length).split("/")[0] ?? []);
  return [...new Set(names)].sort(compareBytes);
}

/** `seen`: a file that includes itself is read once. */
function configured(union: Union, path: string, seen: Set<string>): readonly string[] {
  if (seen.has(path)) return [];
  seen.add(path);
  const lines = union.kept(path)?.toString("utf8").split("\n") ?? [];
  return lines.flatMap((line) => {
    const text = line.replace(/#.*/, "").trim();
    const [, patterns] = /^include\s+(.+)$/.exec(text) ?? [];
    if (patterns !== undefined)
      return patterns
        .split(/\s+/)
        .flatMap((pattern) => expand(union, posix.resolve(posix.dirname(path), pattern)))
        .flatMap((file) => configured(union, file, seen));
    // "hwcap" lines concern the folders that glibc dropped; "=libc5" after a folder has long meant nothing.
    const [folder = ""] = text.split("=");
    return folder.startsWith("/") ? [withoutSlash(folder)] : [];
  });
}

function withoutSlash(folder: string): string {
  let end = folder.length;
  while (end > 1 && folder[end - 1] === "/") end -= 1;
  return folder.slice(0, end);
}

/** A pattern of the shell's. One with more stars than any real one has is left out, as matching it takes too long. */
function expand(union: Union, pattern: string): readonly string[] {
  if (pattern.split("*").length > 4) return [];
  const source = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]")
    .replaceAll("[!", "[^");
  try {
    return union.matching(new RegExp(`^${source}$`));
  } catch {
    // An unclosed bracket: the shell takes it as itself, and no file has such a name.
    return [];
  }
}
