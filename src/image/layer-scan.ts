/**
 * Reads a layer that anybody made, in one pass and without writing a byte: the digest of its tar, what is in it, and the
 * databases of packages that it brings. Bodies are hashed as they go by and never held.
 */
import { createHash } from "node:crypto";
import { type Compression, decompress, invalidArchive, readTar, type TarEntry } from "../archive/index.ts";
import { asDigest, type Digest } from "../base/index.ts";
import type { LayerEntry } from "./layer-entries.ts";

export interface ScannedLayer {
  readonly diffId: Digest;
  /** Uncompressed. */
  readonly size: number;
  readonly entries: readonly LayerEntry[];
  /** The texts of dpkg's databases, in the order in which they stood. */
  readonly databases: readonly string[];
}

/** Bytes of a layer's tar, and of a database of packages. */
const most = { tar: 64 * 2 ** 30, database: 32 << 20 };

/** What may still be held of an image: its layers share one. */
export interface Budget {
  entries: number;
  /** Characters of names, targets and databases. */
  text: number;
}

export function makeBudget(): Budget {
  return { entries: 1_000_000, text: 128 << 20 };
}

const databases = /^var\/lib\/dpkg\/(?:status|status\.d\/(?!.*\.md5sums$)[^/]+)$/;

export interface ScanOptions {
  /** The layer's name, for errors. */
  readonly name: string;
  readonly compression: Compression;
  /** Without one nothing is kept but the digest. */
  readonly budget?: Budget | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads a layer's blob. Throws `archive-invalid` for what is no layer. */
export async function scanLayer(
  blob: AsyncIterable<Buffer>,
  { name, compression, budget, signal }: ScanOptions,
): Promise<ScannedLayer> {
  const whole = createHash("sha256");
  let length = 0;
  const tar = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of decompress(blob, { compression, name, limit: most.tar })) {
      signal?.throwIfAborted();
      whole.update(chunk);
      length += chunk.length;
      yield chunk;
    }
  };
  const entries: LayerEntry[] = [];
  const texts: string[] = [];
  // What follows the end is padding, and counts in the digest alone.
  for await (const { entry, body } of readTar(tar(), { name, as: "layer" })) {
    if (budget === undefined) continue;
    const isDatabase = entry.kind === "file" && databases.test(entry.path);
    if (isDatabase && entry.size > most.database) throw invalidArchive(name, `${entry.path} is larger than 32 MiB`);
    if (isDatabase) spend(budget, { entries: 0, text: entry.size }, name);
    const hash = createHash("sha256");
    const held: Buffer[] = [];
    for await (const part of body) {
      hash.update(part);
      if (isDatabase) held.push(Buffer.from(part));
    }
    if (isDatabase) texts.push(Buffer.concat(held).toString("utf8"));
    // The root folder itself is in every image.
    if (entry.path === "") continue;
    const content = entry.kind === "file" ? asDigest(hash.digest("hex")) : saidBy(entry);
    spend(budget, { entries: 1, text: entry.path.length + content.length }, name);
    const { kind, mode, uid, gid, size } = entry;
    entries.push({ path: `/${entry.path}`, kind, mode, uid, gid, content, size });
  }
  return { diffId: asDigest(whole.digest("hex")), size: length, entries, databases: texts };
}

/** What tells an entry without a body from another of its kind. */
function saidBy({ target, device }: TarEntry): string {
  return target ?? device?.join(":") ?? "";
}

function spend(budget: Budget, cost: Readonly<Budget>, name: string): void {
  budget.entries -= cost.entries;
  budget.text -= cost.text;
  if (budget.entries < 0 || budget.text < 0)
    throw invalidArchive(name, "the image has more, or longer, names than Lading compares");
}
