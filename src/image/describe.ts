/** What a person wants to know of an image at a glance: how large it is, what of it is large, and where that came from. */
import type { ImageContents } from "./contents.ts";
import type { ImagePackage } from "./image-package.ts";
import { mergeLayerEntries } from "./merged-files.ts";

export interface LargeFile {
  readonly path: string;
  readonly size: number;
  /** What its layer is. */
  readonly layer: string;
}

export interface ImageDescription {
  readonly reference: string;
  readonly id: string;
  readonly manifest: string;
  readonly platform: string;
  /** Bytes of all layers, uncompressed. */
  readonly size: number;
  /** Entries of the merged file system that are files. */
  readonly files: number;
  readonly layers: readonly {
    readonly diffId: string;
    readonly digest: string;
    readonly size: number;
    readonly about: string;
    readonly packages: number;
  }[];
  readonly packages: readonly ImagePackage[];
  /** The largest first. */
  readonly largest: readonly LargeFile[];
}

/** How many of the largest files are named. */
const namedFiles = 10;

/** Describes an image in numbers. */
export function describeImage(image: ImageContents): ImageDescription {
  const files = [...mergeLayerEntries(image.layers).values()].filter((entry) => entry.kind === "file");
  const bySize = files.sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1));
  return {
    ...{ reference: image.reference, id: image.id, manifest: image.manifest },
    platform: `${image.config.os ?? "?"}/${image.config.architecture ?? "?"}`,
    size: image.layers.reduce((sum, layer) => sum + layer.size, 0),
    files: files.length,
    layers: image.layers.map(({ entries: _, ...layer }, index) => ({
      ...layer,
      packages: image.packages.filter((each) => each.layer === index).length,
    })),
    packages: image.packages,
    largest: bySize
      .filter((entry) => entry.size > 0)
      .slice(0, namedFiles)
      .map(({ path, size, layer }) => ({ path, size, layer: image.layers[layer]?.about ?? "" })),
  };
}
