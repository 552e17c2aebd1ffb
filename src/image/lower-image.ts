/** How an image's record becomes derivations: a layer each for what is large, one for all the rest. */
import { KnownError, type Place } from "../base/index.ts";
import { isRecord, placeOf } from "../record/index.ts";
import {
  computedFile,
  type Derivation,
  type FileLike,
  type ItemName,
  isStagedText,
  type Lowerer,
  makeDerivation,
  type Pair,
  renderText,
} from "../store/index.ts";
import type { LayerArgs, Placement } from "./layer.ts";
import type { ImageArgs } from "./layout.ts";
import { hostPlatform, platformOf, referenceOf } from "./oci-image.ts";
import type { ImageManifest, ManifestEntry, OciImage, PackOptions } from "./oci-image.types.ts";

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
  const platform = platformOf(image.target ?? image.system ?? hostPlatform);
  if (platform === undefined) throw new Error("the record's check let a platform through that is none");
  const args: ImageArgs = {
    reference: referenceOf(image),
    platform,
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

/** OCI has sets as objects: each key of an empty object. */
function keys(names: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function withProtocol(port: string): string {
  return port.includes("/") ? port : `${port}/tcp`;
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
    ...(options.ports.length > 0 ? { ExposedPorts: keys(options.ports.map(withProtocol)) } : {}),
    ...(options.volumes.length > 0 ? { Volumes: keys(options.volumes) } : {}),
    ...(options.stopSignal === undefined ? {} : { StopSignal: `SIG${options.stopSignal.replace(/^SIG/, "")}` }),
    ...(options.workdir === undefined ? {} : { WorkingDir: options.workdir }),
  };
}
