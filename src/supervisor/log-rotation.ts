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
  statSync,
  writeSync,
} from "../sys/index.ts";
import type { Log } from "./runner.ts";
import type { LogLimits } from "./unit-spec.ts";

export interface RotatedLog {
  readonly path: string;
  readonly limits: LogLimits;
  /** The container's first process, whose parent writes the log; undefined where programs write it themselves. */
  readonly container?: ProcessId | undefined;
}

/** Bytes that the rotated files of all units may take together: the oldest go first. */
const mostInAll = 2 ** 30;

/** What a file's begin is taken away in: a block of every file system that can do it (ext4, XFS). */
const block = 4096;

/** Milliseconds until a log that could not be rotated is tried again. */
const retryPeriod = 60_000;

/** Tells conmon to open its log anew (conmon's REOPEN_LOGS_EVENT). */
const reopen = "2 0 0\n";

export class LogRotation {
  readonly #log: Log;
  readonly #busy = new Set<string>();
  /** Logs that could not be rotated, and when it is tried again; each is told of once. */
  readonly #stuck = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Rotates what is full or old. */
  look(logs: readonly RotatedLog[]): void {
    for (const each of logs) {
      if (this.#busy.has(each.path) || (this.#stuck.get(each.path) ?? 0) > Date.now() || !isDue(each)) continue;
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

function isDue({ path, limits: { size, age } }: RotatedLog): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile()) return false;
  return found.size >= size || (age !== null && found.size > 0 && Date.now() - found.birthtimeMs >= age);
}

/** path.1 is the newest of those that were rotated. */
function makeRoom({ path, limits: { keep } }: RotatedLog): void {
  for (const each of rotatedOf(path)) {
    if (each.number >= keep) rmSync(each.path);
    else renameSync(each.path, `${path}.${each.number + 1}`);
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
    makeRoom(log);
    renameSync(log.path, `${log.path}.1`);
    writeSync(control, reopen);
  } finally {
    closeSync(control);
  }
  // Until it has, it still writes to what is path.1 now.
  for (let waited = 0; waited < 5_000 && !existsSync(log.path); waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

async function collapse(log: RotatedLog): Promise<void> {
  const part = partOf(log.path);
  if (existsSync(part)) finishCollapse(log, part);
  const whole = Math.floor(statSync(log.path).size / block) * block;
  if (whole === 0) return;
  copyBegin(log.path, part, whole);
  const taken = await run(["fallocate", "--collapse-range", "--offset", "0", "--length", String(whole), log.path]);
  if (taken.status !== 0) {
    rmSync(part, { force: true });
    throw new Error(`its file system cannot take away the begin of a file: ${lastWords(taken)}`);
  }
  makeRoom(log);
  renameSync(part, `${log.path}.1`);
}

/** Where the begin of a program's log is while it is taken away. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** What a supervisor that was killed left: a copy of what is still in the log, or all that there is of it. */
function finishCollapse(log: RotatedLog, part: string): void {
  const copied = readFileSync(part);
  const begin = Buffer.alloc(copied.length);
  const source = openSync(log.path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const count = readSync(source, begin, 0, begin.length, 0);
  closeSync(source);
  if (count === copied.length && begin.equals(copied)) return rmSync(part);
  makeRoom(log);
  renameSync(part, `${log.path}.1`);
}

function copyBegin(from: string, to: string, length: number): void {
  const source = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    rmSync(to, { force: true });
    const target = openSync(to, "wx", 0o640);
    try {
      const buffer = Buffer.alloc(Math.min(length, 1 << 20));
      for (let done = 0; done < length; ) {
        const count = readSync(source, buffer, 0, Math.min(buffer.length, length - done), done);
        if (count === 0) throw new Error("it became shorter while it was copied");
        for (let written = 0; written < count; ) written += writeSync(target, buffer, written, count - written);
        done += count;
      }
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

/** Removes the oldest of all rotated files until the rest is within the limit of all. */
function limitAll(logs: readonly RotatedLog[]): void {
  const files = logs
    .flatMap(({ path }) => rotatedOf(path))
    .map(({ path }) => ({ path, found: statSync(path) }))
    .sort((one, other) => one.found.mtimeMs - other.found.mtimeMs);
  let sum = files.reduce((total, { found }) => total + found.size, 0);
  for (const { path, found } of files) {
    if (sum <= mostInAll) return;
    rmSync(path, { force: true });
    sum -= found.size;
  }
}
