/** The records of images, and how one becomes derivations: a layer each for what is large, one for all the rest. */
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import type { Ignore, Options } from "ignore";
import { capturePlace, hostPlatform, KnownError, type Platform, parseImageRef, platformOf } from "../base/index.ts";
import {
  type DebianPackages,
  debianPackages,
  isPlatformName,
  type NpmModulesInput,
  npmModules,
} from "../packages/index.ts";
import {
  absolutePath,
  boolean,
  defineRecord,
  either,
  type FieldType,
  integer,
  isRecord,
  listOf,
  oneOf,
  pass,
  type RecordConstructor,
  recordOf,
  refuse,
  showValue,
  signal,
  string,
  stringWhere,
} from "../record/index.ts";
import {
  type FileLike,
  fileLikeType,
  isFileLike,
  isStagedText,
  localFile,
  pairs,
  type Select,
  type StagedText,
} from "../store/index.ts";
import type {
  ImageAccount,
  ImageAccountInput,
  ImageManifest,
  ImageManifestInput,
  ManifestEntry,
  ManifestEntryInput,
  OciImage,
  OciImageInput,
  PackOptions,
  PackOptionsInput,
} from "./oci-image.types.ts";

const permissionBits = integer(0, 0o7777);
const containerId = integer(0, 0xffffffff - 1);

/** One thing in an image. */
export const manifestEntry: RecordConstructor<ManifestEntryInput, ManifestEntry> = defineRecord(
  "manifestEntry",
  "One file, tree or empty folder of an image.",
  {
    target: { type: absolutePath, doc: "Where it stands in the image." },
    source: { type: fileLikeType, optional: true, doc: "What stands there; without a source, an empty folder." },
    user: { type: containerId, default: 0, doc: "The owner's numeric id inside the image." },
    group: { type: containerId, default: 0, doc: "The owning group's numeric id inside the image." },
    mode: {
      type: permissionBits,
      optional: true,
      doc: "Permission bits of the file or folder itself, such as 0o640. Without it, 0755 for folders and programs, 0644 for files.",
    },
  },
);

/** An `operatingSystem`, which is declared above this folder. */
export interface SystemLike {
  readonly hostName: string;
  readonly services: readonly object[];
}

const systemType: FieldType<SystemLike> = {
  expected: "an operatingSystem",
  ts: "SystemLike",
  jsonSchema: { type: "object" },
  check: (value) =>
    isRecord(value, "operatingSystem") ? pass(value as SystemLike) : refuse(systemType.expected, value),
};

/** What an image holds. */
export const imageManifest: RecordConstructor<ImageManifestInput, ImageManifest> = defineRecord(
  "imageManifest",
  "What an image holds, made by `manifest([ … ])`.",
  {
    entries: {
      type: listOf(either(either(recordOf(debianPackages), systemType), recordOf(manifestEntry))),
      doc: "What is in the image: packages, which are below all else, files and trees, of which a later one for a path wins, and an operatingSystem, whose supervisor the image runs.",
    },
  },
);

/** Lists what an image holds: `manifest([localTree("./site", { target: "/www" }), { target: "/data" }])`. */
export function manifest(entries: readonly (ManifestEntryInput | DebianPackages | SystemLike)[]): ImageManifest {
  return imageManifest({ entries });
}

/** Without types nothing says that the second argument is missing. */
function requireTarget(name: string, path: unknown, options: unknown): void {
  if (typeof path !== "string") {
    const message = `${name}: the path is missing: expected a string, got ${showValue(path)}`;
    throw new KnownError("invalid-value", message, {
      where: capturePlace(),
      hint: `${name}("./site", { target: "/www" })`,
    });
  }
  if (typeof options === "object" && options !== null) return;
  const message = `${name}(${JSON.stringify(path)}): the target is missing: expected an absolute path in the image`;
  const hint = `say where it goes: ${name}(${JSON.stringify(path)}, { target: "/${basename(path) || "data"}" }); a container's \`volumes\` take the path itself`;
  throw new KnownError("missing-field", message, { where: capturePlace(), hint });
}

/**
 * A local file or folder as an entry of an image; a relative path starts at the folder of the declaring file. Taken are
 * folders, links, and files with their content and whether they may be executed; each name of a file with several (hard
 * links) is a file of its own. Set-user-ID, set-group-ID and sticky bits, access control lists and file capabilities are
 * refused rather than lost: a later entry for the path with a `mode` says what it shall have.
 */
export function localTree(
  path: string,
  options: Omit<ManifestEntryInput, "source"> & {
    readonly select?: Select;
    /** Patterns of what is left out, one each, as in .gitignore (gitignore(5)). */
    readonly ignore?: readonly string[];
  },
): ManifestEntry {
  requireTarget("localTree", path, options);
  const { select, ignore: patterns = [], ...entry } = options;
  const isTaken = patterns.length === 0 ? select : unlessIgnored(patterns, select);
  return manifestEntry({ ...entry, source: localFile(path, isTaken === undefined ? {} : { select: isTaken }) });
}

/** Declarations do not wait, and few have patterns: their library is loaded for those, and without waiting. */
function unlessIgnored(patterns: readonly string[], select: Select = () => true): Select {
  const ignore = createRequire(import.meta.url)("ignore") as (options: Options) => Ignore;
  const ignored = ignore({ ignorecase: false }).add(patterns);
  return (below, kind) => !ignored.ignores(kind === "directory" ? `${below}/` : below) && select(below, kind);
}

/**
 * An npm application as entries of an image: its folder without node_modules, and the packages that its package-lock.json
 * names, each checked by its hash: `manifest([...npmApplication("app", { target: "/app" })])`.
 */
export function npmApplication(
  path: string,
  options: Omit<ManifestEntryInput, "source" | "mode"> & Omit<NpmModulesInput, "lock">,
): readonly ManifestEntry[] {
  requireTarget("npmApplication", path, options);
  const { dev, ignoreScripts, platform, ...entry } = options;
  const isOwn = (below: string): boolean => below !== "node_modules";
  const modules = npmModules({ lock: localFile(join(path, "package-lock.json")), dev, ignoreScripts, platform });
  return [
    manifestEntry({ ...entry, source: localFile(path, { select: isOwn }) }),
    manifestEntry({ ...entry, target: join(entry.target, "node_modules"), source: modules }),
  ];
}

/** How an image is put together. */
export const packOptions: RecordConstructor<PackOptionsInput, PackOptions> = defineRecord(
  "packOptions",
  "How an image is put together, and what engines do with it unless a container says otherwise.",
  {
    symlinks: {
      type: listOf(linkPair()),
      default: [],
      doc: "Links to make, each as [path, target]; a target that is not in the image is an error.",
    },
    maxLayers: { type: integer(1, 127), default: 100, doc: "The most layers to make; the smallest are put together." },
    entryPoint: {
      type: either(string, listOf(string)),
      optional: true,
      doc: "The program that the image runs, with its fixed arguments.",
    },
    command: { type: listOf(string), default: [], doc: "The arguments that a container's command replaces." },
    environment: { type: pairs("="), default: [], doc: "Variables for what runs in the image." },
    labels: { type: pairs("="), default: [], doc: "Labels of the image." },
    ports: {
      type: listOf(stringWhere("a port such as 80 or 53/udp", (text) => /^\d{1,5}(?:\/(?:tcp|udp|sctp))?$/.test(text))),
      default: [],
      doc: "Ports that what runs in the image listens on; that publishes none.",
    },
    volumes: {
      type: listOf(absolutePath),
      default: [],
      doc: "Folders whose content outlives a container, where nothing else is mounted there.",
    },
    stopSignal: { type: signal, optional: true, doc: "What asks its program to end; SIGTERM where unset." },
    user: { type: string, optional: true, doc: "The user, `name` or `uid[:gid]`, that the image runs as." },
    workdir: { type: absolutePath, optional: true, doc: "The folder that the image's program starts in." },
    created: {
      type: stringWhere("a time such as 2026-01-31T12:00:00Z", (text) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)),
      default: "1970-01-01T00:00:01Z",
      doc: "The time that the image claims to be made at. It is part of the image's digest.",
    },
    compression: {
      type: oneOf("none", "gzip", "zstd"),
      default: "none",
      doc: "How layers are stored. It changes their digests but not the image's identifier; loading is fastest without.",
    },
    compressionLevel: {
      type: integer(1, 19),
      optional: true,
      doc: "How hard to compress; 5 for gzip, which knows 1 to 12 and is then as small as with 6 of zlib, and 3 for zstd where unset.",
    },
  },
);

function linkPair(): FieldType<readonly [string, string]> {
  const expected = "a pair [path, target] of an absolute path and what it points at";
  return {
    expected,
    ts: "readonly [path: string, target: string]",
    jsonSchema: { type: "array", items: { type: "string" }, minItems: 2, maxItems: 2 },
    check: (value) => {
      const [path, target] = Array.isArray(value) ? value : [];
      const fits = Array.isArray(value) && value.length === 2 && typeof path === "string" && typeof target === "string";
      return fits && path.startsWith("/") && target !== "" ? pass([path, target] as const) : refuse(expected, value);
    },
  };
}

type ImageValue = ImageManifest | SystemLike | StagedText | FileLike;

const imageValue: FieldType<ImageValue> = {
  expected: "a manifest([…]), an operatingSystem, or a file-like or staged code that yields an image archive",
  ts: "ImageManifest | SystemLike | StagedText | FileLike",
  jsonSchema: { type: "object" },
  check: (value) =>
    isRecord(value, "imageManifest") || isRecord(value, "operatingSystem") || isStagedText(value) || isFileLike(value)
      ? pass(value as ImageValue)
      : refuse(imageValue.expected, value),
};

const repository = stringWhere("a repository such as web or localhost:5000/team/web, without tag", (text) => {
  const parsed = parseImageRef(text);
  return parsed !== undefined && parsed.tag === undefined && parsed.digest === undefined;
});
const tag = stringWhere("a tag of letters, digits, _, . and -", (text) => /^\w[\w.-]{0,127}$/.test(text));

const pinnedReference = stringWhere("a reference with a digest, such as docker.io/library/alpine@sha256:…", (text) =>
  Boolean(parseImageRef(text)?.digest),
);
const platformName = stringWhere("a platform such as linux/amd64", isPlatformName);

/** A user of an image. */
export const imageAccount: RecordConstructor<ImageAccountInput, ImageAccount> = defineRecord(
  "imageAccount",
  "A user inside an image, with a group of the same name and number.",
  {
    name: { type: stringWhere("a user's name", (text) => /^[a-z_][a-z0-9_-]{0,31}$/.test(text)), doc: "The name." },
    uid: { type: integer(1, 0xffffffff - 1), doc: "The number of the user and of its group." },
    home: { type: absolutePath, default: "/nonexistent", doc: "The home, which is not made." },
    shell: { type: absolutePath, default: "/usr/sbin/nologin", doc: "The login shell." },
    comment: {
      type: stringWhere("text without colons", (text) => !/[:\n]/.test(text)),
      default: "",
      doc: "Who it is.",
    },
  },
);

/** An image that Lading builds. */
export const ociImage: RecordConstructor<OciImageInput, OciImage> = defineRecord(
  "ociImage",
  "An image that Lading builds itself: no daemon, no root, no Dockerfile, and the same digest on every machine.",
  {
    repository: { type: repository, doc: 'The name; one without a "/" gets "localhost/" in front.' },
    tag: { type: tag, default: "latest", doc: "The tag." },
    value: {
      type: imageValue,
      doc: "What the image is made of: `manifest([ … ])`, an operatingSystem, or something that yields an archive.",
    },
    packOptions: { type: recordOf(packOptions), default: {}, doc: "How it is put together." },
    base: {
      type: either(pinnedReference, fileLikeType),
      optional: true,
      doc: "Another image that this one begins with: `registry/name@sha256:…`, or an OCI layout or archive as a file-like.",
    },
    accounts: {
      type: listOf(recordOf(imageAccount)),
      default: [],
      doc: "Users, each with a group of its own, beside those that its packages make; for images with packages.",
    },
    system: {
      type: either(platformName, listOf(platformName)),
      optional: true,
      doc: "The platform that the image is for, or a list, for an index of an image for each; the host's where unset.",
    },
    target: {
      type: stringWhere("a triple such as aarch64-linux-gnu, or a platform", (text) => platformOf(text) !== undefined),
      optional: true,
      doc: "The platform to build for, as a triple or a platform; it overrides `system`.",
    },
    grafts: {
      type: boolean,
      default: false,
      doc: "Take security updates of locked packages, as `lading lock --security` found them, without resolving again.",
    },
  },
);

/** The platforms that an image is built for, in the order declared. */
export function platformsOf({ target, system = hostPlatform }: OciImage): readonly Platform[] {
  const texts = target === undefined ? (typeof system === "string" ? [system] : system) : [target];
  return texts.map((text) => {
    const platform = platformOf(text);
    if (platform === undefined) throw new Error("the record's check let a platform through that is none");
    return platform;
  });
}

/** The full reference of an image record. */
export function referenceOf(image: OciImage): string {
  return `${image.repository.includes("/") ? "" : "localhost/"}${image.repository}:${image.tag}`;
}
