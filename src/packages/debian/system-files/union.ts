/** All packages laid over each other: what a path is in the root that they make together. */
import { posix } from "node:path";
import type { PackageFacts } from "../facts.ts";
import type { UnpackedPackage } from "./types.ts";

export interface Union {
  /** Whether something is there, or where links on the way lead. */
  readonly has: (path: string) => boolean;
  readonly kept: (path: string) => Buffer | undefined;
  /** Every path that the expression matches, in the order of bytes. */
  readonly matching: (pattern: RegExp) => readonly string[];
  /** What lies directly in a folder. */
  readonly below: (folder: string) => readonly string[];
  readonly links: ReadonlyMap<string, string>;
  /** Where a path leads once all links on the way, the last name too, are followed; a circle leads to itself. */
  readonly resolve: (path: string) => string;
  readonly facts: readonly PackageFacts[];
  readonly find: (name: string) => PackageFacts | undefined;
}

/** Folders of the root that are links into /usr. */
const aliases: ReadonlySet<string> = new Set(["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/libo32"]);

/** As many links as Linux follows on one path. */
const mostLinks = 40;

export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `packages` in the order of their layers: of two that hold one path, the later has it. */
export function unionOf(packages: readonly UnpackedPackage[]): Union {
  const paths = new Map<string, UnpackedPackage>();
  const links = new Map<string, string>();
  for (const each of packages) {
    for (const path of each.paths) {
      paths.set(path, each);
      links.delete(path);
    }
    for (const [path, target] of each.links) links.set(path, target);
  }
  const sorted = [...paths.keys()].sort(compareBytes);
  const children = childrenOf(sorted);
  const resolve = (path: string): string => resolveIn(links, path);
  return {
    has: (path) => [path, resolve(path)].some((each) => paths.has(each) || children.has(each)),
    kept: (path) => paths.get(path)?.kept(path),
    matching: (pattern) => sorted.filter((path) => pattern.test(path)),
    below: (folder) => [...(children.get(folder) ?? [])],
    links,
    resolve,
    facts: packages.map(({ facts }) => facts),
    find: (name) => packages.find(({ facts }) => facts.name === name)?.facts,
  };
}

/** A path with the links on the way to its last name followed, as a tar must name what it puts there. */
export function inFolder(union: Union, path: string): string {
  return posix.join(union.resolve(posix.dirname(path)), posix.basename(path));
}

/** By folder, in the order of bytes; folders that no package lists but that hold something are counted. */
function childrenOf(sorted: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const children = new Map<string, Set<string>>();
  for (let path of sorted) {
    while (path !== "/") {
      const parent = posix.dirname(path);
      const known = children.get(parent);
      if (known === undefined) children.set(parent, new Set([path]));
      else known.add(path);
      if (known !== undefined || parent === path) break;
      path = parent;
    }
  }
  return children;
}

function resolveIn(links: ReadonlyMap<string, string>, path: string): string {
  let done = "/";
  // The next name is the last.
  const names = path.split("/").reverse();
  for (let followed = 0; names.length > 0; ) {
    const here = posix.join(done, names.pop() ?? "");
    const target = links.get(here) ?? (aliases.has(here) ? `usr${here}` : undefined);
    if (target === undefined) {
      done = here;
      continue;
    }
    followed += 1;
    if (followed > mostLinks) return path;
    if (target.startsWith("/")) done = "/";
    names.push(...target.split("/").reverse());
  }
  return done;
}
