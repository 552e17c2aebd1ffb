/**
 * Layers. What goes into one is settled when the declaration is lowered; building it is one pass over each file, which
 * is read, hashed, put into the tar and hashed again as part of it.
 */
import { posix } from "node:path";
import type { TarEntry } from "../archive/index.ts";
import type { Digest } from "../base/index.ts";
import {
  type BuildContext,
  type BuiltFacts,
  type ItemName,
  type ListingCursor,
  listed,
  type Reference,
  type Stamp,
  scanSource,
  type TreeListing,
  type TreeSummary,
} from "../store/index.ts";
import { Below } from "./below.ts";
import type { Compression } from "./compress.ts";
import { LayerWriter } from "./layer-writer.ts";
import { type EntryList, orderEntries, parentsOf, settle } from "./ordered-entries.ts";
import { imageStore, namedBy, placedStore, relocate, relocatedFile } from "./placed-store.ts";

/** Something placed at `target` in the image: a local tree, a store item, a folder or a link. */
export interface Placement {
  /** Absolute in the image. */
  readonly target: string;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits for the thing itself; within trees, 0755 and 0644 are used. */
  readonly mode: number | undefined;
  readonly content:
    | { readonly kind: "directory" }
    | { readonly kind: "symlink"; readonly to: string }
    /** `origin` is the key under which the derivation says where the tree lies. */
    | { readonly kind: "local"; readonly origin: string; readonly tree: TreeSummary }
    | { readonly kind: "item"; readonly reference: Reference }
    /** The items with all that they name, as a store of their own. */
    | { readonly kind: "closure"; readonly items: readonly ItemName[] };
}

export interface LayerArgs {
  /** Raised whenever the same placements would give other bytes. */
  readonly format: 1;
  readonly placements: readonly Placement[];
  /** Layers below this one, whose folders keep their owners and modes where this one only puts something into them. */
  readonly below?: readonly ItemName[];
  /** Folders of layers below this one that are declared, and not as they would be without that. */
  readonly folders?: readonly DeclaredFolder[];
  /** The item has the layer compressed, and no other way. */
  readonly compression?: Compression;
}

/** A folder with the owner and mode that it is declared to have, by its path without a slash in front. */
export type DeclaredFolder = readonly [path: string, mode: number, uid: number, gid: number];

/** An entry, and where a file's body is. */
export interface PlannedFile extends TarEntry {
  readonly from?: string;
  readonly bytes?: Buffer;
  readonly digest?: Digest;
  /** Of the file as it was when it was hashed. */
  readonly stamp?: Stamp | undefined;
}

/** The path in the archive of what is placed. */
function pathOf({ target }: Placement): string {
  return posix.resolve("/", target).slice(1);
}

/** A tree on its way into a layer, to `path`. */
interface PlacedTree {
  readonly placement: Placement;
  readonly path: string;
  readonly root: string;
  readonly listing: TreeListing;
  readonly below: Below;
}

function pathIn({ path: root }: PlacedTree, path: string): string {
  return root === "" || path === "" ? root || path : `${root}/${path}`;
}

function plan(tree: PlacedTree, entry: ListingCursor): PlannedFile {
  const { placement, root, below } = tree;
  const { uid, gid } = placement;
  const { kind, size } = entry;
  const path = pathIn(tree, entry.path);
  const own = entry.path === "" ? placement.mode : undefined;
  if (kind === "directory") {
    const there = own === undefined && !below.isEmpty ? below.folder(below.place({ path, kind })) : undefined;
    return there ?? { path, kind, mode: own ?? 0o755, uid, gid, size: 0 };
  }
  if (kind === "symlink") return { path, kind, mode: 0o777, uid, gid, size: 0, target: entry.target };
  const from = entry.path === "" ? root : `${root}/${entry.path}`;
  const mode = own ?? (entry.executable ? 0o755 : 0o644);
  return { path, kind, mode, uid, gid, size, from, digest: entry.digest, stamp: entry.stamp };
}

/** Whether the links below lead an entry elsewhere. */
function isLed(tree: PlacedTree, { kind, path }: ListingCursor): boolean {
  const at = pathIn(tree, path);
  return at !== "" && tree.below.place({ path: at, kind }) !== at;
}

/** A tree, one entry at a time; what links below lead elsewhere gives way to what stands there itself. */
function treeLists(tree: PlacedTree): readonly EntryList<PlannedFile>[] {
  const { listing, below } = tree;
  const led: PlannedFile[] = [];
  if (!below.isEmpty) for (const entry of listed(listing)) if (isLed(tree, entry)) led.push(plan(tree, entry));
  const isElsewhere = led.length > 0;
  const inPlace = function* (): Generator<PlannedFile> {
    for (const entry of listed(listing)) {
      if (pathIn(tree, entry.path) === "" || (isElsewhere && isLed(tree, entry))) continue;
      yield plan(tree, entry);
    }
  };
  const { path } = tree;
  const isRootLed = below.place({ path, kind: listing.summary.root.kind }) !== path;
  return [settle(led, below), { entries: inPlace(), parents: isRootLed ? [] : parentsOf(path) }];
}

function* placedItem(context: BuildContext, placement: Placement, reference: Reference): Generator<PlannedFile> {
  const root = context.pathOf(reference);
  const path = pathOf(placement);
  const tree = { placement, path, root, listing: scanSource(root), below: new Below([]) };
  const named = namedBy(context, reference.ref);
  for (const entry of listed(tree.listing)) {
    const { from, ...planned } = plan(tree, entry);
    if (named.length === 0) yield { ...planned, ...(from === undefined ? {} : { from }) };
    else if (from !== undefined) yield { ...planned, ...relocatedFile(context, from) };
    else yield { ...planned, ...(planned.target === undefined ? {} : { target: relocate(context, planned.target) }) };
  }
  if (named.length > 0) yield* placedStore(context, imageStore, named);
}

function placed(context: BuildContext, placement: Placement, below: Below): readonly EntryList<PlannedFile>[] {
  const { content, uid, gid, mode } = placement;
  const path = pathOf(placement);
  switch (content.kind) {
    case "directory":
      return [settle([{ path, kind: "directory", mode: mode ?? 0o755, uid, gid, size: 0 }], below)];
    case "symlink":
      return [settle([{ path, kind: "symlink", mode: 0o777, uid, gid, size: 0, target: content.to }], below)];
    case "closure":
      return [settle(placedStore(context, path, content.items), below)];
    case "item":
      return [settle(placedItem(context, placement, content.reference), below)];
    case "local": {
      const listing = context.hashed[content.origin];
      if (listing === undefined) throw new Error(`no listing of ${content.origin}`);
      return treeLists({ placement, path, root: context.origins[content.origin] ?? "", listing, below });
    }
  }
}

/** Builds a layer's item; see `LayerWriter`. */
export async function buildLayer(context: BuildContext): Promise<BuiltFacts> {
  const { placements, below = [], folders = [], compression } = context.args as LayerArgs;
  const declared = folders.map(
    ([path, mode, uid, gid]): TarEntry => ({ path, kind: "directory", mode, uid, gid, size: 0 }),
  );
  const under = new Below(
    below.map((ref) => context.pathOf({ ref, suffix: "" })),
    declared,
  );
  const lists = placements.flatMap((placement) => placed(context, placement, under));
  using writer = new LayerWriter(context.out, compression);
  let done = 0;
  for (const file of orderEntries(lists, under)) {
    const { from, bytes, digest, stamp }: Partial<PlannedFile> = file;
    context.signal?.throwIfAborted();
    writer.entry(file, digest);
    if (from !== undefined && digest !== undefined) await writer.copy(from, { size: file.size, digest, stamp });
    if (bytes !== undefined) {
      writer.body(bytes);
      writer.pad(file.size);
    }
    if (file.size === 0) continue;
    done += file.size;
    context.tell?.({ done });
  }
  return await writer.finish();
}
