/**
 * Keeps units' logs within their limits, and loses no line. conmon(8) writes a container's log: it is renamed and conmon is
 * told to open it anew. A program writes its own, so nobody can be told: what is full is copied away, and the file's begin is
 * taken out from under the writer (fallocate(2), FALLOC_FL_COLLAPSE_RANGE), which appends and does not notice.
 */
import { basename, dirname, join } from "node:path";
import { messageOf } from "../base/index.ts";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lastWords,
  lstatSync,
  openSync,
  type ProcessId,
  parentOf,
  readdirSync,
  readFileSync,
  readSync,
  readTextIfExists,
  renameSync,
  rmSync,
  run,
  writeAll,
  writeSync,
} from "../sys/index.ts";
import { fileAt, moveLog, partOf, removeLog, splitNotes } from "./log-times.ts";
import type { Log } from "./runner.ts";
import type { LogLimits } from "./unit-spec.ts";

export interface RotatedLog {
  readonly path: string;
  readonly limits: LogLimits;
  /** The container's first process, whose parent writes the log; undefined where programs write it themselves. */
  readonly container?: ProcessId | undefined;
}

/** Bytes that the rotated files of all units in one folder may take together: the oldest go first. */
const mostInAll = 2 ** 30;

/** What a file's begin is taken away in: a block of every file system that can do it (ext4, XFS). */
const block = 4096;

/** Bytes of a program's log that are taken away at once, where it is declared smaller: nothing else runs meanwhile. */
const mostAtOnce = 64 << 20;

/** Milliseconds until a log that could not be rotated is tried again. */
const retryPeriod = 60_000;

/** Tells conmon to open its log anew (conmon's REOPEN_LOGS_EVENT). */
const reopen = "2 0 0\n";

export class LogRotation {
  readonly #log: Log;
  readonly #busy = new Set<string>();
  /** Logs that were due when last looked at. */
  readonly #unfinished = new Set<string>();
  /** Logs that could not be rotated, and when it is tried again; each is told of once. */
  readonly #stuck = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Rotates what is full or old. What `hasGrown` denies, and was not too large before, is not looked at. */
  look(logs: readonly RotatedLog[], hasGrown: (path: string) => boolean = () => true): void {
    for (const each of logs) {
      const isQuiet = !hasGrown(each.path) && !this.#unfinished.has(each.path) && each.limits.age === null;
      if (isQuiet) continue;
      this.#unfinished.delete(each.path);
      if (!isDue(each)) continue;
      // It is looked at again until it is small, whatever is in the way now.
      this.#unfinished.add(each.path);
      if (this.#busy.has(each.path) || (this.#stuck.get(each.path) ?? 0) > Date.now()) continue;
      this.#busy.add(each.path);
      void (each.container === undefined ? collapse(each) : reopenByConmon(each, each.container))
        .then(() => limitAll(logs))
        .catch((error: unknown) => {
          if (!this.#stuck.has(each.path))
            this.#log("warn", `the log ${each.path} cannot be rotated: ${messageOf(error)}`);
          this.#stuck.set(each.path, Date.now() + retryPeriod);
        })
        .finally(() => this.#busy.delete(each.path));
    }
  }
}

function isDue({ path, limits: { size, age }, container }: RotatedLog): boolean {
  const found = fileAt(path);
  // Somebody took it away: its writer goes on writing to what nobody sees, where it cannot be told.
  if (found === undefined) return container !== undefined && !existsSync(path);
  return found.size >= size || (age !== null && found.size > 0 && Date.now() - found.birthtimeMs >= age);
}

/** path.1 is the newest of those that were rotated. */
function makeRoom({ path, limits: { keep } }: RotatedLog): void {
  for (const each of rotatedOf(path)) {
    if (each.number >= keep) removeLog(each.path);
    else moveLog(each.path, `${path}.${each.number + 1}`);
  }
}

/** The rotated files of a log, oldest first. */
export function rotatedOf(path: string): readonly { readonly path: string; readonly number: number }[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const prefix = `${basename(path)}.`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => ({ path: join(folder, name), number: Number(name.slice(prefix.length)) }))
    .sort((one, other) => other.number - one.number);
}

/** The FIFO on which the container's conmon takes orders; its path is the user's own word, so what is there is looked at. */
function openControl(container: ProcessId): number {
  const conmon = parentOf(container.pid) ?? 0;
  const argv = readTextIfExists(`/proc/${conmon}/cmdline`)?.split("\0") ?? [];
  const bundle = argv[argv.indexOf("-b") + 1] ?? "";
  const path = join(bundle, "ctl");
  if (basename(argv[0] ?? "") !== "conmon" || !lstatSync(path, { throwIfNoEntry: false })?.isFIFO())
    throw new Error("its writer is no conmon that takes orders");
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if (fstatSync(descriptor).isFIFO()) return descriptor;
  closeSync(descriptor);
  throw new Error(`${path} is no FIFO`);
}

async function reopenByConmon(log: RotatedLog, container: ProcessId): Promise<void> {
  const control = openControl(container);
  try {
    const isThere = existsSync(log.path);
    if (isThere) {
      makeRoom(log);
      renameSync(log.path, `${log.path}.1`);
    }
    try {
      writeSync(control, reopen);
    } catch (error) {
      // It was not told, and goes on writing where it wrote.
      if (isThere) renameSync(`${log.path}.1`, log.path);
      throw error;
    }
  } finally {
    closeSync(control);
  }
  // Until it has, it still writes to what is path.1 now.
  for (let waited = 0; waited < 5_000 && !existsSync(log.path); waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10));
  if (!existsSync(log.path)) throw new Error("its writer does not open it anew");
}

async function collapse(log: RotatedLog): Promise<void> {
  const part = partOf(log.path);
  // One file from here to the end: the path may be somebody else's to change.
  const descriptor = openSync(log.path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile() || found.nlink !== 1) throw new Error("it is not a file of its own");
    if (existsSync(part)) finishCollapse(log, part, descriptor);
    const whole = Math.floor(Math.min(found.size, Math.max(log.limits.size, mostAtOnce)) / block) * block;
    if (whole === 0) return;
    try {
      copyBegin(descriptor, part, whole);
      const argv = ["fallocate", "--collapse-range", "--offset", "0", "--length", String(whole), "/proc/self/fd/0"];
      const taken = await run(argv, { stdin: descriptor });
      if (taken.status !== 0)
        throw new Error(`its file system cannot take away the begin of a file: ${lastWords(taken)}`);
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    }
  } finally {
    closeSync(descriptor);
  }
  keepPart(log, part);
}

/** What was taken away becomes the newest of the rotated files. */
function keepPart(log: RotatedLog, part: string): void {
  const { size } = lstatSync(part);
  makeRoom(log);
  renameSync(part, `${log.path}.1`);
  splitNotes(log.path, `${log.path}.1`, size);
}

/** What a supervisor that was killed left: a copy of what is still in the log, or all that there is of it. */
function finishCollapse(log: RotatedLog, part: string, descriptor: number): void {
  const copied = readFileSync(part);
  const begin = Buffer.alloc(copied.length);
  const count = readSync(descriptor, begin, 0, begin.length, 0);
  if (count === copied.length && begin.equals(copied)) return rmSync(part);
  keepPart(log, part);
}

function copyBegin(source: number, to: string, length: number): void {
  rmSync(to, { force: true });
  const target = openSync(to, "wx", 0o640);
  try {
    const buffer = Buffer.alloc(Math.min(length, 1 << 20));
    for (let done = 0; done < length; ) {
      const count = readSync(source, buffer, 0, Math.min(buffer.length, length - done), done);
      if (count === 0) throw new Error("it became shorter while it was copied");
      writeAll(target, buffer.subarray(0, count));
      done += count;
    }
  } finally {
    closeSync(target);
  }
}

/** Removes the oldest rotated files of each folder until the rest is within the limit: one user's cost no other's. */
function limitAll(logs: readonly RotatedLog[]): void {
  for (const folder of new Set(logs.map(({ path }) => dirname(path)))) {
    const files = logs
      .filter(({ path }) => dirname(path) === folder)
      .flatMap(({ path }) => rotatedOf(path))
      .flatMap(({ path }) => {
        const found = fileAt(path);
        return found === undefined ? [] : [{ path, bytes: found.blocks * 512, time: found.mtimeMs }];
      })
      .sort((one, other) => one.time - other.time);
    let sum = files.reduce((total, { bytes }) => total + bytes, 0);
    for (const { path, bytes } of files) {
      if (sum <= mostInAll) break;
      removeLog(path);
      sum -= bytes;
    }
  }
}
