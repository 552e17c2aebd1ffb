/** Plans as people read them and as programs do. */
import { formatPlace } from "../base/index.ts";
import type { Plan, Step } from "../system/index.ts";
import { type Context, table } from "./context.ts";
import { unchanged } from "./unchanged.ts";

const signs = { add: "+", change: "~", remove: "-" } as const;

function signOf({ deed: { kind } }: Step): keyof typeof signs {
  if (/remove|restore|end$/.test(kind)) return "remove";
  return /replace|retry|write|load|record/.test(kind) ? "change" : "add";
}

const colours = { add: "green", change: "yellow", remove: "red" } as const;

/** A plan for `--json`, version 1. What a deed holds is the executor's business and not shown. */
function planJson({ steps, orphans, notes }: Plan): object {
  return {
    version: 1,
    steps: steps.map(({ deed, what, why, details, where, interrupts }) => ({
      kind: deed.kind,
      what,
      why,
      details,
      interrupts,
      ...(where === undefined ? {} : { where }),
    })),
    orphans,
    notes,
  };
}

/** Prints a plan: a line for each step with its reason, what differs below it, and a summary last. */
export function printPlan(context: Context, plan: Plan): void {
  if (context.json) return context.print(JSON.stringify(planJson(plan), null, 2));
  const { steps, orphans, notes } = plan;
  if (steps.length === 0) context.print(unchanged);
  const lines = table(
    steps.map((step) => {
      const sign = signOf(step);
      return [
        context.paint(colours[sign], `${signs[sign]} ${step.what}`),
        context.paint("dim", `${step.why}${step.where === undefined ? "" : `  (${formatPlace(step.where)})`}`),
      ];
    }),
  ).split("\n");
  for (const [index, step] of steps.entries()) {
    context.print(lines[index] ?? "");
    for (const detail of step.details) context.print(`    ${detail}`);
  }
  for (const orphan of orphans) context.print(`  volume ${orphan} is kept; nothing declares it any more`);
  for (const note of notes) context.print(`  note: ${note}`);
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
  context.print(`Plan: ${parts.join(", ")}.`);
}
