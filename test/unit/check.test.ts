/** Bad declarations through the real command: one clear error for each mistake, with its place, and exit 1. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { lading, Scratch } from "../support.ts";

const imports =
  'import { homeEnvironment, ociContainer, ociImage, ociNetwork, ociServiceType, ociExtension, operatingSystem, rootlessPodmanServiceType, service, serviceType, extension, simpleService, manifest, localTree, unit, supervisorServiceType } from "lading";\n';

/** Checks a declaration; its own first line is line 2. */
async function check(
  body: string,
  ...more: readonly string[]
): Promise<{ status: number | null; errors: readonly string[]; stderr: string }> {
  using scratch = new Scratch();
  scratch.write({ "host.ts": imports + body });
  const { status, stderr } = await lading(scratch, "check", "host.ts", ...more);
  return {
    status,
    errors: stderr
      .trim()
      .split("\n")
      .filter((line) => /error [a-z-]+:/.test(line)),
    stderr,
  };
}

const containers = (list: string): string =>
  `export default homeEnvironment({ services: [service(ociServiceType, { containers: [${list}] })] });`;

describe("a declaration with mistakes", () => {
  test("five mistakes are five errors, each with file:line:column, what was expected, and a hint", async () => {
    const { status, errors, stderr } = await check(`
const a = ociContainer({ imgae: "alpine" });
const b = ociContainer({ image: "alpine", ports: "8080:80" });
const c = ociContainer({ image: "alpine", respawn: "yes" });
  const d = ociNetwork({ name: "bad name" });
const e = ociImage({ repository: "x:1", value: manifest([]) });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [a, b, c], networks: [d] })] });
`);
    expect(status).toBe(1);
    expect(errors).toEqual([
      'host.ts:3:26: error unknown-field: ociContainer has no field "imgae"',
      'host.ts:3:11: error missing-field: ociContainer: the field "image" is missing: expected an image reference such as docker.io/library/nginx:1.27, or an ociImage',
      'host.ts:4:43: error invalid-value: ociContainer: field "ports": expected a list of pairs "key:value", or an object, got string "8080:80"',
      'host.ts:5:43: error invalid-value: ociContainer: field "respawn": expected true or false, or "on-failure", got string "yes"',
      `host.ts:6:26: error invalid-value: ociNetwork: field "name": expected a name of letters, digits, '_', '.' and '-' that begins with a letter or digit, got string "bad name"`,
      'host.ts:7:22: error invalid-value: ociImage: field "repository": expected a repository such as web or localhost:5000/team/web, without tag, got string "x:1"',
    ]);
    expect(stderr.match(/^ {2}hint: /gm)).toHaveLength(6);
    expect(stderr).toContain('did you mean "image"?');
  });

  test("the place is right through an imported helper", async () => {
    using scratch = new Scratch();
    scratch.write({
      "host.ts":
        'import { homeEnvironment } from "lading";\nimport { web } from "./lib/web.ts";\nexport default homeEnvironment({ services: [web()] });\n',
      "lib/web.ts":
        'import { ociContainer, ociServiceType, service } from "lading";\n\nexport const web = () =>\n  service(ociServiceType, { containers: [\n    ociContainer({ image: 1 as never }),\n  ] });\n',
    });
    const { status, stderr } = await lading(scratch, "check", "host.ts");
    expect([status, stderr.split("\n")[0]]).toEqual([
      1,
      'lib/web.ts:5:20: error invalid-value: ociContainer: field "image": expected an image reference such as docker.io/library/nginx:1.27, or an ociImage, got number 1',
    ]);
  });

  test.each([
    ["no such file", "", "file-missing", /there is no file/],
    ["a syntax error", "const = 1;", "syntax-error", /^host\.ts:2:\d+: /],
    ["an import that is not there", 'import "./missing.ts";', "syntax-error", /Could not resolve ".\/missing.ts"/],
    ["no default export", "export const host = 1;", "wrong-export", /it exports host/],
    ["a wrong default export", "export default { services: [] };", "wrong-export", /must be an operatingSystem/],
    ["a throw", '\n  throw new Error("boom");', "declaration-threw", /^host\.ts:3:9: .*boom/],
    ["a throw of something odd", "throw 7;", "declaration-threw", /number 7/],
    ["a missing property", "const x: any = undefined; x.y.z;", "declaration-threw", /^host\.ts:2:\d+: /],
    ["an end of the process", "process.exit(0);", "declaration-threw", /ended the process/],
    ["endless memory", 'const all = []; for (;;) all.push(new Array(1e5).fill("x"));', "declaration-threw", /memory/],
    [
      "a name declared twice",
      containers('ociContainer({ provision: "a", image: "x" }), ociContainer({ provision: "a", image: "y" })'),
      "duplicate-name",
      /unit "a" is declared twice\n +\d+ \| .*\n +\| +\^\n {2}also: host.ts:2:/,
    ],
    [
      "a requirement on nothing",
      containers(
        'ociContainer({ provision: "web", image: "x" }), ociContainer({ provision: "a", image: "x", requirement: ["wbe"] })',
      ),
      "missing-requirement",
      /did you mean "web"/,
    ],
    [
      "a circle of requirements",
      containers(
        'ociContainer({ provision: "a", image: "x", requirement: ["b"] }), ociContainer({ provision: "b", image: "x", requirement: ["a"] })',
      ),
      "requirement-cycle",
      /a → b → a/,
    ],
    [
      "one port twice, through a range",
      containers(
        'ociContainer({ provision: "a", image: "x", ports: ["8000-8010:80-90"] }), ociContainer({ provision: "b", image: "x", ports: ["127.0.0.1:8005:80"] })',
      ),
      "port-published-twice",
      /publishes 127.0.0.1:8005:80/,
    ],
    [
      "one mount target twice",
      containers('ociContainer({ provision: "a", image: "x", volumes: ["one:/data", "two:/data:ro"] })'),
      "mount-target-twice",
      /two things at \/data/,
    ],
    [
      "rootless set-up in a home",
      "export default homeEnvironment({ services: [service(rootlessPodmanServiceType, {})] });",
      "needs-root",
      /rootless-podman/,
    ],
    [
      "containers of a host without rootless set-up",
      'export default operatingSystem({ services: [service(ociServiceType, { containers: [ociContainer({ provision: "a", image: "x" })] })] });',
      "missing-requirement",
      /^[^\n]*"a" requires "cgroups2-fs-owner", "cgroups2-limits", and "rootless-podman-shared-root-fs", which no unit provides\n[\s\S]*add service\(rootlessPodmanServiceType\) to the services\n$/,
    ],
    [
      "a target that is missing",
      'const t = serviceType({ name: "t", description: "" }); const u = serviceType({ name: "u", description: "", extensions: [extension(t, (v) => v)], defaultValue: 1 }); export default homeEnvironment({ services: [service(u)] });',
      "missing-target",
      /no target of type "t" for service "u"/,
    ],
    [
      "a source that is not there",
      'export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image: ociImage({ repository: "x", value: manifest([localTree("./none", { target: "/x" })]) }) })] })] });',
      "source-missing",
      /^host\.ts:2:\d+: .*none/,
    ],
    [
      "an image link to nothing",
      'export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image: ociImage({ repository: "x", value: manifest([]), packOptions: { symlinks: [["/a", "b"]] } }) })] })] });',
      "image-invalid",
      /\/a points at b/,
    ],
  ] as const)("%s", async (what, body, code, message) => {
    using scratch = new Scratch();
    if (what !== "no such file") scratch.write({ "host.ts": imports + body });
    const { status, stdout, stderr } = await lading(scratch, "check", "host.ts");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`error ${code}:`);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("this is a bug");
  });

  test("an endless loop ends at the deadline, with a hint", async () => {
    const { status, errors, stderr } = await check("for (;;) {}\nexport default 1;", "--deadline", "2");
    expect(status).toBe(1);
    expect(errors[0]).toContain("error declaration-timeout:");
    expect(stderr).toContain("hint: look for a loop that does not end");
  });

  test("--json gives the errors as data", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": `${imports}export default homeEnvironment({ servces: [] } as never);` });
    const { stderr } = await lading(scratch, "check", "host.ts", "--json");
    const { version, errors } = JSON.parse(stderr) as { version: number; errors: readonly object[] };
    expect(version).toBe(1);
    expect(errors[0]).toMatchObject({
      code: "unknown-field",
      where: { file: join(scratch.path, "host.ts"), line: 2, column: 34 },
      hint: 'did you mean "services"?',
    });
  });

  test("import.meta tells where the declaration lies, not where its bundle runs", async () => {
    using scratch = new Scratch();
    const where = "console.log(JSON.stringify([import.meta.dirname, import.meta.filename, import.meta.url]));";
    scratch.write({ "host.ts": `${imports}${where} export default homeEnvironment({});` });
    const { stderr } = await lading(scratch, "check", "host.ts");
    const path = join(scratch.path, "host.ts");
    expect(JSON.parse(stderr)).toEqual([scratch.path, path, `file://${path}`]);
  });

  test("what a declaration prints goes to stderr", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": `${imports}console.log("noise"); export default homeEnvironment({});` });
    const { stdout, stderr } = await lading(scratch, "inspect", "host.ts", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ version: 1 });
    expect(stderr).toContain("noise");
  });
});

describe("inspect", () => {
  test("shows the folded system in its documented shape; of hostEnvironment only the names", async () => {
    using scratch = new Scratch();
    scratch.write({
      "host.ts": `${imports}
const more = simpleService("more", ociServiceType, ociExtension({ containers: [ociContainer({ provision: "second", image: "alpine:3" })] }));
export default operatingSystem({ services: [
  service(rootlessPodmanServiceType, {}),
  service(ociServiceType, { networks: [{ name: "net" }], containers: [ociContainer({
    provision: "first", image: "docker.io/library/nginx:1.27", hostEnvironment: { TOKEN: "hunter2" }, environment: ["TOKEN"],
    entrypoint: ["/bin/sh", "-c"], ports: [["8080", "80"]], command: ["echo $TOKEN"], extraArguments: ["--init"],
  })] }),
  more,
] });`,
    });
    const { status, stdout, stderr } = await lading(scratch, "inspect", "host.ts", "--json");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("hunter2");
    const report = JSON.parse(stdout) as { units: { provision: string[]; start: { argv: string[] } }[] };
    const first = report.units.find((unit) => unit.provision[0] === "first");
    expect(first).toMatchObject({
      requirement: [
        "cgroups2-fs-owner",
        "cgroups2-limits",
        "rootless-podman-shared-root-fs",
        "user-processes",
        "podman-networks",
      ],
      oneShot: false,
      user: "oci-container",
      hostEnvironment: ["TOKEN"],
      container: {
        engine: "podman",
        name: "first",
        image: "docker.io/library/nginx:1.27",
        options: ["--entrypoint", '["/bin/sh","-c"]', "--env", "TOKEN", "-p", "8080:80"],
        extraArguments: ["--init"],
        command: ["echo $TOKEN"],
      },
    });
    expect(first?.start.argv.slice(0, 6)).toEqual(["podman", "run", "--rm", "--replace", "--name", "first"]);
    expect(first?.start.argv.slice(-9)).toEqual(
      ["--env", "TOKEN", "-p", "8080:80", "--init", "docker.io/library/nginx:1.27", "echo $TOKEN"].toSpliced(
        0,
        0,
        "--entrypoint",
        '["/bin/sh","-c"]',
      ),
    );
    expect(
      report.units.map((unit) => unit.provision[0]).filter((name) => name === "first" || name === "second"),
    ).toEqual(["first", "second"]);
    expect(report).toMatchObject({
      subuids: [{ name: "oci-container", start: null, count: 65536 }],
      limits: ["*\t-\tnofile\t100000"],
      networks: ["net"],
      groups: [{ name: "cgroup", system: true }],
      etc: [
        { path: "containers/registries.conf" },
        {
          path: "containers/storage.conf",
          content: expect.stringContaining('[storage]\ndriver = "overlay"\nrunroot = '),
        },
        { path: "containers/policy.json" },
        { path: "systemd/system/user@.service.d/50-lading.conf", onlyUnder: "systemd" },
        { path: "security/limits.d/50-lading.conf" },
      ],
    });
  });
});

describe("the command line", () => {
  test.each(commands.map(({ name, example }) => [name.split(" ")[0] ?? "", example] as const))(
    "%s --help has an example",
    async (name, example) => {
      using scratch = new Scratch();
      const { status, stdout } = await lading(scratch, name, "--help");
      expect(status).toBe(0);
      expect(stdout).toContain(`$ ${example}`);
    },
  );

  test("exit codes: 2 for usage, 3 where the supervisor does not run", async () => {
    using scratch = new Scratch();
    expect((await lading(scratch, "nonsense")).status).toBe(2);
    expect((await lading(scratch, "check")).status).toBe(2);
    expect((await lading(scratch, "store", "shred")).status).toBe(2);
    expect((await lading(scratch, "rollback", "x")).status).toBe(2);
    expect((await lading(scratch, "status")).status).toBe(3);
    expect((await lading(scratch, "stop", "web")).status).toBe(3);
    expect((await lading(scratch, "--version")).stdout.trim()).toBe(
      JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
    );
  });
});
