/**
 * The lock file: which manifest each image reference of a declaration means, and which packages its images are made of. It
 * lies beside the declaration (host.lock.json beside host.ts) and is meant to be committed. It is what `apply` pulls and
 * builds: without it a tag means whatever the registry says, and an image with packages is not built.
 */
import { isDigest, KnownError, parseImageRef } from "../base/index.ts";
import { isLockedSet, type LockedSet } from "../packages/index.ts";
import { readJsonFile, writeFileAtomic } from "../sys/index.ts";
import type { ImageSpec, SystemSpec } from "./spec.ts";

/** What was learnt of an image when it was pinned. */
export interface PinnedImage {
  /** Of the manifest, or of the list of manifests. */
  readonly digest: string;
  readonly created: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Digests and sizes, in bytes, of the layers as the registry has them. */
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

export interface LockFile {
  /** Version 1 had no packages. */
  readonly version: 2;
  readonly images: Readonly<Record<string, PinnedImage>>;
  readonly packages: readonly LockedSet[];
}

const newest = 2;

/** Where the lock of a declaration is. */
export function lockPath(declaration: string): string {
  return `${declaration.replace(/\.[cm]?[jt]s$/, "")}.lock.json`;
}

export function readLock(declaration: string): LockFile | undefined {
  const path = lockPath(declaration);
  const hint = "write it anew with: lading lock FILE";
  const refuse = (problem: string): KnownError =>
    new KnownError("lock-invalid", `${path} is no lock file: ${problem}`, { hint });
  const lock = readJsonFile(path, refuse) as (Partial<Omit<LockFile, "version">> & { version?: number }) | undefined;
  if (lock === undefined) return undefined;
  if (typeof lock.version === "number" && lock.version > newest)
    throw new KnownError("state-too-new", `${path} was written by a newer Lading`, { hint: "use that version again" });
  const images: readonly [string, Partial<PinnedImage> | null][] = Object.entries(lock.images ?? {});
  const bad = images.find(
    ([, image]) => !(isDigest(image?.digest) && Array.isArray(image?.layers) && image?.labels instanceof Object),
  );
  if (bad !== undefined) throw refuse(`what it says of ${bad[0]} is not what \`lading lock\` writes`);
  if (lock.version !== 1 && lock.version !== newest)
    throw refuse(`its version is ${JSON.stringify(lock.version)}, not ${newest}`);
  const packages = lock.packages ?? [];
  if (!(Array.isArray(packages) && packages.every(isLockedSet)))
    throw refuse("what it says of packages is not what `lading lock` writes");
  return { version: newest, images: lock.images ?? {}, packages };
}

export function writeLock(declaration: string, lock: LockFile): void {
  const images = Object.fromEntries(Object.entries(lock.images).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileAtomic(lockPath(declaration), `${JSON.stringify({ ...lock, images }, null, 2)}\n`);
}

/** The images that a lock can pin: those that are pulled by a name that is not a digest already. */
export function pinnable({ images }: SystemSpec): readonly ImageSpec[] {
  const pulled = images.filter(
    ({ item, reference }) => item === null && parseImageRef(reference)?.digest === undefined,
  );
  return pulled.filter(({ reference }, index) => pulled.findIndex((each) => each.reference === reference) === index);
}

/** The system with what its lock says of each image. */
export function pinImages(spec: SystemSpec, lock: LockFile | undefined): SystemSpec {
  if (lock === undefined) return spec;
  const pinned = new Set(pinnable(spec).map(({ reference }) => reference));
  const images = spec.images.map((image) => ({
    ...image,
    pin: image.item === null && pinned.has(image.reference) ? (lock.images[image.reference]?.digest ?? null) : null,
  }));
  return { ...spec, images };
}

/** What an engine is asked for: the pinned manifest, or the reference as it was declared. */
export function pullReference({ reference, pin }: Pick<ImageSpec, "reference" | "pin">): string {
  if (!pin) return reference;
  const { tag = "" } = parseImageRef(reference) ?? {};
  const name = tag !== "" && reference.endsWith(`:${tag}`) ? reference.slice(0, -tag.length - 1) : reference;
  return `${name}@${pin}`;
}

/** How a pin changes, in words. */
export function pinChanges(before: PinnedImage | undefined, after: PinnedImage): readonly string[] {
  if (before === undefined) return [`digest: ${after.digest}`];
  if (before.digest === after.digest) return [];
  const kept = after.layers.filter(({ digest }) => before.layers.some((each) => each.digest === digest)).length;
  const bytes = (image: PinnedImage): number => image.layers.reduce((sum, { size }) => sum + size, 0);
  const labels = [...new Set([...Object.keys(before.labels), ...Object.keys(after.labels)])].flatMap((key) =>
    before.labels[key] === after.labels[key]
      ? []
      : [`label ${key}: ${before.labels[key] ?? "unset"} → ${after.labels[key] ?? "unset"}`],
  );
  return [
    `digest: ${before.digest} → ${after.digest}`,
    ...(before.created === after.created
      ? []
      : [`created: ${before.created ?? "unknown"} → ${after.created ?? "unknown"}`]),
    `layers: ${kept} of ${after.layers.length} as before`,
    `size: ${bytes(before)} → ${bytes(after)} bytes`,
    ...labels,
  ];
}
