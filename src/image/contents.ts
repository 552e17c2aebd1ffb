/**
 * What an image is, read once for whoever describes, compares or lists it: its configuration, its layers with their
 * entries, its packages. The same record comes from the store (here) and from anybody's layout or archive (foreign.ts).
 */
import { join } from "node:path";
import { type Digest, hexOf, KnownError } from "../base/index.ts";
import type { ItemName } from "../store/index.ts";
import { readFileSync } from "../sys/index.ts";
import { type ImagePackage, packagesIn } from "./image-package.ts";
import { type LayerEntry, readLayerEntries } from "./layer-entries.ts";
import { readImage } from "./layout.ts";
import { readFacts } from "./package-facts.ts";

/** An image's configuration: what OCI's image-spec calls config.json. */
export interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly created?: string;
  /** What containers get unless they say otherwise, in OCI's own keys. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface ContentsLayer {
  readonly diffId: Digest;
  /** Of the blob: another than `diffId` where it is compressed. */
  readonly digest: Digest;
  /** Uncompressed. */
  readonly size: number;
  readonly about: string;
  /** Undefined for items that were built before layers listed what they hold. */
  readonly entries: readonly LayerEntry[] | undefined;
}

export interface ImageContents {
  readonly reference: string;
  /** The configuration's digest. */
  readonly id: Digest;
  readonly manifest: Digest;
  readonly config: ImageConfig;
  readonly layers: readonly ContentsLayer[];
  /** By name, then architecture. */
  readonly packages: readonly ImagePackage[];
}

/** One package for each name and architecture, that of the uppermost layer, in the order of their names. */
export function sortPackages(packages: readonly ImagePackage[]): readonly ImagePackage[] {
  const last = new Map(packages.map((each) => [`${each.name}:${each.architecture}`, each]));
  return [...last].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, each]) => each);
}

function totalSize(entries: readonly LayerEntry[] | undefined): number | undefined {
  return entries?.reduce((sum, entry) => sum + entry.size, 0);
}

/** Reads an image item; `itemPath` says where a layer's own item lies. */
export function readContents(image: string, itemPath: (item: ItemName) => string): ImageContents {
  const { layers, ...summary } = readImage(image);
  const config = JSON.parse(readFileSync(join(image, "blobs", "sha256", hexOf(summary.id)), "utf8")) as ImageConfig;
  const packages: ImagePackage[] = [];
  const read = layers.map(({ item, ...layer }, index): ContentsLayer => {
    if (item === undefined) return { ...layer, entries: undefined };
    const folder = itemPath(item);
    const entries = readLayerEntries(folder);
    const facts = readFacts(folder);
    const size = facts.length === 1 ? totalSize(entries) : undefined;
    for (const { control } of facts) {
      const [found] = packagesIn(control, folder, index);
      if (found === undefined) throw new KnownError("store-corrupt", `${folder} tells of a package that has no name`);
      packages.push(size === undefined ? found : { ...found, size });
    }
    return { ...layer, entries };
  });
  return { ...summary, config, layers: read, packages: sortPackages(packages) };
}
