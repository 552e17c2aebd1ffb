/** `lading diff FROM [TO]`: what differs between two generations; TO is the current one where it is left out. */
import { KnownError } from "../base/index.ts";
import { wrapLine } from "./columns.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";

function numberOf(given: string): number {
  if (/^\d+$/.test(given)) return Number(given);
  throw new KnownError("usage", `"${given}" is no number of a generation`);
}

export async function run(context: Context, [from = "", to]: readonly (string | undefined)[]): Answer {
  const host = await context.host();
  const current = host.generations.current()?.number;
  const target = to === undefined ? current : numberOf(to);
  if (target === undefined)
    throw new KnownError("generation-missing", "there is no current generation", {
      hint: "`lading apply FILE` makes one",
    });
  const differences = host.diff(numberOf(from), target);
  if (context.json)
    context.print(JSON.stringify({ version: 1, from: numberOf(from), to: target, differences }, null, 2));
  else if (differences.length === 0) context.print("Nothing differs.");
  const signs = { added: ["+", "green"], changed: ["~", "yellow"], removed: ["-", "red"] } as const;
  if (!context.json)
    for (const { kind, what, details } of differences) {
      const [sign, colour] = signs[kind];
      context.print(wrapLine(context.paint(colour, `${sign} ${what}`), context.columns()));
      for (const detail of details) context.print(wrapLine(`    ${detail}`, context.columns()));
    }
  return differences.length === 0 ? exitCodes.done : exitCodes.wouldChange;
}
