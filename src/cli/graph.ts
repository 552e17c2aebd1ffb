/** `lading graph FILE`: units and what they require. */
import { KnownError } from "../base/index.ts";
import type { UnitSpec } from "../supervisor/index.ts";
import type { Answer, Context } from "./context.ts";

const shapes = { container: "box", program: "ellipse", objects: "cylinder", none: "point" } as const;

function dot(units: readonly UnitSpec[]): string {
  const quote = (text: string): string => JSON.stringify(text);
  const nodes = units.map(
    (unit) =>
      `  ${quote(unit.name)} [shape=${shapes[unit.start.kind]}${unit.start.kind === "none" ? `, xlabel=${quote(unit.name)}` : ""}];`,
  );
  const edges = units.flatMap((unit) =>
    requirements(unit, units).map((required) => `  ${quote(unit.name)} -> ${quote(required)};`),
  );
  return ["digraph lading {", "  rankdir=LR;", '  node [fontname="sans-serif"];', ...nodes, ...edges, "}"].join("\n");
}

function requirements(unit: UnitSpec, units: readonly UnitSpec[]): readonly string[] {
  return unit.requirement.map((name) => units.find((each) => each.provision.includes(name))?.name ?? name);
}

export async function run(
  context: Context,
  [file = ""]: readonly (string | undefined)[],
  options: { readonly format?: string },
): Answer {
  const { spec } = await context.load(file);
  const format = context.json ? "json" : (options.format ?? "text");
  switch (format) {
    case "json": {
      const units = spec.units.map((unit) => ({
        name: unit.name,
        kind: unit.start.kind,
        requires: requirements(unit, spec.units),
      }));
      context.print(JSON.stringify({ version: 1, units }, null, 2));
      return undefined;
    }
    case "text":
      for (const unit of spec.units)
        context.print(
          `${unit.name}${unit.requirement.length > 0 ? ` → ${requirements(unit, spec.units).join(", ")}` : ""}`,
        );
      return undefined;
    case "dot":
      context.print(dot(spec.units));
      return undefined;
    case "svg": {
      const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
      context.print((await Graphviz.load()).dot(dot(spec.units)));
      return undefined;
    }
    default:
      throw new KnownError("usage", `--format takes text, dot or svg, not "${format}"`);
  }
}
