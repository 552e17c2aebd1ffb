/**
 * Units' logs. Containers' lines carry a time, the stream, and whether the line is whole (conmon's k8s-file format);
 * programs write theirs plain, and the supervisor notes beside them when they came. A log is its rotated files and what is
 * written now, read as one: a line may go over from one to the next.
 */
import { hasErrno } from "../base/index.ts";
import { LogNotes, partOf, rotatedOf } from "../supervisor/index.ts";
import { closeSync, existsSync, fstatSync, openSync, readSync, type Stats, statSync } from "../sys/index.ts";

export interface LogLine {
  /** As the log has it, or when the supervisor saw that it had come; null where nobody knows. */
  readonly time: string | null;
  readonly stream: "stdout" | "stderr" | null;
  readonly text: string;
}

const chunk = 1 << 20;

/** More of a line than this is handed out as a line of its own. */
const longestLine = 4 << 20;

type TimeAt = (end: number) => string | null;

/** When a log's lines came, by the notes beside it as they are now; those that are not noted yet came with the last write. */
function timesOf(path: string): TimeAt {
  const notes = new LogNotes(path);
  if (notes.count === 0) return () => null;
  let last: number | undefined;
  return (end) => {
    const index = notes.first(end);
    if (index < notes.count) return new Date(notes.time(index)).toISOString();
    last ??= statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    return new Date(last).toISOString();
  };
}

/** The same, for what is read from `position` on. */
function timesFrom(path: string, position: number): TimeAt {
  const times = timesOf(path);
  return (end) => times(position + end);
}

/** Makes lines of what it is fed; the parts of a line that conmon had to split are put together. */
class LineParser {
  #rest: Buffer = Buffer.alloc(0);
  /** What a stream's line begins with, until it is whole: the parts of two streams may alternate. */
  readonly #partial = { stdout: "", stderr: "" };

  /** `timeAt` tells when the log had grown to so many bytes of `data`. */
  feed(data: Buffer, timeAt: TimeAt): readonly LogLine[] {
    const before = this.#rest.length;
    const all = before === 0 ? data : Buffer.concat([this.#rest, data]);
    const end = all.length > longestLine ? all.length : all.lastIndexOf(10) + 1;
    this.#rest = Buffer.from(all.subarray(end));
    const lines: LogLine[] = [];
    for (let start = 0; start < end; ) {
      const found = all.indexOf(10, start);
      const next = found < 0 || found >= end ? end : found + 1;
      const raw = all.toString("utf8", start, found === next - 1 ? found : next);
      this.#take(raw, lines, () => timeAt(next - before));
      start = next;
    }
    return lines;
  }

  /** What was not ended by a line feed. */
  end(): readonly LogLine[] {
    const lines: LogLine[] = [];
    if (this.#rest.length > 0) this.#take(this.#rest.toString("utf8"), lines, () => null);
    this.#rest = Buffer.alloc(0);
    return lines;
  }

  #take(raw: string, lines: LogLine[], time: () => string | null): void {
    const match = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([FP]) ?(.*)$/s.exec(raw);
    if (match === null) {
      lines.push({ time: time(), stream: null, text: raw });
      return;
    }
    const [, written = "", name, kind, text = ""] = match;
    const stream = name as "stdout" | "stderr";
    this.#partial[stream] += text;
    if (kind === "P" && this.#partial[stream].length < longestLine) return;
    lines.push({ time: written, stream, text: this.#partial[stream] });
    this.#partial[stream] = "";
  }
}

interface OpenLog {
  readonly descriptor: number;
  readonly inode: number;
  position: number;
}

/** How often, and for how many milliseconds, a rotation that is under way is waited for. */
const patience = 600;
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
  /** What a rotation that was killed left behind: a number alone may soon be another file's. */
  #left: string | null = null;
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
      yield* this.#waitForRotation(buffer);
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
      if (this.#isRotating() || this.#wasTaken() || this.#rotated().some(({ inode }) => !this.#seen.has(inode)))
        continue;
      if (count === 0) return this.#checkLength(current);
      this.#short = 0;
      const times = timesFrom(this.#path, current.position);
      current.position += count;
      yield this.#parser.feed(Buffer.from(buffer.subarray(0, count)), times);
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
    const part = statSync(partOf(this.#path), { throwIfNoEntry: false });
    return part !== undefined && identityOf(part) !== this.#left;
  }

  /**
   * A rotation that was killed may have taken the begin of the log away and not named what it took. It is read where it lies
   * then, as the newest rotated file, which it becomes when another supervisor is there.
   */
  *#waitForRotation(buffer: Buffer): Generator<readonly LogLine[]> {
    for (let tries = 0; tries < patience && this.#isRotating(); tries += 1)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    const path = partOf(this.#path);
    const part = this.#isRotating() ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (part === undefined) return;
    if (!beginsWith(this.#path, path)) yield* this.#readRotated({ path, inode: part.ino, size: part.size }, buffer);
    this.#left = identityOf(part);
  }

  /** Whether a rotation that seemed to be killed went on all the same. */
  #wasTaken(): boolean {
    if (this.#left === null) return false;
    const path = partOf(this.#path);
    const part = statSync(path, { throwIfNoEntry: false });
    if (part === undefined || this.#seen.has(part.ino) || beginsWith(this.#path, path)) return false;
    this.#left = null;
    return true;
  }

  #rotated(): readonly { readonly path: string; readonly inode: number; readonly size: number }[] {
    // Looked at first: it may be one of them a moment later.
    const part = statSync(partOf(this.#path), { throwIfNoEntry: false })?.ino;
    const rotated = rotatedOf(this.#path).flatMap(({ path }) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path, inode: found.ino, size: found.size }];
    });
    // A number of a file that is gone is soon another file's.
    for (const inode of this.#seen)
      if (inode !== part && !rotated.some((each) => each.inode === inode)) this.#seen.delete(inode);
    return rotated;
  }

  /** Its writer has gone on to another file: what is left of this one, and no more. */
  *#finish(current: OpenLog, buffer: Buffer): Generator<readonly LogLine[]> {
    if (!existsSync(this.#path)) this.#waitForWriter();
    yield* this.#drain(current, buffer, () => null);
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
    let descriptor: number;
    try {
      descriptor = openSync(path, "r");
    } catch (error) {
      // Gone, or under another name by now: the next look tells. What cannot be read is not tried again.
      if (!hasErrno(error, "ENOENT")) this.#seen.add(inode);
      return;
    }
    try {
      // The names may have moved on meanwhile.
      if (fstatSync(descriptor).ino !== inode) return;
      this.#seen.add(inode);
      // What is open lost its begin to this file: part of it was read there.
      const read = this.#current?.position ?? 0;
      if (this.#current !== null) this.#current.position = Math.max(0, read - size);
      if (read < size) yield* this.#drain({ descriptor, position: read }, buffer, timesOf(path));
    } finally {
      closeSync(descriptor);
    }
  }

  *#drain(
    { descriptor, position }: Pick<OpenLog, "descriptor" | "position">,
    buffer: Buffer,
    times: TimeAt,
  ): Generator<readonly LogLine[]> {
    for (let at = position; ; ) {
      const from = at;
      const count = readSync(descriptor, buffer, 0, buffer.length, from);
      if (count === 0) return;
      at += count;
      yield this.#parser.feed(Buffer.from(buffer.subarray(0, count)), (end) => times(from + end));
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

function identityOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}

/** Whether a file still begins with what another holds. */
function beginsWith(path: string, other: string): boolean {
  const descriptors: number[] = [];
  try {
    for (const each of [path, other]) descriptors.push(openSync(each, "r"));
    const [file = -1, begin = -1] = descriptors;
    const [one, two] = [Buffer.alloc(chunk), Buffer.alloc(chunk)];
    for (let at = 0; ; ) {
      const count = readSync(begin, two, 0, chunk, at);
      if (count === 0) return true;
      if (readSync(file, one, 0, count, at) < count || !one.subarray(0, count).equals(two.subarray(0, count)))
        return false;
      at += count;
    }
  } catch (error) {
    // One of them is not there any more: nothing was taken that is not named.
    if (hasErrno(error, "ENOENT")) return true;
    throw error;
  } finally {
    for (const each of descriptors) closeSync(each);
  }
}

/** Bytes from the end of a log that are looked at for its last lines. */
const tailWindow = 256 * 1024;

/** The last lines of a log; none when there is no log. */
export function lastLogLines(path: string, count: number): readonly LogLine[] {
  const parts: { readonly data: Buffer; readonly times: TimeAt }[] = [];
  let wanted = tailWindow;
  for (const each of [...rotatedOf(path).map((rotated) => rotated.path), path].reverse()) {
    if (wanted <= 0) break;
    if (!existsSync(each)) continue;
    const descriptor = openSync(each, "r");
    try {
      const { size } = fstatSync(descriptor);
      const data = Buffer.alloc(Math.min(size, wanted));
      const start = size - data.length;
      readSync(descriptor, data, 0, data.length, start);
      wanted -= data.length;
      // The first line may have begun before what was read.
      const cut = wanted > 0 ? 0 : data.indexOf(10) + 1;
      parts.unshift({ data: data.subarray(cut), times: timesFrom(each, start + cut) });
    } finally {
      closeSync(descriptor);
    }
  }
  const parser = new LineParser();
  const lines = parts.flatMap(({ data, times }) => parser.feed(data, times));
  return [...lines, ...parser.end()].slice(-count);
}
