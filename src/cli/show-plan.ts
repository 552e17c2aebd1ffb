/** Plans as people read them and as programs do. */
import { formatPlace } from "../base/index.ts";
import { type Plan, type PlanOrigin, planJson, type Step } from "../system/index.ts";
import { wrapLine } from "./columns.ts";
import type { Context } from "./context.ts";
import { tableRows } from "./table.ts";
import { unchanged } from "./unchanged.ts";

const signs = { add: "+", change: "~", remove: "-" } as const;

function signOf({ deed: { kind } }: Step): keyof typeof signs {
  if (/remove|restore|end$/.test(kind)) return "remove";
  return /replace|retry|write|load|record/.test(kind) ? "change" : "add";
}

const colours = { add: "green", change: "yellow", remove: "red" } as const;

/** Why, for how long at most, and where it was declared. */
function reasonOf({ why, seconds, where }: Step): string {
  const away = seconds === null ? "" : `, away ${seconds} s at most`;
  return `${why}${away}${where === undefined ? "" : `  (${formatPlace(where)})`}`;
}

/** How many things of others are named before the rest is counted. */
const shownForeign = 8;

/** Prints a plan: a line for each step with its reason, what differs below it, and a summary last. */
export function printPlan(context: Context, plan: Plan, origin?: PlanOrigin): void {
  if (context.json) return context.print(JSON.stringify(planJson(plan, origin), null, 2));
  const { steps, orphans, foreign, notes } = plan;
  if (steps.length === 0 && plan.problems.length === 0) context.print(unchanged);
  const print = (line: string): void => context.print(wrapLine(line, context.columns()));
  const lines = tableRows(
    steps.map((step) => {
      const sign = signOf(step);
      return [context.paint(colours[sign], `${signs[sign]} ${step.what}`), context.paint("dim", reasonOf(step))];
    }),
    context.columns(),
  );
  for (const [index, step] of steps.entries()) {
    context.print(lines[index] ?? "");
    for (const detail of step.details) print(`    ${detail}`);
  }
  for (const orphan of orphans) print(`  volume ${orphan} is kept; nothing declares it any more`);
  const others = foreign.map(({ kind, name }) => `${kind} ${name}`);
  if (steps.length > 0 && others.length > 0) {
    const more = others.length > shownForeign ? ` and ${others.length - shownForeign} more` : "";
    print(`  not Lading's, and left alone: ${others.slice(0, shownForeign).join(", ")}${more}`);
  }
  for (const note of notes) print(`  note: ${note}`);
  if (steps.length === 0) return;
  const count = (word: string, wanted: (step: Step) => boolean): string[] => {
    const number = steps.filter(wanted).length;
    return number === 0 ? [] : [`${number} ${word}`];
  };
  const parts = [
    ...count("to add", (step) => signOf(step) === "add"),
    ...count("to change", (step) => signOf(step) === "change"),
    ...count("to remove", (step) => signOf(step) === "remove"),
    ...count("interrupted", (step) => step.interrupts === "restart"),
    ...count("with loss of data", (step) => step.interrupts === "data"),
  ];
  print(`Plan: ${parts.join(", ")}.`);
}
