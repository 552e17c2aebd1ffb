/** Images from Debian's packages and from npm's, run by Podman: programs without dpkg, a whole system with its supervisor. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, filesBelow, root } from "../support.ts";
import { notHere, until, World } from "./world.ts";

const mirror = "http://deb.debian.org/debian/dists/bookworm/InRelease";
const reached = await fetch(mirror, { method: "HEAD", signal: AbortSignal.timeout(20_000) }).then(
  ({ ok }) => ok,
  () => false,
);
const missing = notHere ?? (reached ? undefined : `${mirror} cannot be reached`);
if (missing !== undefined) console.log(`skipped: images of packages: ${missing}`);

describe.skipIf(missing !== undefined)("an image", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open("rootless");
  });
  afterAll(() => world.close());

  /** Locks and builds one image, and puts it into Podman's storage; its name there. */
  async function image(name: string, value: string, more = ""): Promise<string> {
    await world.write({
      [`${name}.ts`]: `import { debian, homeEnvironment, manifest, npmApplication, ociContainer, ociImage, ociServiceType, operatingSystem,
  plainFile, programFile, etcServiceType, service, sh, simpleService, supervisorServiceType, unit, userAccount, userGroup } from "lading";
const bookworm = debian({ suite: "bookworm" });
${more}
const image = ociImage({ repository: "${name}", value: ${value} });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image, autoStart: false })] })] });
`,
    });
    await world.ok("lock", `${name}.ts`);
    const { images } = JSON.parse(await world.ok("image", "build", `${name}.ts`, "--json"));
    const reference = `localhost/${name}:latest`;
    const copy = ["skopeo", "--insecure-policy", "copy", "--quiet", `oci:${images[0].path}`];
    expect((await world.as([...copy, `containers-storage:${reference}`])).stderr).toBe("");
    return reference;
  }

  async function run(reference: string, ...argv: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await world.podman("run", "--rm", "--network=none", reference, ...argv);
    expect(status, stderr).toBe(0);
    return stdout;
  }

  test("of Debian's packages runs their programs, and dpkg knows what is there, though it was never run", async () => {
    const reference = await image(
      "debian",
      'manifest([bookworm("nginx", "openssl", "ca-certificates", "python3-minimal", "dpkg", "coreutils", "libc-bin")])',
    );
    try {
      await run(reference, "nginx", "-t");
      const listed = await run(reference, "dpkg", "-l");
      for (const name of ["nginx", "libc6:amd64", "ca-certificates"])
        expect(listed).toMatch(new RegExp(`^ii +${name} `, "m"));
      expect(await run(reference, "dpkg", "-S", "/usr/sbin/nginx")).toBe("nginx: /usr/sbin/nginx\n");
      expect(await run(reference, "dpkg", "--audit")).toBe("");
      expect(await run(reference, "getent", "passwd", "www-data")).toContain(":33:33:");
      expect(await run(reference, "ldconfig", "-p")).toMatch(/^\d{2,} libs found/);
      expect(await run(reference, "openssl", "version", "-d")).toBe('OPENSSLDIR: "/usr/lib/ssl"\n');
      expect(await run(reference, "python3", "-c", "print(6 * 7)")).toBe("42\n");
      expect(await run(reference, "stat", "-c", "%a %U:%G %n", "/root", "/tmp", "/etc/shadow", "/var/mail")).toBe(
        "700 root:root /root\n1777 root:root /tmp\n640 root:shadow /etc/shadow\n2775 root:mail /var/mail\n",
      );
    } finally {
      await world.podman("rmi", "--force", reference);
    }
  });

  test("of an operatingSystem has the supervisor as process 1, with its accounts, files and units", async () => {
    const reference = await image(
      "system",
      'manifest([bookworm("libc6", "libstdc++6", "dash", "coreutils", "util-linux"), system])',
      `const hello = programFile("hello", sh\`while :; do echo hello; sleep 1; done\`);
const system = operatingSystem({
  users: [userAccount({ name: "app", group: "app", uid: 900 })],
  groups: [userGroup({ name: "app", id: 900 })],
  services: [
    simpleService("units", supervisorServiceType, [
      unit({ provision: ["worker"], start: ["/bin/sh", "-c", "id -un > /tmp/who; exec sleep 100000"], user: "app", group: "app" }),
      unit({ provision: ["hello"], start: [hello], requirement: ["worker"] }),
    ]),
    simpleService("files", etcServiceType, [["motd", plainFile("motd", "made of a declaration\\n")]]),
  ],
});`,
    );
    const name = "lading-test-system";
    const inside = (...argv: readonly string[]) => world.podman("exec", name, ...argv);
    try {
      expect((await world.podman("run", "--detach", "--name", name, reference)).stderr).toBe("");
      await until(async () => (await inside("lading", "status")).stdout.match(/running/g)?.length === 2);
      expect((await inside("lading", "status", "--json")).stdout).toContain('"pid": 1,');
      expect((await inside("cat", "/etc/motd", "/tmp/who")).stdout).toBe("made of a declaration\napp\n");
      await until(async () => (await inside("lading", "logs", "hello")).stdout.includes("hello"));
      expect((await inside("lading", "restart", "hello")).stdout).toBe("hello: running\n");
      // Ended in order, and begun again.
      expect((await world.podman("stop", "--time", "30", name)).status).toBe(0);
      const state = await world.podman("inspect", "--format", "{{.State.ExitCode}}", name);
      expect(state.stdout).toBe("0\n");
      expect((await world.podman("start", name)).status).toBe(0);
      await until(async () => (await inside("lading", "status")).stdout.match(/running/g)?.length === 2);
    } finally {
      await world.podman("rm", "--force", "--time", "0", name);
      await world.podman("rmi", "--force", reference);
    }
  });

  test("of an npm application has what npm would install, without npm and its scripts", async () => {
    // Lading's own: packages with commands, with machine code, and for other platforms.
    const names = ["package.json", "package-lock.json"];
    await world.write(Object.fromEntries(names.map((name) => [`app/${name}`, readFileSync(join(root, name), "utf8")])));
    await world.write({ "app/main.js": "import { parse } from 'smol-toml'; console.log(parse('a = 42').a);\n" });
    const application = `npmApplication("app", { target: "/app", ignoreScripts: ["esbuild", "koffi"] })`;
    const reference = await image("npm", `manifest([bookworm("nodejs"), ...${application}])`);
    try {
      expect(await run(reference, "node", "/app/main.js")).toBe("42\n");
      const theirs = world.path("theirs");
      await exec(["mkdir", theirs]);
      for (const name of names) await exec(["cp", world.path(`app/${name}`), theirs]);
      const installed = await exec(["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"], {
        cwd: theirs,
      });
      expect(installed.status, installed.stderr).toBe(0);
      const ours = world.path("ours");
      const container = (await world.podman("create", reference, "true")).stdout.trim();
      expect((await world.podman("cp", `${container}:/app`, ours)).status).toBe(0);
      await world.podman("rm", container);
      const list = (folder: string): readonly string[] =>
        filesBelow(join(folder, "node_modules"))
          .map((path) => path.slice(folder.length))
          // npm's own note of what it did.
          .filter((path) => path !== "/node_modules/.package-lock.json")
          .sort();
      expect(list(ours)).toEqual(list(theirs));
      const compared = await exec(["diff", "-r", "-x", ".package-lock.json", "-x", "main.js", theirs, ours]);
      expect(compared.stdout).toBe("");
    } finally {
      await world.podman("rmi", "--force", reference);
    }
  });
});
