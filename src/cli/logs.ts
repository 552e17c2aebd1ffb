/** `lading logs UNIT`: reads the log's file, so it works while the supervisor does not. */
import { KnownError } from "../base/index.ts";
import { logPath } from "../supervisor/index.ts";
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "../sys/index.ts";
import { type LogLine, lastLogLines, parseLog } from "../system/index.ts";
import type { Answer, Context } from "./context.ts";

export interface LogsOptions {
  readonly follow?: boolean;
  readonly tail?: string;
}

/** Milliseconds between looks for more. */
const followInterval = 200;

/** Reads from `offset` to the last whole line; the rest comes with the next look. */
function readFrom(path: string, offset: number): { readonly lines: readonly LogLine[]; readonly offset: number } {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(Math.min(Math.max(0, fstatSync(descriptor).size - offset), 16 << 20));
    const count = readSync(descriptor, buffer, 0, buffer.length, offset);
    const end = buffer.subarray(0, count).lastIndexOf(10) + 1;
    return { lines: parseLog(buffer.subarray(0, end).toString("utf8")), offset: offset + end };
  } finally {
    closeSync(descriptor);
  }
}

export async function run(
  context: Context,
  [name = ""]: readonly (string | undefined)[],
  options: LogsOptions,
): Answer {
  const { generations } = await context.host();
  const units = generations.current()?.spec.units ?? [];
  const unit = units.find((each) => each.provision.includes(name));
  if (unit === undefined) {
    const hint = `the units are ${units.map((each) => each.name).join(", ") || "none"}`;
    throw new KnownError("unknown-unit", `no unit is called "${name}"`, { hint });
  }
  const path = logPath(context.paths, unit);
  const show = (lines: readonly LogLine[]): void => {
    for (const line of lines)
      context.print(context.json ? JSON.stringify(line) : `${line.time === null ? "" : `${line.time} `}${line.text}`);
  };
  let offset = 0;
  const count = options.tail === undefined ? undefined : Number(options.tail);
  if (count !== undefined && !Number.isInteger(count))
    throw new KnownError("usage", `--tail takes a number of lines, not "${options.tail}"`);
  if (existsSync(path)) {
    if (count === undefined) {
      for (let more = true; more; ) {
        const part = readFrom(path, offset);
        show(part.lines);
        more = part.offset > offset;
        offset = part.offset;
      }
    } else {
      offset = statSync(path).size;
      show(lastLogLines(path, count));
    }
  }
  while (options.follow === true && !context.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, followInterval));
    if (!existsSync(path)) continue;
    // A shorter file is a new one: it was rotated or emptied.
    if (statSync(path).size < offset) offset = 0;
    const part = readFrom(path, offset);
    show(part.lines);
    offset = part.offset;
  }
  return undefined;
}
