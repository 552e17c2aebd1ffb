/** Rules that ask the host, on hosts that this one is not; and what check prints for other programs. */
import { describe, expect, test } from "vitest";
import { ociContainer, ociNetwork, ociServiceType } from "../../src/index.ts";
import { service } from "../../src/service/index.ts";
import { checkedSystem, compileSystem, homeEnvironment, hostRules } from "../../src/system/index.ts";
import { type HostView, parseRoutes } from "../../src/system/rules/host-view.ts";
import { lading, Scratch } from "../support.ts";

const host: HostView = {
  ...{ sources: {}, addresses: ["127.0.0.1", "::1", "192.0.2.10"], routes: [], isRoot: false },
  ...{ portStart: 1024, cgroups: "v2", podman: "4.3.1" },
};

type Fields = Omit<Parameters<typeof ociContainer>[0], "image">;

/** The codes and messages that host rules give for one container and its networks. */
function found(
  fields: Fields,
  view: Partial<HostView> = {},
  networks: readonly Parameters<typeof ociNetwork>[0][] = [],
): readonly string[] {
  const containers = [
    ociContainer({ provision: "web", image: `docker.io/library/x@sha256:${"1".repeat(64)}`, ...fields }),
  ];
  const declared = homeEnvironment({
    services: [service(ociServiceType, { containers, networks: networks.map((each) => ociNetwork(each)) })],
  });
  const { spec } = compileSystem(declared, { storeDir: "/store", owner: "me", lock: undefined });
  return hostRules.flatMap(({ code, check }) =>
    check(checkedSystem(spec), { ...host, ...view }).map(({ message }) => `${code}: ${message}`),
  );
}

describe("ports below those that users may have", () => {
  const ports: Fields = { ports: ["80:80"] };

  test("are told to a plain user, with the number that the kernel gives", () => {
    expect(found(ports)).toEqual(['port-privileged: "web" publishes port 80, but users may have those from 1024 on']);
  });

  test("are nothing to root, nor where the kernel gives them to all, nor where it does not say", () => {
    expect([{ isRoot: true }, { portStart: 80 }, { portStart: null }].flatMap((view) => found(ports, view))).toEqual(
      [],
    );
  });
});

describe("limits", () => {
  test("that do not hold without control groups of version 2 are told", () => {
    expect(found({ memory: "64m", cpus: 1 }, { cgroups: "hybrid" })).toEqual([
      expect.stringContaining('limit-not-enforced: "web" has limits (memory, cpus) that do not hold here'),
    ]);
    expect(found({ memory: "64m", cpus: 1 })).toEqual([]);
    expect(found({}, { cgroups: "none" })).toEqual([]);
  });
});

describe("what came with a later Podman", () => {
  test.each<readonly [fields: Fields, version: string, since: string]>([
    [{ network: "pasta:--map-gw" }, "4.3.1", "4.4"],
    [{ userNamespace: "keep-id:uid=5" }, "4.2.0", "4.3"],
    [{ mounts: ["type=image,source=x,target=/x,subpath=/etc"] }, "4.9.5", "5.3"],
    [{ mounts: ["type=artifact,source=x,target=/x"] }, "5.3.9", "5.4"],
  ])("%j is told on %s, and not on the version that has it", (fields, version, since) => {
    expect(found(fields, { podman: version })).toEqual([
      expect.stringMatching(`^needs-newer-engine: .*which Podman has from ${since} on`),
    ]);
    expect(found(fields, { podman: `${since}.0` })).toEqual([]);
    expect(found(fields, { podman: null })).toEqual([]);
  });
});

describe("addresses and routes of the host", () => {
  test("an address that is not the host's is told; its own, loopback's and all are not", () => {
    expect(found({ ports: ["192.0.2.11:8080:80"] })).toEqual([expect.stringContaining("no address 192.0.2.11")]);
    expect(found({ ports: ["192.0.2.10:8080:80", "127.0.0.9:8081:80", "8082:80", "0.0.0.0:8083:80"] })).toEqual([]);
  });

  test("a subnet that the host reaches elsewhere is told, but not one that an engine's own bridge has", () => {
    const table =
      "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n" +
      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n" +
      "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n" +
      "podman1\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\n";
    const routes = parseRoutes(table);
    expect(routes).toEqual([
      { subnet: "192.168.1.0/24", device: "eth0" },
      { subnet: "10.213.0.0/16", device: "podman1" },
    ]);
    expect(found({}, { routes }, [{ name: "n", subnet: "192.168.0.0/16" }])).toEqual([
      'subnet-overlap: network "n": its subnet 192.168.0.0/16 overlaps 192.168.1.0/24, which this host reaches through eth0',
    ]);
    expect(found({}, { routes }, [{ name: "n", subnet: "10.213.4.0/24" }])).toEqual([]);
  });
});

const declaration = (
  comment: string,
  image = "docker.io/library/nginx:1.27",
): string => `import { homeEnvironment, ociContainer, ociServiceType, service } from "lading";
export default homeEnvironment({
  services: [
    service(ociServiceType, {
      containers: [
        ${comment}
        ociContainer({ provision: "web", image: "${image}", network: "backend" }),
      ],
    }),
  ],
});
`;

async function check(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  using scratch = new Scratch();
  scratch.write(files);
  const { status, stdout, stderr } = await lading(scratch, "check", "host.ts", ...args);
  return {
    status,
    stdout: stdout.replaceAll(scratch.path, "SCRATCH"),
    stderr: stderr.replaceAll(scratch.path, "SCRATCH"),
  };
}

describe("a suppression", () => {
  test("takes one finding away, at its place and with its reason, and says how many there are", async () => {
    const comments =
      "// lading-ignore image-unpinned: rebuilt weekly\n        // lading-ignore object-undeclared: made by the site's network team";
    const { status, stdout, stderr } = await check({ "host.ts": declaration(comments) }, "--strict");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("; 2 suppressed");
  });

  test("works at the end of the line as well, and not for what the engine could never run", async () => {
    const source = declaration("").replace(
      /network: "backend" \}\),/,
      'network: "host", ports: ["80"] }), // lading-ignore image-unpinned: rebuilt weekly',
    );
    const refused = await check({ "host.ts": source.replace("image-unpinned", "fields-contradict") });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("error fields-contradict")]);
    const { status, stderr } = await check({ "host.ts": source.replace(', ports: ["80"]', "") });
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("works with Windows' line ends, and text in strings and templates is none", async () => {
    const source = declaration("// lading-ignore image-unpinned: rebuilt weekly").replace(', network: "backend"', "");
    expect(await check({ "host.ts": source.replaceAll("\n", "\r\n") })).toMatchObject({ status: 0, stderr: "" });
    const text = 'const a = "https://lading-ignore.example/x", b = `\n// lading-ignore nothing\n`;\n';
    expect(await check({ "host.ts": `${text}${source}export { a, b };\n` })).toMatchObject({ status: 0, stderr: "" });
  });

  test("a rule of the declaration's own cannot change what it looks at", async () => {
    const source = declaration("")
      .replace(', network: "backend"', "")
      .replace("{ homeEnvironment", "{ ownRule, homeEnvironment")
      .replace(
        "({\n  services",
        '({\n  rules: [ownRule({ name: "eager", check: (system) => { (system.units as unknown[]).length = 0; return []; } })],\n  services',
      );
    expect((await check({ "host.ts": source })).stdout).toContain("1 unit, 1 of them containers");
  });

  test("works in a file that the declaration imports", async () => {
    const web = `import { ociContainer } from "lading";
// lading-ignore image-unpinned: rebuilt weekly
export const web = ociContainer({ image: "docker.io/library/nginx:1.27" });
`;
    const source = `import { homeEnvironment, ociServiceType, service } from "lading";
import { web } from "./web.ts";
export default homeEnvironment({ services: [service(ociServiceType, { containers: [web] })] });
`;
    expect(await check({ "host.ts": source, "web.ts": web })).toMatchObject({ status: 0, stderr: "" });
    const without = await check({ "host.ts": source, "web.ts": web.replace(/\/\/.*\n/, "") });
    expect(without.stderr).toMatch(/^web\.ts:2:\d+: warning image-unpinned/);
  });
});

describe("what check prints for programs", () => {
  test("--format json has problems, warnings and what is suppressed, and the exit status tells as well", async () => {
    const { status, stdout } = await check(
      { "host.ts": declaration("// lading-ignore image-unpinned: why not") },
      "--format",
      "json",
    );
    expect(status).toBe(1);
    const line = declaration("").split("\n")[6] ?? "";
    const where = (field: string) => ({ file: "SCRATCH/host.ts", line: 7, column: line.indexOf(field) + 1 });
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      problems: [
        { code: "object-undeclared", where: where("network"), message: expect.any(String), hint: expect.any(String) },
      ],
      warnings: [],
      suppressed: [
        {
          code: "image-unpinned",
          where: where("image"),
          reason: "why not",
          message: expect.any(String),
          hint: expect.any(String),
        },
      ],
      units: 1,
      containers: 1,
    });
  });

  test("--format github prints a workflow command a finding, with what GitHub would take for its own escaped", async () => {
    const { status, stdout, stderr } = await check({ "host.ts": declaration("") }, "--format", "github");
    expect([status, stderr]).toEqual([1, ""]);
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines.find((line) => line.startsWith("::error"))).toMatch(
      /^::error file=host\.ts,line=7,col=\d+,title=object-undeclared::"web" uses the network "backend".*%0A/,
    );
    expect(lines.find((line) => line.startsWith("::warning"))).toContain("title=image-unpinned::");
    expect((await check({ "host.ts": "export default 1;" }, "--format", "github")).stdout).toMatch(
      /^::error file=host\.ts,line=1,col=1,title=wrong-export::/,
    );
  });

  test("--format sarif has each finding with its rule, place, and why it is suppressed", async () => {
    const { status, stdout } = await check(
      { "host.ts": declaration("// lading-ignore image-unpinned: why not") },
      "--format",
      "sarif",
    );
    expect(status).toBe(1);
    const { version, runs } = JSON.parse(stdout);
    expect(version).toBe("2.1.0");
    const [{ tool, results }] = runs;
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(["image-unpinned", "object-undeclared"]);
    expect(results).toMatchObject([
      { ruleId: "object-undeclared", ruleIndex: 1, level: "error" },
      { ruleId: "image-unpinned", suppressions: [{ kind: "inSource", justification: "why not" }] },
    ]);
    expect(results[0].locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: "host.ts" },
          region: { startLine: 7, startColumn: expect.any(Number) },
        },
      },
    ]);
  });

  test("another form is refused, with those that there are", async () => {
    const { status, stderr } = await check({ "host.ts": declaration("") }, "--format", "xml");
    expect([status, stderr]).toEqual([2, expect.stringContaining("--format takes text, json, github, sarif")]);
  });
});
