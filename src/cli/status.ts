/** `lading status [UNIT]`: what the supervisor knows; no engine is asked. */
import { shortDigest } from "../base/index.ts";
import { describeExit, isUp, SupervisorClient, type UnitReport } from "../supervisor/index.ts";
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

export async function run(context: Context, [name]: readonly (string | undefined)[]): Answer {
  const client = new SupervisorClient(context.paths.socket);
  const status = await client.status();
  const one = name === undefined ? undefined : await client.unit(requireUnit(status, name).name);
  if (context.json) {
    context.print(JSON.stringify(one ?? status, null, 2));
    return undefined;
  }
  const units = one === undefined ? status.units : [one];
  const rows = units.map((unit) => [
    unit.name,
    paintStatus(context, unit),
    age(unit.since),
    unit.pid === null ? "-" : String(unit.pid),
    unit.containerId === null ? "-" : shortDigest(unit.containerId),
    noteOf(unit),
  ]);
  if (name === undefined) context.print(`generation ${status.generation}, supervisor ${status.pid}`);
  context.print(table([["UNIT", "STATE", "SINCE", "PID", "CONTAINER", ""], ...rows]));
  for (const { at, status: then, reason } of one?.history ?? [])
    context.print(`  ${new Date(at).toISOString()} ${then}${reason === null ? "" : `: ${reason}`}`);
  return undefined;
}
