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
  type Reference,
  type SourceEntry,
  scanSource,
} from "../store/index.ts";
import { Below } from "./below.ts";
import { LayerWriter } from "./layer-writer.ts";
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
    | { readonly kind: "local"; readonly origin: string; readonly entries: readonly SourceEntry[] }
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
}

/** A folder with the owner and mode that it is declared to have, by its path without a slash in front. */
export type DeclaredFolder = readonly [path: string, mode: number, uid: number, gid: number];

/** An entry, and where a file's body is. */
export interface PlannedFile extends TarEntry {
  readonly from?: string;
  readonly bytes?: Buffer;
  readonly digest?: Digest;
  /** Of the file as it was when it was hashed. */
  readonly stamp?: string | undefined;
}

/** One by one: a tree may have hundreds of thousands. */
function* placed(context: BuildContext, placement: Placement, below: Below): Generator<PlannedFile> {
  const { content, uid, gid } = placement;
  const path = posix.resolve("/", placement.target).slice(1);
  if (content.kind === "directory") {
    yield { path, kind: "directory", mode: placement.mode ?? 0o755, uid, gid, size: 0 };
    return;
  }
  if (content.kind === "symlink") {
    yield { path, kind: "symlink", mode: 0o777, uid, gid, size: 0, target: content.to };
    return;
  }
  if (content.kind === "closure") {
    yield* placedStore(context, path, content.items);
    return;
  }
  const root = content.kind === "local" ? (context.origins[content.origin] ?? "") : context.pathOf(content.reference);
  const named = content.kind === "item" ? namedBy(context, content.reference.ref) : [];
  const scanned: Record<string, string> = {};
  const entries = content.kind === "local" ? content.entries : scanSource(root, { stamps: scanned });
  const stamps = content.kind === "local" ? (context.hashed[content.origin]?.stamps ?? {}) : scanned;
  for (const entry of entries) {
    const common = { path: path === "" || entry.path === "" ? path || entry.path : `${path}/${entry.path}`, uid, gid };
    const own = entry.path === "" ? placement.mode : undefined;
    if (entry.kind === "directory") {
      const there = own === undefined ? below.folder(below.resolve(`${common.path}/.`)) : undefined;
      yield there ?? { ...common, kind: "directory", mode: own ?? 0o755, size: 0 };
      continue;
    }
    if (entry.kind === "symlink") {
      const target = named.length === 0 ? entry.target : relocate(context, entry.target);
      yield { ...common, kind: "symlink", mode: 0o777, size: 0, target };
      continue;
    }
    const { size, digest, executable } = entry;
    const mode = own ?? (executable ? 0o755 : 0o644);
    const from = entry.path === "" ? root : `${root}/${entry.path}`;
    if (named.length === 0) yield { ...common, kind: "file", mode, size, from, digest, stamp: stamps[entry.path] };
    else yield { ...common, kind: "file", mode, ...relocatedFile(context, from) };
  }
  if (named.length > 0) yield* placedStore(context, imageStore, named);
}

function* placedAll(context: BuildContext, placements: readonly Placement[], below: Below): Generator<PlannedFile> {
  for (const placement of placements) yield* placed(context, placement, below);
}

/** Builds a layer's item; see `LayerWriter`. */
export function buildLayer(context: BuildContext): BuiltFacts {
  const { placements, below = [], folders = [] } = context.args as LayerArgs;
  const declared = folders.map(
    ([path, mode, uid, gid]): TarEntry => ({ path, kind: "directory", mode, uid, gid, size: 0 }),
  );
  const under = new Below(
    below.map((ref) => context.pathOf({ ref, suffix: "" })),
    declared,
  );
  const files = under.complete(placedAll(context, placements, under));
  using writer = new LayerWriter(context.out);
  for (const file of files) {
    const { from, bytes, digest, stamp }: Partial<PlannedFile> = file;
    writer.entry(file, digest);
    if (from !== undefined && digest !== undefined) writer.copy(from, { size: file.size, digest, stamp });
    if (bytes !== undefined) {
      writer.body(bytes);
      writer.pad(file.size);
    }
  }
  return writer.finish();
}
