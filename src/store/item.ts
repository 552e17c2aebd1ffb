/** What is known about a finished item: its content's digest, and which other items it names. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { asDigest, type Digest } from "../base/index.ts";
import { lstatSync, readdirSync, readlinkSync } from "../sys/index.ts";
import type { ItemName } from "./derivation.ts";
import { byBytes } from "./order.ts";
import { digestFile } from "./source.ts";

/** The record beside an item, written before the item gets its name. */
export interface ItemRecord {
  readonly version: 1;
  readonly item: ItemName;
  readonly digest: Digest;
  readonly size: number;
  readonly references: readonly ItemName[];
}

/** Seconds since 1970 of everything in the store: a change by hand shows without reading a byte. */
export const storeTime = 1;

/**
 * Hashes a finished tree and finds which of `candidates` it names, in one pass over each file. A hash may straddle two
 * chunks, so the end of each is looked at again with the next.
 */
export function measureItem(
  path: string,
  candidates: readonly ItemName[],
  /** Of files that were hashed while they were written, by their paths below `path`. */
  known: ReadonlyMap<string, Digest> = new Map(),
): { readonly digest: Digest; readonly size: number; readonly references: readonly ItemName[] } {
  const hash = createHash("sha256");
  const missing = new Map(candidates.map((item) => [item, Buffer.from(item.slice(0, 32))]));
  const found: ItemName[] = [];
  let size = 0;
  const look = (bytes: Buffer): void => {
    for (const [item, needle] of missing) {
      if (bytes.includes(needle)) {
        missing.delete(item);
        found.push(item);
      }
    }
  };
  const visit = (full: string, name: string): void => {
    const stat = lstatSync(full);
    if (stat.isSymbolicLink()) {
      const target = readlinkSync(full);
      look(Buffer.from(target));
      hash.update(`link ${JSON.stringify([name, target])}\n`);
    } else if (stat.isDirectory()) {
      hash.update(`folder ${JSON.stringify(name)}\n`);
      for (const entry of readdirSync(full).sort(byBytes)) visit(join(full, entry), `${name}/${entry}`);
    } else {
      const executable = (stat.mode & 0o111) !== 0;
      const digestKnown = known.get(name.slice(1));
      if (digestKnown !== undefined) {
        size += stat.size;
        hash.update(`file ${JSON.stringify([name, executable, digestKnown])}\n`);
        return;
      }
      let tail = Buffer.alloc(0);
      const { digest, size: length } = digestFile(full, (chunk) => {
        if (missing.size === 0) return;
        look(Buffer.concat([tail, chunk]));
        tail = Buffer.from(chunk.subarray(Math.max(0, chunk.length - 31)));
      });
      size += length;
      hash.update(`file ${JSON.stringify([name, executable, digest])}\n`);
    }
  };
  visit(path, "");
  return { digest: asDigest(hash.digest("hex")), size, references: found.sort() };
}

/** Whether an item looks as it was left: its times and modes, which any editor changes. Reads no content. */
export function looksIntact(path: string, size: number): boolean {
  let total = 0;
  const visit = (full: string): boolean => {
    const stat = lstatSync(full);
    if (Math.floor(stat.mtimeMs / 1000) !== storeTime && !stat.isSymbolicLink()) return false;
    if (stat.isDirectory()) return readdirSync(full).every((name) => visit(join(full, name)));
    if (stat.isFile()) total += stat.size;
    return true;
  };
  return visit(path) && total === size;
}
