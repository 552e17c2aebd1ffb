/**
 * What the documents and layers of images are called: by OCI (image-spec v1.1, media-types.md), and by Docker where the
 * form is the same; and how much of them the engines and registries take.
 */

const docker = "application/vnd.docker";

/** OCI's own, which are written; a layer's by how it is compressed. */
export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

/** What is read, OCI's own first. */
export const indexTypes: readonly string[] = [mediaTypes.index, `${docker}.distribution.manifest.list.v2+json`];
export const manifestTypes: readonly string[] = [mediaTypes.manifest, `${docker}.distribution.manifest.v2+json`];
export const configTypes: readonly string[] = [mediaTypes.config, `${docker}.container.image.v1+json`];
const layerTypes: readonly string[] = [
  ...[mediaTypes.none, mediaTypes.gzip, mediaTypes.zstd],
  ...["tar", "tar.gzip", "tar.zstd"].map((form) => `${docker}.image.rootfs.diff.${form}`),
];

/** Whether a type is of a layer that may be handed on. */
export function isLayerType(mediaType: string): boolean {
  return layerTypes.includes(mediaType);
}

/** The type of a layer that may be had elsewhere only, as if it were like others; any other type as it is. */
export function withoutForeign(mediaType: string): string {
  return mediaType.replace(/\.(?:nondistributable|foreign)(?=\.)/, "");
}

/** Bytes of a manifest; registries take no more either. */
export const largestManifest: number = 4 << 20;
/** Layers of an image: the engines mount no more. */
export const mostLayers = 127;
/** Entries of an index. */
export const mostManifests = 1000;
/** How deep indexes may lie in indexes. */
export const deepestIndex = 4;
