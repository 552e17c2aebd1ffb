/** Pushing: blobs first, each once and several at a time; then manifests, what they name before them; tags last. */
import { canonicalJson, type Digest, digestOf, KnownError } from "../base/index.ts";
import { mismatch, RegistryClient, type RegistryOptions, saysError } from "./client.ts";
import type { BlobSource, ImageSource, ManifestSource } from "./layout-source.ts";
import { acceptedTypes, type Descriptor, type Manifest, parseManifest } from "./manifest.ts";
import { largestManifest, mediaTypes } from "./media-types.ts";
import { formatRemote, parseRemote, type RemoteReference } from "./reference.ts";
import { stoppable, together } from "./together.ts";
import { pauseAfter } from "./transport.ts";
import { type BlobProgress, uploadBlob } from "./upload.ts";

export interface PushOptions extends RegistryOptions {
  readonly source: ImageSource;
  /** Such as "registry.example.org/team/web:1"; without a tag, the image is there by its digest only. */
  readonly target: string;
  /** Further tags. */
  readonly tags?: readonly string[];
  /** Repositories of the same registry that may have some of the blobs, such as that of a base image. */
  readonly from?: readonly string[];
  readonly onProgress?: (progress: BlobProgress) => void;
  /** Bytes of a request: larger blobs are sent in several, and go on where they broke. Default: 16 MiB. */
  readonly chunk?: number;
  /** How many blobs are sent at once. Default: 4. */
  readonly parallel?: number;
}

export interface PushResult {
  /** The target with its tag. */
  readonly reference: string;
  readonly digest: Digest;
  readonly blobs: readonly BlobProgress[];
}

/** Pushes an image. What the registry has is not sent again, so what was interrupted goes on when it is called again. */
export async function pushImage(options: PushOptions): Promise<PushResult> {
  const { source, target, tags = [], onProgress = () => undefined, chunk = 16 << 20, parallel = 4 } = options;
  const reference = parseRemote(target);
  if (reference.digest !== undefined && reference.digest !== source.root) {
    const hint = "leave the digest out: it follows from the image";
    throw new KnownError("reference-invalid", `${target} names another image than ${source.root}`, { hint });
  }
  const { stop, signal } = stoppable(options.signal);
  using client = new RegistryClient(reference, { ...options, signal });
  await client.ping();
  const work = ([digest, blob]: readonly [Digest, BlobSource]): Promise<BlobProgress> => {
    const mountFrom = mountsFor(reference, [...(blob.from ?? []), ...(options.from ?? [])]);
    return uploadBlob({ client, digest, blob, chunk, mountFrom, onProgress });
  };
  const blobs = await together(source.blobs, { parallel, stop, work });
  await putManifests(client, source, [...new Set([reference.tag ?? source.root, ...tags])]);
  return { reference: formatRemote({ ...reference, digest: undefined }), digest: source.root, blobs };
}

/** Each attempt costs a request. */
const mostMounts = 3;

/** Repositories that the registry itself may take a blob from. */
function mountsFor({ registry, repository }: RemoteReference, from: readonly string[]): readonly string[] {
  const local = from.flatMap((each) => {
    if (!/^[^/]*[.:][^/]*\/|^localhost\//.test(each)) return [each];
    const parsed = parseRemote(each);
    return parsed.registry === registry ? [parsed.repository] : [];
  });
  return [...new Set(local)].filter((each) => each !== repository).slice(0, mostMounts);
}

/** Puts all manifests there; the root is the last, under its names. */
async function putManifests(client: RegistryClient, source: ImageSource, names: readonly string[]): Promise<void> {
  for (const manifest of source.manifests) {
    const isRoot = manifest.digest === source.root;
    if (!isRoot) await putWithSubject(client, manifest, manifest.digest);
  }
  const root = source.manifests.find(({ digest }) => digest === source.root);
  if (root === undefined) throw new Error("the root is not among the manifests");
  for (const name of names) await putWithSubject(client, root, name);
}

async function putWithSubject(client: RegistryClient, source: ManifestSource, name: string): Promise<void> {
  const { subject, ...manifest } = parseManifest(source.content, source.mediaType, source.digest);
  const hasReferrers = await putManifest(client, source, name);
  if (subject === undefined || hasReferrers) return;
  await noteReferrer(client, subject.digest, referrerOf(source, manifest));
}

/** How often a registry is asked again that does not find what it has. */
const settlingTries = 4;

/** Puts a manifest there under a tag or its digest; true where the registry says that it keeps track of its subject. */
async function putManifest(
  client: RegistryClient,
  { content, digest, mediaType }: ManifestSource,
  name: string,
): Promise<boolean> {
  const put = (): ReturnType<typeof client.read> =>
    client.read({
      method: "PUT",
      to: `manifests/${name}`,
      headers: { "content-type": mediaType },
      body: { size: content.length, read: () => [content] },
      actions: "pull,push",
    });
  let answer = await put();
  // A blob that another push is putting there at this moment may be there and not to be found yet.
  for (let failures = 0; failures < settlingTries && saysError(answer.bytes, "MANIFEST_BLOB_UNKNOWN"); failures += 1) {
    await pauseAfter(failures, client.patience);
    answer = await put();
  }
  if (answer.status !== 201 && answer.status !== 200 && answer.status !== 202)
    throw client.failure(answer, `the manifest ${name}`);
  const said = answer.headers["docker-content-digest"];
  if (said !== undefined && said !== digest)
    throw mismatch(`the manifest that ${client.reference.registry} took`, digest, `it says ${said}`);
  return answer.headers["oci-subject"] !== undefined;
}

type ReferrerEntry = Pick<Descriptor, "mediaType" | "digest" | "size"> & {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
};

function referrerOf(
  { mediaType, digest, content }: ManifestSource,
  manifest: Omit<Manifest & { kind: "image" }, "subject"> | Omit<Manifest & { kind: "index" }, "subject">,
): ReferrerEntry {
  const { annotations, artifactType } = "config" in manifest ? manifest : { annotations: {}, artifactType: undefined };
  return {
    mediaType,
    digest,
    size: content.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

/** Registries know nothing of locks: who comes between our look and our writing is found by looking again. */
const noteAttempts = 5;

/**
 * Keeps the list of what refers to `subject` under the tag that clients look at where a registry has no referrers API
 * (distribution-spec v1.1, "Referrers Tag Schema").
 */
async function noteReferrer(client: RegistryClient, subject: Digest, entry: ReferrerEntry): Promise<void> {
  const tag = subject.replace(":", "-");
  for (let attempt = 0; attempt < noteAttempts; attempt += 1) {
    const known = await referrersAt(client, tag);
    if (known.some(({ digest }) => digest === entry.digest)) return;
    const content = Buffer.from(
      canonicalJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...known, entry] }),
    );
    await putManifest(client, { content, digest: digestOf(content), mediaType: mediaTypes.index }, tag);
  }
  const known = await referrersAt(client, tag);
  if (known.some(({ digest }) => digest === entry.digest)) return;
  throw new KnownError("registry-failed", `the list of what refers to ${subject} is overwritten again and again`);
}

async function referrersAt(client: RegistryClient, tag: string): Promise<readonly ReferrerEntry[]> {
  const answer = await client.read(
    { method: "GET", to: `manifests/${tag}`, headers: { accept: acceptedTypes }, actions: "pull,push" },
    { limit: largestManifest },
  );
  if (answer.status === 404) return [];
  if (answer.status !== 200) throw client.failure(answer, `the list ${tag}`);
  const index = parseManifest(answer.bytes, answer.headers["content-type"], `the list ${tag}`);
  if (index.kind !== "index") throw new KnownError("manifest-invalid", `the tag ${tag} is no list of referrers`);
  return index.manifests.map(({ mediaType, digest, size, artifactType, annotations }) => ({
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }));
}
