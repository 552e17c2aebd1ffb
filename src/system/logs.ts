/**
 * Units' logs. Containers' lines carry a time, the stream, and whether the line is whole (conmon's k8s-file format);
 * programs write theirs plain. A log is its rotated files and what is written now, read as one: a line may go over from one
 * to the next.
 */
import { partOf, rotatedOf } from "../supervisor/index.ts";
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "../sys/index.ts";

export interface LogLine {
  /** As the log has it; null where the program wrote none. */
  readonly time: string | null;
  readonly stream: "stdout" | "stderr" | null;
  readonly text: string;
}

const chunk = 1 << 20;

/** More of a line than this is handed out as a line of its own. */
const longestLine = 4 << 20;

/** Makes lines of what it is fed; the parts of a line that conmon had to split are put together. */
class LineParser {
  #rest: Buffer = Buffer.alloc(0);
  /** What a stream's line begins with, until it is whole: the parts of two streams may alternate. */
  readonly #partial = { stdout: "", stderr: "" };

  feed(data: Buffer): readonly LogLine[] {
    const all = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    const end = all.length > longestLine ? all.length : all.lastIndexOf(10) + 1;
    this.#rest = Buffer.from(all.subarray(end));
    if (end === 0) return [];
    const lines: LogLine[] = [];
    for (const raw of all.toString("utf8", 0, end).replace(/\n$/, "").split("\n")) this.#take(raw, lines);
    return lines;
  }

  /** What was not ended by a line feed. */
  end(): readonly LogLine[] {
    const lines: LogLine[] = [];
    if (this.#rest.length > 0) this.#take(this.#rest.toString("utf8"), lines);
    this.#rest = Buffer.alloc(0);
    return lines;
  }

  #take(raw: string, lines: LogLine[]): void {
    const match = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([FP]) ?(.*)$/s.exec(raw);
    if (match === null) {
      lines.push({ time: null, stream: null, text: raw });
      return;
    }
    const [, time = "", name, kind, text = ""] = match;
    const stream = name as "stdout" | "stderr";
    this.#partial[stream] += text;
    if (kind === "P" && this.#partial[stream].length < longestLine) return;
    lines.push({ time, stream, text: this.#partial[stream] });
    this.#partial[stream] = "";
  }
}

interface OpenLog {
  readonly descriptor: number;
  readonly inode: number;
  position: number;
}

/** How often, and for how many milliseconds, a rotation that is under way is waited for. */
const patience = 200;
const pause = 5;

/**
 * A log that is read from its begin, and on as it grows, over its rotations. A file that is renamed is known by its inode. One
 * whose begin is taken away keeps its inode: what was taken is in the newest rotated file, and all positions move.
 */
export class LogReader implements Disposable {
  readonly #path: string;
  readonly #parser = new LineParser();
  /** Rotated files that were read. */
  readonly #seen = new Set<number>();
  #current: OpenLog | null = null;
  /** What a rotation that was killed left behind. */
  #left: number | null = null;
  /** Looks in a row at which the file was shorter than what was read of it. */
  #short = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Goes to the end: only what comes is read. */
  skip(): void {
    for (const { inode } of this.#rotated()) this.#seen.add(inode);
    this.#open();
    if (this.#current !== null) this.#current.position = fstatSync(this.#current.descriptor).size;
  }

  /** What there is and was not read yet, a part at a time. */
  *more(): Generator<readonly LogLine[]> {
    const buffer = Buffer.alloc(chunk);
    for (;;) {
      this.#waitForRotation();
      const next = this.#rotated().find(({ inode }) => !this.#seen.has(inode));
      const current = this.#current;
      if (next !== undefined) {
        const renamed = this.#rotated().some(({ inode }) => inode === current?.inode);
        yield* current !== null && renamed ? this.#finish(current, buffer) : this.#readRotated(next, buffer);
        continue;
      }
      if (current === null) {
        // It may be rotated before it is open, which the next round sees.
        if (!this.#open()) return;
        continue;
      }
      const count = readSync(current.descriptor, buffer, 0, buffer.length, current.position);
      // What was read while its begin was taken away is not what stands there.
      if (this.#isRotating() || this.#rotated().some(({ inode }) => !this.#seen.has(inode))) continue;
      if (count === 0) return this.#checkLength(current);
      this.#short = 0;
      current.position += count;
      yield this.#parser.feed(Buffer.from(buffer.subarray(0, count)));
    }
  }

  /** What the log ends with, where that is no whole line. */
  end(): readonly LogLine[] {
    return this.#parser.end();
  }

  [Symbol.dispose](): void {
    if (this.#current !== null) closeSync(this.#current.descriptor);
    this.#current = null;
  }

  /** Whether the log's begin is being taken away just now; what a rotation that was killed left is not waited for twice. */
  #isRotating(): boolean {
    const part = statSync(partOf(this.#path), { throwIfNoEntry: false })?.ino;
    return part !== undefined && part !== this.#left;
  }

  #waitForRotation(): void {
    for (let tries = 0; this.#isRotating(); tries += 1) {
      if (tries >= patience) this.#left = statSync(partOf(this.#path), { throwIfNoEntry: false })?.ino ?? null;
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }

  #rotated(): readonly { readonly path: string; readonly inode: number; readonly size: number }[] {
    const rotated = rotatedOf(this.#path).flatMap(({ path }) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path, inode: found.ino, size: found.size }];
    });
    // A number of a file that is gone is soon another file's.
    for (const inode of this.#seen) if (!rotated.some((each) => each.inode === inode)) this.#seen.delete(inode);
    return rotated;
  }

  /** Its writer has gone on to another file: what is left of this one, and no more. */
  *#finish(current: OpenLog, buffer: Buffer): Generator<readonly LogLine[]> {
    if (!existsSync(this.#path)) this.#waitForWriter();
    yield* this.#drain(current.descriptor, current.position, buffer);
    closeSync(current.descriptor);
    this.#seen.add(current.inode);
    this.#current = null;
  }

  /** Until the next file is there, its writer still writes to the one that was renamed. */
  #waitForWriter(): void {
    for (let tries = 0; tries < patience && !existsSync(this.#path); tries += 1)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }

  *#readRotated(
    { path, inode, size }: { readonly path: string; readonly inode: number; readonly size: number },
    buffer: Buffer,
  ): Generator<readonly LogLine[]> {
    this.#seen.add(inode);
    // What is open lost its begin to this file: part of it was read there.
    const read = this.#current?.position ?? 0;
    if (this.#current !== null) this.#current.position = Math.max(0, read - size);
    if (read >= size) return;
    let descriptor: number;
    try {
      descriptor = openSync(path, "r");
    } catch {
      return;
    }
    try {
      // The names may have moved on meanwhile.
      if (fstatSync(descriptor).ino === inode) yield* this.#drain(descriptor, read, buffer);
      else this.#seen.delete(inode);
    } finally {
      closeSync(descriptor);
    }
  }

  *#drain(descriptor: number, position: number, buffer: Buffer): Generator<readonly LogLine[]> {
    for (let at = position; ; ) {
      const count = readSync(descriptor, buffer, 0, buffer.length, at);
      if (count === 0) return;
      at += count;
      yield this.#parser.feed(Buffer.from(buffer.subarray(0, count)));
    }
  }

  /** Somebody emptied it, where it stays shorter than what was read of it. */
  #checkLength(current: OpenLog): void {
    if (fstatSync(current.descriptor).size >= current.position) return;
    this.#short += 1;
    if (this.#short >= 3) current.position = 0;
  }

  #open(): boolean {
    try {
      const descriptor = openSync(this.#path, "r");
      this.#current = { descriptor, inode: fstatSync(descriptor).ino, position: 0 };
      return true;
    } catch {
      return false;
    }
  }
}

/** Bytes from the end of a log that are looked at for its last lines. */
const tailWindow = 256 * 1024;

/** The last lines of a log; none when there is no log. */
export function lastLogLines(path: string, count: number): readonly LogLine[] {
  const parts: Buffer[] = [];
  let wanted = tailWindow;
  for (const each of [...rotatedOf(path).map((rotated) => rotated.path), path].reverse()) {
    if (wanted <= 0) break;
    if (!existsSync(each)) continue;
    const descriptor = openSync(each, "r");
    try {
      const { size } = fstatSync(descriptor);
      const buffer = Buffer.alloc(Math.min(size, wanted));
      readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
      parts.unshift(buffer);
      wanted -= buffer.length;
    } finally {
      closeSync(descriptor);
    }
  }
  const whole = Buffer.concat(parts);
  const parser = new LineParser();
  const lines = [...parser.feed(wanted > 0 ? whole : whole.subarray(whole.indexOf(10) + 1)), ...parser.end()];
  return lines.slice(-count);
}
