/** `lading down`: takes away everything that Lading made on this host. */
import { Problems } from "../base/index.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";
import { printPlan } from "./show-plan.ts";

export async function run(
  context: Context,
  _: readonly (string | undefined)[],
  options: { readonly yes?: boolean; readonly volumes?: boolean },
): Answer {
  const host = await context.host();
  await using _lock = await host.lock("lading down");
  const recovered = await host.recover();
  if (recovered !== undefined) context.progress(recovered);
  const planned = await host.planDown(options.volumes === true);
  printPlan(context, planned.plan);
  if (planned.plan.problems.length > 0) throw new Problems(planned.plan.problems);
  if (options.yes !== true) await context.confirm("Take all of this away?");
  await host.takeDown(planned);
  const kept =
    options.volumes === true || planned.plan.orphans.length === 0
      ? ""
      : ", and so do volumes: `lading down --volumes` removes these";
  context.progress(`what Lading made here is gone; images stay with the engines${kept}`);
  return exitCodes.done;
}
