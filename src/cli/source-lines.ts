/**
 * The source lines that errors show. Places of a declaration that this process reads are of the text that lies there;
 * those of a generation may be of a text of last year, so before a declaration is read there are none, and neither of
 * files that were changed since.
 */
import { readForeignBytes, statSync } from "../sys/index.ts";

/** No source that a person writes is larger. */
const largest = 4 << 20;

export class SourceLines {
  #opened: number | undefined;
  readonly #files = new Map<string, readonly string[]>();

  /** From now on the process's places are of files as they are now. */
  open(): void {
    this.#opened ??= Date.now();
  }

  /** A line, counted from 1; undefined where it is not to be had. */
  line(file: string, line: number): string | undefined {
    if (this.#opened === undefined) return undefined;
    const lines = this.#files.get(file) ?? this.#read(file, this.#opened);
    this.#files.set(file, lines);
    return lines[line - 1];
  }

  #read(file: string, opened: number): readonly string[] {
    try {
      if (statSync(file).mtimeMs > opened) return [];
      return readForeignBytes(file, { follow: true, most: largest })?.toString().split("\n") ?? [];
    } catch {
      // It is gone, or may not be looked at any more: an error is told without its line.
      return [];
    }
  }
}
