/** `lading daemon`: the supervisor, until a signal or `down` ends it. */
import { runDaemon } from "../supervisor/daemon.ts";
import { Generations, readUnits } from "../system/generations.ts";
import type { Answer, Context } from "./context.ts";

export async function run(context: Context): Answer {
  const current = new Generations(context.paths).current();
  const { units = [], access } = current?.spec ?? {};
  const initial = { generation: current?.number ?? 0, units, access };
  await runDaemon({ paths: context.paths, initial, readUnits });
  return undefined;
}
