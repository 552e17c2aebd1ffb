/**
 * Finds the images of a layout or archive, and checks on the way what the documents say: OCI's image-spec v1.1 (layout,
 * index, manifest, config), and docker's manifest.json. What is wrong is reported and gone around where that can be, so
 * that one look finds everything; layers are not read here.
 */
import { type Digest, type Fields, hexOf, isDigest, isFields, refName } from "../base/index.ts";
import {
  configTypes,
  deepestIndex,
  indexTypes,
  isLayerType,
  manifestTypes,
  mostLayers,
  mostManifests,
  withoutForeign,
} from "../registry/index.ts";
import { readConfig } from "./config-document.ts";
import { findDockerImages } from "./docker-walk.ts";
import type { FoundImage } from "./found-image.ts";
import type { ImageFiles } from "./image-files.ts";
import { isStrings, nothing, type Report, readDocument, show } from "./layout-document.ts";

export function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Fields;
  readonly platform: Fields | undefined;
}

function readDescriptor(value: unknown, where: string, report: Report): Descriptor | undefined {
  if (!isFields(value)) return void report(where, `has a descriptor that is ${show(value)}`);
  const { mediaType, digest, size, annotations, platform } = value;
  const problems = [
    ...(typeof mediaType === "string" ? [] : [`mediaType is ${show(mediaType)}, expected a text`]),
    ...(isDigest(digest) ? [] : [`digest is ${show(digest)}, expected sha256: and 64 digits`]),
    ...(Number.isSafeInteger(size) && Number(size) >= 0 ? [] : [`size is ${show(size)}, expected a number of bytes`]),
    ...(annotations === undefined || isStrings(annotations) ? [] : ["annotations are not all texts"]),
  ];
  for (const problem of problems) report(where, `has a descriptor whose ${problem}`);
  if (typeof mediaType !== "string" || !isDigest(digest) || typeof size !== "number" || problems.length > 0)
    return undefined;
  return {
    ...{ mediaType, digest, size },
    annotations: isFields(annotations) ? annotations : {},
    platform: isFields(platform) ? platform : undefined,
  };
}

/** The document that a descriptor names, with its size and digest checked. */
async function readBlob(source: ImageFiles, { digest, size }: Descriptor, report: Report): Promise<unknown> {
  const name = blobName(digest);
  const document = await readDocument(source, name, report);
  if (document === undefined) return undefined;
  if (document.size !== size) report(name, `has ${document.size} bytes, expected ${size}`);
  if (document.digest !== digest) report(name, `has the digest ${document.digest}, expected ${digest}`);
  return document.value;
}

/** The images of a layout, in its order. A docker archive that is a layout too is read as one. */
export async function findImages(source: ImageFiles, report: Report): Promise<readonly FoundImage[]> {
  if (source.file("index.json") === undefined && source.file("manifest.json") !== undefined)
    return findDockerImages(source, report);
  const layout = await readDocument(source, "oci-layout", report);
  if (layout !== undefined) {
    const version = isFields(layout.value) ? layout.value.imageLayoutVersion : undefined;
    if (version !== "1.0.0") report("oci-layout", `has the imageLayoutVersion ${show(version)}, expected "1.0.0"`);
  }
  const index = await readDocument(source, "index.json", report);
  if (index === undefined) return [];
  const images = await walkIndex({ source, report, left: { manifests: mostManifests } }, index.value, "index.json", 1);
  if (images.length === 0) report("index.json", "names no image that could be read");
  return images;
}

interface Walk {
  readonly source: ImageFiles;
  readonly report: Report;
  readonly left: { manifests: number };
}

async function walkIndex(walk: Walk, value: unknown, where: string, depth: number): Promise<readonly FoundImage[]> {
  const { source, report, left } = walk;
  if (!isFields(value)) return nothing(report(where, "is no object"));
  checkHeading(value, indexTypes, where, report);
  if (!Array.isArray(value.manifests)) return nothing(report(where, "has no list of manifests"));
  const images: FoundImage[] = [];
  for (const each of value.manifests as readonly unknown[]) {
    left.manifests -= 1;
    if (left.manifests < 0)
      return [...nothing(report(where, `there are more than ${mostManifests} manifests`)), ...images];
    const descriptor = readDescriptor(each, where, report);
    if (descriptor === undefined) continue;
    const { mediaType, digest } = descriptor;
    const isIndex = indexTypes.includes(mediaType);
    if (!isIndex && !manifestTypes.includes(mediaType)) {
      // The specification has readers pass over what they do not know.
      if (source.file(blobName(digest)) === undefined) report(blobName(digest), "is not there");
      continue;
    }
    if (isIndex && depth > deepestIndex) {
      report(where, `has indexes within indexes, more than ${deepestIndex} deep`);
      continue;
    }
    const blob = await readBlob(source, descriptor, report);
    if (blob === undefined) continue;
    if (isIndex) images.push(...(await walkIndex(walk, blob, blobName(digest), depth + 1)));
    else {
      const found = await readManifest(source, blob, descriptor, report);
      if (found !== undefined) images.push(found);
    }
  }
  return images;
}

function checkHeading(value: Fields, mediaTypes: readonly string[], where: string, report: Report): void {
  if (value.schemaVersion !== 2) report(where, `has the schemaVersion ${show(value.schemaVersion)}, expected 2`);
  if (value.mediaType !== undefined && !mediaTypes.some((each) => each === value.mediaType))
    report(where, `has the mediaType ${show(value.mediaType)}, expected "${mediaTypes[0]}"`);
  if (value.annotations !== undefined && !isStrings(value.annotations))
    report(where, "has annotations that are not all texts");
}

async function readManifest(
  source: ImageFiles,
  value: unknown,
  { digest, annotations, platform }: Descriptor,
  report: Report,
): Promise<FoundImage | undefined> {
  const where = blobName(digest);
  if (!isFields(value)) return void report(where, "is no object");
  checkHeading(value, manifestTypes, where, report);
  const configDescriptor = readDescriptor(value.config, where, report);
  if (!Array.isArray(value.layers)) return void report(where, "has no list of layers");
  if (value.layers.length > mostLayers)
    report(where, `has ${value.layers.length} layers, expected at most ${mostLayers}`);
  const layers = (value.layers as readonly unknown[])
    .slice(0, mostLayers)
    .flatMap((each) => readDescriptor(each, where, report) ?? []);
  if (configDescriptor === undefined) return undefined;
  // Something else than an image, such as a signature or what BuildKit attests: its blobs are looked for all the same.
  const isAttestation = annotations["vnd.docker.reference.type"] === "attestation-manifest";
  if (isAttestation || !configTypes.includes(configDescriptor.mediaType))
    return void checkOthers(source, [configDescriptor, ...layers], report);
  const config = readConfig(
    await readBlob(source, configDescriptor, report),
    blobName(configDescriptor.digest),
    report,
  );
  if (config === undefined) return undefined;
  for (const key of ["os", "architecture"] as const)
    if (platform !== undefined && platform[key] !== config.value[key])
      report(where, `is for the ${key} ${show(platform[key])} in the index, and for ${show(config.value[key])} itself`);
  if (config.diffIds.length !== layers.length && value.layers.length === layers.length)
    report(where, `has ${layers.length} layers, and its configuration ${config.diffIds.length} diff_ids`);
  const name = annotations[refName] ?? annotations["io.containerd.image.name"];
  return {
    reference: typeof name === "string" ? name : "",
    ...{ id: configDescriptor.digest, manifest: digest, config: config.value },
    layers: layers.flatMap((layer, index) => {
      if (!isLayerType(withoutForeign(layer.mediaType)))
        report(
          where,
          `has a layer of the mediaType ${show(layer.mediaType)}, expected a tar, plain or packed with gzip or zstd`,
        );
      const blob = blobName(layer.digest);
      const file = source.file(blob);
      if (file === undefined) return nothing(report(blob, "is not there"));
      if (file.size !== layer.size) report(blob, `has ${file.size} bytes, expected ${layer.size}`);
      const about = config.abouts[index] ?? "";
      return [
        { name: blob, file, digest: layer.digest, mediaType: layer.mediaType, diffId: config.diffIds[index], about },
      ];
    }),
  };
}

function checkOthers(source: ImageFiles, descriptors: readonly Descriptor[], report: Report): void {
  for (const { digest, size } of descriptors) {
    const file = source.file(blobName(digest));
    if (file === undefined) report(blobName(digest), "is not there");
    else if (file.size !== size) report(blobName(digest), `has ${file.size} bytes, expected ${size}`);
  }
}
