/** `lading graph FILE`: units, what they require and are attached to; or services and what they extend. */
import { extname } from "node:path";
import { KnownError } from "../base/index.ts";
import type { Loaded } from "../system/index.ts";
import type { Answer, Context } from "./context.ts";
import { dotOf } from "./graph-dot.ts";
import { type Graph, requirementsOf, serviceGraph, unitGraph } from "./graph-model.ts";
import { svgOf } from "./graph-svg.ts";
import { printDocument } from "./print-document.ts";

const formats = ["text", "dot", "svg", "json"] as const;
type Format = (typeof formats)[number];

interface GraphOptions {
  readonly format?: string;
  readonly services?: boolean;
  readonly output?: string;
}

function formatOf(context: Context, { format, output }: GraphOptions): Format {
  if (context.json) return "json";
  const ending = output === undefined ? "" : extname(output).slice(1);
  const asked = format ?? (formats.some((each) => each === ending) ? ending : "text");
  const found = formats.find((each) => each === asked);
  if (found === undefined) throw new KnownError("usage", `--format takes ${formats.join(", ")}, not "${asked}"`);
  return found;
}

function jsonOf(graph: Graph, { spec }: Loaded): string {
  const units = spec.units.map((unit) => ({
    name: unit.name,
    kind: unit.start.kind,
    requires: requirementsOf(unit, spec.units),
  }));
  const nodes = graph.nodes.map(({ id, kind, label, detail }) => ({ id, kind, label, detail }));
  return `${JSON.stringify({ version: 1, units, nodes, edges: graph.edges }, null, 2)}\n`;
}

/** A line for each unit or service, with what it requires or extends. */
function textOf({ nodes, edges }: Graph): string {
  const lines = nodes
    .filter(({ kind }) => !["port", "network", "volume", "folder"].includes(kind))
    .map(({ id, label }) => {
      const next = edges.filter(({ from, kind }) => from === id && (kind === "requires" || kind === "extends"));
      return `${label}${next.length > 0 ? ` → ${next.map(({ to }) => to).join(", ")}` : ""}\n`;
    });
  return lines.join("");
}

export async function run(
  context: Context,
  [file = ""]: readonly (string | undefined)[],
  options: GraphOptions,
): Answer {
  const format = formatOf(context, options);
  const loaded = await context.load(file);
  const graph = options.services === true ? serviceGraph(loaded.services) : unitGraph(loaded.spec);
  await printDocument(context, await drawn(format, graph, loaded, options), options.output);
  return undefined;
}

async function drawn(format: Format, graph: Graph, loaded: Loaded, { services }: GraphOptions): Promise<string> {
  switch (format) {
    case "json":
      return jsonOf(graph, loaded);
    case "text":
      return textOf(graph);
    case "dot":
      return dotOf(graph);
    case "svg": {
      const { spec } = loaded;
      const containers = spec.units.filter(({ start }) => start.kind === "container").length;
      const subtitle =
        services === true
          ? "services, and which others they extend"
          : `${spec.units.length} units, ${containers} of them containers; what is required through another is not drawn`;
      return svgOf(graph, { title: spec.kind === "home" ? "Home environment" : spec.hostName, subtitle });
    }
    default:
      return format satisfies never;
  }
}
