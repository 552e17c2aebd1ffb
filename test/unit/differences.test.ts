/** What a plan says of a change: field by field, line by line, file by file, and of a secret only that it changed. */
import { describe, expect, test } from "vitest";
import { containerOptions } from "../../src/engine/index.ts";
import { type OciContainerInput, ociContainer } from "../../src/services/index.ts";
import type { ItemName } from "../../src/store/index.ts";
import type { UnitSpec } from "../../src/supervisor/index.ts";
import { imageDifferences, unitDifferences } from "../../src/system/differences.ts";
import { lineChanges } from "../../src/system/line-changes.ts";
import { enginesOf } from "../../src/system/observe.ts";
import { plan } from "../../src/system/plan.ts";
import { emptySystem } from "../../src/system/spec.ts";
import { noLookups, observedNothing } from "../observed.ts";

const cli = { engine: "podman", cli: "podman", extraArguments: [], verbose: false } as const;

function unitOf(input: Partial<OciContainerInput>, hostEnvironment: readonly string[] = []): UnitSpec {
  const container = ociContainer({ image: "localhost/x:1", ...input });
  const strings = (pairs: readonly unknown[]): readonly string[] => pairs.map(String);
  const fields = {
    ...{ entrypoint: container.entrypoint, network: container.network, containerUser: container.containerUser },
    ...{ workdir: container.workdir, environment: strings(container.environment), ports: strings(container.ports) },
    volumes: strings(container.volumes),
  };
  const further = {
    ...container,
    ...Object.fromEntries(
      [
        "ulimits",
        "sysctls",
        "tmpfs",
        "hosts",
        "labels",
        "annotations",
        "logOptions",
        "securityOptions",
        "mounts",
        "environmentFiles",
      ].map((name) => [name, []]),
    ),
  };
  const options = containerOptions("podman", fields, further as never);
  return {
    ...{
      name: "web",
      provision: ["web"],
      requirement: container.requirement,
      restartWith: [],
      documentation: "",
      oneShot: false,
    },
    ...{
      respawn: container.respawn,
      respawnLimit: 5,
      respawnDelay: 100,
      stopGrace: container.stopGrace,
      autoStart: true,
    },
    ...{ logFile: null, user: null, group: null, actions: [], digest: "" },
    start: {
      kind: "container",
      cli,
      container: {
        engine: "podman",
        name: "web",
        image: "localhost/x:1",
        options,
        extraArguments: [],
        command: container.command,
      },
      imageId: null,
      hostEnvironment,
    },
  };
}

describe("a container that changes", () => {
  test.each<
    readonly [
      what: string,
      before: Partial<OciContainerInput>,
      after: Partial<OciContainerInput>,
      lines: readonly string[],
    ]
  >([
    [
      "a variable",
      { environment: { A: "1", B: "2" } },
      { environment: { A: "2", B: "2" } },
      ["environment: − A=1", "environment: + A=2"],
    ],
    ["a port", { ports: ["80:80"] }, { ports: ["81:80"] }, ["ports: − 80:80", "ports: + 81:80"]],
    ["a mount", {}, { volumes: ["data:/data"] }, ["volumes: + data:/data"]],
    ["a limit", { memory: "64m" }, { memory: "128m" }, ["memory: − 64m", "memory: + 128m"]],
    [
      "the order of what is alike",
      { dns: ["10.0.0.1", "10.0.0.2"] },
      { dns: ["10.0.0.2", "10.0.0.1"] },
      ["dns: another order"],
    ],
    [
      "how it is supervised",
      { respawn: true, stopGrace: 5 },
      { respawn: "on-failure", stopGrace: 9 },
      ["respawn: true → on-failure", "stopGrace: 5 → 9"],
    ],
    ["what it requires", {}, { requirement: ["db"] }, ["requirement: + db"]],
    ["its arguments", { command: ["a"] }, { command: ["b"] }, ["command: − a", "command: + b"]],
    ["nothing", { memory: "64m" }, { memory: "64m" }, []],
  ])("%s", (_, before, after, lines) => {
    expect(unitDifferences(unitOf(before), unitOf(after))).toEqual(lines);
  });

  describe("the networks and volumes that it uses", () => {
    const unit = (
      options: readonly string[],
      uses?: Readonly<Record<string, string>>,
      connect?: readonly (readonly string[])[],
    ): UnitSpec => {
      const { start, ...rest } = unitOf({});
      if (start.kind !== "container") throw new Error("no container");
      const container = { ...start.container, options };
      return {
        ...rest,
        start: { ...start, container, ...(uses && { uses }), ...(connect && { connect }) },
      };
    };
    const front = { "network front": "a" };
    const data = { "volume data": "a" };
    const back = ["--alias", "db", "back"];

    test.each<readonly [what: string, before: UnitSpec, after: UnitSpec, lines: readonly string[]]>([
      [
        "a network that it joins",
        unit(["--network", "front"], front),
        unit(["--network", "front", "--network", "back:alias=db"], { ...front, "network back": "b" }),
        ["network: + back:alias=db", "network back: joined"],
      ],
      [
        "a network that it leaves",
        unit(["--network", "front"], front),
        unit([]),
        ["network: − front", "network front: left"],
      ],
      [
        "a network that Docker joins it to later",
        unit(["--network", "front"], front, []),
        unit(["--network", "front"], { ...front, "network back": "b" }, [back]),
        ["networks: + --alias,db,back", "network back: joined"],
      ],
      [
        "a network of another make",
        unit(["--network", "front"], front),
        unit(["--network", "front"], { "network front": "b" }),
        ["network front: declared otherwise"],
      ],
      [
        "a network that it had joined before it was declared",
        unit(["--network", "front"]),
        unit(["--network", "front"], front),
        ["network front: declared otherwise"],
      ],
      [
        "a volume that it mounts",
        unit([]),
        unit(["-v", "data:/data:ro"], data),
        ["volumes: + data:/data:ro", "volume data: mounted"],
      ],
      [
        "a volume that it mounts no more",
        unit(["-v", "data:/data"], data),
        unit([]),
        ["volumes: − data:/data", "volume data: mounted no more"],
      ],
      [
        "a volume of another make",
        unit(["-v", "data:/data"]),
        unit(["-v", "data:/data"], data),
        ["volume data: declared otherwise"],
      ],
    ])("%s", (_, before, after, lines) => {
      expect(unitDifferences(before, after)).toEqual(lines);
    });
  });

  test("a program: its words, its environment, and how it is run and ended", () => {
    const program = (more: object): UnitSpec => ({
      ...unitOf({}),
      start: {
        ...{ kind: "program", argv: ["/bin/serve", "--port", "80"], environment: ["A=1", "B=2"], directory: "/" },
        ...more,
      },
    });
    const health = { interval: 1000, timeout: 1000, startPeriod: 0, retries: 3, onFailure: "none", argv: ["true"] };
    const after = {
      ...{ argv: ["/bin/serve", "--port", "8 0"], environment: ["A=1", "B=3"], directory: "/srv", umask: 0o27 },
      ...{ limits: ["nofile=10"], groups: ["audio", "video"], stopSignal: "SIGINT", health },
    };
    const lines = unitDifferences(program({}), program(after));
    expect(lines.slice(1)).toEqual([
      "start: /bin/serve --port 80 → /bin/serve --port '8 0'",
      "environment: − B=2",
      "environment: + B=3",
      "directory: / → /srv",
      "supplementaryGroups: unset → audio,video",
      "umask: unset → 27",
      "limits: + nofile=10",
      "stopSignal: unset → SIGINT",
    ]);
    expect(lines[0]).toMatch(/^health: /);
    expect(unitDifferences(program(after), program(after))).toEqual([]);
  });

  test("values from the host's environment are told of, and never shown", () => {
    const lines = unitDifferences(unitOf({}, ["TOKEN=hunter2", "OLD=x"]), unitOf({}, ["TOKEN=hunter3", "NEW=y"]));
    expect(lines).toEqual([
      "hostEnvironment: TOKEN changed",
      "hostEnvironment: NEW changed",
      "hostEnvironment: OLD removed",
    ]);
  });
});

describe("an image that changes", () => {
  const layer = (about: string, diffId: string, item: string) => ({
    about,
    diffId: `sha256:${diffId.repeat(64)}`,
    digest: "",
    size: 1,
    item: item as ItemName,
  });
  const image = (...layers: readonly object[]) =>
    ({ reference: "x", id: "sha256:0", manifest: "sha256:0", layers }) as never;
  const files = new Map([
    [
      "one",
      new Map([
        ["/a", "1"],
        ["/b", "1"],
      ]),
    ],
    [
      "two",
      new Map([
        ["/a", "2"],
        ["/c", "1"],
      ]),
    ],
    ["many", new Map(Array.from({ length: 30 }, (_, index) => [`/f${index}`, "1"] as const))],
  ]);
  const filesIn = (item: string) => files.get(item);

  test("layer by layer, and file by file", () => {
    expect(imageDifferences(image(layer("site", "a", "one")), image(layer("site", "b", "two")), filesIn)).toEqual([
      "layer site: aaaaaaaaaaaa → bbbbbbbbbbbb",
      "  ~ /a",
      "  − /b",
      "  + /c",
    ]);
  });

  test("many files are counted after the first, and what is not known is not made up", () => {
    const many = imageDifferences(image(layer("site", "a", "one")), image(layer("site", "b", "many")), filesIn);
    expect(many).toHaveLength(14);
    expect(many.at(-1)).toBe("  and 20 more");
    expect(imageDifferences(image(layer("site", "a", "gone")), image(layer("site", "b", "two")), filesIn)).toHaveLength(
      1,
    );
  });
});

describe("a file that changes", () => {
  test("the lines that go and come, with their numbers", () => {
    expect(lineChanges("one\ntwo\nthree\n", "one\n2\nthree\nfour\n")).toEqual([
      "line 2 − two",
      "line 2 + 2",
      "line 4 + four",
    ]);
  });

  test("nothing for what is no text, and no more than a screen of a long one", () => {
    expect(lineChanges(null, "x")).toEqual([]);
    expect(lineChanges("a\0b", "x\0y")).toEqual([]);
    const long = Array.from({ length: 100 }, (_, index) => `${index}\n`).join("");
    expect(lineChanges(long, "")).toHaveLength(21);
  });
});

describe("engines", () => {
  const none = { driver: "bridge", options: {}, subnets: [], internal: false, ipv6: false };
  const ours = { ...none, name: "net", labels: { "dev.lading.owner": "me" } };
  const docker = { ...cli, engine: "docker", cli: "docker" } as const;
  const fields = { labels: [], extraArguments: [] };
  const declared = { object: "network", name: "net", fields, digest: "", user: null, cli: docker } as const;

  test("a network that another engine declares by the same name is removed from the one that does no more", () => {
    const engine = { user: null, containers: [], volumes: [], images: {} };
    const engines = [
      { ...engine, cli, networks: [ours] },
      { ...engine, cli: docker, networks: [ours] },
    ];
    const { steps } = plan({ ...observedNothing, engines }, { ...emptySystem, objects: [declared] }, noLookups);
    const removed = steps.flatMap(({ deed }) => (deed.kind === "object-remove" ? [deed.cli.engine] : []));
    expect(removed).toEqual(["podman"]);
  });

  test("one whose commands are told more of is the same engine, and asked once", () => {
    const louder = { ...declared, cli: { ...docker, verbose: true } };
    const systems = [declared, louder].map((each) => ({ ...emptySystem, objects: [each] }));
    expect(enginesOf(...systems)).toHaveLength(1);
    expect(enginesOf({ ...emptySystem, objects: [declared, { ...declared, cli }] })).toHaveLength(2);
  });
});
