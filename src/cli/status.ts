/** `lading status [UNIT]`: what the supervisor knows; no engine is asked. */
import { shortDigest } from "../base/index.ts";
import {
  describeExit,
  isUp,
  type StatusReport,
  SupervisorClient,
  type UnitHistory,
  type UnitReport,
} from "../supervisor/index.ts";
import { wrapLine } from "./columns.ts";
import { type Answer, type Context, table } from "./context.ts";
import { requireUnit } from "./units.ts";

/** "12 s", "3 min", "5 h", "2 d". */
export function age(since: number, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function paintStatus(context: Context, unit: UnitReport): string {
  const { status } = unit;
  if (status === "failed") return context.paint("red", status);
  return isUp(unit) ? context.paint("green", status) : status;
}

function noteOf({ enabled, reason, exit, nextRun }: UnitReport): string {
  const ended = exit === null ? "" : `ended with ${describeExit(exit)}`;
  const next = nextRun === null ? "" : `runs next at ${new Date(nextRun).toISOString()}`;
  return enabled ? [reason ?? ended, next].filter((each) => each !== "").join("; ") : "disabled";
}

interface StatusOptions {
  /** Shown again and again, in place on a terminal. */
  readonly watch?: boolean;
}

/** Milliseconds between two looks. */
const watchInterval = 1_000;

/** The units, or one of them with its last changes, as text. */
function textOf(context: Context, status: StatusReport, one: UnitHistory | undefined): string {
  const units = one === undefined ? status.units : [one];
  const rows = units.map((unit) => [
    unit.name,
    paintStatus(context, unit),
    age(unit.since),
    unit.pid === null ? "-" : String(unit.pid),
    unit.containerId === null ? "-" : shortDigest(unit.containerId),
    noteOf(unit),
  ]);
  const changes = (one?.history ?? []).map(
    ({ at, status: then, reason }) => `  ${new Date(at).toISOString()} ${then}${reason === null ? "" : `: ${reason}`}`,
  );
  return [
    ...(one === undefined ? [`generation ${status.generation}, supervisor ${status.pid}`] : []),
    table([["UNIT", "STATE", "SINCE", "PID", "CONTAINER", ""], ...rows], context.columns()),
    ...changes.map((line) => wrapLine(line, context.columns())),
  ].join("\n");
}

export async function run(context: Context, [name]: readonly (string | undefined)[], options: StatusOptions): Answer {
  const client = new SupervisorClient(context.paths.socket);
  let before = "";
  do {
    const status = await client.status();
    const one = name === undefined ? undefined : await client.unit(requireUnit(status, name).name);
    const text = context.json
      ? JSON.stringify(one ?? status, null, options.watch === true ? undefined : 2)
      : textOf(context, status, one);
    if (options.watch !== true) context.print(text);
    else if (context.isTerminal && !context.json) context.print(`${clearScreen}${text}`);
    else if (text !== before) context.print(text);
    before = text;
    if (options.watch === true && !context.signal.aborted) await pause(watchInterval, context.signal);
  } while (options.watch === true && !context.signal.aborted);
  return undefined;
}

/** To the top left, and nothing below (ECMA-48: CUP, ED). */
const clearScreen = "\u001b[H\u001b[J";

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
  });
}
