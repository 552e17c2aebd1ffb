/** What a graph shows, as data: units with what they require and are attached to, or services with what they extend. Pure. */
import { optionValues } from "../engine/index.ts";
import type { ServiceSummary } from "../service/index.ts";
import type { UnitSpec } from "../supervisor/index.ts";
import type { SystemSpec } from "../system/index.ts";

/** Kinds of nodes, in the order of the legend. */
export const nodeKinds = {
  port: "published port",
  container: "container",
  program: "program",
  task: "program that does its work and ends",
  objects: "makes networks or volumes",
  milestone: "gathers what it requires",
  network: "network",
  volume: "volume",
  folder: "folder of the host",
  service: "declared service",
  implied: "service that others brought in",
} as const;

export type NodeKind = keyof typeof nodeKinds;

export const edgeKinds = {
  requires: "requires",
  publishes: "is published by",
  network: "is on the network",
  mount: "mounts",
  extends: "extends",
} as const;

export type EdgeKind = keyof typeof edgeKinds;

export interface GraphNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly label: string;
  /** A second, smaller line. */
  readonly detail: string;
  /** What shows under the pointer. */
  readonly title: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The names of the units that a unit requires; what nobody provides keeps its name. */
export function requirementsOf(unit: UnitSpec, units: readonly UnitSpec[]): readonly string[] {
  return [
    ...new Set(unit.requirement.map((name) => units.find((each) => each.provision.includes(name))?.name ?? name)),
  ];
}

function kindOf({ start, oneShot }: UnitSpec): NodeKind {
  switch (start.kind) {
    case "none":
      return "milestone";
    case "program":
      return oneShot ? "task" : "program";
    default:
      return start.kind;
  }
}

function detailOf({ name, start }: UnitSpec): string {
  if (start.kind === "container") return start.container.image.replace(/^docker\.io\/(?:library\/)?/, "");
  if (start.kind === "program") {
    const program =
      start.argv[0]
        ?.split("/")
        .at(-1)
        ?.replace(/^[a-z0-9]{32}-/, "") ?? "";
    return program === name ? "" : program;
  }
  if (start.kind === "objects")
    return start.items.length === 1 ? `1 ${start.object}` : `${start.items.length} ${start.object}s`;
  return "";
}

function titleOf(unit: UnitSpec): string {
  const { start } = unit;
  const lines = [unit.provision.join(", "), unit.documentation];
  if (start.kind === "container") {
    lines.push(`image ${start.container.image}`);
    for (const secret of start.secrets ?? []) lines.push(`secret ${secret.name}`);
  }
  if (unit.user !== null) lines.push(`user ${unit.user}`);
  if (unit.requirement.length > 0) lines.push(`requires ${unit.requirement.join(", ")}`);
  return lines.filter((line) => line !== "").join("\n");
}

/** Modes of the engine that are no networks. */
const modes = /^(?:host|none|private|bridge|default|pasta|slirp4netns|container:.*|ns:.*|)$/;

interface Attachment {
  readonly node: GraphNode;
  readonly edge: GraphEdge;
}

function publishedPort(unit: UnitSpec, value: string): Attachment {
  const [ports = "", protocol = "tcp"] = value.split("/");
  const cut = ports.lastIndexOf(":");
  const host = cut === -1 ? "" : ports.slice(0, cut).replace(/:$/, "");
  const id = `port ${unit.name} ${value}`;
  const label = host === "" ? "any port" : /^\d/.test(host) && !host.includes(".") ? `port ${host}` : host;
  const detail = `${ports.slice(cut + 1)}/${protocol} of ${unit.name}`;
  const node: GraphNode = { id, kind: "port", label, detail, title: `${value}\npublished by ${unit.name}` };
  return { node, edge: { from: id, to: unit.name, kind: "publishes" } };
}

function attachments(unit: UnitSpec): readonly Attachment[] {
  const { start } = unit;
  if (start.kind !== "container") return [];
  const { options } = start.container;
  const joined = [
    ...optionValues(options, "--network").filter((value) => !modes.test(value)),
    ...(start.connect ?? []).map((argv) => argv.at(-1) ?? ""),
  ].map((value) => value.split(":", 1)[0] ?? value);
  const networks = [...new Set(joined)]
    .filter((name) => !modes.test(name))
    .map((name): Attachment => {
      const id = `network ${name}`;
      const node: GraphNode = { id, kind: "network", label: name, detail: "", title: id };
      return { node, edge: { from: unit.name, to: id, kind: "network" } };
    });
  const mounts = optionValues(options, "-v").flatMap((value): readonly Attachment[] => {
    const [source = "", target] = value.split(":");
    if (target === undefined) return [];
    const kind = source.startsWith("/") ? "folder" : "volume";
    const id = `${kind} ${source}`;
    const node: GraphNode = { id, kind, label: source, detail: "", title: id };
    return [{ node, edge: { from: unit.name, to: id, kind: "mount" } }];
  });
  return [...optionValues(options, "-p").map((value) => publishedPort(unit, value)), ...networks, ...mounts];
}

/** The units of a system, their requirements, and the networks, volumes, folders and ports that containers use. */
export function unitGraph({ units, objects }: Pick<SystemSpec, "units" | "objects">): Graph {
  const attached = units.flatMap(attachments);
  const declared = objects.map(({ object, name, fields }): GraphNode => {
    const facts = [fields.subnet, fields.internal === true ? "internal" : undefined].filter(
      (each) => each !== undefined,
    );
    const id = `${object} ${name}`;
    return { id, kind: object, label: name, detail: facts.join(", "), title: [id, ...facts].join("\n") };
  });
  const nodes = new Map<string, GraphNode>();
  for (const node of [...attached.map(({ node }) => node), ...declared]) nodes.set(node.id, node);
  const own = units.map((unit): GraphNode => {
    return { id: unit.name, kind: kindOf(unit), label: unit.name, detail: detailOf(unit), title: titleOf(unit) };
  });
  const requirements = units.flatMap((unit) =>
    requirementsOf(unit, units).map((to): GraphEdge => ({ from: unit.name, to, kind: "requires" })),
  );
  const edges = new Map<string, GraphEdge>();
  for (const edge of [...requirements, ...attached.map((each) => each.edge)])
    edges.set(JSON.stringify([edge.from, edge.to, edge.kind]), edge);
  return { nodes: [...own, ...nodes.values()], edges: [...edges.values()] };
}

/** The services of a declaration and which others they extend. */
export function serviceGraph(services: readonly ServiceSummary[]): Graph {
  return {
    nodes: services.map(({ id, description, isListed }) => {
      const kind = isListed ? "service" : "implied";
      return { id, kind, label: id, detail: description, title: `${id}\n${description}\n${nodeKinds[kind]}` };
    }),
    edges: services.flatMap((service) =>
      service.extends.map((to): GraphEdge => ({ from: service.id, to, kind: "extends" })),
    ),
  };
}

/** What is required from a node on, directly or not. */
export function reachFrom(edges: readonly GraphEdge[]): (id: string) => ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const { from, to, kind } of edges) if (kind === "requires") next.set(from, [...(next.get(from) ?? []), to]);
  const known = new Map<string, ReadonlySet<string>>();
  return (id) => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const found = new Set<string>();
    const open = [...(next.get(id) ?? [])];
    for (let to = open.pop(); to !== undefined; to = open.pop()) {
      if (found.has(to)) continue;
      found.add(to);
      open.push(...(next.get(to) ?? []));
    }
    known.set(id, found);
    return found;
  };
}

/** The graph without the requirements that follow from others: what is left says as much with fewer lines. */
export function withoutImplied({ nodes, edges }: Graph): Graph {
  const reach = reachFrom(edges);
  const next = new Map<string, GraphEdge[]>();
  for (const edge of edges) if (edge.kind === "requires") next.set(edge.from, [...(next.get(edge.from) ?? []), edge]);
  const isImplied = ({ from, to, kind }: GraphEdge): boolean =>
    kind === "requires" && (next.get(from) ?? []).some((other) => other.to !== to && reach(other.to).has(to));
  return { nodes, edges: edges.filter((edge) => !isImplied(edge)) };
}
