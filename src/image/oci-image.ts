/** The records of images, and how one becomes derivations: a layer each for what is large, one for all the rest. */
import { parseImageRef } from "../base/index.ts";
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

/** What an image holds. */
export const imageManifest: RecordConstructor<ImageManifestInput, ImageManifest> = defineRecord(
  "imageManifest",
  "What an image holds, made by `manifest([ … ])`.",
  { entries: { type: listOf(recordOf(manifestEntry)), doc: "What is in the image; a later entry for a path wins." } },
);

/** Lists what an image holds: `manifest([localTree("./site", { target: "/www" }), { target: "/data" }])`. */
export function manifest(entries: readonly ManifestEntryInput[]): ImageManifest {
  return imageManifest({ entries });
}

/** A local file or folder as an entry of an image; a relative path starts at the folder of the declaring file. */
export function localTree(
  path: string,
  options: Omit<ManifestEntryInput, "source"> & { readonly select?: Select },
): ManifestEntry {
  const { select, ...entry } = options;
  return manifestEntry({ ...entry, source: localFile(path, select === undefined ? {} : { select }) });
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
      type: oneOf("none", "gzip"),
      default: "none",
      doc: "How layers are stored. It changes their digests but not the image's identifier; loading is fastest without.",
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

type ImageValue = ImageManifest | StagedText | FileLike;

const imageValue: FieldType<ImageValue> = {
  expected: "a manifest([…]), or a file-like or staged code that yields an image archive",
  ts: "ImageManifest | StagedText | FileLike",
  jsonSchema: { type: "object" },
  check: (value) =>
    isRecord(value, "imageManifest") || isStagedText(value) || isFileLike(value)
      ? pass(value as ImageValue)
      : refuse(imageValue.expected, value),
};

const repository = stringWhere("a repository such as web or localhost:5000/team/web, without tag", (text) => {
  const parsed = parseImageRef(text);
  return parsed !== undefined && parsed.tag === undefined && parsed.digest === undefined;
});
const tag = stringWhere("a tag of letters, digits, _, . and -", (text) => /^\w[\w.-]{0,127}$/.test(text));

/** An image that Lading builds. */
export const ociImage: RecordConstructor<OciImageInput, OciImage> = defineRecord(
  "ociImage",
  "An image that Lading builds itself: no daemon, no root, no Dockerfile, and the same digest on every machine.",
  {
    repository: { type: repository, doc: 'The name; one without a "/" gets "localhost/" in front.' },
    tag: { type: tag, default: "latest", doc: "The tag." },
    value: {
      type: imageValue,
      doc: "What the image is made of: `manifest([ … ])`, or something that yields an archive.",
    },
    packOptions: { type: recordOf(packOptions), default: {}, doc: "How it is put together." },
    system: {
      type: stringWhere("a platform such as linux/amd64", (text) => /^[a-z]+\/[a-z0-9]+(\/v\d)?$/.test(text)),
      optional: true,
      doc: "The platform that the image claims; the host's where unset.",
    },
    target: {
      type: stringWhere("a triple such as aarch64-linux-gnu, or a platform", (text) => platformOf(text) !== undefined),
      optional: true,
      doc: "The platform to build for, as a triple or a platform; it overrides `system`.",
    },
    grafts: {
      type: boolean,
      default: false,
      doc: "Replace packages by their security updates without resolving again. Without packages there is nothing to replace.",
    },
  },
);

const architectures: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  x64: "amd64",
  i686: "386",
  aarch64: "arm64",
  armhf: "arm",
  powerpc64le: "ppc64le",
  riscv64: "riscv64",
};

/** The platform of this machine. */
export const hostPlatform: string = `linux/${architectures[process.arch] ?? process.arch}`;

/** OCI's names for a platform or a GNU triple; undefined for what is neither. */
export function platformOf(text: string): { os: string; architecture: string } | undefined {
  const [os, architecture] = text.split("/");
  if (os && architecture) return { os, architecture };
  const [cpu = "", system] = text.split("-");
  const known = architectures[cpu];
  return known !== undefined && system === "linux" ? { os: "linux", architecture: known } : undefined;
}

/** The full reference of an image record. */
export function referenceOf(image: OciImage): string {
  return `${image.repository.includes("/") ? "" : "localhost/"}${image.repository}:${image.tag}`;
}
