/** Images that lie in a folder or an archive, read into the same record as those of the store. */
import { archiveProblem } from "../archive/index.ts";
import { KnownError, shortDigest } from "../base/index.ts";
import { type ContentsLayer, type ImageContents, sortPackages } from "./contents.ts";
import type { FoundImage, FoundLayer } from "./found-image.ts";
import { compressionOf, notAnImage, openImageFiles } from "./image-files.ts";
import { type ImagePackage, packagesIn } from "./image-package.ts";
import { type Budget, makeBudget, type ScannedLayer, scanLayer } from "./layer-scan.ts";
import { findImages } from "./layout-walk.ts";

export interface ReadOptions {
  /** Where there are several images: that of this platform, such as `linux/amd64`. */
  readonly platform?: string;
  readonly signal?: AbortSignal;
}

/** Reads the image at `path`. What does not hold together is an error: `verifyLayout` finds all of it. */
export async function readForeign(path: string, options: ReadOptions = {}): Promise<ImageContents> {
  using source = await openImageFiles(path);
  const images = await findImages(source, (where, problem) => {
    throw notAnImage(path, `${where} ${problem}`);
  });
  const image = chooseImage(path, images, options.platform);
  const budget = makeBudget();
  const layers: ContentsLayer[] = [];
  const packages: ImagePackage[] = [];
  for (const [index, layer] of image.layers.entries()) {
    const { diffId, size, entries, databases } = await readLayer(path, layer, budget, options.signal);
    const about = layer.about === "" ? `layer ${shortDigest(diffId)}` : layer.about;
    layers.push({ diffId, digest: layer.digest ?? diffId, size, about, entries });
    for (const text of databases) packages.push(...readPackages(path, text, layer.name, index));
  }
  const { reference, id, manifest, config } = image;
  return { reference: reference || path, id, manifest, config, layers, packages: sortPackages(packages) };
}

function readPackages(path: string, text: string, layerName: string, layer: number): readonly ImagePackage[] {
  const where = `a database of packages in ${layerName}`;
  try {
    return packagesIn(text, where, layer);
  } catch (error) {
    throw archiveProblem(error, where) === undefined ? error : notAnImage(path, "its packages cannot be read", error);
  }
}

function chooseImage(path: string, images: readonly FoundImage[], platform: string | undefined): FoundImage {
  const [first, ...more] = images;
  if (first === undefined) throw notAnImage(path, "there is no image in it");
  if (more.length === 0) return first;
  const platforms = images.map(({ config }) => `${config.os}/${config.architecture}`);
  const fitting = images.filter((_, index) => platforms[index] === platform);
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0];
  const hint = `it holds images for ${[...new Set(platforms)].join(", ")}: take the one that is meant out with skopeo`;
  throw new KnownError("image-damaged", `${path} holds ${images.length} images, and one is needed`, { hint });
}

async function readLayer(
  path: string,
  layer: FoundLayer,
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<ScannedLayer> {
  const { name, file } = layer;
  const options = { name, compression: await compressionOf(file), budget, signal };
  const scanned = await scanLayer(file.bytes(), options).catch((error: unknown) => {
    throw archiveProblem(error, name) === undefined ? error : notAnImage(path, "a layer cannot be read", error);
  });
  if (layer.diffId !== undefined && scanned.diffId !== layer.diffId)
    throw notAnImage(path, `${name} unpacks to ${scanned.diffId}, expected ${layer.diffId}`);
  return scanned;
}
