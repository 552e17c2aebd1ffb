import type { Builder } from "../store/index.ts";
import { buildLayer } from "./layer.ts";
import { buildFromArchive, buildImage } from "./layout.ts";

export { readLayerFiles } from "./layer-writer.ts";
export { type ImageSummary, readImage, writeArchive, writeLayout } from "./layout.ts";
export { lowerImage } from "./lower-image.ts";
export { localTree, manifest, manifestEntry, ociImage, packOptions, referenceOf } from "./oci-image.ts";
export type {
  ImageManifest,
  ImageManifestInput,
  ManifestEntry,
  ManifestEntryInput,
  OciImage,
  OciImageInput,
  PackOptions,
  PackOptionsInput,
} from "./oci-image.types.ts";

/** The builders of images, by the names that their derivations use. */
export const imageBuilders: Readonly<Record<string, Builder>> = {
  layer: buildLayer,
  image: buildImage,
  "image-from-archive": buildFromArchive,
};
