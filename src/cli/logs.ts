/** `lading logs [UNIT…]`: reads the logs' files, so it works while the supervisor does not; several are told apart and in order. */
import { KnownError, nearest, parseDuration } from "../base/index.ts";
import { logPath, type UnitSpec } from "../supervisor/index.ts";
import { type LogLine, LogReader, lastLogLines } from "../system/index.ts";
import type { Answer, Context } from "./context.ts";
import { leftLog, namesOfLeftLogs } from "./left-logs.ts";

export interface LogsOptions {
  readonly follow?: boolean;
  readonly tail?: string;
  readonly since?: string;
  readonly until?: string;
  readonly grep?: string;
}

/** Milliseconds between looks for more. */
const followInterval = 200;

/** Characters that are printed at once. */
const partSize = 64 * 1024;

interface UnitLine extends LogLine {
  readonly unit: string;
}

/** Milliseconds since 1970 of "2026-11-25T10:00:00Z", "2026-11-25", or "10m": so long ago. */
function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const time = ago === undefined ? Date.parse(text) : Date.now() - ago;
  if (Number.isNaN(time))
    throw new KnownError(
      "usage",
      `${option} takes a time such as 2026-11-25T10:00:00Z, or 10m for so long ago, not "${text}"`,
    );
  return time;
}

/** What of the lines is wanted. */
function filterOf({ since, until, grep }: LogsOptions): (line: LogLine) => boolean {
  const from = timeOf("--since", since);
  const to = timeOf("--until", until);
  let expression: RegExp | undefined;
  try {
    expression = grep === undefined ? undefined : new RegExp(grep);
  } catch {
    throw new KnownError("usage", `--grep takes a regular expression, not "${grep}"`);
  }
  return ({ time, text }) => {
    if (from !== undefined || to !== undefined) {
      const at = time === null ? Number.NaN : Date.parse(time);
      if (!(at >= (from ?? Number.NEGATIVE_INFINITY) && at <= (to ?? Number.POSITIVE_INFINITY))) return false;
    }
    return expression?.test(text) ?? true;
  };
}

/** Milliseconds since 1970, with what Date leaves out of conmon's nanoseconds; one log may be in another time zone. */
function instant({ time }: LogLine): number | undefined {
  if (time === null) return undefined;
  return Date.parse(time) + Number(`0.${/\.\d{3}(\d+)/.exec(time)?.[1] ?? 0}`);
}

/** Lines of several logs in the order of their times; one without a time follows the line before it. */
function* inOrder(logs: readonly Generator<UnitLine>[]): Generator<UnitLine> {
  const heads = logs.flatMap((lines) => {
    const first = lines.next();
    return first.done ? [] : [{ lines, line: first.value, key: instant(first.value) ?? 0 }];
  });
  while (heads.length > 0) {
    let least = 0;
    for (let index = 1; index < heads.length; index += 1)
      if ((heads[index]?.key ?? 0) < (heads[least]?.key ?? 0)) least = index;
    const head = heads[least];
    if (head === undefined) return;
    yield head.line;
    const next = head.lines.next();
    if (next.done) heads.splice(least, 1);
    else {
      head.line = next.value;
      head.key = instant(next.value) ?? head.key;
    }
  }
}

function* linesOf({ unit, reader }: { readonly unit: string; readonly reader: LogReader }): Generator<UnitLine> {
  for (const part of reader.more()) for (const line of part) yield { unit, ...line };
}

interface UnitLog {
  readonly unit: string;
  readonly path: string;
}

function logNamed(context: Context, units: readonly UnitSpec[], name: string): UnitLog {
  const found = units.find((each) => each.provision.includes(name));
  if (found !== undefined) return { unit: found.name, path: logPath(context.paths, found) };
  const left = leftLog(context.paths, name);
  if (left !== undefined) {
    context.progress(`"${name}" is no unit of the generation in force: this is the log that it left, ${left}`);
    return { unit: name, path: left };
  }
  const close = nearest(name, [...units.flatMap((each) => each.provision), ...namesOfLeftLogs(context.paths)]);
  const hint =
    close === undefined
      ? `the units are ${units.map((each) => each.name).join(", ") || "none"}`
      : `did you mean "${close}"?`;
  throw new KnownError("unknown-unit", `no unit is called "${name}"`, { hint });
}

/** The logs of the units that are named; where none is, those of all units. */
function logsNamed(context: Context, units: readonly UnitSpec[], names: readonly string[]): readonly UnitLog[] {
  if (names.length > 0) return names.map((name) => logNamed(context, units, name));
  return units.map((each) => ({ unit: each.name, path: logPath(context.paths, each) }));
}

export async function run(context: Context, [given]: readonly unknown[], options: LogsOptions): Answer {
  const count = options.tail === undefined ? undefined : Number(options.tail);
  if (count !== undefined && !(Number.isInteger(count) && count >= 0))
    throw new KnownError("usage", `--tail takes a number of lines, not "${options.tail}"`);
  const isWanted = filterOf(options);
  const { generations } = await context.host();
  const names = Array.isArray(given) ? (given as readonly string[]) : [];
  const logs = logsNamed(context, generations.current()?.spec.units ?? [], names);
  /** Shows what is wanted, a part at a time: a log may be larger than what fits into memory. */
  const show = async (lines: Iterable<UnitLine>): Promise<void> => {
    let part = "";
    for (const { unit, ...line } of lines) {
      if (!isWanted(line)) continue;
      const named = logs.length === 1 ? {} : { unit };
      const before = `${logs.length === 1 ? "" : `${unit}: `}${line.time === null ? "" : `${line.time} `}`;
      part += `${context.json ? JSON.stringify({ ...named, ...line }) : `${before}${line.text}`}\n`;
      if (part.length < partSize) continue;
      await context.printPart(part);
      part = "";
    }
    if (part !== "") await context.printPart(part);
  };
  const readers = logs.map(({ unit, path }) => ({ unit, reader: new LogReader(path) }));
  if (count === undefined) await show(inOrder(readers.map(linesOf)));
  else {
    const last = logs.map(function* ({ unit, path }): Generator<UnitLine> {
      for (const line of lastLogLines(path, count)) yield { unit, ...line };
    });
    for (const { reader } of readers) reader.skip();
    await show(count === 0 ? [] : [...inOrder(last)].slice(-count));
  }
  while (options.follow === true && !context.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, followInterval));
    await show(inOrder(readers.map(linesOf)));
  }
  for (const { unit, reader } of count === undefined ? readers : [])
    await show(reader.end().map((line) => ({ unit, ...line })));
  return undefined;
}
