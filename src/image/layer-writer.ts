/**
 * Writes a layer's item: `layer.tar`, hashed as it is written; `files`, a line for each entry, so that two layers can be
 * compared without reading them; and `meta.json`.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type TarEntry, tarEnd, tarHeader, tarPadding } from "../archive/index.ts";
import { asDigest, type Digest } from "../base/index.ts";
import { closeSync, mkdirSync, openSync, readTextIfExists, writeFileAtomic, writeSync } from "../sys/index.ts";

/** What stands beside a layer's tar. */
export interface LayerMeta {
  readonly diffId: Digest;
  readonly size: number;
  readonly entries: number;
}

const filesName = "files";

/** What a layer item holds, by path; undefined for items that were built before they listed it. */
export function readLayerFiles(item: string): ReadonlyMap<string, string> | undefined {
  const lines = readTextIfExists(join(item, filesName))?.trim().split("\n");
  if (lines === undefined) return undefined;
  return new Map(
    lines.filter(Boolean).map((line) => {
      const [path, ...rest] = JSON.parse(line) as readonly [string, ...unknown[]];
      return [`/${path}`, JSON.stringify(rest)];
    }),
  );
}

/** Entries are added in the order of their paths' bytes; a file's body follows its entry. */
export class LayerWriter {
  readonly #out: string;
  readonly #tar: number;
  readonly #hash = createHash("sha256");
  // Small writes are gathered: a header for each of ten thousand files is not worth a system call.
  readonly #gathered = Buffer.allocUnsafe(4 << 20);
  readonly #lines: string[] = [];
  #filled = 0;
  #size = 0;

  /** Makes the folder `out`, which must not be there. */
  constructor(out: string) {
    this.#out = out;
    mkdirSync(out);
    this.#tar = openSync(join(out, "layer.tar"), "wx", 0o644);
  }

  /** `digest` is of the body, for files. The body is given to `body`, whole, and then `pad` is called. */
  entry(entry: TarEntry, digest?: Digest): void {
    const { path, kind, mode, uid, gid, target } = entry;
    this.#lines.push(`${JSON.stringify([path, kind, mode, uid, gid, digest ?? target ?? ""])}\n`);
    this.body(tarHeader(entry));
  }

  readonly body = (bytes: Buffer): void => {
    this.#size += bytes.length;
    for (let taken = 0; taken < bytes.length; ) {
      if (this.#filled === this.#gathered.length) this.#flush();
      const count = bytes.copy(this.#gathered, this.#filled, taken);
      taken += count;
      this.#filled += count;
    }
  };

  /** Fills up the body of a file of `size` bytes. */
  pad(size: number): void {
    this.body(tarPadding(size));
  }

  finish(): LayerMeta {
    this.body(tarEnd);
    this.#flush();
    writeFileAtomic(join(this.#out, filesName), this.#lines.join(""));
    const meta: LayerMeta = {
      diffId: asDigest(this.#hash.digest("hex")),
      size: this.#size,
      entries: this.#lines.length,
    };
    writeFileAtomic(join(this.#out, "meta.json"), `${JSON.stringify(meta)}\n`);
    return meta;
  }

  /** Without `finish` before it, what was written is no layer. */
  [Symbol.dispose](): void {
    closeSync(this.#tar);
  }

  #flush(): void {
    const bytes = this.#gathered.subarray(0, this.#filled);
    this.#hash.update(bytes);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#tar, bytes, done);
    this.#filled = 0;
  }
}
