/** Pulling: one image into an OCI layout folder. Its index is written last, so a layout that has one is whole. */
import { join } from "node:path";
import { canonicalJson, type Digest, hexOf, layoutTag, type Platform, refName } from "../base/index.ts";
import { ensureFolder, writeFileAtomic } from "../sys/index.ts";
import { RegistryClient, type RegistryOptions } from "./client.ts";
import { type DownloadProgress, downloadBlob } from "./download.ts";
import { requireImage } from "./manifest.ts";
import { mediaTypes } from "./media-types.ts";
import { formatRemote, parseRemote } from "./reference.ts";
import { fetchImage } from "./resolve.ts";
import { stoppable, together } from "./together.ts";

export interface PullOptions extends RegistryOptions {
  /** By tag or by digest; the digest may be that of an index. */
  readonly reference: string;
  /** What is chosen from an index. Default: this machine's. */
  readonly platform?: Platform | undefined;
  /** The layout's folder, made where it is not there; an index in it is replaced. What it has of the image is not fetched again. */
  readonly to: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** How many blobs are fetched at once. Default: 4. */
  readonly parallel?: number;
}

export interface PullResult {
  readonly reference: string;
  /** Of the image's manifest. */
  readonly digest: Digest;
  /** Of the index that it was chosen from. */
  readonly index: Digest | undefined;
  /** Of the configuration: the image's identifier in every engine. */
  readonly id: Digest;
  readonly blobs: readonly DownloadProgress[];
}

/** Pulls an image. Every byte is checked before it has a name that others read. */
export async function pullImage(options: PullOptions): Promise<PullResult> {
  const { to, platform, onProgress = () => undefined, parallel = 4 } = options;
  const reference = parseRemote(options.reference);
  const { stop, signal } = stoppable(options.signal);
  using client = new RegistryClient(reference, { ...options, signal });
  const { image, index } = await fetchImage(client, platform);
  const { config, layers } = image.manifest;
  requireImage(image.manifest, formatRemote(reference));
  const folder = join(to, "blobs", "sha256");
  ensureFolder(folder);
  // A layer may be there twice, as empty ones are.
  const wanted = new Map([config, ...layers].map(({ digest, size }) => [digest, size]));
  const work = ([digest, size]: [Digest, number]): Promise<DownloadProgress> =>
    downloadBlob({ client, digest, size, folder, onProgress });
  const blobs = await together(wanted, { parallel, stop, work });
  writeFileAtomic(join(folder, hexOf(image.digest)), image.content);
  const entry = {
    mediaType: image.mediaType,
    digest: image.digest,
    size: image.content.length,
    annotations: { [refName]: layoutTag },
  };
  writeFileAtomic(join(to, "oci-layout"), canonicalJson({ imageLayoutVersion: "1.0.0" }));
  writeFileAtomic(
    join(to, "index.json"),
    canonicalJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] }),
  );
  return { reference: formatRemote(reference), digest: image.digest, index, id: config.digest, blobs };
}
