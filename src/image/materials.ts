/**
 * What an image was made from, read off the derivations that made it: every file, tree, text and package, by digest. No
 * builder is named that only puts together what others bring; one that is not known here counts with its arguments, so
 * nothing is left out in silence.
 */
import { type Digest, digestOf, digestOfJson } from "../base/index.ts";
import type { LockedPackage } from "../packages/index.ts";
import type { Derivation, Derivations, ItemName, TreeSummary } from "../store/index.ts";
import type { LayerArgs } from "./layer.ts";

export type Material =
  | {
      readonly kind: "package";
      readonly name: string;
      readonly digest: Digest;
      readonly locked: Pick<LockedPackage, "name" | "version" | "architecture" | "path">;
      /** Where it was fetched from, when that is known. */
      readonly uri?: string;
    }
  /** Fetched from somewhere, whatever it is. */
  | { readonly kind: "download"; readonly name: string; readonly digest: Digest; readonly uri: string }
  /** One file, by its content. */
  | { readonly kind: "file"; readonly name: string; readonly digest: Digest }
  /** A folder, by the canonical JSON of the list of its entries, in the order of their paths. */
  | { readonly kind: "tree"; readonly name: string; readonly digest: Digest; readonly files: number }
  /** What stands in the declaration itself, by its canonical JSON: texts with references, scripts. */
  | { readonly kind: "text"; readonly name: string; readonly digest: Digest };

/** Builders whose results hold nothing that their inputs do not bring, beside what the image's own parameters say. */
const joiners: readonly string[] = ["image", "image-from-archive", "packed-layer", "union"];

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** A local file or tree, as it was when it was hashed. */
function sourceMaterial(name: string, { root, digest, files }: TreeSummary): Material {
  return root.kind === "file" ? { kind: "file", name, digest: root.digest } : { kind: "tree", name, digest, files };
}

function packageMaterial(value: unknown): Material | undefined {
  if (!isObject(value)) return undefined;
  const { name, version, architecture, sha256, path } = value;
  const texts = [name, version, architecture, sha256, path];
  if (!texts.every((each) => typeof each === "string")) return undefined;
  const locked = { name, version, architecture, path } as Pick<
    LockedPackage,
    "name" | "version" | "architecture" | "path"
  >;
  const file = locked.path.slice(locked.path.lastIndexOf("/") + 1);
  return { kind: "package", name: file, digest: `sha256:${String(sha256)}` as Digest, locked };
}

function downloadMaterial(name: string, args: Readonly<Record<string, unknown>>): Material | undefined {
  const uri = Array.isArray(args.urls) ? args.urls[0] : args.url;
  if (typeof uri !== "string" || typeof args.sha256 !== "string") return undefined;
  return { kind: "download", name, uri, digest: `sha256:${args.sha256}` as Digest };
}

function ownMaterials({ recipe }: Derivation): readonly Material[] {
  const { name, builder } = recipe;
  const args = isObject(recipe.args) ? recipe.args : {};
  const found = packageMaterial(args.package) ?? downloadMaterial(name, args);
  if (found !== undefined) return [found];
  if (Array.isArray(args.packages)) {
    const several = args.packages.flatMap((each: unknown) => packageMaterial(each) ?? []);
    if (several.length === args.packages.length) return several;
  }
  if (joiners.includes(builder)) return [];
  if (builder === "bytes") return [{ kind: "file", name, digest: args.digest as Digest }];
  if (builder === "copy") return [sourceMaterial(name, args.tree as TreeSummary)];
  if (builder === "write") {
    const parts = args.parts as readonly unknown[];
    const isPlain = parts.every((part) => typeof part === "string");
    return isPlain
      ? [{ kind: "file", name, digest: digestOf(parts.join("")) }]
      : [{ kind: "text", name, digest: digestOfJson(parts) }];
  }
  if (builder === "layer") {
    const { placements } = args as unknown as LayerArgs;
    return placements.flatMap(({ target, content }) =>
      content.kind === "local" ? [sourceMaterial(target, content.tree)] : [],
    );
  }
  const isJoining = recipe.inputs.length > 0 && builder.startsWith("merge");
  return isJoining ? [] : [{ kind: "text", name, digest: digestOfJson(args) }];
}

/** Everything that went into `item`, each once, in the order of names. */
export function materialsOf(item: ItemName, derivations: Derivations): readonly Material[] {
  const seen = new Set<ItemName>();
  const found = new Map<string, Material>();
  const waiting = [item];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const derivation = derivations.get(next);
    if (derivation === undefined) throw new Error(`no derivation for ${next}`);
    for (const material of ownMaterials(derivation)) found.set(`${material.name} ${material.digest}`, material);
    waiting.push(...derivation.recipe.inputs);
  }
  return withAddresses([...found.values()]).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey({ name, digest }: Material): string {
  return `${name} ${digest}`;
}

/** One .deb is a package to one recipe and a download to another: it is named once, with its address. */
function withAddresses(materials: readonly Material[]): Material[] {
  const downloads = new Map(materials.flatMap((each) => (each.kind === "download" ? [[each.digest, each.uri]] : [])));
  const packages = new Set(materials.flatMap((each) => (each.kind === "package" ? [each.digest] : [])));
  return materials.flatMap((each): readonly Material[] => {
    if (each.kind === "download" && packages.has(each.digest)) return [];
    const uri = each.kind === "package" ? downloads.get(each.digest) : undefined;
    return [uri === undefined ? each : ({ ...each, uri } as Material)];
  });
}
