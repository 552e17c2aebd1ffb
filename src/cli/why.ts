/** `lading why UNIT`: the chain of reasons, from the unit down to what it waits for, and its last words. */
import { formatPlace } from "../base/index.ts";
import { describeExit, isUp, logPath, SupervisorClient } from "../supervisor/index.ts";
import { lastLogLines } from "../system/index.ts";
import type { Answer, Context } from "./context.ts";
import { age } from "./status.ts";
import { requireUnit } from "./units.ts";

export async function run(context: Context, [name = ""]: readonly (string | undefined)[]): Answer {
  const status = await new SupervisorClient(context.paths.socket).status();
  const unit = requireUnit(status, name);
  const { generations } = await context.host();
  const spec = generations.current()?.spec.units.find((each) => each.name === unit.name);
  const lines = spec === undefined ? [] : lastLogLines(logPath(context.paths, spec), 10);
  const waits = unit.requirement
    .map((required) => status.units.find((each) => each.provision.includes(required)))
    .filter((each) => each !== undefined);
  const notUp = waits.filter((each) => !isUp(each));
  if (context.json) {
    context.print(
      JSON.stringify(
        { version: 1, unit, declared: spec?.place ?? null, waitsFor: notUp.map((each) => each.name), lastLines: lines },
        null,
        2,
      ),
    );
    return undefined;
  }
  context.print(
    `${unit.name} is ${unit.status} since ${age(unit.since)}${unit.reason === null ? "" : `: ${unit.reason}`}`,
  );
  context.print(`  wanted: ${unit.wanted}`);
  if (unit.exit !== null) context.print(`  last ended with ${describeExit(unit.exit)}`);
  if (unit.respawns.length > 0) context.print(`  respawned ${unit.respawns.length} times in the last seconds`);
  for (const each of notUp)
    context.print(`  requires ${each.name}, which is ${each.status}${each.reason === null ? "" : `: ${each.reason}`}`);
  if (spec?.place !== undefined)
    context.print(`  declared at ${formatPlace(spec.place)}, generation ${status.generation}`);
  if (lines.length > 0) context.print("  last lines:");
  for (const line of lines) context.print(`    ${line.text}`);
  return undefined;
}
