/** The records of images, and how one becomes derivations: a layer each for what is large, one for all the rest. */
import { KnownError, type Place, parseImageRef } from "../base/index.ts";
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
  placeOf,
  type RecordConstructor,
  recordOf,
  refuse,
  string,
  stringWhere,
} from "../record/index.ts";
import {
  computedFile,
  type Derivation,
  type FileLike,
  fileLikeType,
  type ItemName,
  isFileLike,
  isStagedText,
  type Lowerer,
  localFile,
  makeDerivation,
  type Pair,
  pairs,
  renderText,
  type Select,
  type StagedText,
} from "../store/index.ts";
import type { LayerArgs, Placement } from "./layer.ts";
import type { ImageArgs } from "./layout.ts";
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

/** OCI's names for a platform or a GNU triple; undefined for what is neither. */
function platformOf(text: string): { os: string; architecture: string } | undefined {
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

/** Lowers an `ociImage` into one derivation for each layer and one for the image. */
export function lowerImage(record: unknown, lowerer: Lowerer): Derivation | undefined {
  if (!isRecord(record, "ociImage")) return undefined;
  const image = record as OciImage;
  const place = placeOf(image);
  const name = `image-${image.repository.split("/").at(-1)}`;
  const { value } = image;
  if (!isRecord(value, "imageManifest")) {
    const file = isStagedText(value) ? computedFile(`${name}.tar`, value) : (value as FileLike);
    const archive = lowerer.file(file);
    const args = { archive, reference: referenceOf(image) };
    return makeDerivation({ name, builder: "image-from-archive", args, inputs: [archive.ref] }, { place });
  }
  const layers = groupLayers(value as ImageManifest, image, lowerer).map(({ about, group }) => ({
    item: lowerLayer(about, group, lowerer, place),
    about,
  }));
  const args: ImageArgs = {
    reference: referenceOf(image),
    platform: platformOf(image.target ?? image.system ?? `linux/${architectures[process.arch] ?? process.arch}`) ?? {
      os: "linux",
      architecture: process.arch,
    },
    created: image.packOptions.created,
    compression: image.packOptions.compression,
    config: runtimeConfig(image.packOptions, lowerer),
    layers,
  };
  return makeDerivation({ name, builder: "image", args, inputs: layers.map((layer) => layer.item) }, { place });
}

/** A placement with where its local source lies on this machine. */
interface Placed {
  readonly placement: Placement;
  readonly origin: string | undefined;
  readonly inputs: readonly ItemName[];
  readonly size: number;
}

function place(entry: ManifestEntry, lowerer: Lowerer): Placed {
  const common = { target: entry.target, uid: entry.user, gid: entry.group, mode: entry.mode };
  if (entry.source === undefined) {
    return { placement: { ...common, content: { kind: "directory" } }, origin: undefined, inputs: [], size: 0 };
  }
  const local = lowerer.localSource(entry.source);
  if (local === undefined) {
    const reference = lowerer.file(entry.source);
    return {
      placement: { ...common, content: { kind: "item", reference } },
      origin: undefined,
      inputs: [reference.ref],
      size: 0,
    };
  }
  const content = { kind: "local", origin: entry.target, entries: local.entries } as const;
  const size = local.entries.reduce((total, each) => total + (each.kind === "file" ? each.size : 0), 0);
  return { placement: { ...common, content }, origin: local.path, inputs: [], size };
}

/**
 * Local trees get a layer each, the largest first kept apart when there are more than `maxLayers`; all else (made
 * files, empty folders, links, /tmp) shares the last layer, which is small and changes most.
 */
function groupLayers(
  value: ImageManifest,
  image: OciImage,
  lowerer: Lowerer,
): readonly { about: string; group: readonly Placed[] }[] {
  const placed = value.entries.map((entry) => place(entry, lowerer));
  const trees = placed.filter((each) => each.placement.content.kind === "local");
  const rest = placed.filter((each) => each.placement.content.kind !== "local");
  if (!value.entries.some((entry) => entry.target === "/tmp")) rest.push(folder("/tmp", 0o1777));
  rest.push(...links(image, placed));
  const { maxLayers } = image.packOptions;
  if (maxLayers === 1) return [{ about: "everything", group: [...trees, ...rest] }];
  const single = new Set(
    trees.length < maxLayers ? trees : [...trees].sort((a, b) => b.size - a.size).slice(0, maxLayers - 2),
  );
  const together = trees.filter((tree) => !single.has(tree));
  return [
    ...trees.filter((tree) => single.has(tree)).map((tree) => ({ about: tree.placement.target, group: [tree] })),
    ...(together.length > 0
      ? [{ about: together.map((tree) => tree.placement.target).join(" "), group: together }]
      : []),
    { about: "files", group: rest },
  ];
}

function folder(target: string, mode: number): Placed {
  return {
    placement: { target, uid: 0, gid: 0, mode, content: { kind: "directory" } },
    origin: undefined,
    inputs: [],
    size: 0,
  };
}

function links(image: OciImage, placed: readonly Placed[]): readonly Placed[] {
  const isThere = (path: string): boolean =>
    placed.some(({ placement: { target, content } }) => {
      const root = target.replace(/\/+$/, "");
      if (path === root || root.startsWith(`${path}/`)) return true;
      if (!path.startsWith(`${root}/`)) return false;
      // What a made item holds is known only once it is built.
      if (content.kind !== "local") return content.kind === "item";
      return content.entries.some((entry) => entry.path === path.slice(root.length + 1));
    });
  const declared = new Set(image.packOptions.symlinks.map(([path]) => path));
  return image.packOptions.symlinks.map(([path, to]) => {
    const resolved = new URL(to, `file://${path}`).pathname.replace(/\/+$/, "");
    if (!isThere(decodeURIComponent(resolved)) && !declared.has(resolved)) {
      const hint = "add what it points at to the manifest, or correct the target";
      throw new KnownError(
        "image-invalid",
        `${referenceOf(image)}: the link ${path} points at ${to}, which is not in the image`,
        { where: placeOf(image), hint },
      );
    }
    return {
      placement: { target: path, uid: 0, gid: 0, mode: undefined, content: { kind: "symlink", to } },
      origin: undefined,
      inputs: [],
      size: 0,
    };
  });
}

function lowerLayer(about: string, group: readonly Placed[], lowerer: Lowerer, where: Place | undefined): ItemName {
  const args: LayerArgs = { format: 1, placements: group.map((each) => each.placement) };
  const origins = Object.fromEntries(
    group.flatMap(({ placement, origin }) => (origin === undefined ? [] : [[placement.target, origin]])),
  );
  const inputs = [...new Set(group.flatMap((each) => each.inputs))];
  const name = `layer-${about.replaceAll("/", "-").replace(/^-/, "")}`;
  return lowerer.add(makeDerivation({ name, builder: "layer", args, inputs }, { origins, place: where })).ref;
}

function plain(pair: Pair, lowerer: Lowerer): string {
  // Inside an image a store path means nothing, so staged members may hold text only.
  const parts = lowerer.text(pair);
  if (parts.every((part) => typeof part === "string")) return renderText(parts, "");
  const hint = "put the file into the manifest and name it by its path in the image";
  throw new KnownError("image-invalid", "an image's environment or label names a store item", { hint });
}

function runtimeConfig(options: PackOptions, lowerer: Lowerer): Readonly<Record<string, unknown>> {
  const labels = options.labels.map((label) => {
    const [key = "", ...value] = plain(label, lowerer).split("=");
    return [key, value.join("=")] as const;
  });
  const entryPoint = typeof options.entryPoint === "string" ? [options.entryPoint] : options.entryPoint;
  return {
    ...(options.environment.length > 0 ? { Env: options.environment.map((pair) => plain(pair, lowerer)) } : {}),
    ...(entryPoint === undefined ? {} : { Entrypoint: entryPoint }),
    ...(options.command.length > 0 ? { Cmd: options.command } : {}),
    ...(labels.length > 0 ? { Labels: Object.fromEntries(labels) } : {}),
    ...(options.user === undefined ? {} : { User: options.user }),
    ...(options.workdir === undefined ? {} : { WorkingDir: options.workdir }),
  };
}
