/**
 * Images on disk: the OCI image layout (image-spec v1.1, image-layout.md) as a store item, and archives made from it.
 *
 * Layers stay uncompressed unless the declaration says otherwise, and are hard links to their own store items: a new
 * image costs a manifest, a configuration and the layers that changed. The configuration's digest is the image's
 * identifier in every engine, so it is known before anything is loaded.
 */
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { tarEnd, tarHeader, tarPadding } from "../archive/index.ts";
import { canonicalJson, type Digest, digestOf, hexOf, KnownError, layoutTag, shortDigest } from "../base/index.ts";
import { type BuildContext, digestFile, type ItemName } from "../store/index.ts";
import {
  createReadStream,
  createWriteStream,
  ensureFolder,
  lastWords,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  run,
  statSync,
  writeFileAtomic,
} from "../sys/index.ts";
import type { LayerMeta } from "./layer-writer.ts";

export interface ImageArgs {
  readonly reference: string;
  readonly platform: { readonly os: string; readonly architecture: string };
  readonly created: string;
  readonly compression: "none" | "gzip";
  /** The runtime configuration, in OCI's own keys. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What each layer holds, for the history that engines show. */
  readonly layers: readonly { readonly item: ItemName; readonly about: string }[];
}

/** What `lading.json` in an image item says: enough to compare images without reading a blob. */
export interface ImageSummary {
  readonly reference: string;
  readonly id: Digest;
  readonly manifest: Digest;
  readonly layers: readonly {
    readonly diffId: Digest;
    readonly digest: Digest;
    readonly size: number;
    readonly about: string;
    readonly item?: ItemName;
  }[];
}

const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
};

function putBlob(folder: string, content: string): { digest: Digest; size: number } {
  const digest = digestOf(content);
  writeFileAtomic(join(folder, hexOf(digest)), content);
  return { digest, size: Buffer.byteLength(content) };
}

async function putLayer(
  blobs: string,
  item: string,
  compression: "none" | "gzip",
): Promise<{ meta: LayerMeta; digest: Digest; size: number }> {
  const meta = JSON.parse(readFileSync(join(item, "meta.json"), "utf8")) as LayerMeta;
  const tar = join(item, "layer.tar");
  if (compression === "none") {
    linkSync(tar, join(blobs, hexOf(meta.diffId)));
    return { meta, digest: meta.diffId, size: meta.size };
  }
  const part = join(blobs, ".part");
  await pipeline(
    createReadStream(tar),
    createGzip({ level: constants.Z_DEFAULT_COMPRESSION }),
    createWriteStream(part),
  );
  const { digest, size } = digestFile(part);
  renameSync(part, join(blobs, hexOf(digest)));
  return { meta, digest, size };
}

/** Builds an OCI layout from layer items. */
export async function buildImage(context: BuildContext): Promise<void> {
  const args = context.args as ImageArgs;
  const blobs = join(context.out, "blobs", "sha256");
  ensureFolder(blobs);
  const layers: (ImageSummary["layers"][number] & { readonly blobSize: number })[] = [];
  for (const { item, about } of args.layers) {
    const { meta, digest, size } = await putLayer(blobs, context.pathOf({ ref: item, suffix: "" }), args.compression);
    layers.push({ diffId: meta.diffId, digest, size: meta.size, blobSize: size, about, item });
  }
  const config = putBlob(
    blobs,
    canonicalJson({
      ...args.platform,
      created: args.created,
      config: args.config,
      rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
      history: layers.map((layer) => ({ created: args.created, created_by: "lading", comment: layer.about })),
    }),
  );
  const manifest = putBlob(
    blobs,
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, ...config },
      layers: layers.map(({ digest, blobSize }) => ({
        mediaType: mediaTypes[args.compression],
        digest,
        size: blobSize,
      })),
    }),
  );
  const summary = layers.map(({ blobSize: _, ...layer }) => layer);
  finishLayout(
    context.out,
    { reference: args.reference, id: config.digest, manifest: manifest.digest, layers: summary },
    manifest.size,
  );
}

function finishLayout(out: string, summary: ImageSummary, manifestSize: number): void {
  const index = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        mediaType: mediaTypes.manifest,
        digest: summary.manifest,
        size: manifestSize,
        annotations: { "org.opencontainers.image.ref.name": layoutTag },
      },
    ],
  };
  writeFileAtomic(join(out, "index.json"), canonicalJson(index));
  writeFileAtomic(join(out, "oci-layout"), canonicalJson({ imageLayoutVersion: "1.0.0" }));
  writeFileAtomic(join(out, "lading.json"), canonicalJson(summary));
}

/** Builds an OCI layout from an archive that something else made: docker's or OCI's, told apart by skopeo. */
export async function buildFromArchive(context: BuildContext): Promise<void> {
  const { archive, reference } = context.args as { archive: { ref: ItemName; suffix: string }; reference: string };
  const from = context.pathOf(archive);
  let words = "";
  for (const transport of ["docker-archive", "oci-archive"]) {
    const copy = ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-oci-accept-uncompressed-layers"];
    const result = await run([...copy, `${transport}:${from}`, `oci:${context.out}:${layoutTag}`], {
      signal: context.signal,
    });
    if (result.status === 0) return describeLayout(context.out, reference);
    words = lastWords(result);
  }
  const hint = "the value must be a docker or OCI archive, such as `docker save` writes";
  throw new KnownError("image-invalid", `${reference}: the value is no image archive: ${words}`, { hint });
}

function describeLayout(out: string, reference: string): void {
  const blob = (digest: string): string => readFileSync(join(out, "blobs", "sha256", digest.slice(7)), "utf8");
  const index = JSON.parse(readFileSync(join(out, "index.json"), "utf8")) as {
    manifests: { digest: Digest; size: number }[];
  };
  const [entry] = index.manifests;
  if (entry === undefined) throw new KnownError("image-invalid", `${reference}: the archive holds no image`);
  const manifest = JSON.parse(blob(entry.digest)) as {
    config: { digest: Digest };
    layers: { digest: Digest; size: number }[];
  };
  const config = JSON.parse(blob(manifest.config.digest)) as { rootfs: { diff_ids: Digest[] } };
  const layers = manifest.layers.map((layer, index) => ({
    diffId: config.rootfs.diff_ids[index] ?? layer.digest,
    digest: layer.digest,
    size: layer.size,
    about: `layer ${shortDigest(layer.digest)}`,
  }));
  finishLayout(out, { reference, id: manifest.config.digest, manifest: entry.digest, layers }, entry.size);
}

/** What an image item is. */
export function readImage(path: string): ImageSummary {
  return JSON.parse(readFileSync(join(path, "lading.json"), "utf8")) as ImageSummary;
}

/** Writes an image item as an OCI archive or as a docker archive, streamed and as reproducible as the image. */
export async function writeArchive(
  image: string,
  out: string,
  format: "oci-archive" | "docker-archive",
): Promise<void> {
  const summary = readImage(image);
  const blob = (digest: Digest): string => join(image, "blobs", "sha256", hexOf(digest));
  const members: { readonly path: string; readonly from: string | Buffer }[] = [];
  if (format === "oci-archive") {
    for (const name of ["index.json", "oci-layout"]) members.push({ path: name, from: join(image, name) });
    for (const name of readdirSync(join(image, "blobs", "sha256")).sort()) {
      members.push({ path: `blobs/sha256/${name}`, from: join(image, "blobs", "sha256", name) });
    }
  } else {
    const layers = [...new Set(summary.layers.map((layer) => layer.digest))];
    const manifest = [
      {
        Config: `${hexOf(summary.id)}.json`,
        RepoTags: [summary.reference],
        Layers: summary.layers.map((layer) => `${hexOf(layer.digest)}.tar`),
      },
    ];
    members.push({ path: `${hexOf(summary.id)}.json`, from: blob(summary.id) });
    members.push({ path: "manifest.json", from: Buffer.from(canonicalJson(manifest)) });
    for (const digest of layers) members.push({ path: `${hexOf(digest)}.tar`, from: blob(digest) });
  }
  // Readers make folders that an archive does not mention, with owners that a plain user cannot give them.
  const folders = format === "oci-archive" ? ["blobs", "blobs/sha256"] : [];
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const path of folders) yield tarHeader({ path, kind: "directory", mode: 0o755, uid: 0, gid: 0, size: 0 });
    for (const { path, from } of members) {
      const size = typeof from === "string" ? statSync(from).size : from.length;
      yield tarHeader({ path, kind: "file", mode: 0o644, uid: 0, gid: 0, size });
      if (typeof from === "string") yield* createReadStream(from, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
      else yield from;
      yield tarPadding(size);
    }
    yield tarEnd;
  }
  const part = `${out}.part`;
  await pipeline(bytes, createWriteStream(part));
  renameSync(part, out);
}

/** Makes the folder that `lading image build -o DIR` names, a plain copy of the layout. */
export async function writeLayout(image: string, out: string): Promise<void> {
  mkdirSync(out);
  for (const name of ["blobs", "index.json", "oci-layout"])
    await run(["cp", "-r", "--no-preserve=mode", join(image, name), join(out, name)]);
}
