/**
 * How a graph is put together for drawing: nodes of a kind in one frame, containers that are on the same networks in one
 * of their own, what only one unit uses beside that unit; and one line from a frame where all in it would have the same. Pure.
 */
import { type EdgeKind, type Graph, type GraphEdge, type GraphNode, type NodeKind, reachFrom } from "./graph-model.ts";

export interface Group {
  readonly id: string;
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  /** Ports, volumes and folders that one of the nodes alone uses. */
  readonly satellites: readonly GraphNode[];
}

/** An edge as it is drawn: from a node or, where `group` is set, from the frame that the node is in. */
export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  readonly group?: string;
}

const titles: Readonly<Record<NodeKind, string>> = {
  port: "Published ports",
  container: "Containers",
  program: "Programs",
  task: "Tasks",
  objects: "Set-up",
  milestone: "Milestones",
  network: "Networks",
  volume: "Volumes",
  folder: "Folders",
  service: "Declared",
  implied: "Brought in",
};

/** A frame draws one line for all in it from this many nodes on. */
const manyAlike = 3;

/** The other end of an attachment that nothing else has, by its id. */
function satellitesOf({ nodes, edges }: Graph): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const node of nodes) {
    if (!["port", "volume", "folder"].includes(node.kind)) continue;
    const users = edges.flatMap(({ from, to }) => (from === node.id ? [to] : to === node.id ? [from] : []));
    const [only] = users;
    if (users.length === 1 && only !== undefined) owners.set(node.id, only);
  }
  return owners;
}

export function groupsOf(graph: Graph): readonly Group[] {
  const owners = satellitesOf(graph);
  const networks = (id: string): string =>
    graph.edges
      .filter(({ from, kind }) => kind === "network" && from === id)
      .map(({ to }) => to.replace(/^network /, ""))
      .sort()
      .join(", ");
  const several =
    new Set(graph.nodes.filter(({ kind }) => kind === "container").map(({ id }) => networks(id))).size > 1;
  const members = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    if (owners.has(node.id)) continue;
    const on = several && node.kind === "container" ? networks(node.id) : "";
    const title = on === "" ? titles[node.kind] : `${titles[node.kind]} on ${on}`;
    members.set(title, [...(members.get(title) ?? []), node]);
  }
  return [...members].map(([title, nodes], index) => {
    const ids = new Set(nodes.map(({ id }) => id));
    const satellites = graph.nodes.filter(({ id }) => ids.has(owners.get(id) ?? ""));
    return { id: `cluster_${index}`, title, nodes, satellites };
  });
}

/** The edges, with those that all of a group have drawn once. */
export function drawnEdges({ edges }: Graph, groups: readonly Group[]): readonly DrawnEdge[] {
  const required = reachFrom(edges);
  const collapsed = new Set<GraphEdge>();
  const drawn: DrawnEdge[] = [];
  for (const { id, nodes } of groups) {
    if (nodes.length < manyAlike) continue;
    const ids = new Set(nodes.map((node) => node.id));
    const leaving = edges.filter(({ from, to }) => ids.has(from) && !ids.has(to));
    for (const { to, kind } of leaving) {
      const same = leaving.filter((edge) => edge.to === to && edge.kind === kind && !collapsed.has(edge));
      // Some may require it through others: their own line was left out.
      const isShared = nodes.every(
        (node) => same.some(({ from }) => from === node.id) || (kind === "requires" && required(node.id).has(to)),
      );
      if (same.length < manyAlike || !isShared) continue;
      for (const edge of same) collapsed.add(edge);
      drawn.push({ from: same[Math.floor(same.length / 2)]?.from ?? "", to, kind, group: id });
    }
  }
  return [...drawn, ...edges.filter((edge) => !collapsed.has(edge))];
}
