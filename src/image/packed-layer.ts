/**
 * A layer as an image with compression has it: `packed`, the compressed tar, and `meta.json`, which says what it is. It is an
 * item of its own, so that it is compressed once, whatever else of an image changes. A tree's layer is packed as it is made
 * (`LayerWriter`); one that other layers are made from as well is compressed after it.
 */
import { join } from "node:path";
import type { Digest } from "../base/index.ts";
import { type BuildContext, type BuiltFacts, type ItemName, writeOutput } from "../store/index.ts";
import { mkdirSync, readFileSync } from "../sys/index.ts";
import { type Compression, compressFile, type Packed } from "./compress.ts";

/** What stands beside a layer's tar. */
export interface LayerMeta {
  readonly diffId: Digest;
  /** Of the tar, uncompressed. */
  readonly size: number;
  readonly entries: number;
  /** Where the item has the tar compressed. */
  readonly packed?: Packed;
}

/** Names in an item: the tar, or the tar compressed. */
export const tarName = "layer.tar";
export const packedName = "packed";

const metaName = "meta.json";

export interface PackedLayerArgs extends Compression {
  /** Raised whenever the same layer would give other bytes. */
  readonly format: 1;
  readonly layer: ItemName;
}

export function readMeta(item: string): LayerMeta {
  return JSON.parse(readFileSync(join(item, metaName), "utf8")) as LayerMeta;
}

export function writeMeta(item: string, meta: LayerMeta): BuiltFacts {
  writeOutput(join(item, metaName), `${JSON.stringify(meta)}\n`);
  const { packed, diffId } = meta;
  return { digests: new Map([packed === undefined ? [tarName, diffId] : [packedName, packed.digest]]) };
}

/** Builds the item of a layer, compressed, from the layer's own. */
export async function packLayer(context: BuildContext): Promise<BuiltFacts> {
  const { layer, codec, level } = context.args as PackedLayerArgs;
  const from = context.pathOf({ ref: layer, suffix: "" });
  mkdirSync(context.out);
  const to = join(context.out, packedName);
  const packed = await compressFile(join(from, tarName), to, { codec, level, signal: context.signal });
  return writeMeta(context.out, { ...readMeta(from), packed });
}
