/** `lading plan FILE`: builds what is needed to compare, changes nothing on the host. */
import { resolve } from "node:path";
import { Problems } from "../base/index.ts";
import { emptyPlan } from "../system/index.ts";
import { type Answer, type Context, exitCodes, names } from "./context.ts";
import { type StrictOption, settleLoaded } from "./findings.ts";
import { printPlan } from "./show-plan.ts";

export async function run(
  context: Context,
  [file = ""]: readonly (string | undefined)[],
  options: StrictOption & { readonly replaceVolume?: string; readonly exitCode?: boolean },
): Answer {
  const compiled = await context.load(file);
  await settleLoaded(context, compiled, options);
  const host = await context.host();
  host.requireAuthority(compiled.spec);
  if (await host.isInForce(compiled)) {
    printPlan(context, emptyPlan);
    return exitCodes.done;
  }
  await host.build(compiled.derivations, compiled.spec.roots);
  const replaceVolumes = names(options.replaceVolume);
  const { plan, target } = await host.plan(compiled.spec, { replaceVolumes });
  printPlan(context, plan, { source: resolve(file), target, replaceVolumes });
  if (plan.problems.length > 0) throw new Problems(plan.problems);
  return plan.steps.length === 0 || options.exitCode === false ? exitCodes.done : exitCodes.wouldChange;
}
