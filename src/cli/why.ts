/** `lading why UNIT`: the chain of reasons, from the unit down to the requirements behind it all, each with its last words. */
import { formatPlace, KnownError, type Place } from "../base/index.ts";
import {
  describeExit,
  isUp,
  logPath,
  type StatusReport,
  SupervisorClient,
  type UnitReport,
  type UnitSpec,
} from "../supervisor/index.ts";
import { type LogLine, lastLogLines } from "../system/index.ts";
import { wrapLine } from "./columns.ts";
import type { Answer, Context } from "./context.ts";
import { leftLog } from "./left-logs.ts";
import { age } from "./status.ts";
import { requireUnit } from "./units.ts";

/** How many last lines of a log are shown. */
const lastLines = 10;

interface Link {
  readonly unit: UnitReport;
  readonly declared: Place | null;
  /** What it requires and is not up. */
  readonly waitsFor: readonly string[];
  readonly lastLines: readonly LogLine[];
}

/** The unit, and below it each requirement that is not up, once. */
function chainOf(
  context: Context,
  status: StatusReport,
  first: UnitReport,
  specs: readonly UnitSpec[],
): readonly Link[] {
  const chain: Link[] = [];
  const queue = [first];
  for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
    const { name, requirement } = unit;
    if (chain.some((link) => link.unit.name === name)) continue;
    const spec = specs.find((each) => each.name === name);
    const waits = requirement
      .flatMap((required) => status.units.find((each) => each.provision.includes(required)) ?? [])
      .filter((each) => !isUp(each));
    const lines = spec === undefined ? [] : lastLogLines(logPath(context.paths, spec), lastLines);
    chain.push({ unit, declared: spec?.place ?? null, waitsFor: waits.map((each) => each.name), lastLines: lines });
    queue.push(...waits);
  }
  return chain;
}

function linesOf({ unit, declared, waitsFor, lastLines: lines }: Link, generation: number): readonly string[] {
  const health = unit.health === null ? "" : `, ${unit.health}`;
  return [
    `${unit.name} is ${unit.status}${health} since ${age(unit.since)}${unit.reason === null ? "" : `: ${unit.reason}`}`,
    `  wanted: ${unit.wanted}${unit.enabled ? "" : ", but disabled"}`,
    ...(unit.exit === null ? [] : [`  last ended with ${describeExit(unit.exit)}`]),
    ...(unit.restarts === 0 ? [] : [`  brought up again ${unit.restarts} times`]),
    ...(unit.respawnAt === null ? [] : [`  tried again at ${new Date(unit.respawnAt).toISOString()}`]),
    ...(waitsFor.length === 0 ? [] : [`  requires ${waitsFor.join(", ")}, which is not up:`]),
    ...(declared === null ? [] : [`  declared at ${formatPlace(declared)}, generation ${generation}`]),
    ...(lines.length === 0 ? [] : ["  last lines:"]),
    ...lines.map(({ text }) => `    ${text}`),
  ];
}

export async function run(context: Context, [name = ""]: readonly (string | undefined)[]): Answer {
  const status = await new SupervisorClient(context.paths.socket).status();
  const { generations } = await context.host();
  if (!status.units.some((each) => each.provision.includes(name)) && leftLog(context.paths, name) !== undefined) {
    const message = `"${name}" is no unit of the generation in force`;
    throw new KnownError("unknown-unit", message, { hint: `\`lading logs ${name}\` shows the log that it left` });
  }
  const chain = chainOf(context, status, requireUnit(status, name), generations.current()?.spec.units ?? []);
  if (context.json) context.print(JSON.stringify({ version: 1, chain }, null, 2));
  else
    chain.forEach((link, depth) => {
      for (const line of linesOf(link, status.generation))
        context.print(wrapLine(`${depth === 0 ? "" : "  "}${line}`, context.columns()));
    });
  return undefined;
}
