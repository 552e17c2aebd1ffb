/**
 * Writes a layer's item: `layer.tar`, hashed as it is written, or `packed`, which is that compressed; `files`, a line for each
 * entry, so that two layers can be compared without reading them; and `meta.json`.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { plainHeader, type TarEntry, tarEnd, tarHeader, tarPadding } from "../archive/index.ts";
import { asDigest, type Digest, KnownError } from "../base/index.ts";
import { type BuiltFacts, isStamped, longestPath, openSource, type Stamp, sourceChanged } from "../store/index.ts";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeAll } from "../sys/index.ts";
import { type Compression, type Packed, Packer, pieceSize } from "./compress.ts";
import { entryLine, filesName } from "./layer-entries.ts";
import { packedName, tarName, writeMeta } from "./packed-layer.ts";

/** Characters of lines that are held before they are written. */
const linesAtOnce = 1 << 18;

const zeros = Buffer.alloc(pieceSize);

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

/** Where the bytes of a tar go. */
interface Sink extends Disposable {
  /** What is to be filled. */
  readonly piece: Buffer;
  /** Takes what was filled; `piece` may be another afterwards. */
  readonly push: (length: number) => void;
  /** Is called between pushes, where the writer's caller can wait. */
  readonly pause: () => Promise<void>;
  readonly finish: () => Promise<Packed | undefined>;
}

/** What files before were gathered in, for the next. */
const spare: Buffer[] = [];

/** The tar itself. */
class PlainFile implements Sink {
  readonly piece: Buffer = spare.pop() ?? Buffer.allocUnsafe(pieceSize);
  readonly #file: number;
  #written = 0;

  constructor(path: string) {
    this.#file = openSync(path, "wx", 0o644);
  }

  push(length: number): void {
    const bytes = this.piece.subarray(0, length);
    // Zeros alone, as sparse files have them, need no room on the disk either.
    if (bytes.equals(zeros.subarray(0, length))) ftruncateSync(this.#file, this.#written + length);
    else writeAll(this.#file, bytes, this.#written);
    this.#written += length;
  }

  async pause(): Promise<void> {
    // What else goes on, a signal that ends it all for one, has its turn.
    await new Promise(setImmediate);
  }

  async finish(): Promise<undefined> {}

  [Symbol.dispose](): void {
    closeSync(this.#file);
    spare.push(this.piece);
  }
}

/** Entries are added in the order of their paths' bytes; a file's body follows its entry. */
export class LayerWriter {
  readonly #out: string;
  readonly #sink: Sink;
  readonly #hash = createHash("sha256");
  readonly #files: number;
  #lines = "";
  #entries = 0;
  // Small writes are gathered: a header for each of ten thousand files is not worth a system call.
  #piece: Buffer;
  #filled = 0;
  #isPushed = false;
  #size = 0;

  /** Makes the folder `out`, which must not be there. */
  constructor(out: string, compression?: Compression) {
    this.#out = out;
    mkdirSync(out);
    this.#sink =
      compression === undefined ? new PlainFile(join(out, tarName)) : new Packer(join(out, packedName), compression);
    this.#piece = this.#sink.piece;
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
      const count = bytes.copy(this.#piece, this.#filled, taken);
      taken += count;
      this.#filled += count;
      if (this.#filled === this.#piece.length) this.#flush();
    }
  };

  /**
   * The body of a file of this machine, which must be what it was when it was hashed: its stamp tells, or else it is hashed
   * again. Throws `source-changed`.
   */
  async copy(
    path: string,
    { size, digest, stamp }: { readonly size: number; readonly digest: Digest; readonly stamp: Stamp | undefined },
  ): Promise<void> {
    const { descriptor: source, stat: before } = openSource(path);
    try {
      // A stamp that still holds when all was read held before as well.
      const hash = stamp !== undefined && isStamped(before, stamp, size) ? undefined : createHash("sha256");
      for (let left = size; left > 0; ) {
        const room = Math.min(left, this.#piece.length - this.#filled);
        const count = readSync(source, this.#piece, this.#filled, room, null);
        if (count === 0) throw sourceChanged(path);
        hash?.update(this.#piece.subarray(this.#filled, this.#filled + count));
        this.#filled += count;
        this.#size += count;
        left -= count;
        if (this.#filled === this.#piece.length) this.#flush();
        if (this.#isPushed) await this.pause();
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

  /** Lets what compresses keep up; to be called now and then by whoever writes bodies without `copy`. */
  async pause(): Promise<void> {
    this.#isPushed = false;
    await this.#sink.pause();
  }

  async finish(): Promise<BuiltFacts> {
    this.body(tarEnd);
    if (this.#filled > 0) this.#flush();
    this.#writeLines();
    const packed = await this.#sink.finish();
    return writeMeta(this.#out, {
      diffId: asDigest(this.#hash.digest("hex")),
      size: this.#size,
      entries: this.#entries,
      ...(packed === undefined ? {} : { packed }),
    });
  }

  /** Without `finish` before it, what was written is no layer. */
  [Symbol.dispose](): void {
    this.#sink[Symbol.dispose]();
    closeSync(this.#files);
  }

  #writeLines(): void {
    writeAll(this.#files, Buffer.from(this.#lines));
    this.#lines = "";
  }

  #flush(): void {
    this.#hash.update(this.#piece.subarray(0, this.#filled));
    this.#sink.push(this.#filled);
    this.#piece = this.#sink.piece;
    this.#filled = 0;
    this.#isPushed = true;
  }
}
