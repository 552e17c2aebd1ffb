/** What a container sees of an image's layers: later ones cover earlier ones, and whiteouts take away (image-spec, layer.md). */
import type { LayerEntry } from "./layer-entries.ts";

export interface MergedEntry extends LayerEntry {
  /** Index of the layer that it comes from. */
  readonly layer: number;
}

const whiteout = ".wh.";
const opaque = ".wh..wh..opq";

/** All entries by path; layers that do not list theirs add nothing. */
export function mergeLayerEntries(
  layers: readonly { readonly entries?: readonly LayerEntry[] | undefined }[],
): ReadonlyMap<string, MergedEntry> {
  const merged = new Map<string, MergedEntry>();
  for (const [layer, { entries = [] }] of layers.entries()) {
    // Whiteouts speak of the layers below, wherever they stand in their own; all are carried out in one pass.
    const gone = new Set<string>();
    const emptied = new Set<string>();
    const added: MergedEntry[] = [];
    for (const entry of entries) {
      const slash = entry.path.lastIndexOf("/");
      const [folder, name] = [entry.path.slice(0, slash), entry.path.slice(slash + 1)];
      if (name === opaque) emptied.add(folder);
      else if (name.startsWith(whiteout)) gone.add(`${folder}/${name.slice(whiteout.length)}`);
      else {
        if (entry.kind !== "directory" && merged.get(entry.path)?.kind === "directory") emptied.add(entry.path);
        added.push({ ...entry, layer });
      }
    }
    if (gone.size + emptied.size > 0)
      for (const path of merged.keys()) if (isCovered(path, gone, emptied)) merged.delete(path);
    for (const entry of added) merged.set(entry.path, entry);
  }
  return merged;
}

function isCovered(path: string, gone: ReadonlySet<string>, emptied: ReadonlySet<string>): boolean {
  if (gone.has(path)) return true;
  for (let slash = path.lastIndexOf("/"); slash >= 0; slash = path.lastIndexOf("/", slash - 1)) {
    const folder = path.slice(0, slash);
    if (gone.has(folder) || emptied.has(folder)) return true;
    if (slash === 0) return false;
  }
  return false;
}
