/** `lading graph`: what is drawn, in every format; and, in a browser, whether people can read it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dotOf } from "../../src/cli/graph-dot.ts";
import { drawnEdges, groupsOf } from "../../src/cli/graph-groups.ts";
import { type Graph, type GraphNode, withoutImplied } from "../../src/cli/graph-model.ts";
import { svgOf } from "../../src/cli/graph-svg.ts";
import { lading, Scratch } from "../support.ts";

const imports =
  'import { ociContainer, ociNetwork, ociServiceType, ociVolume, operatingSystem, homeEnvironment, rootlessPodmanServiceType, service, simpleService, supervisorServiceType, unit } from "lading";\n';

/** A shop: two containers on a network, what they keep and publish, and a program. */
const shop = `${imports}
const containers = [
  ociContainer({ provision: "database", image: "docker.io/library/postgres:17", network: "back", volumes: [["data", "/d"]] }),
  ociContainer({
    provision: "web", image: "docker.io/library/nginx:1", network: "back", requirement: ["database"],
    ports: [["127.0.0.1:8080", "80"], ["53", "53/udp"]], volumes: [["data", "/d"], ["/srv", "/s"]],
  }),
];
export default homeEnvironment({ services: [
  service(ociServiceType, { networks: [ociNetwork({ name: "back", subnet: "10.9.0.0/24" })], volumes: [ociVolume({ name: "data" })], containers }),
  simpleService("own", supervisorServiceType, [unit({ provision: ["clock"], start: ["/bin/true"], requirement: ["web"] })]),
] });
`;

interface Printed {
  readonly units: readonly { readonly name: string; readonly requires: readonly string[] }[];
  readonly nodes: readonly GraphNode[];
  readonly edges: Graph["edges"];
}

describe("what is drawn", () => {
  test("as text: each unit with all that it requires", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": shop });
    expect((await lading(scratch, "graph", "host.ts")).stdout).toBe(
      [
        "database → podman-networks, podman-volumes",
        "web → database, podman-networks, podman-volumes",
        "podman-networks",
        "podman-volumes",
        "clock → web\n",
      ].join("\n"),
    );
  });

  test("as JSON: units, and networks, volumes, folders and ports with who uses them", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": shop });
    const [json, format] = await Promise.all([
      lading(scratch, "graph", "host.ts", "--json"),
      lading(scratch, "graph", "host.ts", "--format", "json"),
    ]);
    expect(format.stdout).toBe(json.stdout);
    const { units, nodes, edges } = JSON.parse(json.stdout) as Printed;
    expect(units.find(({ name }) => name === "clock")?.requires).toEqual(["web"]);
    expect(nodes.map(({ kind, label }) => `${kind} ${label}`)).toEqual(
      expect.arrayContaining([
        "container web",
        "program clock",
        "objects podman-volumes",
        "network back",
        "volume data",
        "folder /srv",
        "port 127.0.0.1:8080",
        "port port 53",
      ]),
    );
    expect(nodes.find(({ id }) => id === "network back")?.detail).toBe("10.9.0.0/24");
    expect(edges.filter(({ to }) => to === "volume data").map(({ from, kind }) => `${from} ${kind}`)).toEqual([
      "database mount",
      "web mount",
    ]);
    expect(edges).toContainEqual({ from: "port web 53:53/udp", to: "web", kind: "publishes" });
  });

  test("as services: who extends whom, and what came in by that", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": shop });
    const { stdout } = await lading(scratch, "graph", "host.ts", "--services");
    expect(stdout).toMatch(/^oci → .*\bsupervisor\b/m);
    expect(stdout).toContain("own → supervisor\n");
    expect(stdout).not.toContain("anchor");
    const { nodes } = JSON.parse((await lading(scratch, "graph", "host.ts", "--services", "--json")).stdout) as Printed;
    expect(Object.fromEntries(nodes.map(({ id, kind }) => [id, kind]))).toMatchObject({
      oci: "service",
      own: "service",
      supervisor: "implied",
    });
  });

  test("into a file, whose ending says the format, and which is not overwritten", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": shop });
    expect((await lading(scratch, "graph", "host.ts", "-o", "host.svg")).stdout).toBe("");
    expect(readFileSync(join(scratch.path, "host.svg"), "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    await lading(scratch, "graph", "host.ts", "-o", "host.dot");
    expect(readFileSync(join(scratch.path, "host.dot"), "utf8")).toMatch(
      /^digraph [\s\S]*"web" -> "database";[\s\S]*}\n$/,
    );
    const again = await lading(scratch, "graph", "host.ts", "-o", "host.svg");
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining("error file-exists:")]);
    const wrong = await lading(scratch, "graph", "host.ts", "--format", "png");
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('not "png"')]);
  });

  test("is the same each time", async () => {
    const graph = many(12);
    expect(await svgOf(graph, { title: "a", subtitle: "b" })).toBe(await svgOf(graph, { title: "a", subtitle: "b" }));
  });
});

function node(id: string, kind: GraphNode["kind"], label: string = id, detail: string = ""): GraphNode {
  return { id, kind, label, detail, title: id };
}

/** A host of so many containers, on four networks, some with ports, volumes and requirements, behind common set-up. */
function many(count: number): Graph {
  const names = Array.from({ length: count }, (_, index) => `service-${index}`);
  const at = (index: number): string => names[index] ?? "";
  return {
    nodes: [
      ...names.map((name, index) =>
        node(name, "container", name, `example/${"long-".repeat(index % 5)}image:${index}`),
      ),
      ...["networks", "volumes"].map((name) => node(name, "objects", name, "some")),
      ...[0, 1, 2, 3].map((index) => node(`network n${index}`, "network", `n${index}`)),
      ...names.flatMap((name, index) => [
        ...(index % 2 === 0 ? [node(`volume ${name}`, "volume", `data-of-${name}`)] : []),
        ...(index % 3 === 0 ? [node(`port ${name}`, "port", `127.0.0.1:${10_000 + index}`, "8080/tcp")] : []),
      ]),
      node("processes", "milestone"),
    ],
    edges: [
      ...names.flatMap((from, index): Graph["edges"] => [
        { from, to: "networks", kind: "requires" },
        { from, to: "volumes", kind: "requires" },
        { from, to: `network n${index % 4}`, kind: "network" },
        ...(index % 2 === 0 ? [{ from, to: `volume ${from}`, kind: "mount" as const }] : []),
        ...(index % 3 === 0 ? [{ from: `port ${from}`, to: from, kind: "publishes" as const }] : []),
        ...(index % 7 === 3 ? [{ from, to: at(index - 3), kind: "requires" as const }] : []),
      ]),
      { from: "networks", to: "processes", kind: "requires" },
      { from: "volumes", to: "processes", kind: "requires" },
    ],
  };
}

const hostile = [
  '</text></svg><script>document.title = "ran"</script>',
  '"] ; x [label="injected',
  "\\N \\G & &amp; 'q' <b>",
  "]]><!--",
  "one\ntwo\u202ethree\u0007four\ud800five",
  "数据库服务数据库服务数据库服务数据库服务数据库",
  "🐘".repeat(30),
  "W".repeat(200),
  "",
];

/** Names that would end strings, elements or comments, or are long, wide or not to be seen. */
const hostileGraph: Graph = {
  nodes: hostile.flatMap((text, index) => [
    { id: text, kind: "container", label: text, detail: text, title: text },
    node(`volume ${index}${text}`, "volume", text),
  ]),
  edges: hostile.flatMap((text, index): Graph["edges"] => [
    { from: text, to: `volume ${index}${text}`, kind: "mount" },
    { from: text, to: hostile[(index + 1) % 4] ?? "", kind: "requires" },
  ]),
};

describe("lines", () => {
  test("that follow from others are left out, and what they say still holds", () => {
    const edges = [
      ["web", "db"],
      ["web", "net"],
      ["db", "net"],
      ["net", "base"],
      ["web", "base"],
    ].map(([from = "", to = ""]) => ({ from, to, kind: "requires" as const }));
    const kept = withoutImplied({ nodes: [], edges }).edges.map(({ from, to }) => `${from} ${to}`);
    expect(kept).toEqual(["web db", "db net", "net base"]);
  });

  test("that all of a frame have are one line, and no others are", () => {
    const graph = withoutImplied(many(40));
    const drawn = drawnEdges(graph, groupsOf(graph));
    // Four frames, by network; each has one line to its network and to both of the set-up.
    expect(drawn.filter(({ group }) => group !== undefined)).toHaveLength(12);
    expect(drawn.filter(({ group, kind }) => group === undefined && kind === "network")).toEqual([]);
    const own = graph.edges.filter(({ to }) => to.startsWith("service-")).length;
    expect(drawn.filter(({ to }) => to.startsWith("service-"))).toHaveLength(own);
  });

  test("of units in a circle are drawn as well", async () => {
    const edges = ["ab", "bc", "ca"].map(([from = "", to = ""]) => ({ from, to, kind: "requires" as const }));
    const graph: Graph = { nodes: ["a", "b", "c"].map((id) => node(id, "program")), edges };
    expect(await svgOf(graph, { title: "", subtitle: "" })).toContain("<title>a requires b</title>");
  });
});

describe("names of others", () => {
  test("stand in DOT as strings that Graphviz reads back", async () => {
    const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
    const answer = JSON.parse((await Graphviz.load()).layout(dotOf(hostileGraph), "json", "dot")) as {
      objects: { name: string }[];
      edges: unknown[];
    };
    const nodes = answer.objects.filter(({ name }) => !name.startsWith("cluster_"));
    expect(nodes.length).toBe(hostileGraph.nodes.length);
    expect(answer.objects.some(({ name }) => name === "x")).toBe(false);
    expect(answer.edges).toHaveLength(hostileGraph.edges.length);
  });
});

const program = "/usr/bin/chromium";
const isThere = existsSync(program);
if (!isThere) console.log(`skipped: graphs in a browser: there is no ${program}`);

describe.runIf(isThere)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
    browser = await chromium.launch({ executablePath: program, args });
  });
  afterAll(() => browser.close());

  const scenes: readonly (readonly [name: string, graph: Graph])[] = [
    ["a small host", many(5)],
    ["a host of 200 containers", many(200)],
    ["names of every kind", hostileGraph],
    ["nothing", { nodes: [], edges: [] }],
    [
      "services",
      {
        nodes: [
          node("oci", "service", "oci", "Containers, networks and volumes."),
          node("etc", "implied", "etc", "Files."),
        ],
        edges: [{ from: "oci", to: "etc", kind: "extends" }],
      },
    ],
  ];
  for (const [name, graph] of scenes) {
    for (const colorScheme of ["light", "dark"] as const) {
      test(`${name}: texts are readable, apart, and inside, in ${colorScheme} colours`, async () => {
        const page = await browser.newPage({ colorScheme });
        const svg = await svgOf(graph, { title: name, subtitle: "what is drawn here" });
        // As an own document it must be well-formed; in a page its texts can be measured with the page's tools.
        await page.setContent(`<!doctype html><body style="margin:0">${svg}</body>`);
        const isXml = await page.evaluate(
          (text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror") === null,
          svg,
        );
        expect(isXml).toBe(true);
        const found = await page.evaluate(look);
        expect(found.texts).toBeGreaterThanOrEqual(2 + graph.nodes.filter(({ label }) => label !== "").length);
        expect(found.outside).toEqual([]);
        expect(found.overlapping).toEqual([]);
        expect(found.beyondShape).toEqual([]);
        expect(found.faint).toEqual([]);
        expect(found.isDark).toBe(colorScheme === "dark");
        expect(await page.title()).not.toBe("ran");
        expect(await page.evaluate(() => document.querySelectorAll("script, b").length)).toBe(0);
        await page.close();
      });
    }
  }
});

/** Runs in the page: what is wrong with the picture's texts. */
function look(): {
  texts: number;
  outside: string[];
  overlapping: string[];
  beyondShape: string[];
  faint: string[];
  isDark: boolean;
} {
  const svg = document.querySelector("svg") as SVGSVGElement;
  const picture = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter((each) => each.textContent !== "");
  const boxes = texts.map((each) => ({ words: each.textContent ?? "", box: each.getBoundingClientRect() }));
  const isIn = (inner: DOMRect, outer: DOMRect): boolean =>
    inner.left >= outer.left - 0.5 &&
    inner.right <= outer.right + 0.5 &&
    inner.top >= outer.top - 0.5 &&
    inner.bottom <= outer.bottom + 0.5;
  // A line of text is taller than its letters: two pixels of its box are air, above and below.
  const meet = (a: DOMRect, b: DOMRect): boolean =>
    a.left < b.right && b.left < a.right && a.top + 2 < b.bottom - 2 && b.top + 2 < a.bottom - 2;
  const light = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [low = 0, high = 0] = [light(a), light(b)].sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = getComputedStyle(svg.querySelector(".ground") as Element).fill;
  return {
    texts: texts.length,
    outside: boxes.filter(({ box }) => !isIn(box, picture)).map(({ words }) => words),
    overlapping: boxes.flatMap(({ words, box }, index) =>
      boxes.slice(index + 1).flatMap((other) => (meet(box, other.box) ? [`${words} / ${other.words}`] : [])),
    ),
    beyondShape: texts.flatMap((each) => {
      const shape = each.parentElement?.querySelector(":scope > path");
      const isNode = each.parentElement?.classList.contains("node") === true;
      return isNode && shape && !isIn(each.getBoundingClientRect(), shape.getBoundingClientRect())
        ? [each.textContent ?? ""]
        : [];
    }),
    faint: texts.flatMap((each) => {
      const node = each.closest(".node");
      const isTitle = each.classList.contains("title");
      const behind = getComputedStyle(
        node?.querySelector("path") ?? svg.querySelector(isTitle ? ".frame" : ".ground") ?? svg,
      );
      return contrast(getComputedStyle(each).fill, behind.fill) < 4.5 ? [each.textContent ?? ""] : [];
    }),
    isDark: light(ground) < 0.5,
  };
}
