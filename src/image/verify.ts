/** Checks an image from the bottom up: every blob's bytes, every layer's content, and what the documents say of each other. */
import { createHash } from "node:crypto";
import { archiveProblem } from "../archive/index.ts";
import { asDigest, type Digest, hexOf, isFields } from "../base/index.ts";
import type { FoundImage, FoundLayer } from "./found-image.ts";
import { compressionOf, compressors, type ImageFiles, openImageFiles, type StoredFile } from "./image-files.ts";
import { scanLayer } from "./layer-scan.ts";
import { summaryName } from "./layout.ts";
import { type Report, readDocument } from "./layout-document.ts";
import { findImages } from "./layout-walk.ts";

export interface ImageProblem {
  /** The file of the layout that it is about. */
  readonly where: string;
  /** What is wrong, and what was expected. */
  readonly problem: string;
}

export interface VerifiedLayout {
  readonly images: readonly { readonly reference: string; readonly id: Digest; readonly layers: number }[];
  /** Files whose bytes were hashed; of docker's archives, the layers. */
  readonly blobs: number;
  readonly bytes: number;
  readonly problems: readonly ImageProblem[];
}

/** No reader wants more of them, and a hostile layout has as many as it likes. */
const mostProblems = 200;

/** Checks the layout or archive at `path`; an error only where there is none. */
export async function verifyLayout(path: string, signal?: AbortSignal): Promise<VerifiedLayout> {
  using source = await openImageFiles(path);
  const problems = new Map<string, ImageProblem>();
  const report: Report = (where, problem) => {
    if (problems.size < mostProblems) problems.set(`${where} ${problem}`, { where, problem });
  };
  const images = await findImages(source, report);
  const hashed = await hashBlobs(source, report, signal);
  const loose = await checkLayers(images, hashed, { report, signal });
  await checkSummary(source, images, report);
  return {
    images: images.map(({ reference, id, layers }) => ({ reference, id, layers: layers.length })),
    ...{ blobs: hashed.digests.size + loose.blobs, bytes: hashed.bytes + loose.bytes },
    ...{ problems: [...problems.values()] },
  };
}

async function digestOfFile(
  file: StoredFile,
  signal: AbortSignal | undefined,
): Promise<{ digest: Digest; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of file.bytes()) {
    signal?.throwIfAborted();
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: asDigest(hash.digest("hex")), size };
}

interface Hashed {
  readonly digests: ReadonlyMap<string, Digest>;
  readonly bytes: number;
}

/** Every blob is named by the digest of its bytes, also one that no manifest names. */
async function hashBlobs(source: ImageFiles, report: Report, signal: AbortSignal | undefined): Promise<Hashed> {
  const digests = new Map<string, Digest>();
  let bytes = 0;
  for (const hex of source.blobs()) {
    const name = `blobs/sha256/${hex}`;
    const file = source.file(name);
    if (!/^[0-9a-f]{64}$/.test(hex)) report(name, "is named by no digest");
    else if (file === undefined) report(name, "is no file");
    else {
      const { digest, size } = await digestOfFile(file, signal);
      digests.set(name, digest);
      bytes += size;
      if (hexOf(digest) !== hex) report(name, `has the digest ${digest}, expected sha256:${hex}`);
    }
  }
  return { digests, bytes };
}

interface LayerCheck {
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
}

/** Unpacks every layer; returns how much of that was no blob of OCI's, and so not hashed before. */
async function checkLayers(
  images: readonly FoundImage[],
  hashed: Hashed,
  check: LayerCheck,
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  // Images of one layout share layers: each is unpacked once.
  const diffIds = new Map<string, Digest | undefined>();
  const loose = { blobs: 0, bytes: 0 };
  for (const { layers } of images)
    for (const layer of layers) {
      if (!diffIds.has(layer.name)) {
        diffIds.set(layer.name, await unpackedDigest(layer, hashed, check));
        if (layer.digest === undefined) loose.blobs += 1;
        if (layer.digest === undefined) loose.bytes += layer.file.size;
      }
      const found = diffIds.get(layer.name);
      if (found !== undefined && layer.diffId !== undefined && found !== layer.diffId)
        check.report(layer.name, `unpacks to ${found}, expected the diff_id ${layer.diffId}`);
    }
  return loose;
}

async function unpackedDigest(layer: FoundLayer, hashed: Hashed, check: LayerCheck): Promise<Digest | undefined> {
  const { report, signal } = check;
  const { name, file, mediaType } = layer;
  const compression = await compressionOf(file);
  if (mediaType !== undefined) {
    const declared = /[+.](gzip|zstd)$/.exec(mediaType)?.[1] ?? compressors.none;
    const found = compressors[compression];
    if (declared !== found)
      report(name, `is packed with ${found}, expected ${declared} for the mediaType ${mediaType}`);
  }
  try {
    return (await scanLayer(file.bytes(), { name, compression, signal })).diffId;
  } catch (error) {
    const problem = archiveProblem(error, name);
    if (problem === undefined) throw error;
    report(name, `cannot be read as a layer: ${problem}`);
    return compression === "none" ? hashed.digests.get(name) : undefined;
  }
}

/** Items of the store say once more what they are, for whoever compares them without reading blobs. */
async function checkSummary(source: ImageFiles, images: readonly FoundImage[], report: Report): Promise<void> {
  if (source.file(summaryName) === undefined || images.length === 0) return;
  const summary = (await readDocument(source, summaryName, report))?.value;
  if (summary === undefined) return;
  const told = isFields(summary) && Array.isArray(summary.images) ? (summary.images as readonly unknown[]) : [summary];
  if (told.length !== images.length)
    return report(summaryName, `tells of ${told.length} images, expected ${images.length}`);
  for (const [index, image] of images.entries()) checkToldImage(told[index], image, report);
}

function checkToldImage(told: unknown, image: FoundImage, report: Report): void {
  if (!isFields(told)) return report(summaryName, "is no JSON of an image");
  if (told.id !== image.id) report(summaryName, `has another id than the image, expected ${image.id}`);
  if (told.manifest !== image.manifest) report(summaryName, `has another manifest, expected ${image.manifest}`);
  const layers = Array.isArray(told.layers) ? (told.layers as readonly unknown[]) : [];
  const same = image.layers.every((layer, index) => {
    const each = layers[index];
    return isFields(each) && each.diffId === layer.diffId && each.digest === layer.digest;
  });
  if (!same || layers.length !== image.layers.length) report(summaryName, "has other layers than the image");
}
