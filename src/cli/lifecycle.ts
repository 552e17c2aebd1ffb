/** `lading start`, `stop`, `restart`, `enable` and `disable`: asks the supervisor, and waits until it is so. */
import { KnownError } from "../base/index.ts";
import { isUp, SupervisorClient, type UnitReport, type Verb } from "../supervisor/index.ts";
import type { Answer, Context } from "./context.ts";
import { requireUnit } from "./units.ts";

function requireResult(verb: Verb, unit: UnitReport): void {
  if (verb === "enable" || verb === "disable") return;
  // A run of what is scheduled has begun; how it ends is in its status.
  if (unit.nextRun !== null && verb !== "stop" && unit.status !== "failed") return;
  const up = isUp(unit);
  if (verb === "stop" ? !up && unit.status !== "failed" : up) return;
  const message = `${unit.name} is ${unit.status}${unit.reason === null ? "" : `: ${unit.reason}`}`;
  throw new KnownError("unit-failed", message, { hint: `\`lading why ${unit.name}\` explains it` });
}

function command(verb: Verb): { readonly run: (context: Context, given: readonly (string | undefined)[]) => Answer } {
  return {
    run: async (context, [name = ""]) => {
      const client = new SupervisorClient(context.paths.socket);
      await client.act(verb, name);
      const what = `waiting for ${name}`;
      // Told of only where it is not so at once.
      const status = await client.settled(context.signal, (step) => context.tell({ what, state: "going", ...step }));
      context.tell({ what, state: "done" });
      const unit = requireUnit(status, name);
      if (context.json) context.print(JSON.stringify({ version: 1, ...unit }, null, 2));
      else context.print(`${unit.name}: ${unit.status}${unit.enabled ? "" : ", disabled"}`);
      requireResult(verb, unit);
      return undefined;
    },
  };
}

export const start: ReturnType<typeof command> = command("start");
export const stop: ReturnType<typeof command> = command("stop");
export const restart: ReturnType<typeof command> = command("restart");
export const enable: ReturnType<typeof command> = command("enable");
export const disable: ReturnType<typeof command> = command("disable");
