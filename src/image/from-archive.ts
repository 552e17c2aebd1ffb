/** Images that something else made: an archive of docker's or OCI's, or an OCI layout, told apart by skopeo. */
import { join } from "node:path";
import type { Compression } from "../archive/index.ts";
import { canonicalJson, type Digest, KnownError, layoutTag, type Platform, shortDigest } from "../base/index.ts";
import { accessOf, type DownloadProgress, mediaTypes, pullImage } from "../registry/index.ts";
import { type BuildContext, type Reference, writeOutput } from "../store/index.ts";
import { lastWords, readFileSync, rmSync, run, statSync } from "../sys/index.ts";
import { compressionOf, compressors, openImageFiles, type StoredFile } from "./image-files.ts";
import { filesName, formatEntry } from "./layer-entries.ts";
import { makeBudget, type ScannedLayer, scanLayer } from "./layer-scan.ts";
import { finishLayout, type ImageSummary, putBlob } from "./layout.ts";
import { blobName } from "./layout-walk.ts";
import { mergeLayerEntries } from "./merged-files.ts";

/** Builds an OCI layout from what something else made. */
export async function buildFromArchive(context: BuildContext): Promise<void> {
  const { archive, reference, platform } = context.args as {
    readonly archive: Reference;
    readonly reference: string;
    /** Which of several to take; this machine's where unset. */
    readonly platform?: Platform;
  };
  const from = context.pathOf(archive);
  let words = "";
  const which = platform === undefined ? [] : ["--override-os", platform.os, "--override-arch", platform.architecture];
  for (const transport of statSync(from).isDirectory() ? ["oci"] : ["docker-archive", "oci-archive"]) {
    const copy = ["skopeo", "--insecure-policy", ...which, "copy", "--quiet", "--dest-oci-accept-uncompressed-layers"];
    const result = await run([...copy, `${transport}:${from}`, `oci:${context.out}:${layoutTag}`], {
      signal: context.signal,
    });
    if (result.status === 0) return describeLayout(context, reference);
    words = lastWords(result);
  }
  const hint = "it must be a docker or OCI archive, such as `docker save` writes, or the folder of an OCI layout";
  throw new KnownError("image-invalid", `${reference}: the value is no image archive: ${words}`, { hint });
}

/** Builds an OCI layout from what a registry has under a digest. */
export async function buildFromRegistry(context: BuildContext): Promise<void> {
  const { reference, platform } = context.args as { readonly reference: string; readonly platform: Platform };
  const access = accessOf({ uid: process.getuid?.() ?? 0, environment: process.env, signal: context.signal });
  const received = new Map<Digest, number>();
  const onProgress = (blob: DownloadProgress): void => {
    received.set(blob.digest, blob.state === "receiving" ? blob.received : blob.size);
    context.tell?.({ done: [...received.values()].reduce((sum, bytes) => sum + bytes, 0) });
  };
  await pullImage({ reference, platform, to: context.out, ...access, signal: context.signal, onProgress });
  return describeLayout(context, reference);
}

interface ForeignManifest {
  readonly config: { readonly digest: Digest };
  readonly layers: readonly { readonly mediaType: string; readonly digest: Digest; readonly size: number }[];
}

interface Blob {
  readonly digest: Digest;
  readonly file: StoredFile;
  readonly compression: Exclude<Compression, "xz">;
}

/** Tells of a layout that somebody else wrote, and puts right what its manifest says of its layers. */
async function describeLayout({ out, signal }: BuildContext, reference: string): Promise<void> {
  const pathOf = (digest: Digest): string => join(out, blobName(digest));
  const read = (digest: Digest): unknown => JSON.parse(readFileSync(pathOf(digest), "utf8"));
  const index = JSON.parse(readFileSync(join(out, "index.json"), "utf8")) as {
    readonly manifests: readonly { readonly mediaType: string; readonly digest: Digest }[];
  };
  const [entry] = index.manifests;
  const invalid = (problem: string): KnownError => new KnownError("image-invalid", `${reference}: ${problem}`);
  if (entry === undefined) throw invalid("the archive holds no image");
  const found = read(entry.digest) as ForeignManifest;
  using files = await openImageFiles(out);
  const blobs: Blob[] = [];
  for (const { digest } of found.layers) {
    const file = files.file(blobName(digest));
    if (file === undefined) throw invalid(`the archive lacks its layer ${digest}`);
    const compression = await compressionOf(file);
    if (compression === "xz") throw invalid(`its layer ${digest} is packed with xz, which OCI does not have`);
    blobs.push({ digest, file, compression });
  }
  const layers = found.layers.map((layer, number) => ({
    ...layer,
    mediaType: mediaTypes[compressors[blobs[number]?.compression ?? "none"]],
  }));
  const config = read(found.config.digest) as {
    readonly os: string;
    readonly architecture: string;
    readonly rootfs: { readonly diff_ids: readonly Digest[] };
  };
  // Skopeo calls layers compressed that it leaves as they are.
  rmSync(pathOf(entry.digest));
  const manifest = putBlob(join(out, "blobs", "sha256"), canonicalJson({ ...found, layers }));
  const summary: ImageSummary = {
    reference,
    platform: { os: config.os, architecture: config.architecture },
    id: found.config.digest,
    manifest: manifest.digest,
    layers: layers.map(({ digest, size }, number) => {
      const diffId = config.rootfs.diff_ids[number] ?? digest;
      // By what it holds: an image that begins with this one names it so, however it is compressed.
      return { digest, size, diffId, about: `layer ${shortDigest(diffId)}` };
    }),
  };
  finishLayout(out, summary, { mediaType: entry.mediaType, ...manifest });
  writeOutput(join(out, filesName), await listFiles(blobs, signal));
}

/** What stands in the image that the layers make, a line for each entry: see `LayerWriter`. */
async function listFiles(layers: readonly Blob[], signal: AbortSignal | undefined): Promise<string> {
  const budget = makeBudget();
  const scanned: ScannedLayer[] = [];
  for (const { file, digest, compression } of layers)
    scanned.push(await scanLayer(file.bytes(), { name: digest, compression, budget, signal }));
  return [...mergeLayerEntries(scanned).values()].map((entry) => formatEntry(entry)).join("");
}
