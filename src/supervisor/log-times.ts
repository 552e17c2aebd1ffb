/**
 * When the lines of a plain log came. A program writes its log itself and knows of no times: the supervisor watches the file,
 * and notes beside it (`LOG.times`) how long it was when it had last been written to. Nothing stands in the writer's way, and
 * nothing but some precision is lost when the supervisor is away: what came meanwhile has the time of the last of it.
 */
import {
  closeSync,
  constants,
  type FSWatcher,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readForeignBytes,
  removeTree,
  renameSync,
  rmSync,
  type Stats,
  watch,
  writeFileAtomic,
  writeSync,
} from "../sys/index.ts";

/** Milliseconds between looks at a log that grows: nobody listens to each write of one that is flooded. */
const period = 50;

/** A note is a length and a time, in milliseconds since 1970, of six bytes each. */
const field = 6;
const noteSize = 2 * field;

/** Bytes of notes: as many as a log of the usual size can have, were each of its lines a few letters. */
const mostNotes = 64 << 20;

/** Where the begin of a program's log is while it is taken away. */
export function partOf(log: string): string {
  return `${log}.part`;
}

function notesOf(log: string): string {
  return `${log}.times`;
}

function encode(length: number, time: number): Buffer {
  const note = Buffer.alloc(noteSize);
  note.writeUIntBE(length, 0, field);
  note.writeUIntBE(time, field, field);
  return note;
}

/** What stands there, where that is a file; somebody else may have put a link or anything there. */
export function fileAt(path: string): Stats | undefined {
  try {
    const found = lstatSync(path);
    return found.isFile() ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The notes of one log, or of one of its rotated files. */
export class LogNotes {
  readonly #notes: Buffer;

  constructor(log: string) {
    // Where there are none, or nobody may read them, its lines have no times.
    const notes = readForeignBytes(notesOf(log), { most: mostNotes }) ?? Buffer.alloc(0);
    this.#notes = notes.subarray(0, notes.length - (notes.length % noteSize));
  }

  get count(): number {
    return this.#notes.length / noteSize;
  }

  length(index: number): number {
    return this.#notes.readUIntBE(index * noteSize, field);
  }

  time(index: number): number {
    return this.#notes.readUIntBE(index * noteSize + field, field);
  }

  /** The first note of a length of at least `length`; `count` where there is none. */
  first(length: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.length(middle) < length) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The begin of a log, so many bytes, is now a file of its own: so are its notes. */
export function splitNotes(log: string, to: string, length: number): void {
  const notes = new LogNotes(log);
  if (notes.count === 0) return;
  const last = notes.first(length);
  const head: Buffer[] = [];
  const tail: Buffer[] = [];
  for (let index = 0; index < notes.count; index += 1) {
    const [at, time] = [notes.length(index), notes.time(index)];
    // What was written over the cut came at the same time on both sides.
    if (index <= last) head.push(encode(Math.min(at, length), time));
    if (at > length) tail.push(encode(at - length, time));
  }
  writeFileAtomic(notesOf(to), Buffer.concat(head), 0o640);
  writeFileAtomic(notesOf(log), Buffer.concat(tail), 0o640);
}

/** Renames a rotated log, with its notes. */
export function moveLog(from: string, to: string): void {
  renameSync(from, to);
  if (fileAt(notesOf(from)) !== undefined) renameSync(notesOf(from), notesOf(to));
}

/** Removes a rotated log, with its notes. */
export function removeLog(path: string): void {
  for (const each of [path, notesOf(path)]) rmSync(each, { recursive: true, force: true });
}

interface Watched {
  /** Written to since somebody asked. */
  grown: boolean;
  /** The length of the last note. */
  noted: number;
  watcher: FSWatcher | undefined;
  timer: NodeJS.Timeout | undefined;
}

export class LogTimes {
  readonly #watched = new Map<string, Watched>();

  /** Begins to note the times of a log. */
  watch(path: string): void {
    if (this.#watched.has(path)) return;
    const watched: Watched = { grown: true, noted: lastLength(path), watcher: undefined, timer: undefined };
    this.#watched.set(path, watched);
    this.#listen(path, watched);
  }

  /** Notes those logs, and no others any more. */
  look(paths: readonly string[]): void {
    for (const path of paths) {
      const watched = this.#watched.get(path);
      if (watched === undefined) this.watch(path);
      else if (watched.watcher === undefined && watched.timer === undefined) this.#listen(path, watched);
    }
    const wanted = new Set(paths);
    for (const path of this.#watched.keys()) if (!wanted.has(path)) this.#forget(path);
  }

  /** Whether the log was written to since this was last asked; true where nobody knows. */
  hasGrown(path: string): boolean {
    const watched = this.#watched.get(path);
    const grown = watched?.grown ?? true;
    if (watched !== undefined) watched.grown = watched.watcher === undefined;
    return grown;
  }

  close(): void {
    for (const path of this.#watched.keys()) this.#forget(path);
  }

  #forget(path: string): void {
    const watched = this.#watched.get(path);
    if (watched === undefined) return;
    this.#note(path, watched);
    deafen(watched);
    clearTimeout(watched.timer);
    this.#watched.delete(path);
  }

  /** Waits for the next write; without the kernel's help the next look finds it. */
  #listen(path: string, watched: Watched): void {
    watched.timer = undefined;
    try {
      watched.watcher = watch(path, { persistent: false }, () => {
        this.#note(path, watched);
        this.#follow(path, watched);
      });
      watched.watcher.on("error", () => deafen(watched));
    } catch {
      // There is no such file yet, or there are too many watches.
    }
    if (this.#note(path, watched)) this.#follow(path, watched);
  }

  /** It is being written to: it is looked at now and then until it is not. */
  #follow(path: string, watched: Watched): void {
    deafen(watched);
    watched.timer = setTimeout(() => {
      if (this.#note(path, watched)) this.#follow(path, watched);
      else this.#listen(path, watched);
    }, period).unref();
  }

  /** Whether there was something to note. */
  #note(path: string, watched: Watched): boolean {
    // Between a rotation's two files its notes fit neither.
    const found = fileAt(partOf(path)) === undefined ? fileAt(path) : undefined;
    if (found === undefined) return false;
    // Its begin was taken away, and its notes with it; or somebody emptied it.
    const isShorter = found.size < watched.noted;
    if (isShorter) watched.noted = lastLength(path);
    const isEmptied = isShorter && watched.noted > found.size;
    if (found.size === watched.noted) return false;
    watched.noted = found.size;
    watched.grown = true;
    try {
      if (isEmptied) removeTree(notesOf(path));
      append(notesOf(path), encode(found.size, Math.floor(found.mtimeMs)));
    } catch {
      // A full or read-only disk costs the times of some lines, no line.
    }
    return true;
  }
}

function deafen(watched: Watched): void {
  watched.watcher?.close();
  watched.watcher = undefined;
}

function lastLength(log: string): number {
  const notes = new LogNotes(log);
  return notes.count === 0 ? 0 : notes.length(notes.count - 1);
}

/** Where the log lies in a folder of somebody else's, a link could stand in the notes' place. */
function append(path: string, note: Buffer): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile() || found.nlink !== 1) return;
    // A full disk may have taken a part of the one before.
    ftruncateSync(descriptor, found.size - (found.size % noteSize));
    writeSync(descriptor, note);
  } finally {
    closeSync(descriptor);
  }
}
