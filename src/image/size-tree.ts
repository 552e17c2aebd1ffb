/** Where an image's bytes are, as a tree: packages and layers, then folders, then files. Pure. */
import type { ContentsLayer, ImageContents } from "./contents.ts";
import { type MergedEntry, mergeLayerEntries } from "./merged-files.ts";

export interface SizeNode {
  readonly name: string;
  /** What stands beside the name where there is room, such as a version. */
  readonly note?: string;
  readonly size: number;
  /** The largest first. */
  readonly children: readonly SizeNode[];
}

interface Folder {
  readonly files: Map<string, number>;
  readonly folders: Map<string, Folder>;
}

function emptyFolder(): Folder {
  return { files: new Map(), folders: new Map() };
}

function bySize(nodes: readonly SizeNode[]): readonly SizeNode[] {
  return [...nodes].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
}

function makeNode(name: string, children: readonly SizeNode[], note?: string): SizeNode {
  const size = children.reduce((sum, child) => sum + child.size, 0);
  return { name, size, children: bySize(children), ...(note === undefined ? {} : { note }) };
}

/** Deeper folders are one with the last: no picture shows them, and a hostile path has thousands. */
const deepest = 24;

function folderTree(entries: readonly MergedEntry[]): Folder {
  const root = emptyFolder();
  for (const { path, size } of entries) {
    const parts = path.split("/").filter((part) => part !== "");
    let folder = root;
    for (const part of parts.slice(0, Math.min(parts.length - 1, deepest))) {
      const next = folder.folders.get(part) ?? emptyFolder();
      folder.folders.set(part, next);
      folder = next;
    }
    const name = parts.slice(Math.min(parts.length - 1, deepest)).join("/");
    folder.files.set(name, (folder.files.get(name) ?? 0) + size);
  }
  return root;
}

function nodesOf({ files, folders }: Folder): readonly SizeNode[] {
  return bySize([
    ...[...folders].map(([name, folder]) => joined(makeNode(name, nodesOf(folder)))),
    ...[...files].filter(([, size]) => size > 0).map(([name, size]) => ({ name, size, children: [] })),
  ]).filter((node) => node.size > 0);
}

/** A folder that holds nothing but one other thing is shown as one with it. */
function joined(node: SizeNode): SizeNode {
  const [only] = node.children;
  return only !== undefined && node.children.length === 1 ? { ...only, name: `${node.name}/${only.name}` } : node;
}

/** A layer of one package is the package; one of several shows them by what they claim to take. */
function layerNode(
  image: ImageContents,
  layer: ContentsLayer,
  index: number,
  entries: readonly MergedEntry[],
): SizeNode {
  const packages = image.packages.filter((each) => each.layer === index);
  const [only] = packages;
  const files = nodesOf(folderTree(entries));
  if (only !== undefined && packages.length === 1) return makeNode(only.name, files, only.version);
  const claimed = packages.reduce((sum, each) => sum + each.size, 0);
  const real = files.reduce((sum, node) => sum + node.size, 0);
  if (claimed === 0 || real === 0) {
    // A tree's layer is called by the folder that it fills.
    const [root] = files;
    const isRoot = root !== undefined && files.length === 1 && `/${root.name}` === layer.about;
    return makeNode(layer.about, isRoot && root.children.length > 0 ? root.children : files);
  }
  const share = real / claimed;
  const nodes = packages.filter((each) => each.size > 0);
  return makeNode(
    layer.about,
    nodes.map(({ name, version, size }) => ({ name, note: version, size: size * share, children: [] })),
  );
}

/** The tree of an image's sizes: files that a later layer covers do not count. */
export function sizeTree(image: ImageContents): SizeNode {
  const byLayer = new Map<number, MergedEntry[]>();
  for (const entry of mergeLayerEntries(image.layers).values()) {
    if (entry.kind !== "file") continue;
    const list = byLayer.get(entry.layer) ?? [];
    byLayer.set(entry.layer, list);
    list.push(entry);
  }
  const nodes = image.layers.map((layer, index) => layerNode(image, layer, index, byLayer.get(index) ?? []));
  return makeNode(
    image.reference,
    nodes.filter((node) => node.size > 0),
  );
}
