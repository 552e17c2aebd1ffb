/** `lading action UNIT NAME [ARGUMENTS…]`: exits with what the action exited with. */
import { SupervisorClient } from "../supervisor/index.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";

export async function run(
  context: Context,
  [unit = "", name = "", given]: readonly unknown[] & readonly (string | undefined)[],
): Answer {
  const more = Array.isArray(given) ? (given as readonly string[]) : [];
  const result = await new SupervisorClient(context.paths.socket).action(unit, name, more);
  if (context.json) context.print(JSON.stringify({ version: 1, ...result }, null, 2));
  else {
    process.stdout.write(result.stdout);
    process.stderr.write(result.stderr);
  }
  return result.status ?? exitCodes.failed;
}
