/**
 * Derivations: what to build, as plain data, and the hash that names the result.
 *
 * The hash covers builder, name and inputs and nothing else. Paths of this machine (where the store is, where a source
 * lies) stand beside the hashed part, so two checkouts, users or machines name one thing alike.
 */
import { createHash } from "node:crypto";
import { canonicalJson, type Digest, type Place } from "../base/index.ts";
import type { TreeListing } from "./tree-listing.ts";

/** `HASH-name`: the last part of an item's path in the store. */
export type ItemName = string & { readonly __itemName: unique symbol };

/** Text whose `ref` parts become paths in the store when it is written. */
export type TextParts = readonly (string | Reference)[];

/** An item, or what lies at `suffix` below it. */
export interface Reference {
  readonly ref: ItemName;
  readonly suffix: string;
}

/** One entry of a local tree, as it was when it was hashed. Modes are reduced to "may be executed". */
export type SourceEntry =
  | { readonly path: string; readonly kind: "directory" }
  | { readonly path: string; readonly kind: "symlink"; readonly target: string }
  | {
      readonly path: string;
      readonly kind: "file";
      readonly executable: boolean;
      readonly size: number;
      readonly digest: Digest;
    };

/** The hashed part of a derivation; `builder` selects the function that carries it out. */
export interface Recipe {
  readonly version: 1;
  readonly name: string;
  readonly builder: string;
  readonly args: unknown;
  readonly inputs: readonly ItemName[];
}

export interface Derivation {
  readonly item: ItemName;
  readonly recipe: Recipe;
  /** Where local sources lie on this machine, by the key that the recipe uses for them. */
  readonly origins: Readonly<Record<string, string>>;
  /** Local sources, by origin, as they were when they were hashed. */
  readonly hashed: Readonly<Record<string, TreeListing>>;
  readonly place?: Place;
}

/** All derivations that something needs, by item; an input stands in it too. */
export type Derivations = ReadonlyMap<ItemName, Derivation>;

// No e, o, u, t: no hash spells a word, and none is mistaken for another item's name.
const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";

/** 160 bits of SHA-256 in 32 characters. */
export function storeHash(content: string): string {
  const bytes = createHash("sha256").update(content).digest();
  let text = "";
  for (let bit = 0; bit < 160; bit += 5) {
    const word = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += alphabet[(word >> (11 - (bit & 7))) & 31];
  }
  return text;
}

/** Names what `recipe` builds. */
export function makeDerivation(
  recipe: Omit<Recipe, "version">,
  extra: {
    readonly origins?: Readonly<Record<string, string>>;
    readonly hashed?: Readonly<Record<string, TreeListing>>;
    readonly place?: Place | undefined;
  } = {},
): Derivation {
  const name =
    recipe.name
      .replaceAll(/[^A-Za-z0-9+._-]/g, "-")
      .slice(0, 120)
      .replace(/^[-.]+/, "") || "item";
  const hashed: Recipe = { version: 1, ...recipe, name };
  const item = `${storeHash(canonicalJson(hashed))}-${name}` as ItemName;
  const { origins = {}, hashed: sources = {}, place } = extra;
  return { item, recipe: hashed, origins, hashed: sources, ...(place ? { place } : {}) };
}

/** The items that a text names, each once. */
export function referencesIn(parts: TextParts): readonly ItemName[] {
  return [...new Set(parts.flatMap((part) => (typeof part === "string" ? [] : [part.ref])))];
}

/** Writes the references of a text as paths below `storeDir`. */
export function renderText(parts: TextParts, storeDir: string): string {
  return parts.map((part) => (typeof part === "string" ? part : `${storeDir}/${part.ref}${part.suffix}`)).join("");
}
