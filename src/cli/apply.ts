/** `lading apply FILE`: build, plan, switch, wait. Everything slow comes before anything is touched. */
import { resolve } from "node:path";
import { Problems } from "../base/index.ts";
import { emptyPlan, warningsOf } from "../system/index.ts";
import { type Answer, type Context, exitCodes, names } from "./context.ts";
import { remember } from "./in-force.ts";
import { printPlan } from "./show-plan.ts";

export interface ApplyOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly replaceVolume?: string;
}

export async function run(
  context: Context,
  [file = ""]: readonly (string | undefined)[],
  options: ApplyOptions,
): Answer {
  const since = Date.now();
  const compiled = await context.load(file);
  context.warn(warningsOf(compiled.spec));
  const host = await context.host();
  host.requireAuthority(compiled.spec);
  if (await host.isInForce(compiled)) {
    printPlan(context, emptyPlan);
    return exitCodes.done;
  }
  await using _lock = await host.lock(`lading apply ${file}`);
  const recovered = await host.recover();
  if (recovered !== undefined) context.progress(recovered);
  await host.build(compiled.derivations, compiled.spec.roots);
  const planned = await host.plan(compiled.spec, { replaceVolumes: names(options.replaceVolume) });
  printPlan(context, planned.plan);
  if (planned.plan.problems.length > 0) throw new Problems(planned.plan.problems);
  if (planned.plan.steps.length === 0) return exitCodes.done;
  if (options.dryRun === true) return exitCodes.wouldChange;
  if (options.yes !== true) await context.confirm("Apply this plan?");
  const generation = await host.switchTo(planned, resolve(file));
  context.progress(`generation ${generation.number} is current`);
  if (compiled.inputs !== null) {
    const { number, spec } = generation;
    const managed = spec.files.map(({ path }) => `${context.paths.root}${path}`);
    const applied = { file: resolve(file), inputs: compiled.inputs, since, managed, generation: number };
    remember(context.paths, context.self, { ...applied, units: spec.units });
  }
  return exitCodes.done;
}
