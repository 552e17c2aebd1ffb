/** `lading store gc` and `lading store verify`. */
import { KnownError } from "../base/index.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";

export interface StoreOptions {
  readonly dryRun?: boolean;
  readonly repair?: boolean;
}

export async function run(
  context: Context,
  [verb = ""]: readonly (string | undefined)[],
  options: StoreOptions,
): Answer {
  const host = await context.host();
  if (verb === "gc") {
    const deleted = await host.store.collect(host.generations.roots(), options.dryRun);
    const size = deleted.reduce((total, each) => total + each.size, 0);
    if (context.json) context.print(JSON.stringify({ version: 1, deleted, size }, null, 2));
    else {
      for (const { item } of deleted) context.print(item);
      context.print(
        `${options.dryRun ? "would delete" : "deleted"} ${deleted.length} items, ${(size / 1024).toFixed(0)} KiB`,
      );
    }
    return exitCodes.done;
  }
  if (verb !== "verify") throw new KnownError("usage", `store takes gc or verify, not "${verb}"`);
  const results = await host.store.verify(options.repair);
  const bad = results.filter((each) => each.state !== "intact");
  if (context.json) context.print(JSON.stringify({ version: 1, items: results }, null, 2));
  else {
    for (const { item, state } of bad) context.print(`${item}: ${state}${options.repair ? ", removed" : ""}`);
    context.print(`${results.length} items, ${bad.length} not intact`);
  }
  return bad.length === 0 ? exitCodes.done : exitCodes.failed;
}
