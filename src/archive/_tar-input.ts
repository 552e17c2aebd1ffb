/** The bytes of a tar archive, taken by the count from chunks of any size. */
import { invalidArchive } from "./tree-guard.ts";

/** Chunks as they come; those of a file may be passed over without being read. */
export interface TarSource extends AsyncIterable<Uint8Array> {
  /** Leaves out the next bytes, as many as are asked for or as there are; returns how many. */
  readonly skip?: (size: number) => number;
}

export class TarInput {
  readonly #source: TarSource;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #name: string;
  #chunk: Buffer = Buffer.alloc(0);
  #ended = false;
  position = 0;

  /** `name` is of the archive, for errors. */
  constructor(source: TarSource, name: string) {
    this.#source = source;
    this.#name = name;
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Whether nothing more comes. */
  async isAtEnd(): Promise<boolean> {
    while (this.#chunk.length === 0 && !this.#ended) {
      const { done, value } = await this.#chunks.next();
      if (done) this.#ended = true;
      else this.#chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    return this.#chunk.length === 0;
  }

  /** The next bytes, at most `most`, valid until the next call. */
  async #next(most: number): Promise<Buffer> {
    if (await this.isAtEnd()) throw this.#endsTooEarly();
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    this.position += part.length;
    return part;
  }

  #endsTooEarly(): Error {
    return invalidArchive(this.#name, "it ends too early");
  }

  /** The next `size` bytes, valid until the next call. */
  async take(size: number): Promise<Buffer> {
    if (size === 0) return Buffer.alloc(0);
    const first = await this.#next(size);
    if (first.length === size) return first;
    const parts = [Buffer.from(first)];
    for (let left = size - first.length; left > 0; ) {
      const part = Buffer.from(await this.#next(left));
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** What comes before the position `end`. */
  async *until(end: number): AsyncGenerator<Buffer> {
    while (this.position < end) yield await this.#next(end - this.position);
  }

  async skip(size: number): Promise<void> {
    const { skip } = this.#source;
    let left = size;
    if (skip !== undefined && left > this.#chunk.length) {
      const held = this.#chunk.length;
      const passed = held + skip(left - held);
      this.#chunk = Buffer.alloc(0);
      this.position += passed;
      if (passed < left) throw this.#endsTooEarly();
      return;
    }
    while (left > 0) left -= (await this.#next(left)).length;
  }

  /** Hears what made the stream to its end, unless it is a file: only then is it known that nothing was amiss with it. */
  async drain(): Promise<void> {
    if (this.#source.skip !== undefined) return;
    while (!this.#ended) this.#ended = (await this.#chunks.next()).done === true;
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#chunks.return?.();
  }
}
