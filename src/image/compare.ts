/** How two images differ, in the terms that their makers think in: configuration, layers, packages, files. Pure. */
import { canonicalJson, debianArchitecture } from "../base/index.ts";
import type { ImageContents } from "./contents.ts";
import type { LayerEntry } from "./layer-entries.ts";
import { type MergedEntry, mergeLayerEntries } from "./merged-files.ts";

export interface ValueChange {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface LayerChange {
  readonly change: "added" | "removed" | "changed";
  readonly about: string;
  /** Digests of the uncompressed layers, or null. */
  readonly before: string | null;
  readonly after: string | null;
  /** Bytes that it grew. */
  readonly growth: number;
}

export interface FileChange {
  readonly change: "added" | "removed" | "changed";
  readonly path: string;
  /** What differs: kind, mode, owner, content; empty for what came or went. */
  readonly aspects: readonly ValueChange[];
  /** Bytes that it grew. */
  readonly growth: number;
}

export interface ImageChanges {
  /** Whether both have the same identifier, so that engines run the same. */
  readonly same: boolean;
  readonly configuration: readonly ValueChange[];
  readonly kept: number;
  readonly layers: readonly LayerChange[];
  /** Versions; null for a package that one of them does not have. */
  readonly packages: readonly ValueChange[];
  /** Undefined where one of them does not say what its layers hold. */
  readonly files: readonly FileChange[] | undefined;
  readonly growth: number;
}

/** What differs between two images. */
export function compareImages(before: ImageContents, after: ImageContents): ImageChanges {
  const layers = layerChanges(before, after);
  return {
    same: before.id === after.id,
    configuration: configurationChanges(before, after),
    kept: after.layers.length - layers.filter((each) => each.change !== "removed").length,
    layers,
    packages: packageChanges(before, after),
    files: fileChanges(before, after),
    growth: sizeOf(after) - sizeOf(before),
  };
}

function sizeOf(image: ImageContents): number {
  return image.layers.reduce((sum, layer) => sum + layer.size, 0);
}

/** Every name that one of two maps has, in the order of their bytes, where the values differ. */
function changedKeys<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  isSame: (a: T, b: T) => boolean,
): readonly string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => (a < b ? -1 : 1));
  return keys.filter((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    return old === undefined || now === undefined || !isSame(old, now);
  });
}

function valueChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly ValueChange[] {
  return changedKeys(before, after, (a, b) => a === b).map((key) => ({
    what: key,
    before: before.get(key) ?? null,
    after: after.get(key) ?? null,
  }));
}

/** A configuration as one text for each thing that can be set: variables, labels and ports one by one. */
function settingsOf({ config }: ImageContents): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const key of ["os", "architecture", "created"] as const) {
    const value = config[key];
    if (value !== undefined) settings.set(key, value);
  }
  for (const [key, value] of Object.entries(config.config ?? {})) {
    if (key === "Env" && Array.isArray(value)) {
      for (const pair of value.map(textOf)) {
        const equals = pair.indexOf("=");
        settings.set(`Env ${pair.slice(0, Math.max(0, equals))}`, pair.slice(equals + 1));
      }
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [member, each] of Object.entries(value)) settings.set(`${key} ${member}`, textOf(each));
    } else settings.set(key, textOf(value));
  }
  return settings;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : canonicalJson(value);
}

function configurationChanges(before: ImageContents, after: ImageContents): readonly ValueChange[] {
  return valueChanges(settingsOf(before), settingsOf(after));
}

function layerChanges(before: ImageContents, after: ImageContents): readonly LayerChange[] {
  const kept = new Set(before.layers.map((layer) => layer.diffId));
  const still = new Set(after.layers.map((layer) => layer.diffId));
  const gone = before.layers.filter((layer) => !still.has(layer.diffId));
  const came = after.layers.flatMap((layer): readonly LayerChange[] => {
    if (kept.has(layer.diffId)) return [];
    const old = gone.findIndex((each) => each.about === layer.about);
    const [was] = old === -1 ? [] : gone.splice(old, 1);
    return [
      {
        ...{ change: was === undefined ? "added" : "changed", about: layer.about },
        ...{ before: was?.diffId ?? null, after: layer.diffId, growth: layer.size - (was?.size ?? 0) },
      },
    ];
  });
  const went = gone.map(
    ({ about, diffId, size }): LayerChange => ({
      ...{ change: "removed", about, before: diffId, after: null, growth: -size },
    }),
  );
  return [...came, ...went];
}

function packageChanges(before: ImageContents, after: ImageContents): readonly ValueChange[] {
  return valueChanges(versionsOf(before), versionsOf(after));
}

/** Versions by name; packages of another architecture have it after their name, as dpkg shows them. */
function versionsOf({ config, packages }: ImageContents): ReadonlyMap<string, string> {
  return new Map(
    packages.map(({ name, version, architecture }) => [
      architecture === debianArchitecture(config.architecture ?? "") || architecture === "all"
        ? name
        : `${name}:${architecture}`,
      version,
    ]),
  );
}

function aspectsOf(entry: LayerEntry): ReadonlyMap<string, string> {
  return new Map([
    ["kind", entry.kind],
    ["mode", entry.mode.toString(8).padStart(4, "0")],
    ["owner", `${entry.uid}:${entry.gid}`],
    ["content", entry.content],
  ]);
}

function isSameEntry(a: MergedEntry, b: MergedEntry): boolean {
  return a.kind === b.kind && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.content === b.content;
}

function fileChanges(before: ImageContents, after: ImageContents): readonly FileChange[] | undefined {
  if ([before, after].some((image) => image.layers.some((layer) => layer.entries === undefined))) return undefined;
  const [old, now] = [mergeLayerEntries(before.layers), mergeLayerEntries(after.layers)];
  return changedKeys(old, now, isSameEntry).map((path) => {
    const [was, is] = [old.get(path), now.get(path)];
    const growth = (is?.size ?? 0) - (was?.size ?? 0);
    if (was === undefined || is === undefined)
      return { change: was === undefined ? "added" : "removed", path, aspects: [], growth };
    return { change: "changed", path, aspects: valueChanges(aspectsOf(was), aspectsOf(is)), growth };
  });
}
