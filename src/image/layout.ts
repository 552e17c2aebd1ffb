/**
 * Images on disk: the OCI image layout (image-spec v1.1, image-layout.md) as a store item, and archives made from it.
 *
 * Layers stay uncompressed unless the declaration says otherwise, and are hard links to their own store items: a new
 * image costs a manifest, a configuration and the layers that changed. The configuration's digest is the image's
 * identifier in every engine, so it is known before anything is loaded.
 */
import { join } from "node:path";
import {
  asDigest,
  canonicalJson,
  type Digest,
  digestOf,
  hexOf,
  hostPlatform,
  KnownError,
  layoutTag,
  type Platform,
  refName,
} from "../base/index.ts";
import { mediaTypes, mostLayers } from "../registry/index.ts";
import { type BuildContext, type BuiltFacts, type ItemName, writeOutput } from "../store/index.ts";
import { ensureFolder, existsSync, linkSync, readdirSync, readFileSync } from "../sys/index.ts";
import { packedName, readMeta, tarName } from "./packed-layer.ts";

export interface ImageArgs {
  readonly reference: string;
  readonly platform: Platform;
  readonly created: string;
  readonly compression: "none" | "gzip" | "zstd";
  /** Of the compression, where it is declared. */
  readonly level?: number;
  /** The runtime configuration, in OCI's own keys. */
  readonly config: RuntimeConfig;
  /** An image that this one begins with. */
  readonly base?: ItemName;
  readonly layers: readonly ImageLayer[];
}

export interface ImageLayer {
  readonly item: ItemName;
  /** What it holds, for the history that engines show. */
  readonly about: string;
  /** The item that has it compressed, where that is another. */
  readonly packed?: ItemName;
}

/** One image for each of several platforms. */
export interface IndexArgs {
  readonly reference: string;
  readonly images: readonly ItemName[];
}

/** Of an image's configuration, what engines run it with: OCI's own keys. */
export type RuntimeConfig = Readonly<Record<string, unknown>>;

/** The file of an image item that says what it is. */
export const summaryName = "lading.json";

/** What it says of an image: enough to compare images without reading a blob. */
export interface ImageSummary {
  readonly reference: string;
  /** Unset for images that were built before it was written down. */
  readonly platform?: Platform;
  readonly id: Digest;
  readonly manifest: Digest;
  readonly layers: readonly {
    readonly diffId: Digest;
    readonly digest: Digest;
    readonly size: number;
    readonly about: string;
    readonly item?: ItemName;
    readonly packed?: ItemName;
  }[];
}

/** Of an item with an image for each of several platforms. */
interface IndexSummary {
  readonly index: Digest;
  readonly images: readonly ImageSummary[];
}

export function putBlob(folder: string, content: string): { digest: Digest; size: number } {
  const digest = digestOf(content);
  writeOutput(join(folder, hexOf(digest)), content);
  return { digest, size: Buffer.byteLength(content) };
}

/** A descriptor of a blob, as manifests have them. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

interface PlacedLayer {
  readonly summary: ImageSummary["layers"][number];
  readonly descriptor: Descriptor;
}

function putLayer(
  blobs: string,
  { item, about, packed }: ImageLayer,
  pathOf: (item: ItemName) => string,
  compression: ImageArgs["compression"],
): PlacedLayer {
  const path = pathOf(packed ?? item);
  const meta = readMeta(path);
  const [name, { digest, size }] =
    meta.packed === undefined ? [tarName, { digest: meta.diffId, size: meta.size }] : [packedName, meta.packed];
  const blob = join(blobs, hexOf(digest));
  if (!existsSync(blob)) linkSync(join(path, name), blob);
  return {
    summary: { diffId: meta.diffId, digest, size: meta.size, about, item, ...(packed === undefined ? {} : { packed }) },
    descriptor: { mediaType: mediaTypes[compression], digest, size },
  };
}

/** What an image takes over from the one that it begins with. */
interface Base {
  readonly layers: readonly PlacedLayer[];
  readonly config: RuntimeConfig;
}

function takeBase(blobs: string, path: string): Base {
  const { manifest, layers } = readImage(path);
  const blob = (digest: Digest): string => join(path, "blobs", "sha256", hexOf(digest));
  const { config, layers: descriptors } = JSON.parse(readFileSync(blob(manifest), "utf8")) as {
    readonly config: Descriptor;
    readonly layers: readonly Descriptor[];
  };
  for (const { digest } of descriptors) {
    const target = join(blobs, hexOf(digest));
    if (!existsSync(target)) linkSync(blob(digest), target);
  }
  const settings = JSON.parse(readFileSync(blob(config.digest), "utf8")) as { readonly config?: RuntimeConfig };
  return {
    config: settings.config ?? {},
    layers: layers.flatMap((summary, index) => {
      const descriptor = descriptors[index];
      return descriptor === undefined ? [] : [{ summary, descriptor }];
    }),
  };
}

/** The base's settings, but for what the image sets itself; an entry point of its own does not go with the base's command. */
function overlay(base: RuntimeConfig, own: RuntimeConfig): RuntimeConfig {
  const variables = new Map(
    [...((base.Env ?? []) as readonly string[]), ...((own.Env ?? []) as readonly string[])].map((pair) => [
      pair.split("=")[0],
      pair,
    ]),
  );
  const { Cmd, ...rest } = base;
  return {
    ...rest,
    ...(Cmd === undefined || own.Entrypoint !== undefined ? {} : { Cmd }),
    ...own,
    ...(variables.size > 0 ? { Env: [...variables.values()] } : {}),
    ...Object.fromEntries(
      ["Labels", "ExposedPorts", "Volumes"].flatMap((key) => {
        const [below, above] = [base[key] as object | undefined, own[key] as object | undefined];
        return below === undefined && above === undefined ? [] : [[key, { ...below, ...above }]];
      }),
    ),
  };
}

/** Builds an OCI layout from layer items. */
export function buildImage(context: BuildContext): BuiltFacts {
  const args = context.args as ImageArgs;
  const pathOf = (ref: ItemName): string => context.pathOf({ ref, suffix: "" });
  const blobs = join(context.out, "blobs", "sha256");
  ensureFolder(blobs);
  const base: Base = args.base === undefined ? { layers: [], config: {} } : takeBase(blobs, pathOf(args.base));
  const layers = [...base.layers];
  if (layers.length + args.layers.length > mostLayers)
    throw new KnownError("image-invalid", `${args.reference} would have ${layers.length + args.layers.length} layers`, {
      hint: `engines take ${mostLayers}; a smaller maxLayers leaves room for the base's`,
    });
  for (const layer of args.layers) layers.push(putLayer(blobs, layer, pathOf, args.compression));
  const config = putBlob(
    blobs,
    canonicalJson({
      ...args.platform,
      created: args.created,
      config: overlay(base.config, args.config),
      rootfs: { type: "layers", diff_ids: layers.map(({ summary }) => summary.diffId) },
      history: layers.map(({ summary }) => ({ created: args.created, created_by: "lading", comment: summary.about })),
    }),
  );
  const manifest = putBlob(
    blobs,
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, ...config },
      layers: layers.map(({ descriptor }) => descriptor),
    }),
  );
  const { reference, platform } = args;
  const summary = layers.map((layer) => layer.summary);
  finishLayout(
    context.out,
    { reference, platform, id: config.digest, manifest: manifest.digest, layers: summary },
    { mediaType: mediaTypes.manifest, ...manifest },
  );
  return blobFacts(blobs);
}

/** Blobs have their digests as names, and name no item. */
function blobFacts(blobs: string): BuiltFacts {
  return { digests: new Map(readdirSync(blobs).map((name) => [`blobs/sha256/${name}`, asDigest(name)])) };
}

/** Builds an OCI layout of an index, with the images of several platforms. */
export function buildIndex(context: BuildContext): BuiltFacts {
  const { images } = context.args as IndexArgs;
  const blobs = join(context.out, "blobs", "sha256");
  ensureFolder(blobs);
  const paths = images.map((ref) => context.pathOf({ ref, suffix: "" }));
  for (const path of paths)
    for (const name of readdirSync(join(path, "blobs", "sha256")))
      if (!existsSync(join(blobs, name))) linkSync(join(path, "blobs", "sha256", name), join(blobs, name));
  const summaries = paths.map(readImage);
  const manifests = paths.map((path, index) => ({
    ...readIndex(path),
    platform: summaries[index]?.platform,
  }));
  const index = putBlob(blobs, canonicalJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
  const summary: IndexSummary = { index: index.digest, images: summaries };
  finishLayout(context.out, summary, { mediaType: mediaTypes.index, ...index });
  return blobFacts(blobs);
}

/** The one entry of a layout's index, without the name that it has there. */
function readIndex(path: string): Descriptor {
  const { manifests } = JSON.parse(readFileSync(join(path, "index.json"), "utf8")) as {
    readonly manifests: Descriptor[];
  };
  const [entry] = manifests;
  if (entry === undefined) throw new Error(`${path} holds no image`);
  const { mediaType, digest, size } = entry;
  return { mediaType, digest, size };
}

/** Writes what makes a folder of blobs a layout, and what is known of it. */
export function finishLayout(out: string, summary: ImageSummary | IndexSummary, entry: Descriptor): void {
  const annotations = { [refName]: layoutTag };
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [{ ...entry, annotations }] };
  writeOutput(join(out, "index.json"), canonicalJson(index));
  writeOutput(join(out, "oci-layout"), canonicalJson({ imageLayoutVersion: "1.0.0" }));
  writeOutput(join(out, summaryName), canonicalJson(summary));
}

/** What an image item is: of several platforms, the image for this machine's, or else the first. */
export function readImage(path: string): ImageSummary {
  const [first, ...more] = readImages(path);
  if (first === undefined) throw new Error(`${path} holds no image`);
  const isHosts = ({ platform }: ImageSummary): boolean => `${platform?.os}/${platform?.architecture}` === hostPlatform;
  return [first, ...more].find(isHosts) ?? first;
}

/** The images of an item, one for each platform. */
export function readImages(path: string): readonly ImageSummary[] {
  const summary = JSON.parse(readFileSync(join(path, summaryName), "utf8")) as ImageSummary | IndexSummary;
  return "images" in summary ? summary.images : [summary];
}
