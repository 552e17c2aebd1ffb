/** An OCI layout folder (image-spec v1.1, image-layout.md) as something to push: what is in it, and how it is read. */
import { join } from "node:path";
import { canonicalJson, type Digest, digestOf, hexOf, KnownError, refName } from "../base/index.ts";
import { createReadStream, lstatSync, readForeignBytes } from "../sys/index.ts";
import { type Descriptor, type Manifest, parseManifest } from "./manifest.ts";
import { deepestIndex, largestManifest, mediaTypes } from "./media-types.ts";

/** Where a blob's bytes come from. */
export interface BlobSource {
  readonly size: number;
  /** The bytes from this offset on. */
  readonly open: (offset: number) => AsyncIterable<Uint8Array>;
  /** Repositories that may have it, each with its registry: "registry.example.org/base". */
  readonly from?: readonly string[];
}

export interface ManifestSource {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** An image, or several under one index, and what refers to it. */
export interface ImageSource {
  /** Manifests and indexes; what one names comes before it. */
  readonly manifests: readonly ManifestSource[];
  /** The one of `manifests` that tags shall name. */
  readonly root: Digest;
  readonly blobs: ReadonlyMap<Digest, BlobSource>;
}

/** Bytes of all manifests together: they are kept in memory until they are sent. */
const mostBytes = 64 << 20;

export interface LayoutOptions {
  /** Of several images, the one whose `org.opencontainers.image.ref.name` this is. */
  readonly name?: string;
}

/**
 * Reads a layout's manifests. Several images without a name that tells them apart are pushed under one index, if each
 * says what platform it is for; manifests with a `subject` come along.
 */
export function layoutSource(folder: string, { name }: LayoutOptions = {}): ImageSource {
  const bytes = readForeignBytes(join(folder, "index.json"), { follow: true, most: largestManifest });
  if (bytes === undefined) throw invalid(folder, "it has no index.json that can be read");
  const index = parseManifest(bytes, mediaTypes.index, folder);
  if (index.kind !== "index") throw invalid(folder, "its index.json is no index");
  const reader = new LayoutReader(folder);
  const entries = index.manifests.map((entry) => ({ entry, manifest: reader.manifest(entry) }));
  const images = entries.filter(
    ({ entry, manifest }) =>
      manifest.subject === undefined && (name === undefined || entry.annotations[refName] === name),
  );
  const [first, ...others] = images;
  if (first === undefined)
    throw invalid(folder, name === undefined ? "it holds no image" : `it holds no image "${name}"`);
  let root: ManifestSource;
  if (others.length === 0) root = reader.take(first.entry);
  else {
    const untold = images.find(({ entry }) => entry.platform === undefined);
    if (untold !== undefined)
      throw invalid(folder, "it holds several images, and not all of them say for what platform");
    for (const { entry } of images) reader.take(entry);
    root = indexOver(images.map(({ entry }) => entry));
  }
  for (const { entry, manifest } of entries) if (manifest.subject !== undefined) reader.take(entry);
  const manifests = [...reader.taken.values()];
  return {
    manifests: manifests.some(({ digest }) => digest === root.digest) ? manifests : [...manifests, root],
    root: root.digest,
    blobs: reader.blobs,
  };
}

/** Where containerd notes which repositories of a registry had a blob. */
const originPrefix = "containerd.io/distribution.source.";

function invalid(folder: string, problem: string): KnownError {
  return new KnownError("manifest-invalid", `the layout ${folder} cannot be pushed: ${problem}`);
}

function indexOver(entries: readonly Descriptor[]): ManifestSource {
  const manifests = entries.map(({ mediaType, digest, size, platform }) => ({ mediaType, digest, size, platform }));
  const content = Buffer.from(canonicalJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
  return { digest: digestOf(content), mediaType: mediaTypes.index, content };
}

class LayoutReader {
  readonly taken = new Map<Digest, ManifestSource>();
  readonly blobs = new Map<Digest, BlobSource>();
  readonly #folder: string;
  readonly #read = new Map<Digest, Buffer>();
  #bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  manifest(entry: Descriptor): Manifest {
    return parseManifest(this.#content(entry), entry.mediaType, entry.digest);
  }

  /** Takes a manifest and everything that it names. */
  take(entry: Descriptor, depth = 0): ManifestSource {
    const known = this.taken.get(entry.digest);
    if (known !== undefined) return known;
    if (depth === deepestIndex) throw invalid(this.#folder, "its indexes lie too deep in each other");
    const content = this.#content(entry);
    const manifest = parseManifest(content, entry.mediaType, entry.digest);
    if (manifest.kind === "index") for (const each of manifest.manifests) this.take(each, depth + 1);
    else for (const blob of [manifest.config, ...manifest.layers]) this.#addBlob(blob);
    const source = { digest: entry.digest, mediaType: entry.mediaType, content };
    this.taken.set(entry.digest, source);
    return source;
  }

  #path(digest: Digest): string {
    return join(this.#folder, "blobs", "sha256", hexOf(digest));
  }

  #content(entry: Descriptor): Buffer {
    const known = this.#read.get(entry.digest);
    if (known !== undefined) return known;
    const content = readForeignBytes(this.#path(entry.digest), { most: largestManifest });
    if (content === undefined) throw invalid(this.#folder, `it has no manifest ${entry.digest} that can be read`);
    if (digestOf(content) !== entry.digest || content.length !== entry.size)
      throw new KnownError("digest-mismatch", `the manifest ${entry.digest} in ${this.#folder} has other bytes`);
    this.#bytes += content.length;
    if (this.#bytes > mostBytes) throw invalid(this.#folder, `its manifests have more than ${mostBytes} bytes`);
    this.#read.set(entry.digest, content);
    return content;
  }

  #addBlob({ digest, size, isForeign, annotations }: Descriptor): void {
    if (this.blobs.has(digest)) return;
    const path = this.#path(digest);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined && isForeign) return;
    if (found === undefined || !found.isFile()) throw invalid(this.#folder, `it has no blob ${digest}`);
    if (found.size !== size)
      throw new KnownError(
        "digest-mismatch",
        `the blob ${digest} in ${this.#folder} has ${found.size} bytes, not ${size}`,
      );
    const from = Object.entries(annotations).flatMap(([key, value]) =>
      key.startsWith(originPrefix)
        ? value.split(",").map((each) => `${key.slice(originPrefix.length)}/${each.trim()}`)
        : [],
    );
    const open = (offset: number): AsyncIterable<Buffer> =>
      createReadStream(path, { start: offset, highWaterMark: 1 << 18 });
    this.blobs.set(digest, { size, open, from });
  }
}
