/** `lading metrics`: the supervisor's figures for Prometheus, for a textfile collector or a look. */
import { SupervisorClient } from "../supervisor/index.ts";
import type { Answer, Context } from "./context.ts";

export async function run(context: Context): Answer {
  const text = await new SupervisorClient(context.paths.socket).metrics();
  context.print(context.json ? JSON.stringify({ version: 1, text }, null, 2) : text.trimEnd());
  return undefined;
}
