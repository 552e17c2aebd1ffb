import type { Builder } from "../store/index.ts";
import { buildFromArchive, buildFromRegistry } from "./from-archive.ts";
import { buildLayer } from "./layer.ts";
import { buildImage, buildIndex } from "./layout.ts";
import { mergeLayers } from "./merge-layers.ts";
import { buildPackageLayer } from "./package-layer.ts";
import { packLayer } from "./packed-layer.ts";
import { buildSystemLayer } from "./system-layer.ts";

export { compareImages, type FileChange, type ImageChanges, type LayerChange, type ValueChange } from "./compare.ts";
export { type ContentsLayer, type ImageContents, readContents } from "./contents.ts";
export { cyclonedxOf } from "./cyclonedx.ts";
export { describeImage, type ImageDescription } from "./describe.ts";
export { writeArchive, writeLayout } from "./export.ts";
export { readForeign } from "./foreign.ts";
export type { ImagePackage } from "./image-package.ts";
export { type LayerEntry, readLayerFiles } from "./layer-entries.ts";
export { type ImageArgs, type ImageSummary, readImage, readImages } from "./layout.ts";
export { imageLowerer, type SystemParts } from "./lower-image.ts";
export { type Material, materialsOf } from "./materials.ts";
export {
  imageAccount,
  localTree,
  manifest,
  manifestEntry,
  npmApplication,
  ociImage,
  packOptions,
  referenceOf,
  type SystemLike,
} from "./oci-image.ts";
export type {
  ImageAccount,
  ImageAccountInput,
  ImageManifest,
  ImageManifestInput,
  ManifestEntry,
  ManifestEntryInput,
  OciImage,
  OciImageInput,
  PackOptions,
  PackOptionsInput,
} from "./oci-image.types.ts";
export { type Placed, place, placeItem, placeLink, placeStore } from "./own-layers.ts";

export { readFacts } from "./package-facts.ts";
export { type ProvenanceOptions, type ProvenanceStatement, provenanceOf } from "./provenance.ts";
export { type BillOptions, purlOf } from "./sbom.ts";
export { type SpdxDocument, spdxOf } from "./spdx.ts";
export { treemapOf } from "./treemap-svg.ts";
export { type ImageProblem, type VerifiedLayout, verifyLayout } from "./verify.ts";

/** The builders of images, by the names that their derivations use. */
export const imageBuilders: Readonly<Record<string, Builder>> = {
  layer: buildLayer,
  "package-layer": buildPackageLayer,
  "merge-layers": mergeLayers,
  "packed-layer": packLayer,
  image: buildImage,
  "system-layer": buildSystemLayer,
  "image-index": buildIndex,
  "image-from-archive": buildFromArchive,
  "image-from-registry": buildFromRegistry,
};
