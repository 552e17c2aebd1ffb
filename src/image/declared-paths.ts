/**
 * Where what is declared comes to stand in an image, as far as that is known before anything is built: which entries may
 * be about one path, and which folders an upper layer must not make anew.
 */
import { posix } from "node:path";
import { type ListingCursor, listed, type TreeListing } from "../store/index.ts";
import type { DeclaredFolder, Placement } from "./layer.ts";
import { parentsOf } from "./ordered-entries.ts";

/** A placement on its way into a layer, and what a local tree holds. */
export interface Layered {
  readonly placement: Placement;
  readonly source: { readonly listing: TreeListing } | undefined;
}

/** The entries of a local tree; none of anything else. */
function* entriesOf({ source }: Layered): Generator<ListingCursor> {
  if (source !== undefined) yield* listed(source.listing);
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
  if (!known(first)) return hasFile(b, (path) => path === pathA || isWithin(path, pathA));
  if (!known(second)) return hasFile(a, (path) => path === pathB || isWithin(path, pathB));
  // One lies within the other, so only what is in both is looked at.
  const inner = pathA.length > pathB.length ? pathA : pathB;
  const paths = new Set<string>();
  hasFile(a, (path) => {
    if (path === inner || isWithin(path, inner)) paths.add(path);
    return false;
  });
  return paths.size > 0 && hasFile(b, (path) => paths.has(path));
}

/** A placement of a file or link, and a path that lies in it: the layers would be built, and one would hide the other. */
export function findHidden(placed: readonly Layered[]): readonly [hider: string, hidden: string] | undefined {
  for (const hider of placed) {
    const { content } = hider.placement;
    const isNoFolder =
      content.kind === "symlink" || (content.kind === "local" && content.tree.root.kind !== "directory");
    if (!isNoFolder) continue;
    const path = pathOf(hider);
    for (const other of placed) {
      const hidden = other === hider ? undefined : findWithin(other, path);
      if (hidden !== undefined) return [path, hidden];
    }
  }
  return undefined;
}

/** The first path of a placement, as far as they are known, that lies in `folder`. */
function findWithin(layered: Layered, folder: string): string | undefined {
  const path = pathOf(layered);
  if (isWithin(path, folder)) return path;
  // What a tree holds lies within its own path.
  if (!isWithin(folder, path)) return undefined;
  for (const entry of entriesOf(layered)) {
    const at = posix.join(path, entry.path);
    if (isWithin(at, folder)) return at;
  }
  return undefined;
}

/** Whether a placement has a path, of anything but a folder, that is meant. */
function hasFile(layered: Layered, isMeant: (path: string) => boolean): boolean {
  const path = pathOf(layered);
  if (layered.placement.content.kind !== "local") return isMeant(path);
  for (const { kind, path: below } of entriesOf(layered))
    if (kind !== "directory" && isMeant(posix.join(path, below))) return true;
  return false;
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
    if (![...parents].some((path) => isWithin(path, root))) continue;
    for (const entry of entriesOf(each)) {
      if (entry.path === "" || entry.kind !== "directory") continue;
      const path = posix.join(root, entry.path);
      if (parents.has(path)) found.set(path, [path, 0o755, uid, gid]);
    }
  }
  return [...found.values()].filter(([, mode, uid, gid]) => mode !== 0o755 || uid !== 0 || gid !== 0);
}
