/**
 * Writes a layer's item: `layer.tar`, hashed as it is written; `files`, a line for each entry, so that two layers can be
 * compared without reading them; and `meta.json`.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { plainHeader, type TarEntry, tarEnd, tarHeader, tarPadding } from "../archive/index.ts";
import { asDigest, type Digest, KnownError } from "../base/index.ts";
import {
  type BuiltFacts,
  isStamped,
  longestPath,
  openSource,
  type Stamp,
  sourceChanged,
  writeOutput,
} from "../store/index.ts";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeAll } from "../sys/index.ts";
import { entryLine, filesName } from "./layer-entries.ts";

/** What stands beside a layer's tar. */
export interface LayerMeta {
  readonly diffId: Digest;
  readonly size: number;
  readonly entries: number;
}

/** Characters of lines that are held before they are written. */
const linesAtOnce = 1 << 18;

const gatheredSize = 4 << 20;
const zeros = Buffer.alloc(gatheredSize);

/** Bytes of one name in a path: NAME_MAX of <linux/limits.h>. */
const longestName = 255;

/** An image with a path that Linux does not take can be unpacked by no engine. */
function checkPath(path: string): void {
  if (path.length * 3 <= longestName) return;
  const name = path.split("/").find((each) => Buffer.byteLength(each) > longestName);
  const size = Buffer.byteLength(path);
  // The slash in front is not part of an entry's path.
  if (name === undefined && size < longestPath) return;
  const [what, most] =
    name === undefined ? [`a path of ${size} bytes`, longestPath] : [`the name ${name}`, longestName];
  const hint = `Linux takes ${most} bytes, and no engine could unpack the image`;
  throw new KnownError("image-invalid", `/${path.slice(0, 100)}… has ${what}`, { hint });
}

/** Entries are added in the order of their paths' bytes; a file's body follows its entry. */
export class LayerWriter {
  readonly #out: string;
  readonly #tar: number;
  readonly #hash = createHash("sha256");
  // Small writes are gathered: a header for each of ten thousand files is not worth a system call.
  readonly #gathered = Buffer.allocUnsafe(gatheredSize);
  readonly #files: number;
  #lines = "";
  #entries = 0;
  #filled = 0;
  #written = 0;
  #size = 0;

  /** Makes the folder `out`, which must not be there. */
  constructor(out: string) {
    this.#out = out;
    mkdirSync(out);
    this.#tar = openSync(join(out, "layer.tar"), "wx", 0o644);
    this.#files = openSync(join(out, filesName), "wx", 0o644);
  }

  /** `digest` is of the body, for files. The body is given to `body`, whole, and then `pad` is called. */
  entry(entry: TarEntry, digest?: Digest): void {
    checkPath(entry.path);
    this.#entries += 1;
    this.#lines += entryLine(entry, digest);
    if (this.#lines.length > linesAtOnce) this.#writeLines();
    this.body(plainHeader(entry) ?? tarHeader(entry));
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

  /**
   * The body of a file of this machine, which must be what it was when it was hashed: its stamp tells, or else it is hashed
   * again. Throws `source-changed`.
   */
  copy(
    path: string,
    { size, digest, stamp }: { readonly size: number; readonly digest: Digest; readonly stamp: Stamp | undefined },
  ): void {
    const { descriptor: source, stat: before } = openSource(path);
    try {
      // A stamp that still holds when all was read held before as well.
      const hash = stamp !== undefined && isStamped(before, stamp, size) ? undefined : createHash("sha256");
      for (let left = size; left > 0; ) {
        if (this.#filled === this.#gathered.length) this.#flush();
        const room = Math.min(left, this.#gathered.length - this.#filled);
        const count = readSync(source, this.#gathered, this.#filled, room, null);
        if (count === 0) throw sourceChanged(path);
        hash?.update(this.#gathered.subarray(this.#filled, this.#filled + count));
        this.#filled += count;
        this.#size += count;
        left -= count;
      }
      const stat = fstatSync(source);
      const same =
        hash === undefined
          ? stamp !== undefined && isStamped(stat, stamp, size)
          : asDigest(hash.digest("hex")) === digest && stat.size === size;
      if (!same) throw sourceChanged(path);
    } finally {
      closeSync(source);
    }
    this.pad(size);
  }

  /** Fills up the body of a file of `size` bytes. */
  pad(size: number): void {
    this.body(tarPadding(size));
  }

  finish(): BuiltFacts {
    this.body(tarEnd);
    this.#flush();
    this.#writeLines();
    const meta: LayerMeta = {
      diffId: asDigest(this.#hash.digest("hex")),
      size: this.#size,
      entries: this.#entries,
    };
    writeOutput(join(this.#out, "meta.json"), `${JSON.stringify(meta)}\n`);
    return { digests: new Map([["layer.tar", meta.diffId]]) };
  }

  /** Without `finish` before it, what was written is no layer. */
  [Symbol.dispose](): void {
    closeSync(this.#tar);
    closeSync(this.#files);
  }

  #writeLines(): void {
    writeAll(this.#files, Buffer.from(this.#lines));
    this.#lines = "";
  }

  #flush(): void {
    const bytes = this.#gathered.subarray(0, this.#filled);
    this.#hash.update(bytes);
    // Zeros alone, as sparse files have them, need no room on the disk either.
    if (bytes.equals(zeros.subarray(0, bytes.length))) ftruncateSync(this.#tar, this.#written + bytes.length);
    else writeAll(this.#tar, bytes, this.#written);
    this.#written += bytes.length;
    this.#filled = 0;
  }
}
