/** How the packages of an image become derivations: each is fetched and unpacked on its own, and shared by all images. */
import { debianArchitecture, KnownError, type Place } from "../base/index.ts";
import {
  archiveUrl,
  type DebianPackages,
  type LockedPackage,
  type LockedSet,
  type LockedSets,
  requestOf,
} from "../packages/index.ts";
import { placeOf } from "../record/index.ts";
import { type ItemName, type Lowerer, makeDerivation } from "../store/index.ts";
import type { Compression } from "./compress.ts";
import type { ImageLayer } from "./layout.ts";
import type { PackageLayerArgs } from "./package-layer.ts";
import type { PackedLayerArgs } from "./packed-layer.ts";
import type { SystemLayerArgs } from "./system-layer.ts";

export interface LoweredPackages {
  /** The lowest first. */
  readonly layers: readonly ImageLayer[];
  /** All items that say what stands in the layers. */
  readonly below: readonly ItemName[];
}

/** What goes first, so that its folders' owners and modes hold, as they do when Debian is installed. */
const first = ["base-files", "base-passwd"];

/** The answer to what an image asks; undefined where there is none yet. Throws where it cannot be asked. */
export function lockedSetOf(
  packages: readonly DebianPackages[],
  architecture: string,
  sets: LockedSets,
  where: Place | undefined,
): LockedSet | undefined {
  const [one] = packages;
  if (one === undefined) throw new Error("no packages were asked for");
  const { release } = one;
  const other = packages.find((each) => each.release !== release);
  if (other !== undefined) {
    const hint = "take all packages of an image from one debian({ … }); another image can have another";
    throw new KnownError("fields-contradict", "an image has packages of two releases", { where: placeOf(other), hint });
  }
  const name = debianArchitecture(architecture);
  if (!release.architectures.some((each) => each === name)) {
    const hint = `add "${name}" to the release's architectures`;
    throw new KnownError(
      "fields-contradict",
      `the image is for ${name}, and its packages' release for ${release.architectures.join(", ")} only`,
      { where, hint },
    );
  }
  return sets.find(requestOf(packages, release, architecture));
}

function fetched(set: LockedSet, { sha256, size, path, archive }: LockedPackage, lowerer: Lowerer): ItemName {
  const mirrors = set.request.archives[archive]?.mirrors ?? [];
  const name = path.split("/").at(-1) ?? path;
  const origins = Object.fromEntries(mirrors.map((mirror, index) => [String(index), archiveUrl(mirror, path)]));
  return lowerer.add(makeDerivation({ name, builder: "fetch", args: { sha256, size }, inputs: [] }, { origins })).ref;
}

/**
 * Bytes of a .deb, for each set that has it, from which on a layer of its own is worth what it costs engines: to fetch, to
 * unpack and to mount.
 */
const leastWeight = 512 << 10;

/** The packages of a set as layers: the large and the widely used apart, the rest together, and then what scripts would write. */
export function lowerPackages(
  set: LockedSet,
  options: {
    readonly grafts: boolean;
    readonly most: number;
    readonly sets: LockedSets;
    readonly files: SystemLayerArgs["options"];
  },
  lowerer: Lowerer,
): LoweredPackages {
  const grafted = new Map(options.grafts ? set.grafts.map((each) => [each.name, each]) : []);
  const rank = ({ name }: LockedPackage): number => (first.includes(name) ? first.indexOf(name) : first.length);
  const packages = set.packages
    .map((each) => grafted.get(each.name) ?? each)
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  const unpacked = packages.map((locked) => {
    const { name, version, architecture, sha256, size } = locked;
    const deb = fetched(set, locked, lowerer);
    const args: PackageLayerArgs = {
      format: 1,
      package: { name, version, architecture, sha256, size },
      deb: { ref: deb, suffix: "" },
    };
    const recipe = { name: `package-${name}-${version}`, builder: "package-layer", args, inputs: [deb] };
    return { locked, about: `${name} ${version}`, item: lowerer.add(makeDerivation(recipe)).ref };
  });
  const items = unpacked.map(({ item }) => item);
  const systemArgs: SystemLayerArgs = { format: 1, packages: items, options: options.files };
  const recipe = { name: "layer-system-files", builder: "system-layer", args: systemArgs, inputs: items };
  const system = lowerer.add(makeDerivation(recipe)).ref;
  const weight = ({ locked }: (typeof unpacked)[number]): number => locked.size * options.sets.uses(locked);
  // One for the files of the system, and one for all that has none of its own.
  const single = Math.max(0, options.most - 2);
  const heavy = unpacked.filter((each) => weight(each) >= leastWeight).sort((a, b) => weight(b) - weight(a));
  const apart = new Set(heavy.slice(0, single));
  const together = unpacked.filter((each) => !apart.has(each)).map(({ item }) => item);
  const shared = [...apart].sort((a, b) => options.sets.uses(b.locked) - options.sets.uses(a.locked));
  return {
    below: [...items, system],
    layers: [
      ...shared.map(({ item, about }) => ({ item, about })),
      ...(together.length === 0
        ? []
        : [{ item: merged(together, "refuse", lowerer), about: `${together.length} packages` }]),
      { item: system, about: "system files" },
    ],
  };
}

/** One layer of several; `conflict` says what happens where two have different files at one path. */
export function merged(layers: readonly ItemName[], conflict: "refuse" | "later", lowerer: Lowerer): ItemName {
  const args = { format: 1, layers, conflict };
  const recipe = { name: "layer-merged", builder: "merge-layers", args, inputs: layers };
  return lowerer.add(makeDerivation(recipe)).ref;
}

/** A layer with the item that has it compressed. */
export function packed(layer: ImageLayer, compression: Compression, lowerer: Lowerer): ImageLayer {
  const args: PackedLayerArgs = { format: 1, layer: layer.item, ...compression };
  const recipe = { name: "layer-packed", builder: "packed-layer", args, inputs: [layer.item] };
  return { ...layer, packed: lowerer.add(makeDerivation(recipe)).ref };
}
