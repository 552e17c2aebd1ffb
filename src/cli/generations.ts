/** `lading generations`, and `lading generations prune`, which forgets old ones. */
import { KnownError, shortDigest } from "../base/index.ts";
import { type Answer, type Context, exitCodes, table } from "./context.ts";

export async function run(
  context: Context,
  [verb]: readonly (string | undefined)[],
  options: { readonly keep?: string; readonly dryRun?: boolean },
): Answer {
  if (verb === "prune") return prune(context, options);
  if (verb !== undefined) throw new KnownError("usage", `generations takes prune, or nothing, not "${verb}"`);
  const { generations } = await context.host();
  const current = generations.current()?.number;
  const list = generations.numbers().map((number) => generations.read(number));
  if (context.json) {
    const shown = list.map(({ version: _, spec: __, ...rest }) => ({ ...rest, current: rest.number === current }));
    context.print(JSON.stringify({ version: 1, generations: shown }, null, 2));
  } else if (list.length === 0) context.print("There are no generations yet: `lading apply FILE` makes the first.");
  else {
    const rows = list.map((each) => [
      `${each.number === current ? "*" : " "} ${each.number}`,
      each.time,
      each.author ?? "-",
      `${each.spec.units.filter((unit) => unit.start.kind === "container").length} containers`,
      each.sourceDigest === null ? "-" : shortDigest(each.sourceDigest),
      `${each.source}${each.message === null ? "" : `: ${each.message}`}`,
    ]);
    context.print(table(rows, context.columns()));
  }
  return exitCodes.done;
}

async function prune(
  context: Context,
  { keep = "10", dryRun }: { readonly keep?: string; readonly dryRun?: boolean },
): Answer {
  if (!/^[1-9]\d*$/.test(keep)) throw new KnownError("usage", `--keep takes a number of generations, not "${keep}"`);
  const host = await context.host();
  await using _lock = await host.lock("lading generations prune");
  const removed = host.generations.prune(Number(keep), dryRun === true);
  if (context.json) context.print(JSON.stringify({ version: 1, removed }, null, 2));
  else {
    const verb = dryRun === true ? "would remove" : "removed";
    context.print(
      removed.length === 0
        ? "nothing to remove"
        : `${verb} ${removed.join(", ")}; \`lading store gc\` frees what only they needed`,
    );
  }
  return exitCodes.done;
}
