/** `lading plan FILE`: builds what is needed to compare, changes nothing on the host. */
import { Problems } from "../base/index.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";
import { printPlan } from "./show-plan.ts";

export async function run(context: Context, [file = ""]: readonly (string | undefined)[]): Answer {
  const compiled = await context.load(file);
  const host = await context.host();
  host.requireAuthority(compiled.spec);
  if (await host.isInForce(compiled)) {
    printPlan(context, { version: 1, steps: [], problems: [], orphans: [] });
    return exitCodes.done;
  }
  await host.build(compiled.derivations, compiled.spec.roots);
  const { plan } = await host.plan(compiled.spec);
  printPlan(context, plan);
  if (plan.problems.length > 0) throw new Problems(plan.problems);
  return plan.steps.length === 0 ? exitCodes.done : exitCodes.wouldChange;
}
