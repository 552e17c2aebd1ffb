/**
 * A graph as a picture: Graphviz says where things are, and how lines run; shapes, texts and colours are ours. One SVG
 * without scripts or outside references; colours follow the reader's light or dark scheme, details show under the pointer.
 */
import { fitText, textWidth, xmlText } from "../base/index.ts";
import { layoutOf, type Size } from "./graph-dot.ts";
import type { DrawnEdge, Group } from "./graph-groups.ts";
import { type EdgeKind, edgeKinds, type Graph, type GraphNode, type NodeKind, nodeKinds } from "./graph-model.ts";

const margin = 24;
const headline = 64;
const labelSize = 13;
const detailSize = 11;
/** Room within a shape on both sides of its text. */
const padding = 18;
const narrowest = 130;
const widest = 320;
/** How much wider bold text is. */
const boldness = 1.12;

const style = `
  svg { --ground: #ffffff; --ink: #1b2430; --soft: #566273; --frame: #f5f7fa; --rim: #d5dce5; --line: #4a5666;
    --container: #dbeafe; --container-rim: #2563eb; --program: #e0e7ff; --program-rim: #4f46e5; --plain: #e9edf2; --plain-rim: #66748a;
    --port: #f3e8ff; --port-rim: #9333ea; --network: #d3f3e4; --network-rim: #0f8a5f; --volume: #fdeccb; --volume-rim: #b96a06; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #12161d; --ink: #eef2f7; --soft: #aab6c6; --frame: #1a2029; --rim: #323c4a; --line: #9aa8ba;
      --container: #17325f; --container-rim: #6ea8fe; --program: #2b2a5e; --program-rim: #a5a1fb; --plain: #28303c; --plain-rim: #8594a8;
      --port: #3f2159; --port-rim: #c994f8; --network: #0e4030; --network-rim: #4fcf9d; --volume: #4a3210; --volume-rim: #eeb155; }
  }
  text { font: ${labelSize}px system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; fill: var(--ink); }
  .ground { fill: var(--ground); }
  .headline { font-size: 20px; font-weight: 600; }
  .label { font-weight: 600; }
  .detail, .legend { font-size: ${detailSize}px; fill: var(--soft); }
  .title { font-size: ${detailSize}px; font-weight: 600; fill: var(--soft); paint-order: stroke; stroke: var(--frame); stroke-width: 4px; }
  .frame { fill: var(--frame); stroke: var(--rim); }
  .node path { stroke-width: 1.4; }
  .node:hover path { stroke-width: 2.6; }
  .port path { fill: var(--port); stroke: var(--port-rim); }
  .container path, .service path { fill: var(--container); stroke: var(--container-rim); }
  .program path { fill: var(--program); stroke: var(--program-rim); }
  .task path { fill: var(--program); stroke: var(--program-rim); stroke-dasharray: 5 3; }
  .objects path, .milestone path { fill: var(--plain); stroke: var(--plain-rim); }
  .implied path { fill: var(--plain); stroke: var(--plain-rim); stroke-dasharray: 5 3; }
  .network path { fill: var(--network); stroke: var(--network-rim); }
  .volume path, .folder path { fill: var(--volume); stroke: var(--volume-rim); }
  .edge { fill: none; stroke: var(--line); stroke-width: 1.3; }
  .edge:hover { stroke-width: 3; }
  .edge.publishes { stroke: var(--port-rim); }
  .edge.network { stroke: var(--network-rim); stroke-dasharray: 6 4; }
  .edge.mount { stroke: var(--volume-rim); stroke-dasharray: 2 3; stroke-width: 1.6; }
  .head { fill: var(--line); }
  .head.publishes { fill: var(--port-rim); }
`;

function sizeOf({ label, detail }: Pick<GraphNode, "label" | "detail">): Size {
  const text = Math.max(textWidth(label, labelSize) * boldness, textWidth(detail, detailSize));
  const width = Math.min(Math.max(Math.ceil(text) + 2 * padding, narrowest), widest);
  return { width, height: detail === "" ? 34 : 48 };
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

interface Box extends Size {
  /** The upper left corner. */
  readonly x: number;
  readonly y: number;
}

function rounded({ x, y, width, height }: Box, radius: number): string {
  const r = Math.min(radius, height / 2);
  const arc = (dx: number, dy: number): string => `a${n(r)} ${n(r)} 0 0 1 ${n(dx)} ${n(dy)}`;
  return `M${n(x + r)} ${n(y)}h${n(width - 2 * r)}${arc(r, r)}v${n(height - 2 * r)}${arc(-r, r)}h${n(2 * r - width)}${arc(-r, -r)}v${n(2 * r - height)}${arc(r, -r)}z`;
}

/** The outline of a kind: each can be told apart without its colour. */
function outline(kind: NodeKind, box: Box): string {
  const { x, y, width: w, height: h } = box;
  switch (kind) {
    case "container":
    case "service":
    case "implied":
      return rounded(box, 9);
    case "program":
    case "task":
      return `M${n(x)} ${n(y)}h${n(w)}v${n(h)}h${n(-w)}zM${n(x + 6)} ${n(y)}v${n(h)}`;
    case "objects":
      return `M${n(x)} ${n(y)}h${n(w - 10)}l10 10v${n(h - 10)}h${n(-w)}z`;
    case "milestone":
      return rounded(box, h / 2);
    case "port":
      return `M${n(x)} ${n(y)}h${n(w - 12)}l12 ${n(h / 2)}l-12 ${n(h / 2)}h${n(12 - w)}z`;
    case "network":
      return `M${n(x + 11)} ${n(y)}h${n(w - 22)}l11 ${n(h / 2)}l-11 ${n(h / 2)}h${n(22 - w)}l-11 ${n(-h / 2)}z`;
    case "volume": {
      const lid = `${n(w / 2)} 5 0 0`;
      return `M${n(x)} ${n(y + 5)}a${lid} 1 ${n(w)} 0v${n(h - 10)}a${lid} 1 ${n(-w)} 0zM${n(x)} ${n(y + 5)}a${lid} 0 ${n(w)} 0`;
    }
    case "folder":
      return `M${n(x)} ${n(y + 5)}v-5h34l6 5h${n(w - 40)}v${n(h - 5)}h${n(-w)}z`;
    default:
      return kind satisfies never;
  }
}

function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${n(x)}" y="${n(y)}"${attributes}>${xmlText(content)}</text>`;
}

function drawNode(node: GraphNode, box: Box): string {
  const room = box.width - 2 * padding;
  const middle = box.x + box.width / 2;
  const label = fitText(node.label, labelSize * boldness, room);
  // A cylinder's lid takes room at its top.
  const y = box.y + box.height / 2 + (node.kind === "volume" ? 3 : 0);
  const texts =
    node.detail === ""
      ? [text(middle, y + 4.5, label, ' class="label" text-anchor="middle"')]
      : [
          text(middle, y - 3, label, ' class="label" text-anchor="middle"'),
          text(middle, y + 13, fitText(node.detail, detailSize, room), ' class="detail" text-anchor="middle"'),
        ];
  const about = `<title>${xmlText(node.title)}</title>`;
  return `<g class="node ${node.kind}">${about}<path d="${outline(node.kind, box)}"/>${texts.join("")}</g>`;
}

/** What Graphviz answers, as far as it is read: points from the lower left, boxes as corners. */
interface Answer {
  readonly bb: string;
  readonly objects?: readonly { readonly name: string; readonly bb?: string; readonly pos?: string }[];
  readonly edges?: readonly { readonly id?: string; readonly pos?: string }[];
}

function numbers(list: string | undefined): readonly number[] {
  return (list ?? "").split(/[ ,]+/).filter(Boolean).map(Number);
}

function drawEdge(pos: string, { kind }: DrawnEdge, title: string, flip: (x: number, y: number) => string): string {
  const tip = /e,([-\d.e+]+),([-\d.e+]+)/.exec(pos);
  const [startX = 0, startY = 0, ...rest] = numbers(pos.replaceAll(/[es],[-\d.e+]+,[-\d.e+]+/g, ""));
  const points = [flip(startX, startY)];
  for (let index = 0; index + 1 < rest.length; index += 2) points.push(flip(rest[index] ?? 0, rest[index + 1] ?? 0));
  const hasHead = kind === "requires" || kind === "publishes" || kind === "extends";
  const end = tip === null ? "" : `L${flip(Number(tip[1]), Number(tip[2]))}`;
  const marker = hasHead ? ` marker-end="url(#head-${kind})"` : "";
  const path = `M${points[0]}C${points.slice(1).join(" ")}${hasHead ? "" : end}`;
  return `<path class="edge ${kind}" d="${path}"${marker}><title>${xmlText(title)}</title></path>`;
}

interface LegendEntry {
  readonly width: number;
  readonly draw: (x: number, y: number) => string;
}

function legendOf(graph: Graph): readonly LegendEntry[] {
  const kinds = (Object.keys(nodeKinds) as NodeKind[]).filter((kind) => graph.nodes.some((node) => node.kind === kind));
  const lines = (Object.keys(edgeKinds) as EdgeKind[]).filter((kind) => graph.edges.some((edge) => edge.kind === kind));
  const entry = (words: string, sign: (x: number, y: number) => string): LegendEntry => ({
    width: 42 + textWidth(words, detailSize) + 22,
    draw: (x, y) => `${sign(x, y)}${text(x + 42, y + 4, words, ' class="legend"')}`,
  });
  return [
    ...kinds.map((kind) =>
      entry(nodeKinds[kind], (x, y) => {
        const path = outline(kind, { x, y: y - 8, width: 34, height: 16 });
        return `<g class="node ${kind}"><path d="${kind === "folder" ? `M${n(x)} ${n(y - 5)}v-3h12l3 3h19v13h-34z` : path}"/></g>`;
      }),
    ),
    ...lines.map((kind) =>
      entry(edgeKinds[kind], (x, y) => {
        const head = kind === "network" || kind === "mount" ? "" : ` marker-end="url(#head-${kind})"`;
        return `<path class="edge ${kind}" d="M${n(x)} ${n(y)}h26"${head}/>`;
      }),
    ),
  ];
}

/** A group's frame, and its title, which stands above the lines that cross it. */
function frameOf({ title }: Group, box: Box): readonly [frame: string, title: string] {
  const label = fitText(title, detailSize * boldness, box.width - 2 * padding);
  const frame = `<rect class="frame" x="${n(box.x)}" y="${n(box.y)}" width="${n(box.width)}" height="${n(box.height)}" rx="10"/>`;
  return [frame, text(box.x + 12, box.y + 19, label, ' class="title"')];
}

function markers(): string {
  return (["requires", "publishes", "extends"] as const)
    .map(
      (kind) =>
        `<marker id="head-${kind}" viewBox="0 0 8 8" refX="0.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="head ${kind}" d="M0 0.5L8 4L0 7.5z"/></marker>`,
    )
    .join("");
}

export interface Picture {
  readonly title: string;
  readonly subtitle: string;
}

/** The picture of a graph, as the text of an SVG file. */
export async function svgOf(graph: Graph, { title, subtitle }: Picture): Promise<string> {
  const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
  const layout = layoutOf(graph, sizeOf);
  const answer = JSON.parse((await Graphviz.load()).layout(layout.dot, "json", "dot")) as Answer;
  const [, , right = 0, top = 0] = numbers(answer.bb);

  const legend = legendOf(graph);
  const titleWidth = Math.max(textWidth(title, 20) * boldness, textWidth(subtitle, labelSize));
  const content = Math.max(right, titleWidth, 420, ...legend.map((each) => each.width));
  const left = margin + (content - right) / 2;
  const flip = (x: number, y: number): string => `${n(left + x)} ${n(margin + headline + top - y)}`;
  const boxOf = (bb: string | undefined): Box => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers(bb);
    return { x: left + x1, y: margin + headline + top - y2, width: x2 - x1, height: y2 - y1 };
  };

  const positions = new Map((answer.objects ?? []).map((each) => [each.name, each]));
  const nodes = new Map(
    layout.groups.flatMap((group) => [...group.nodes, ...group.satellites]).map((node) => [node.id, node]),
  );
  const frames = layout.groups.map((group) => frameOf(group, boxOf(positions.get(group.id)?.bb)));
  const shapes = [...nodes.values()].map((node) => {
    const [x = 0, y = 0] = numbers(positions.get(layout.names.get(node.id) ?? "")?.pos);
    const size = sizeOf(node);
    return drawNode(node, { x: left + x - size.width / 2, y: margin + headline + top - y - size.height / 2, ...size });
  });
  const lines = (answer.edges ?? []).flatMap(({ id, pos }) => {
    const edge = /^e\d+$/.test(id ?? "") ? layout.edges[Number(id?.slice(1))] : undefined;
    if (edge === undefined || pos === undefined) return [];
    const tail = layout.groups.find((group) => group.id === edge.group)?.title ?? edge.from;
    return [
      drawEdge(
        pos,
        edge,
        `${tail} ${edgeKinds[edge.kind]} ${edge.to.replace(/^(?:network|volume|folder) /, "")}`,
        flip,
      ),
    ];
  });

  let [x, y] = [margin, margin + headline + top + 30];
  const signs = legend.map((each) => {
    if (x > margin && x + each.width > margin + content) [x, y] = [margin, y + 24];
    const drawn = each.draw(x, y);
    x += each.width;
    return drawn;
  });
  const [width, height] = [content + 2 * margin, y + 12 + margin];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" role="img">`,
    `<title>${xmlText(`${title}: ${subtitle}`)}</title>`,
    `<style>${style}</style>`,
    `<defs>${markers()}</defs>`,
    `<rect class="ground" width="${n(width)}" height="${n(height)}"/>`,
    text(margin, margin + 18, fitText(title, 20 * boldness, content), ' class="headline"'),
    text(margin, margin + 40, fitText(subtitle, labelSize, content), ' class="detail"'),
    ...frames.map(([frame]) => frame),
    ...lines,
    ...frames.map(([, title]) => title),
    ...shapes,
    ...signs,
    "</svg>\n",
  ].join("\n");
}
