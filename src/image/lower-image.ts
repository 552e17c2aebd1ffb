/** How an image's record becomes derivations: a layer each for what is large, one for all the rest. */
import { KnownError, type Place, type Platform } from "../base/index.ts";
import type { DebianPackages, LockedSets, SystemFilesOptions } from "../packages/index.ts";
import { isRecord, placeOf } from "../record/index.ts";
import {
  computedFile,
  type Derivation,
  type FileLike,
  type ItemName,
  isStagedText,
  type Lowerer,
  makeDerivation,
  type RecordLowerer,
} from "../store/index.ts";
import type { Compression } from "./compress.ts";
import type { ImageArgs, ImageLayer, IndexArgs, RuntimeConfig } from "./layout.ts";
import { lockedSetOf, lowerPackages, merged, packed } from "./lower-packages.ts";
import { imageManifest, platformsOf, referenceOf, type SystemLike } from "./oci-image.ts";
import type { ImageManifest, ManifestEntry, OciImage } from "./oci-image.types.ts";
import { groupLayers, lowerLayer, type Placed, place, refuseLoss } from "./own-layers.ts";
import { runtimeConfig } from "./runtime-config.ts";

/** What an `operatingSystem` puts into an image. */
export interface SystemParts {
  readonly placed: readonly Placed[];
  readonly accounts: SystemFilesOptions;
  /** What the image runs where it does not say otherwise. */
  readonly entryPoint: readonly string[];
}

export interface ImageLowererOptions {
  readonly sets: LockedSets;
  /** Lowers an `operatingSystem`, which is declared above this folder. */
  readonly system: (system: SystemLike, platform: Platform, lowerer: Lowerer) => SystemParts;
}

/** Lowers an `ociImage` into one derivation for each layer and one for the image. */
export function imageLowerer(options: ImageLowererOptions): RecordLowerer {
  return (record, lowerer) =>
    isRecord(record, "ociImage") ? lowerImage(record as OciImage, options, lowerer) : undefined;
}

function itemName({ repository }: OciImage): string {
  return `image-${repository.split("/").at(-1)}`;
}

function lowerImage(image: OciImage, options: ImageLowererOptions, lowerer: Lowerer): Derivation {
  const where = placeOf(image);
  const name = itemName(image);
  const value = isRecord(image.value, "operatingSystem")
    ? imageManifest({ entries: [image.value as SystemLike] })
    : image.value;
  if (!isRecord(value, "imageManifest")) {
    const file = isStagedText(value) ? computedFile(`${name}.tar`, value) : (value as FileLike);
    const archive = lowerer.file(file);
    const args = { archive, reference: referenceOf(image) };
    return makeDerivation({ name, builder: "image-from-archive", args, inputs: [archive.ref] }, { place: where });
  }
  const platforms = platformsOf(image);
  const images = platforms.map((platform) => lowerFor(platform, image, value as ImageManifest, options, lowerer));
  const [only] = images;
  if (only !== undefined && images.length === 1) return only;
  const inputs = images.map((each) => lowerer.add(each).ref);
  const args: IndexArgs = { reference: referenceOf(image), images: inputs };
  return makeDerivation({ name, builder: "image-index", args, inputs }, { place: where });
}

function lowerFor(
  platform: Platform,
  image: OciImage,
  value: ImageManifest,
  { sets, system }: ImageLowererOptions,
  lowerer: Lowerer,
): Derivation {
  const where = placeOf(image);
  const name = itemName(image);
  const packages = value.entries.filter((entry) => isRecord(entry, "debianPackages")) as readonly DebianPackages[];
  const set = packages.length > 0 ? lockedSetOf(packages, platform.architecture, sets, where) : undefined;
  if (packages.length > 0 && set === undefined) {
    // Whoever only looks at a declaration need not have locked it; whoever builds it must.
    const args = { reference: referenceOf(image), architecture: platform.architecture };
    return makeDerivation({ name, builder: "not-locked", args, inputs: [] }, { place: where });
  }
  const base = image.base === undefined ? undefined : lowerBase(image.base, platform, lowerer, where);
  const systems = value.entries
    .filter((entry) => isRecord(entry, "operatingSystem"))
    .map((entry) => system(entry as SystemLike, platform, lowerer));
  const entries = value.entries.filter((entry) => isRecord(entry, "manifestEntry")) as readonly ManifestEntry[];
  const placed = [...systems.flatMap((each) => each.placed), ...entries.map((entry) => place(entry, lowerer))];
  const files: SystemFilesOptions = {
    users: [
      ...image.accounts.map((user) => ({ ...user, gid: user.uid })),
      ...systems.flatMap(({ accounts }) => accounts.users ?? []),
    ],
    groups: systems.flatMap(({ accounts }) => accounts.groups ?? []),
  };
  refuseContradictions(image, { files, hasPackages: set !== undefined, hasSystem: systems.length > 0 });
  refuseLoss(placed, where);
  const { maxLayers, created, compression, compressionLevel } = image.packOptions;
  const own = set === undefined ? maxLayers : Math.max(1, Math.min(placed.length + 1, maxLayers >> 1));
  const under =
    set === undefined
      ? { layers: [], below: [] }
      : lowerPackages(set, { grafts: image.grafts, most: maxLayers - own, sets, files }, lowerer);
  const below = [...(base === undefined ? [] : [base]), ...under.below];
  const groups = groupLayers(placed, image, own, below.length > 0);
  const packing = compressionOf(image);
  // The lowest become one layer, for which their tars are needed.
  const over = Math.max(0, under.layers.length + groups.length - maxLayers);
  const together = over === 0 ? 0 : over + 1;
  const upper = groups.map(({ about, group }, index): ImageLayer => {
    const lower = groups.slice(0, index).flatMap((each) => each.group);
    const isPart = under.layers.length + index < together;
    return {
      item: lowerLayer(about, group, { below, lower, compression: isPart ? undefined : packing, lowerer, where }),
      about,
    };
  });
  const lowest = [
    ...mergeLowest([...under.layers, ...upper].slice(0, together), lowerer),
    ...under.layers.slice(together),
  ];
  const layers = [
    ...(packing === undefined ? lowest : lowest.map((layer) => packed(layer, packing, lowerer))),
    ...upper.slice(Math.max(0, together - under.layers.length)),
  ];
  const args: ImageArgs = {
    reference: referenceOf(image),
    platform,
    created,
    compression,
    ...(compressionLevel === undefined ? {} : { level: compressionLevel }),
    config: { ...entryPointOf(systems), ...runtimeConfig(image.packOptions, lowerer) },
    ...(base === undefined ? {} : { base }),
    layers,
  };
  const items = layers.flatMap((layer) => [layer.item, ...(layer.packed === undefined ? [] : [layer.packed])]);
  const inputs = [...(base === undefined ? [] : [base]), ...items];
  return makeDerivation({ name, builder: "image", args, inputs }, { place: where });
}

/** Refuses what would count for nothing, or could not run. */
function refuseContradictions(
  image: OciImage,
  {
    files,
    hasPackages,
    hasSystem,
  }: { readonly files: SystemFilesOptions; readonly hasPackages: boolean; readonly hasSystem: boolean },
): void {
  const where = placeOf(image);
  if (!hasPackages && [files.users, files.groups].some((list) => list !== undefined && list.length > 0)) {
    const hint =
      "Debian's base-passwd has the file that they are added to: put a package of a debian({ … }) into the manifest";
    throw new KnownError("fields-contradict", `${referenceOf(image)} declares accounts and has no packages`, {
      where,
      hint,
    });
  }
  const { compression, compressionLevel } = image.packOptions;
  if (compressionLevel !== undefined && (compression === "none" || (compression === "gzip" && compressionLevel > 12))) {
    const hint = "gzip knows 1 to 12, zstd 1 to 19";
    throw new KnownError("fields-contradict", `compression "${compression}" has no level ${compressionLevel}`, {
      where,
      hint,
    });
  }
  if (hasSystem && !hasPackages && image.base === undefined) {
    const hint = 'Node needs a C library: put bookworm("libc6", "libstdc++6") into the manifest, or declare a base';
    throw new KnownError("image-invalid", `${referenceOf(image)} has a system and nothing for it to stand on`, {
      where,
      hint,
    });
  }
}

function entryPointOf([system]: readonly SystemParts[]): RuntimeConfig {
  return system === undefined ? {} : { Entrypoint: system.entryPoint };
}

/** An image that another begins with: by the digest of its manifest, or as a layout or an archive. */
function lowerBase(base: string | FileLike, platform: Platform, lowerer: Lowerer, where: Place | undefined): ItemName {
  if (typeof base !== "string") {
    const archive = lowerer.file(base);
    const args = { archive, reference: "base", platform };
    return lowerer.add(
      makeDerivation({ name: "base", builder: "image-from-archive", args, inputs: [archive.ref] }, { place: where }),
    ).ref;
  }
  const recipe = { name: "base", builder: "image-from-registry", args: { reference: base, platform }, inputs: [] };
  return lowerer.add(makeDerivation(recipe, { place: where })).ref;
}

/** The lowest layers as one, in which a higher layer's file wins, as it would in the image. */
function mergeLowest(layers: readonly ImageLayer[], lowerer: Lowerer): readonly ImageLayer[] {
  if (layers.length === 0) return [];
  const item = merged(
    layers.map((layer) => layer.item),
    "later",
    lowerer,
  );
  return [{ item, about: layers.map(({ about }) => about).join(" ") }];
}

const usualLevels = { gzip: 5, zstd: 3 };

function compressionOf({ packOptions: { compression, compressionLevel } }: OciImage): Compression | undefined {
  return compression === "none"
    ? undefined
    : { codec: compression, level: compressionLevel ?? usualLevels[compression] };
}
