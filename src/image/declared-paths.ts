/**
 * Where what is declared comes to stand in an image, as far as that is known before anything is built: which entries may
 * be about one path, and which folders an upper layer must not make anew.
 */
import { posix } from "node:path";
import type { DeclaredFolder, Placement } from "./layer.ts";

/** A placement on its way into a layer. */
export interface Layered {
  readonly placement: Placement;
}

function pathOf({ placement }: Layered): string {
  return posix.resolve("/", placement.target).slice(1);
}

function isWithin(path: string, folder: string): boolean {
  return folder === "" || path.startsWith(`${folder}/`);
}

/** Whether two placements may have different files at one path. Folders do not count: they are one. */
export function mayOverlap(a: Layered, b: Layered): boolean {
  const [first, second] = [a.placement.content, b.placement.content];
  if (first.kind === "directory" || second.kind === "directory") return false;
  const [pathA, pathB] = [pathOf(a), pathOf(b)];
  if (pathA !== pathB && !isWithin(pathA, pathB) && !isWithin(pathB, pathA)) return false;
  // What a made item holds is known only once it is built.
  const known = (content: Placement["content"]): boolean => content.kind === "local" || content.kind === "symlink";
  if (!known(first) && !known(second)) return true;
  if (!known(first)) return [...filesOf(b)].some((path) => path === pathA || isWithin(path, pathA));
  if (!known(second)) return [...filesOf(a)].some((path) => path === pathB || isWithin(path, pathB));
  const paths = filesOf(a);
  return [...filesOf(b)].some((path) => paths.has(path));
}

/** A placement of a file or link, and a path that lies in it: the layers would be built, and one would hide the other. */
export function findHidden(placed: readonly Layered[]): readonly [hider: string, hidden: string] | undefined {
  for (const hider of placed) {
    const { content } = hider.placement;
    const isNoFolder =
      content.kind === "symlink" || (content.kind === "local" && content.entries[0]?.kind !== "directory");
    if (!isNoFolder) continue;
    const path = pathOf(hider);
    for (const other of placed) {
      const hidden = other === hider ? undefined : pathsOf(other).find((each) => isWithin(each, path));
      if (hidden !== undefined) return [path, hidden];
    }
  }
  return undefined;
}

/** All paths that a placement is known to have. */
function pathsOf(layered: Layered): readonly string[] {
  const { content } = layered.placement;
  const path = pathOf(layered);
  return content.kind === "local" ? content.entries.map((entry) => posix.join(path, entry.path)) : [path];
}

/** The paths of all but folders. */
function filesOf(layered: Layered): ReadonlySet<string> {
  const { content } = layered.placement;
  const path = pathOf(layered);
  if (content.kind !== "local") return new Set([path]);
  return new Set(
    content.entries.filter(({ kind }) => kind !== "directory").map((entry) => posix.join(path, entry.path)),
  );
}

/**
 * The folders that `group` only puts something into, and to which a layer of `lower` gives an owner or a mode that no
 * folder has by itself; a later placement's word holds.
 */
export function foldersBelow(lower: readonly Layered[], group: readonly Layered[]): readonly DeclaredFolder[] {
  const parents = new Set(group.flatMap((each) => parentsOf(pathOf(each))));
  const found = new Map<string, DeclaredFolder>();
  for (const each of lower) {
    const { content, mode, uid, gid } = each.placement;
    if (content.kind === "symlink" || content.kind === "closure") continue;
    const root = pathOf(each);
    if (parents.has(root)) found.set(root, [root, mode ?? 0o755, uid, gid]);
    if (content.kind !== "local") continue;
    for (const entry of content.entries) {
      const path = posix.join(root, entry.path);
      if (entry.path !== "" && entry.kind === "directory" && parents.has(path))
        found.set(path, [path, 0o755, uid, gid]);
    }
  }
  return [...found.values()].filter(([, mode, uid, gid]) => mode !== 0o755 || uid !== 0 || gid !== 0);
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
