/**
 * What both kinds of bill of materials say of an image. Packages come from what their layers tell, with the digest of
 * their .deb where it is known; every layer that holds none counts as one component, by the digest of its tar. Nothing
 * depends on a clock or on chance: the same image gives the same bytes.
 */
import { type Digest, digestOf, hexOf } from "../base/index.ts";
import type { ImageContents } from "./contents.ts";
import type { ImagePackage } from "./image-package.ts";
import type { Material } from "./materials.ts";

export interface BillOptions {
  /** Lading's own version: the documents name the tool that wrote them. */
  readonly version: string;
  /** What the image was made from, see `materialsOf`; without it no .deb has a digest. */
  readonly materials?: readonly Material[];
  /** Such as `debian-12`; found out from the packages where left out. */
  readonly distribution?: string;
}

export interface PackageComponent extends ImagePackage {
  readonly purl: string;
  /** Of the .deb. */
  readonly digest: Digest | undefined;
  readonly uri: string | undefined;
}

/** A layer without packages: local trees, and the files that the declaration makes. */
export interface TreeComponent {
  readonly name: string;
  /** Of the layer's tar. */
  readonly digest: Digest;
  readonly files: number | undefined;
}

export interface Bill {
  readonly packages: readonly PackageComponent[];
  readonly trees: readonly TreeComponent[];
  /** The image's own time, in seconds, as both formats write it. */
  readonly created: string;
}

/** What an image consists of. */
export function billOf(image: ImageContents, options: BillOptions): Bill {
  const distribution = options.distribution ?? debianRelease(image.packages);
  const debs = new Map(
    (options.materials ?? []).flatMap((each) => {
      if (each.kind !== "package") return [];
      const { name, version, architecture } = each.locked;
      return [[`${name} ${version} ${architecture}`, each] as const];
    }),
  );
  const packages = image.packages.map((each) => {
    const deb = debs.get(`${each.name} ${each.version} ${each.architecture}`);
    return { ...each, purl: purlOf(each, distribution), digest: deb?.digest, uri: deb?.uri };
  });
  const holders = new Set(image.packages.map((each) => each.layer));
  const trees = image.layers.flatMap(({ about, diffId, entries }, index) =>
    holders.has(index)
      ? []
      : [{ name: about, digest: diffId, files: entries?.filter((entry) => entry.kind === "file").length }],
  );
  return { packages, trees: uniqueTrees(trees), created: secondsOf(image.config.created) };
}

/** An image may have one layer twice. */
function uniqueTrees(trees: readonly TreeComponent[]): readonly TreeComponent[] {
  return [...new Map(trees.map((tree) => [tree.digest, tree])).values()];
}

/** The version of base-files is Debian's own, with a point release after it. */
function debianRelease(packages: readonly ImagePackage[]): string | undefined {
  const version = packages.find((each) => each.name === "base-files")?.version;
  const major = version === undefined ? undefined : /^\d+/.exec(version)?.[0];
  return major === undefined ? undefined : `debian-${major}`;
}

/** A package's address, as the purl specification has it for deb. */
export function purlOf(
  { name, version, architecture }: Pick<ImagePackage, "name" | "version" | "architecture">,
  distribution?: string,
): string {
  const encode = (text: string): string => encodeURIComponent(text).replaceAll("%3A", ":");
  const qualifiers = [`arch=${encode(architecture)}`, ...(distribution ? [`distro=${encode(distribution)}`] : [])];
  return `pkg:deb/debian/${encode(name)}@${encode(version)}?${qualifiers.join("&")}`;
}

/** ISO 8601 in UTC without parts of seconds; an image that names no time is from the beginning of time. */
function secondsOf(created: string | undefined): string {
  const time = Date.parse(created ?? "");
  const year = new Date(time).getUTCFullYear();
  const isFit = !Number.isNaN(time) && year >= 0 && year <= 9999;
  return `${new Date(isFit ? time : 0).toISOString().slice(0, 19)}Z`;
}

/** A UUID of version 8 (RFC 9562), made from an image's manifest: the same image has the same. */
export function uuidOf(image: ImageContents, purpose: string): string {
  const hex = hexOf(digestOf(`${purpose} ${hexOf(image.manifest)}`));
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}
