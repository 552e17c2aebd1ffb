/** Reads an archive's suites: release files, which are got anew each time, and indexes, which are kept by their hashes. */
import { join } from "node:path";
import { type FindingCode, KnownError } from "../../base/index.ts";
import { download, fetchBytes, readForeignBytes } from "../../sys/index.ts";
import { decompressIndex, type IndexSuffix } from "./decompress-index.ts";
import type { DebianArchive, DebianRequest, LockedRelease } from "./locked.ts";
import { PackageIndex } from "./package-index.ts";
import { isPlainPath } from "./package-version.ts";
import type { PackageSource } from "./pool.ts";
import { type ListedFile, type Release, readRelease } from "./release.ts";

export interface ArchiveOptions {
  /** A folder for what is got. */
  readonly cache: string;
  readonly signal?: AbortSignal | undefined;
  /** Hears what is being done, as a line for people. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** By what release files are judged. Default: the clock. */
  readonly now?: Date;
  /** When a suite was made that an earlier lock was taken from. Default: none is known. */
  readonly notBefore?: ((archive: DebianArchive, suite: string) => Date | undefined) | undefined;
}

export interface ReadSuite {
  readonly release: LockedRelease;
  readonly sources: readonly PackageSource[];
}

/** Debian's own has 150 KB. */
const largestRelease = 16 << 20;
/** Debian's largest has 50 MB. */
const largestIndex = 512 << 20;
/** What another mirror may do better. */
const mirrorsFault: readonly FindingCode[] = [
  "download-failed",
  "archive-untrusted",
  "archive-expired",
  "archive-invalid",
];
const compressions: readonly IndexSuffix[] = [".gz", ".xz", ""];

/** Reads all suites of a request, in its order. */
export async function readSuites(request: DebianRequest, options: ArchiveOptions): Promise<readonly ReadSuite[]> {
  const suites = request.archives.flatMap((archive, number) =>
    archive.suites.map((suite) => ({ archive, number, suite })),
  );
  const read: ReadSuite[] = [];
  for (const { archive, number, suite } of suites)
    read.push(await readSuite(archive, number, suite, request.architecture, options));
  return read;
}

async function readSuite(
  archive: DebianArchive,
  number: number,
  suite: string,
  architecture: string,
  options: ArchiveOptions,
): Promise<ReadSuite> {
  checkNames([suite, ...archive.components, architecture]);
  const base = `dists/${suite}`;
  const where = archiveUrl(archive.mirrors[0] ?? "", `${base}/InRelease`);
  options.onProgress?.(`reading ${where}`);
  const release = await readReleaseOf(archive, suite, options);
  const standing = standingOf(release);
  const sources: PackageSource[] = [];
  for (const component of archive.components)
    for (const path of indexPaths(release, component, architecture, where)) {
      const index = await readIndex(archive, base, path, release, options);
      sources.push({ index, archive: number, standing });
    }
  const { sha256, date, signedBy } = release;
  return { release: { archive: number, suite, sha256, date: date.toISOString(), signedBy }, sources };
}

/** The release file of the first mirror that has a good one: a stale or hostile mirror does not stop the others. */
async function readReleaseOf(
  archive: DebianArchive,
  suite: string,
  { signal, now = new Date(), notBefore }: ArchiveOptions,
): Promise<Release> {
  const { mirrors, keyring } = archive;
  let first: KnownError | undefined;
  for (const mirror of mirrors) {
    const where = archiveUrl(mirror, `dists/${suite}/InRelease`);
    try {
      const text = (await fetchBytes([where], { most: largestRelease, signal })).toString("utf8");
      return await readRelease(text, { keyring, suite, where, now, notBefore: notBefore?.(archive, suite) });
    } catch (error) {
      if (!(error instanceof KnownError) || !mirrorsFault.includes(error.code)) throw error;
      first ??= error;
    }
  }
  throw first ?? new KnownError("invalid-value", `the archive of the suite ${suite} has no mirror`);
}

/** Names become parts of addresses. */
function checkNames(names: readonly string[]): void {
  for (const name of names)
    if (!isPlainPath(name))
      throw new KnownError("invalid-value", `"${name}" is no name of a suite, a component or an architecture`);
}

/** As apt's default preferences have it: backports below the rest, experimental below all (apt_preferences(5)). */
function standingOf({ fields }: Release): number {
  const isYes = (name: string): boolean => fields.get(name)?.toLowerCase() === "yes";
  return isYes("notautomatic") ? (isYes("butautomaticupgrades") ? 1 : 0) : 2;
}

/** The indexes of a component. What is for all architectures has one of its own in archives that say so. */
function indexPaths(
  { fields, files }: Release,
  component: string,
  architecture: string,
  where: string,
): readonly string[] {
  const path = `${component}/binary-${architecture}/Packages`;
  const all = `${component}/binary-all/Packages`;
  const inOwn = /(?:^|\s)Packages(?:\s|$)/.test(fields.get("no-support-for-architecture-all") ?? "");
  const hasAll = /(?:^|\s)all(?:\s|$)/.test(fields.get("architectures") ?? "") && !inOwn && files.has(all);
  if (!files.has(path) && !hasAll) {
    const hint = `it has the components ${fields.get("components")} and the architectures ${fields.get("architectures")}`;
    throw new KnownError("archive-invalid", `${where} lists no packages of ${component} for ${architecture}`, { hint });
  }
  return [...(files.has(path) ? [path] : []), ...(hasAll ? [all] : [])];
}

/** The file is got when the cache lacks it, and checked either way. */
async function readIndex(
  { mirrors }: DebianArchive,
  base: string,
  path: string,
  release: Release,
  { cache, signal, onProgress }: ArchiveOptions,
): Promise<PackageIndex> {
  const where = archiveUrl(mirrors[0] ?? "", `${base}/${path}`);
  const compression = compressions.find((suffix) => release.files.has(path + suffix)) ?? "";
  const packed = release.files.get(path + compression) as ListedFile;
  const size = (release.files.get(path) as ListedFile).size;
  for (const bytes of [size, packed.size])
    if (bytes > largestIndex) throw new KnownError("archive-invalid", `${where} has ${bytes} bytes, which is too much`);
  const to = join(cache, packed.sha256);
  const folder = `${base}/${path.slice(0, path.lastIndexOf("/"))}`;
  const urls = mirrors.flatMap((mirror) => [
    ...(release.byHash ? [archiveUrl(mirror, `${folder}/by-hash/SHA256/${packed.sha256}`)] : []),
    archiveUrl(mirror, `${base}/${path}${compression}`),
  ]);
  onProgress?.(`reading ${where}${compression}`);
  await download(urls, { hash: { algorithm: "sha256", digest: packed.sha256 }, size: packed.size, to, signal });
  const bytes = readForeignBytes(to, { most: packed.size }) ?? Buffer.alloc(0);
  return new PackageIndex(await decompressIndex(bytes, compression, size, where), where);
}

/** The address of a file of an archive, below the root that a mirror has. */
export function archiveUrl(mirror: string, path: string): string {
  const escaped = path.replace(/[^A-Za-z0-9/._~+:@=,-]/g, encodeURIComponent);
  return `${mirror.replace(/\/+$/, "")}/${escaped}`;
}
