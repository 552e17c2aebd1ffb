/**
 * Manifests and indexes of images: what is taken of them, after every claim that they make was looked at. OCI's
 * (image-spec v1.1) and those of Docker that have the same form; their bytes stay as they are, for their digest does.
 */
import {
  type Digest,
  type Fields,
  formatPlatform,
  isDigest,
  isFields,
  KnownError,
  type Platform,
} from "../base/index.ts";
import {
  configTypes,
  indexTypes,
  isLayerType,
  largestManifest,
  manifestTypes,
  mostLayers,
  mostManifests,
  withoutForeign,
} from "./media-types.ts";

/** What names content: where a manifest or a blob is to be had, and how its bytes are known. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** Whether it may be had elsewhere only: a layer that nobody may hand on. */
  readonly isForeign: boolean;
}

export type Manifest =
  | { readonly kind: "index"; readonly manifests: readonly Descriptor[]; readonly subject: Descriptor | undefined }
  | {
      readonly kind: "image";
      readonly config: Descriptor;
      readonly layers: readonly Descriptor[];
      readonly subject: Descriptor | undefined;
      readonly artifactType: string;
      readonly annotations: Readonly<Record<string, string>>;
    };

/** Bytes of a configuration; the engines read no more. */
const largestConfig = 4 << 20;

/** For the Accept header: what `parseManifest` takes. */
export const acceptedTypes: string = [...manifestTypes, ...indexTypes].join(", ");

function invalid(where: string, problem: string, hint?: string): KnownError {
  return new KnownError("manifest-invalid", `${where}: ${problem}`, { hint });
}

/** Parses a manifest or an index; `mediaType` is what its descriptor or its registry calls it. */
export function parseManifest(bytes: Uint8Array, mediaType: string | undefined, where: string): Manifest {
  if (bytes.length > largestManifest) throw invalid(where, `the manifest is larger than ${largestManifest} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw invalid(where, "the manifest is no JSON");
  }
  if (!isFields(value)) throw invalid(where, "the manifest holds no object");
  const { mediaType: own } = value;
  // One that is an image to one reader and an index to another is a trick (CVE-2021-41190).
  if (own !== undefined && mediaType !== undefined && own !== mediaType)
    throw invalid(where, `the manifest is called ${quote(mediaType)} and calls itself ${quote(own)}`);
  const type = mediaType ?? own;
  if (value.schemaVersion !== 2) {
    const hint = "have it pushed again by a newer tool";
    throw invalid(where, `manifests of schema version ${quote(value.schemaVersion)} are not taken`, hint);
  }
  if ("manifests" in value && ("layers" in value || "config" in value))
    throw invalid(where, "the manifest is an image and an index at once");
  const subject = value.subject === undefined ? undefined : parseDescriptor(value.subject, where);
  if (indexTypes.includes(String(type)))
    return { kind: "index", manifests: parseDescriptors(value.manifests, mostManifests, where), subject };
  if (!manifestTypes.includes(String(type))) throw invalid(where, `manifests of the type ${quote(type)} are not taken`);
  const config = parseDescriptor(value.config, where);
  const artifactType = typeof value.artifactType === "string" ? value.artifactType : config.mediaType;
  const layers = parseDescriptors(value.layers, mostLayers, where);
  return { kind: "image", config, layers, subject, artifactType, annotations: textsOf(value.annotations) };
}

/** Refuses what no engine can run: other artefacts, layers of unknown form, layers that are to be had elsewhere only. */
export function requireImage(manifest: Manifest & { readonly kind: "image" }, where: string): void {
  const { config, layers } = manifest;
  if (!configTypes.includes(config.mediaType))
    throw invalid(where, `it is no image: its configuration has the type ${quote(config.mediaType)}`);
  if (config.size > largestConfig) throw invalid(where, `its configuration is larger than ${largestConfig} bytes`);
  for (const { mediaType, digest } of layers)
    if (!isLayerType(mediaType))
      throw invalid(where, `its layer ${digest} has the type ${quote(mediaType)}, which is not taken`);
}

function parseDescriptors(value: unknown, most: number, where: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw invalid(where, "the manifest lists nothing");
  if (value.length > most) throw invalid(where, `the manifest lists ${value.length} things; at most ${most} are taken`);
  return value.map((each) => parseDescriptor(each, where));
}

/** A descriptor of which nothing needs to be believed but its digest and its size, which the bytes must have. */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  if (!isFields(value)) throw invalid(where, "a descriptor is no object");
  const { mediaType, digest, size, platform, urls, artifactType } = value;
  if (typeof mediaType !== "string") throw invalid(where, "a descriptor has no media type");
  if (!isDigest(digest)) throw invalid(where, `${quote(digest)} is no sha256 digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw invalid(where, `${digest} has no size: ${quote(size)}`);
  return {
    mediaType,
    digest,
    size,
    annotations: textsOf(value.annotations),
    isForeign: withoutForeign(mediaType) !== mediaType && Array.isArray(urls) && urls.length > 0,
    ...(isFields(platform) ? { platform: platformOf(platform) } : {}),
    ...(typeof artifactType === "string" ? { artifactType } : {}),
  };
}

function platformOf({ os, architecture, variant }: Fields): Platform {
  return {
    os: typeof os === "string" ? os : "",
    architecture: typeof architecture === "string" ? architecture : "",
    ...(typeof variant === "string" && variant !== "" ? { variant } : {}),
  };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** A foreign value, short enough for a message. */
function quote(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 80);
}

/** The entry of an index for a platform; where no variant is wanted, the plainest. */
export function choosePlatform(entries: readonly Descriptor[], wanted: Platform, where: string): Descriptor {
  const variantOf = ({ architecture, variant }: Platform): string =>
    variant ?? (architecture === "arm64" ? "v8" : architecture === "arm" ? "v7" : "");
  const fitting = entries.filter(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  );
  const exact = fitting.find(({ platform }) => platform !== undefined && variantOf(platform) === variantOf(wanted));
  const chosen = exact ?? (wanted.variant === undefined ? fitting[0] : undefined);
  if (chosen !== undefined) return chosen;
  const known = entries.flatMap(({ platform }) =>
    platform === undefined || platform.os === "unknown" || platform.os === "" ? [] : [formatPlatform(platform)],
  );
  const hint = `there are ${[...new Set(known)].slice(0, 20).join(", ") || "none"}`;
  throw new KnownError("image-not-found", `${where} has no image for ${formatPlatform(wanted)}`, { hint });
}
