/** From a reference to one manifest: what a registry has under a tag or a digest, and under it for one platform. */
import { asDigest, type Digest, digestOf, KnownError, ownPlatform, type Platform, shortDigest } from "../base/index.ts";
import { mismatch, RegistryClient, type RegistryOptions } from "./client.ts";
import { acceptedTypes, choosePlatform, type Descriptor, type Manifest, parseManifest } from "./manifest.ts";
import { deepestIndex, largestManifest } from "./media-types.ts";
import { formatRemote, parseRemote } from "./reference.ts";
import { refused } from "./transport.ts";

/** A manifest that was fetched, and has the digest that it is named by. */
export interface Fetched {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly content: Buffer;
  readonly manifest: Manifest;
}

/** What a reference is at the moment. */
export interface Resolved {
  /** Of the manifest for the platform. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** Of the index that it was chosen from; undefined where the reference names the manifest itself. */
  readonly index: Digest | undefined;
}

/** Asks a registry what a reference names, for a platform (default: this machine's); nothing is pulled. */
export async function resolveReference(
  reference: string,
  platform: Platform | undefined,
  options: RegistryOptions = {},
): Promise<Resolved> {
  using client = new RegistryClient(parseRemote(reference), options);
  const { image, index } = await fetchImage(client, platform);
  const { digest, mediaType, content } = image;
  return { digest, mediaType, size: content.length, index };
}

/** Fetches the manifest of the image that the client's reference names. */
export async function fetchImage(
  client: RegistryClient,
  platform: Platform | undefined,
): Promise<{
  readonly image: Fetched & { readonly manifest: Manifest & { kind: "image" } };
  readonly index: Digest | undefined;
}> {
  const { tag, digest } = client.reference;
  let found = await fetchManifest(client, digest ?? tag ?? "latest");
  let index: Digest | undefined;
  for (let depth = 0; found.manifest.kind === "index"; depth += 1) {
    const where = formatRemote(client.reference);
    if (depth === deepestIndex) throw refused(`${where} is an index in an index, again and again`);
    index ??= found.digest;
    const entry = choosePlatform(found.manifest.manifests, platform ?? ownPlatform, where);
    found = await fetchManifest(client, entry.digest, entry);
  }
  const { manifest } = found;
  return { image: { ...found, manifest }, index };
}

/** Fetches one manifest and checks it against what names it. */
async function fetchManifest(client: RegistryClient, name: string, entry?: Descriptor): Promise<Fetched> {
  const where = `${client.reference.registry}/${client.reference.repository}, manifest ${name}`;
  const answer = await client.read(
    { method: "GET", to: `manifests/${name}`, headers: { accept: acceptedTypes }, actions: "pull" },
    {
      limit: largestManifest,
      tooLarge: () => new KnownError("manifest-invalid", `${where} is larger than ${largestManifest} bytes`),
    },
  );
  if (answer.status !== 200) throw client.failure(answer, `the manifest ${name}`);
  const digest = digestOf(answer.bytes);
  const said = answer.headers["docker-content-digest"];
  // Of a tag there is no other claim than the registry's own.
  const wanted = /^sha256:/.test(name) ? name : typeof said === "string" && /^sha256:/.test(said) ? said : digest;
  if (digest !== wanted) throw mismatch(`the manifest ${name}`, asDigest(wanted.slice(7)), `it is ${digest}`);
  if (entry !== undefined && entry.size !== answer.bytes.length)
    throw mismatch(
      `the manifest ${shortDigest(digest)}`,
      digest,
      `it has ${answer.bytes.length} bytes, not ${entry.size}`,
    );
  const mediaType = (answer.headers["content-type"] ?? "").replace(/\s*;.*$/, "") || entry?.mediaType || "";
  const manifest = parseManifest(answer.bytes, mediaType, where);
  return { digest, mediaType, content: answer.bytes, manifest };
}
