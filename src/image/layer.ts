/**
 * Layers. What goes into one is settled when the declaration is lowered; building it is one pass over each file, which
 * is read, hashed, put into the tar and hashed again as part of it.
 */
import { join } from "node:path";
import type { TarEntry } from "../archive/index.ts";
import type { Digest } from "../base/index.ts";
import {
  type BuildContext,
  byBytes,
  digestFile,
  type Reference,
  type SourceEntry,
  scanSource,
  sourceChanged,
} from "../store/index.ts";
import { LayerWriter } from "./layer-writer.ts";

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
    | { readonly kind: "item"; readonly reference: Reference };
}

export interface LayerArgs {
  /** Raised whenever the same placements would give other bytes. */
  readonly format: 1;
  readonly placements: readonly Placement[];
}

interface PlannedFile extends TarEntry {
  readonly from?: string;
  readonly digest?: Digest;
}

/** All entries of a layer, parents first; a later placement of a path replaces an earlier one. */
function plan(context: BuildContext, placements: readonly Placement[]): readonly PlannedFile[] {
  const files = new Map<string, PlannedFile>();
  const addParents = (path: string): void => {
    const slash = path.lastIndexOf("/");
    if (slash <= 0) return;
    const parent = path.slice(0, slash);
    if (files.has(parent)) return;
    addParents(parent);
    files.set(parent, { path: parent, kind: "directory", mode: 0o755, uid: 0, gid: 0, size: 0 });
  };
  const add = (file: PlannedFile): void => {
    if (file.path === "") return;
    addParents(file.path);
    files.set(file.path, file);
  };
  for (const placement of placements) for (const file of placed(context, placement)) add(file);
  return [...files.values()].sort((a, b) => byBytes(a.path, b.path));
}

function placed(context: BuildContext, placement: Placement): readonly PlannedFile[] {
  const { content, uid, gid } = placement;
  const path = placement.target.replace(/^\/+/, "").replace(/\/+$/, "");
  if (content.kind === "directory") {
    return [{ path, kind: "directory", mode: placement.mode ?? 0o755, uid, gid, size: 0 }];
  }
  if (content.kind === "symlink")
    return [{ path, kind: "symlink", mode: 0o777, uid, gid, size: 0, target: content.to }];
  const root = content.kind === "local" ? (context.origins[content.origin] ?? "") : context.pathOf(content.reference);
  const entries = content.kind === "local" ? content.entries : scanSource(root);
  return entries.map((entry) => {
    const common = { path: [path, entry.path].filter((part) => part !== "").join("/"), uid, gid };
    const own = entry.path === "" ? placement.mode : undefined;
    if (entry.kind === "directory") return { ...common, kind: "directory", mode: own ?? 0o755, size: 0 };
    if (entry.kind === "symlink") return { ...common, kind: "symlink", mode: 0o777, size: 0, target: entry.target };
    const mode = own ?? (entry.executable ? 0o755 : 0o644);
    return { ...common, kind: "file", mode, size: entry.size, from: join(root, entry.path), digest: entry.digest };
  });
}

/** Builds a layer's item; see `LayerWriter`. */
export function buildLayer(context: BuildContext): void {
  const { placements } = context.args as LayerArgs;
  const files = plan(context, placements);
  using writer = new LayerWriter(context.out);
  for (const file of files) {
    writer.entry(file, file.digest);
    if (file.from === undefined) continue;
    const read = digestFile(file.from, writer.body);
    if (read.digest !== file.digest || read.size !== file.size) throw sourceChanged(file.from);
    writer.pad(file.size);
  }
  writer.finish();
}
