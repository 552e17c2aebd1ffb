/** The layers of what a declaration itself puts into an image: one for each of its larger trees, one for all the rest. */
import { posix } from "node:path";
import { KnownError, type Place } from "../base/index.ts";
import { isRecord, placeOf } from "../record/index.ts";
import {
  findListed,
  type ItemName,
  type LocalSource,
  type Lowerer,
  lostProblem,
  makeDerivation,
  type Reference,
} from "../store/index.ts";
import type { Compression } from "./compress.ts";
import { findHidden, foldersBelow, type Layered, mayOverlap } from "./declared-paths.ts";
import type { LayerArgs, Placement } from "./layer.ts";
import { referenceOf } from "./oci-image.ts";
import type { ManifestEntry, OciImage } from "./oci-image.types.ts";

/** A placement with where its local source lies on this machine. */
export interface Placed extends Layered {
  readonly source: LocalSource | undefined;
  readonly inputs: readonly ItemName[];
  readonly size: number;
  /** Large, and seldom changed: worth a layer of its own though it is built. */
  readonly apart?: boolean;
}

export function place(entry: ManifestEntry, lowerer: Lowerer): Placed {
  const common = { target: entry.target, uid: entry.user, gid: entry.group, mode: entry.mode };
  if (entry.source === undefined) {
    return { placement: { ...common, content: { kind: "directory" } }, source: undefined, inputs: [], size: 0 };
  }
  const local = lowerer.localSource(entry.source);
  if (local === undefined)
    return { ...placeItem(common, lowerer.file(entry.source)), apart: isRecord(entry.source, "npmModules") };
  const content = { kind: "local", origin: entry.target, tree: local.listing.summary } as const;
  return { placement: { ...common, content }, source: local, inputs: [], size: local.listing.size };
}

/** Refuses what would be lost of local trees, but where an entry of its own says which bits the path has. */
export function refuseLoss(placed: readonly Placed[], where: Place | undefined): void {
  placed.forEach(({ placement: { target, mode }, source }, index) => {
    if (source === undefined || source.lost.length === 0) return;
    const said = new Set(
      placed.slice(index + 1).flatMap(({ placement }) => (placement.mode === undefined ? [] : [placement.target])),
    );
    const lost = source.lost.filter(({ path, byMode }) => {
      if (path === "" && mode !== undefined) return !byMode;
      // What is declared later for the path takes its place, and is looked at itself.
      return !said.has(posix.join(target, path));
    });
    const problem = lostProblem(source.path, lost, where);
    if (problem !== undefined) throw problem;
  });
}

/** What is not a declared entry: an item that is built, a link, a store with what it needs. */
export function placeItem(at: Omit<Placement, "content">, reference: Reference): Placed {
  return {
    placement: { ...at, content: { kind: "item", reference } },
    source: undefined,
    inputs: [reference.ref],
    size: 0,
  };
}

export function placeLink(target: string, to: string): Placed {
  const placement: Placement = { target, uid: 0, gid: 0, mode: undefined, content: { kind: "symlink", to } };
  return { placement, source: undefined, inputs: [], size: 0 };
}

export function placeStore(target: string, items: readonly ItemName[]): Placed {
  const placement: Placement = { target, uid: 0, gid: 0, mode: undefined, content: { kind: "closure", items } };
  return { placement, source: undefined, inputs: items, size: 0 };
}

/**
 * Local trees get a layer each, the largest kept apart when there are more than `maxLayers`; all else (made files, empty
 * folders, links, /tmp) shares the last layer, which is small and changes most. Where that would let an earlier entry
 * for a path win, the two stay together in the order declared.
 */
export function groupLayers(
  placed: readonly Placed[],
  image: OciImage,
  maxLayers: number,
  hasMore: boolean,
): readonly { about: string; group: readonly Placed[] }[] {
  const isTree = ({ placement, apart }: Placed): boolean => placement.content.kind === "local" || apart === true;
  const trees = placed.filter(isTree);
  const under = new Map<Placed, readonly Placed[]>();
  const moved = new Set<Placed>();
  for (const tree of trees) {
    const earlier = placed
      .slice(0, placed.indexOf(tree))
      .filter((each) => !isTree(each) && !moved.has(each) && mayOverlap(each, tree));
    for (const each of earlier) moved.add(each);
    under.set(tree, [...earlier, tree]);
  }
  const rest = placed.filter((each) => !isTree(each) && !moved.has(each));
  if (!hasMore && !placed.some(({ placement }) => placement.target === "/tmp")) rest.push(folder("/tmp", 0o1777));
  const made = links(image, placed, hasMore);
  const hidden = findHidden([...placed, ...made]);
  if (hidden !== undefined) throw hides(image, hidden);
  rest.push(...made);
  if (hasMore && placed.length === 0 && rest.length === 0) return [];
  const withEarlier = (tree: Placed): readonly Placed[] => under.get(tree) ?? [tree];
  if (maxLayers === 1) return [{ about: "everything", group: [...trees.flatMap(withEarlier), ...rest] }];
  const single = new Set(trees.length < maxLayers ? trees : largest(trees, maxLayers - 2));
  const together = trees.filter((tree) => !single.has(tree));
  return [
    ...trees
      .filter((tree) => single.has(tree))
      .map((tree) => ({ about: tree.placement.target, group: withEarlier(tree) })),
    ...(together.length > 0
      ? [{ about: together.map((tree) => tree.placement.target).join(" "), group: together.flatMap(withEarlier) }]
      : []),
    ...(rest.length > 0 || !hasMore ? [{ about: "files", group: rest }] : []),
  ];
}

/** Of trees of which none has a path of another, for their order is changed. */
function largest(trees: readonly Placed[], count: number): readonly Placed[] {
  const isAlone = (tree: Placed): boolean => trees.every((other) => other === tree || !mayOverlap(other, tree));
  return trees
    .filter(isAlone)
    .sort((a, b) => b.size - a.size)
    .slice(0, count);
}

function hides(image: OciImage, [hider, hidden]: readonly [string, string]): KnownError {
  const hint = "a path cannot be a folder and something else; correct one of the targets";
  const message = `${referenceOf(image)}: /${hider} is a file or a link, and /${hidden} lies in it`;
  return new KnownError("image-invalid", message, { where: placeOf(image), hint });
}

function folder(target: string, mode: number): Placed {
  return {
    placement: { target, uid: 0, gid: 0, mode, content: { kind: "directory" } },
    source: undefined,
    inputs: [],
    size: 0,
  };
}

/** Links may point at anything where packages or another image are below: what they hold is known only once it is built. */
function links(image: OciImage, placed: readonly Placed[], hasMore: boolean): readonly Placed[] {
  const isThere = (path: string): boolean =>
    hasMore ||
    placed.some(({ placement: { target, content }, source }) => {
      const root = target.replace(/\/+$/, "");
      if (path === root || root.startsWith(`${path}/`)) return true;
      if (!path.startsWith(`${root}/`)) return false;
      // What a made item holds is known only once it is built.
      if (source === undefined) return content.kind === "item";
      return findListed(source.listing, path.slice(root.length + 1)) !== undefined;
    });
  const declared = new Set(image.packOptions.symlinks.map(([path]) => path));
  return image.packOptions.symlinks.map(([path, to]) => {
    const resolved = posix.resolve(posix.dirname(path), to);
    if (!isThere(resolved) && !declared.has(resolved)) {
      const hint = "add what it points at to the manifest, or correct the target";
      throw new KnownError(
        "image-invalid",
        `${referenceOf(image)}: the link ${path} points at ${to}, which is not in the image`,
        { where: placeOf(image), hint },
      );
    }
    return placeLink(path, to);
  });
}

interface LowerLayerOptions {
  /** Items of packages and of a base. */
  readonly below: readonly ItemName[];
  /** What the declaration's own layers below this one place. */
  readonly lower: readonly Placed[];
  readonly compression: Compression | undefined;
  readonly lowerer: Lowerer;
  readonly where: Place | undefined;
}

export function lowerLayer(
  about: string,
  group: readonly Placed[],
  { below, lower, compression, lowerer, where }: LowerLayerOptions,
): ItemName {
  const placements = group.map((each) => each.placement);
  const folders = foldersBelow(lower, group);
  const args: LayerArgs = {
    format: 1,
    placements,
    ...(below.length > 0 ? { below } : {}),
    ...(folders.length > 0 ? { folders } : {}),
    ...(compression === undefined ? {} : { compression }),
  };
  const local = group.flatMap(({ placement: { target }, source }) =>
    source === undefined ? [] : [{ target, ...source }],
  );
  const origins = Object.fromEntries(local.map(({ target, path }) => [target, path]));
  const hashed = Object.fromEntries(local.map(({ target, listing }) => [target, listing]));
  const inputs = [...new Set([...group.flatMap((each) => each.inputs), ...below])];
  const name = `layer-${about.replaceAll("/", "-").replace(/^-/, "")}`;
  return lowerer.add(makeDerivation({ name, builder: "layer", args, inputs }, { origins, hashed, place: where })).ref;
}
