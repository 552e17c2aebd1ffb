/** `lading rollback [NUMBER]` and `lading switch NUMBER`: an earlier generation, from the images that it had. */
import { KnownError, Problems } from "../base/index.ts";
import { onFailureOf } from "./apply.ts";
import { type Answer, type Context, exitCodes, names } from "./context.ts";
import { printPlan } from "./show-plan.ts";

export async function run(
  context: Context,
  [wanted]: readonly (string | undefined)[],
  options: { readonly yes?: boolean; readonly replaceVolume?: string; readonly onFailure?: string },
): Answer {
  if (wanted !== undefined && !/^\d+$/.test(wanted))
    throw new KnownError("usage", `"${wanted}" is no number of a generation`);
  const host = await context.host();
  await using _lock = await host.lock("lading rollback");
  const recovered = await host.recover();
  if (recovered !== undefined) context.progress(recovered);
  const current = host.generations.current()?.number;
  const before = host.generations
    .numbers()
    .filter((number) => current !== undefined && number < current)
    .at(-1);
  const number = wanted === undefined ? before : Number(wanted);
  if (number === undefined) throw host.generations.missing("there is no generation to go back to");
  const generation = host.generations.require(number);
  const planned = await host.plan(generation.spec, { replaceVolumes: names(options.replaceVolume) });
  printPlan(context, planned.plan);
  if (planned.plan.problems.length > 0) throw new Problems(planned.plan.problems);
  if (number === current) return exitCodes.done;
  if (options.yes !== true) await context.confirm(`Switch to generation ${number}?`);
  await host.switchTo(planned, generation, onFailureOf(options.onFailure));
  context.progress(`generation ${number} is current`);
  return exitCodes.done;
}
