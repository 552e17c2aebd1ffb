/** A graph in DOT, Graphviz' language: for people's own drawings, and for the layout of ours. Pure. */
import { type DrawnEdge, drawnEdges, type Group, groupsOf } from "./graph-groups.ts";
import { type Graph, type GraphNode, type NodeKind, withoutImplied } from "./graph-model.ts";

/**
 * A string of DOT: a quote would end it, a backslash begins what Graphviz replaces, and control characters come out of
 * Graphviz as they went in, also where a format has no such thing.
 */
function quote(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${escaped.replaceAll(/[\p{Cc}\p{Cs}]/gu, "\ufffd")}"`;
}

const looks: Readonly<Record<NodeKind, string>> = {
  port: "shape=cds, color=purple",
  container: 'shape=box, style="rounded,bold", color=blue',
  program: "shape=box",
  task: 'shape=box, style="rounded,dashed"',
  objects: "shape=box, style=dotted",
  milestone: "shape=ellipse",
  network: "shape=hexagon, color=darkgreen",
  volume: "shape=cylinder, color=darkorange",
  folder: "shape=folder, color=darkorange",
  service: 'shape=box, style="rounded,bold"',
  implied: 'shape=box, style="rounded,dashed"',
};

const lines: Readonly<Record<DrawnEdge["kind"], string>> = {
  requires: "",
  extends: "",
  publishes: " [color=purple]",
  network: " [style=dashed, color=darkgreen, arrowhead=none]",
  mount: " [style=dotted, color=darkorange, arrowhead=none]",
};

/** The graph with every edge, for Graphviz' own programs. */
export function dotOf(graph: Graph): string {
  const groups = groupsOf(graph).map(({ id, title, nodes, satellites }) =>
    [
      `  subgraph ${id} {`,
      `    label=${quote(title)};`,
      ...[...nodes, ...satellites].map((node) => {
        const label = node.detail === "" ? node.label : `${node.label}\n${node.detail}`;
        return `    ${quote(node.id)} [label=${quote(label)}, tooltip=${quote(node.title)}, ${looks[node.kind]}];`;
      }),
      "  }",
    ].join("\n"),
  );
  const edges = graph.edges.map(({ from, to, kind }) => `  ${quote(from)} -> ${quote(to)}${lines[kind]};`);
  return [
    "digraph lading {",
    '  rankdir=LR; style=rounded; fontname="sans-serif"; node [fontname="sans-serif"];',
    ...groups,
    ...edges,
    "}\n",
  ].join("\n");
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is to be laid out, and its text. */
export interface Layout {
  readonly groups: readonly Group[];
  readonly edges: readonly DrawnEdge[];
  /** The name of each node in `dot`, by its identifier: none that needs an escape. */
  readonly names: ReadonlyMap<string, string>;
  readonly dot: string;
}

/** Nodes that nothing of their group orders, from this many on, stand in rows: one column would be a tower. */
const tower = 7;
const rowHeight = 66;
const columnWidth = 230;
const wantedShape = 1.7;

/** The graph as it is drawn: sizes are given, in pixels, and ranks are led so that many nodes make a page. */
export function layoutOf(whole: Graph, sizeOf: (node: GraphNode) => Size): Layout {
  const graph = withoutImplied(whole);
  const groups = groupsOf(graph);
  const edges = drawnEdges(graph, groups);
  const inch = (pixels: number): string => (pixels / 72).toFixed(3);
  const names = new Map(graph.nodes.map(({ id }, index) => [id, `n${index}`]));
  const nameOf = (id: string): string => names.get(id) ?? "";
  const box = (node: GraphNode): string => {
    const { width, height } = sizeOf(node);
    return `${nameOf(node.id)} [width=${inch(width)}, height=${inch(height)}];`;
  };
  const frames = groups.map(({ id, nodes, satellites }) =>
    [
      // The label keeps room for the title, which is drawn by us.
      `subgraph ${id} { label=" "; labelloc=t; fontsize=20; margin=14;`,
      ...[...nodes, ...satellites].map(box),
      "}",
    ].join("\n"),
  );
  const ports = new Map(edges.filter(({ kind }) => kind === "publishes").map(({ from, to }) => [to, from]));
  const columns = columnsOf(graph, groups);
  const rows = groups.flatMap(({ nodes }) => {
    const loose = looseNodes(nodes, edges);
    if (loose.length < tower) return [];
    return loose.flatMap((node, index) => {
      const next = loose[index + 1];
      if (next === undefined || index % columns === columns - 1) return [];
      return [`${nameOf(node.id)} -> ${nameOf(ports.get(next.id) ?? next.id)} [style=invis, weight=8];`];
    });
  });
  const drawn = edges.map(({ from, to, kind, group }, index) => {
    const tail = group === undefined ? "" : `, ltail=${group}`;
    const weight = kind === "publishes" || kind === "mount" ? 6 : kind === "network" ? 1 : 2;
    return `${nameOf(from)} -> ${nameOf(to)} [id=e${index}, weight=${weight}${tail}];`;
  });
  const dot = [
    "digraph lading {",
    "rankdir=LR; compound=true; nodesep=0.22; ranksep=0.55; splines=true; mclimit=0.6; nslimit=4; nslimit1=4;",
    'node [shape=box, fixedsize=true, label=""];',
    ...frames,
    ...rows,
    ...drawn,
    "}",
  ].join("\n");
  return { groups, edges, names, dot };
}

function looseNodes(nodes: readonly GraphNode[], edges: readonly DrawnEdge[]): readonly GraphNode[] {
  const ids = new Set(nodes.map(({ id }) => id));
  const bound = new Set(
    edges.filter(({ from, to }) => ids.has(from) && ids.has(to)).flatMap(({ from, to }) => [from, to]),
  );
  return nodes.filter(({ id }) => !bound.has(id));
}

/** How many stand in a row, so that all groups together are about as wide as a page. */
function columnsOf({ nodes }: Graph, groups: readonly Group[]): number {
  const largest = Math.max(1, ...groups.map((group) => group.nodes.length));
  const wide = groups.some(({ satellites }) => satellites.length > 0) ? 2.4 : 1;
  const height = (nodes.length - groups.reduce((sum, { satellites }) => sum + satellites.length, 0)) * rowHeight;
  const columns = Math.round(Math.sqrt((height * wantedShape) / (columnWidth * wide)));
  return Math.max(1, Math.min(columns, largest));
}
