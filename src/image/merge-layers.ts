/**
 * Several layers as one, for engines that bear only so many. Its entries are those of all, in the order of their paths;
 * bodies are copied from the layers' own archives, of which only the headers are looked at.
 */
import { join } from "node:path";
import { readTar, type TarEntry } from "../archive/index.ts";
import { KnownError } from "../base/index.ts";
import { type BuildContext, type BuiltFacts, byBytes, type ItemName } from "../store/index.ts";
import { closeSync, openSync } from "../sys/index.ts";
import { copyRange } from "./_spool.ts";
import { tarOf } from "./_tar-file.ts";
import { readLayerFiles } from "./layer-entries.ts";
import { LayerWriter } from "./layer-writer.ts";
import { readFacts, writeFacts } from "./package-facts.ts";

export interface MergeArgs {
  readonly format: 1;
  /** Layer items, which are inputs too. */
  readonly layers: readonly ItemName[];
  /** Where two have different files at one path: an error, or the later layer's. */
  readonly conflict: "refuse" | "later";
}

/** A layer's entry with what is compared of it, and where its body is. */
interface Placed {
  readonly entry: TarEntry;
  readonly digest: string;
  readonly layer: Layer;
  readonly offset: number;
}

interface Layer {
  /** The package that it was made from, or the item. */
  readonly name: string;
  readonly tar: string;
  readonly files: ReadonlyMap<string, string>;
}

export async function mergeLayers(context: BuildContext): Promise<BuiltFacts> {
  const { layers, conflict: onConflict } = context.args as MergeArgs;
  const merged = new Map<string, Placed>();
  for (const item of layers) {
    context.signal?.throwIfAborted();
    const layer = openLayer(context.pathOf({ ref: item, suffix: "" }), item);
    for await (const placed of entriesOf(layer)) {
      const { path } = placed.entry;
      const before = merged.get(path);
      if (before === undefined || onConflict === "later") merged.set(path, placed);
      else if (!agree(before, placed)) throw conflict(before, placed, path);
    }
  }
  const sorted = [...merged.values()].sort((a, b) => byBytes(a.entry.path, b.entry.path));
  for (const placed of sorted) {
    const parent = merged.get(placed.entry.path.replace(/\/?[^/]*$/, ""));
    if (parent !== undefined && parent.entry.kind !== "directory") throw conflict(parent, placed, parent.entry.path);
  }
  const built = await write(context.out, sorted);
  writeFacts(
    context.out,
    layers.flatMap((item) => readFacts(context.pathOf({ ref: item, suffix: "" }))),
  );
  return built;
}

function openLayer(path: string, item: ItemName): Layer {
  const [only, ...others] = readFacts(path);
  const name = only !== undefined && others.length === 0 ? only.name : item;
  return { name, tar: join(path, "layer.tar"), files: readLayerFiles(path) ?? new Map() };
}

async function* entriesOf(layer: Layer): AsyncGenerator<Placed> {
  const descriptor = openSync(layer.tar, "r");
  try {
    for await (const { entry, offset } of readTar(tarOf(descriptor), { name: layer.name }))
      yield { entry, offset, layer, digest: contentOf(entry, layer) };
  } finally {
    closeSync(descriptor);
  }
}

/** The digest of a file, by whichever of its names; what a link says. */
function contentOf(entry: TarEntry, layer: Layer): string {
  const path = entry.kind === "hardlink" ? entry.target : entry.path;
  const [, , , , digest] = JSON.parse(layer.files.get(`/${path}`) ?? "[]") as readonly unknown[];
  return typeof digest === "string" ? digest : "";
}

/**
 * Whether two layers say the same of a path. A folder that several have keeps the mode and owner of the first: packages
 * differ there without harm, as they do for dpkg, which leaves a folder as it finds it.
 */
function agree(a: Placed, b: Placed): boolean {
  const kind = ({ entry }: Placed): string => (entry.kind === "hardlink" ? "file" : entry.kind);
  if (kind(a) !== kind(b)) return false;
  if (kind(a) === "directory") return true;
  const { mode, uid, gid } = a.entry;
  return (
    a.digest !== "" && a.digest === b.digest && mode === b.entry.mode && uid === b.entry.uid && gid === b.entry.gid
  );
}

function conflict(a: Placed, b: Placed, path: string): KnownError {
  const hint = "leave one of the packages out; dpkg would refuse to install both, or let one replace the other's file";
  return new KnownError("file-conflict", `${a.layer.name} and ${b.layer.name} differ about /${path}`, { hint });
}

async function write(out: string, sorted: readonly Placed[]): Promise<BuiltFacts> {
  const open = new Map<string, number>();
  const buffer = Buffer.allocUnsafe(1 << 20);
  using writer = new LayerWriter(out);
  try {
    for (const { entry, digest, layer, offset } of sorted) {
      writer.entry(entry, entry.kind === "file" ? (digest as Parameters<typeof writer.entry>[1]) : undefined);
      if (entry.kind !== "file") continue;
      const file = open.get(layer.tar) ?? openSync(layer.tar, "r");
      open.set(layer.tar, file);
      copyRange(file, offset, entry.size, buffer, writer.body);
      writer.pad(entry.size);
    }
    return await writer.finish();
  } finally {
    for (const file of open.values()) closeSync(file);
  }
}
