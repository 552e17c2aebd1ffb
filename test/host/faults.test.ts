/**
 * Bad input and bad luck, on real Podman: each is one clear error, and afterwards the generation that ran before is
 * current and runs, with nothing half done.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { exec } from "../support.ts";
import { declaration, freePort, notHere, page, type Status, until, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: faults: ${notHere}`);

describe.skipIf(notHere !== undefined)("when something is wrong", () => {
  let world: World;
  let port: number;
  let good: Status;

  beforeAll(async () => {
    world = await World.open();
    port = await freePort();
    await world.write({ "host.ts": declaration(port), "site/index.html": "good" });
    await world.ok("apply", "host.ts", "--yes");
    good = await world.status();
  });
  afterAll(() => world.close());

  /** Whatever was tried: the same containers run, the same generation is current, no journal is left. */
  afterEach(async () => {
    const { generations } = JSON.parse(await world.ok("generations", "--json")) as {
      generations: { number: number; current: boolean }[];
    };
    expect(generations).toEqual([expect.objectContaining({ number: 1, current: true })]);
    expect(await page(port)).toBe("good");
    const now = await world.status();
    expect(now.units.map((unit) => [unit.name, unit.status])).toEqual(
      good.units.map((unit) => [unit.name, unit.status]),
    );
    expect(existsSync(world.path("state/journal/switch.json"))).toBe(false);
    expect(readdirSync(world.path("state/store/.tmp"))).toEqual([]);
    const names = (await world.podman("ps", "--all", "--format", "{{.Names}}")).stdout.trim().split("\n").sort();
    expect(names.filter((name) => name !== "foreign")).toEqual(["probe", "web"]);
  });

  /** Applies a declaration that must be refused with this code. */
  async function refused(
    code: string,
    files: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
    ...flags: readonly string[]
  ): Promise<string> {
    await world.write(files);
    const { status, stdout, stderr } = await world.lading(["apply", Object.keys(files)[0] ?? "", "--yes", ...flags], {
      env,
    });
    expect(stderr, stdout).toContain(`error ${code}:`);
    expect(stderr.match(/^(\S+:\d+:\d+: )?error /gm)).toHaveLength(1);
    expect(stderr).toContain("  hint: ");
    expect(stderr).not.toContain("this is a bug");
    expect(status).toBe(1);
    return stderr;
  }

  const extra = (fields: string): string => declaration(port, { containers: `ociContainer({ ${fields} }),` });

  test("a port that another program has", async () => {
    const server = createServer();
    const taken = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    const stderr = await refused("port-in-use", {
      "port.ts": extra(`provision: "third", image: tools, ports: [["127.0.0.1:${taken}", "80"]]`),
    });
    expect(stderr).toMatch(
      new RegExp(`^port\\.ts:\\d+:\\d+: error port-in-use: "third" publishes port ${taken}/tcp`, "m"),
    );
    server.close();
  });

  test("an image that does not exist", async () => {
    const stderr = await refused("image-not-found", {
      "image.ts": extra('provision: "third", image: "localhost/no-such-image:1"'),
    });
    expect(stderr).toContain("localhost/no-such-image:1");
  });

  test("a container that ends at once: its words are told, and what ran before is back", async () => {
    const stderr = await refused("unit-failed", {
      "ends.ts": declaration(port, {
        web: ', environment: { NEW: "1" }',
        containers:
          'ociContainer({ provision: "third", image: tools, command: ["/bin/sh", "-c", "echo no such setting; exit 3"] }),',
      }),
    });
    expect(stderr).toContain('"third" did not start: ended with exit status 3');
    expect(stderr).toContain("no such setting");
  });

  test("a program that is not in the image: the engine's own words", async () => {
    expect(
      await refused("unit-failed", {
        "program.ts": extra('provision: "third", image: tools, command: ["/no/such/program"]'),
      }),
    ).toContain("/no/such/program");
  });

  test("Podman missing, and Podman too old", async () => {
    const other = (cli: string): string =>
      declaration(port).replace("service(ociServiceType, {", `service(ociServiceType, { runtimeCli: "${cli}",`);
    await refused("engine-missing", { "missing.ts": other("/no/such/podman") });
    await world.write({ "old-podman": "#!/bin/sh\necho version 3.4.4\n" });
    chmodSync(world.path("old-podman"), 0o755);
    expect(await refused("engine-too-old", { "old.ts": other(world.path("old-podman")) })).toContain(
      "Podman 3.4 is too old",
    );
  });

  test("an engine that answers with garbage, and one that hangs", async () => {
    const fake = async (name: string, answer: string): Promise<string> => {
      await world.write({ [name]: `#!/bin/sh\ncase $1 in --version) echo version 4.9.0 ;; *) ${answer} ;; esac\n` });
      chmodSync(world.path(name), 0o755);
      return declaration(port).replace(
        "service(ociServiceType, {",
        `service(ociServiceType, { runtimeCli: "${world.path(name)}",`,
      );
    };
    const garbage = await refused("engine-failed", { "odd.ts": await fake("odd-podman", "echo garbage") });
    expect(garbage).toContain("answered with something that is no JSON");
    const hanging = await fake("hanging-podman", "exec sleep 1000");
    const silence = await refused("engine-failed", { "hang.ts": hanging }, { LADING_ENGINE_DEADLINE: "1" });
    expect(silence).toMatch(/podman .* does not answer: .* did not end within 1 s/);
  });

  test("a secret that goes missing before the start, one that cannot be decrypted, and a command that fails", async () => {
    const secret = (fields: string): string =>
      extra(
        `provision: "third", image: tools, command: ["/bin/busybox", "sleep", "1000"], secrets: [{ name: "key", ${fields} }]`,
      );
    await world.write({ sealed: "not age at all", "age.key": "AGE-SECRET-KEY-none\n" });
    for (const name of ["sealed", "age.key"]) chmodSync(world.path(name), 0o600);
    expect(await refused("secret-unsafe", { "missing-secret.ts": secret('file: "/no/such/secret"') })).toContain(
      "/no/such/secret",
    );
    const command = await refused("unit-failed", {
      "command.ts": secret('command: ["/bin/sh", "-c", "echo hunter2; echo locked >&2; exit 3"]'),
    });
    expect(command).toContain('the secret "key" was not given: locked');
    expect(command).not.toContain("hunter2");
    const sealed = secret('ageFile: localFile("./sealed"), ageIdentity: "SCRATCH"')
      .replace("SCRATCH", world.path("age.key"))
      .replace("import { ", "import { localFile, ");
    expect(await refused("unit-failed", { "sealed.ts": sealed })).toContain('the secret "key" cannot be decrypted');
  });

  test("a whole host, applied by a plain user", async () => {
    await refused("needs-root", {
      "whole.ts": 'import { operatingSystem } from "lading";\nexport default operatingSystem({});\n',
    });
  });

  test("no range of subordinate ids", async () => {
    mkdirSync(world.path("bare/etc"), { recursive: true });
    for (const file of ["passwd", "group"]) writeFileSync(world.path(`bare/etc/${file}`), readFileSync(`/etc/${file}`));
    await world.write({ "ids.ts": extra('provision: "third", image: tools') });
    const { status, stderr } = await world.lading(["apply", "ids.ts", "--yes", "--root", world.path("bare")]);
    expect([status, stderr.match(/error no-subid-range:/g)?.length]).toEqual([1, 2]);
    expect(stderr).toContain("usermod --add-subuids");
  });

  test("a full disk", async () => {
    mkdirSync(world.path("tiny"));
    await exec(["mount", "-t", "tmpfs", "-o", `size=512k,uid=${world.uid}`, "tmpfs", world.path("tiny")]);
    try {
      await refused(
        "no-space",
        { "full.ts": declaration(port) },
        { LADING_STATE: world.path("tiny/state"), LADING_RUNTIME: world.path("tiny/run") },
      );
      expect(readdirSync(world.path("tiny/state/store/.tmp"))).toEqual([]);
      expect(existsSync(world.path("tiny/state/generations"))).toBe(false);
    } finally {
      await exec(["umount", world.path("tiny")]);
    }
  });

  test("a folder that cannot be written", async () => {
    await refused("read-only", { "read.ts": declaration(port) }, { LADING_STATE: "/proc/lading" });
  });

  test("a store item that was changed by hand", async () => {
    const { images } = JSON.parse(await world.ok("image", "inspect", "host.ts", "test-web", "--json")) as {
      images: { path: string }[];
    };
    const file = join(images[0]?.path ?? "", "index.json");
    const content = readFileSync(file);
    chmodSync(file, 0o644);
    writeFileSync(file, "{}");
    await refused("store-corrupt", { "changed.ts": extra('provision: "third", image: tools') });
    expect((await world.lading(["store", "verify"])).stdout).toContain("1 not intact");
    expect((await world.lading(["store", "verify", "--repair"])).status).toBe(1);
    expect(await world.ok("image", "inspect", "host.ts", "test-web")).toContain("/www");
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test("a container of somebody else's that has the name", async () => {
    const { stdout } = await world.podman("image", "ls", "--quiet", "localhost/test-tools");
    await world.podman(
      "run",
      "--detach",
      "--name",
      "foreign",
      // Another Lading's, of which this one knows nothing.
      "--label",
      "dev.lading.unit=foreign",
      "--label",
      "dev.lading.owner=another",
      "--network",
      "none",
      stdout.trim().split("\n")[0] ?? "",
      "/bin/busybox",
      "sleep",
      "1000",
    );
    const stderr = await refused("name-taken", { "name.ts": extra('provision: "foreign", image: tools') });
    expect(stderr).toContain("podman rm foreign");
    expect((await world.podman("inspect", "--format", "{{.State.Status}}", "foreign")).stdout.trim()).toBe("running");
    await world.podman("rm", "--force", "--time", "0", "foreign");
  });

  /** A declaration whose build, or whose switch, takes a while. */
  const slow = (where: "build" | "switch"): string =>
    where === "build"
      ? declaration(port)
          .replace("import { ", "import { computedFile, sh, ")
          .replace(
            "...base, ",
            `...base, { target: "/slow", source: computedFile("slow", sh\`sleep 8; echo ${Math.random()} > "$out"\`) }, `,
          )
      : declaration(port, { web: ', environment: { NEW: "1" }' })
          .replace("import { ", "import { simpleService, supervisorServiceType, unit, ")
          .replace(
            "services: [",
            'services: [simpleService("slow", supervisorServiceType, [unit({ provision: ["slow"], oneShot: true, start: ["/bin/sleep", "8"] })]), ',
          );

  test("two applies at once: the second is told of the first", async () => {
    await world.write({ "slow.ts": slow("build") });
    const first = world.lading(["apply", "slow.ts", "--dry-run"]);
    await until(async () => readdirSync(world.path("state/store/.tmp")).length > 0);
    const stderr = await refused("locked", { "second.ts": extra('provision: "third", image: tools') });
    expect(stderr).toMatch(/lading apply slow\.ts, process \d+/);
    expect((await first).status).toBe(4);
  });

  for (const where of ["build", "switch"] as const) {
    const begun = (): Promise<unknown> =>
      until(async () =>
        where === "build"
          ? readdirSync(world.path("state/store/.tmp")).length > 0
          : (await world.status()).units.some((unit) => unit.name === "slow" && unit.status === "starting"),
      );

    test(`SIGINT while it is about to ${where}: it says so, and nothing is half done`, async () => {
      await world.write({ "slow.ts": slow(where) });
      const { status, stderr } = await world.lading(["apply", "slow.ts", "--yes"], {
        onStart: (child) => void begun().then(() => child.kill("SIGINT")),
      });
      expect([status, stderr]).toEqual([130, expect.stringContaining("error interrupted:")]);
    });
  }

  test("SIGKILL in the middle of a switch: the next command undoes it, and says so", async () => {
    await world.write({ "slow.ts": slow("switch") });
    await world.lading(["apply", "slow.ts", "--yes"], {
      onStart: (child) =>
        void until(async () => (await world.status()).units.some((unit) => unit.name === "slow")).then(() =>
          child.kill("SIGKILL"),
        ),
    });
    expect(existsSync(world.path("state/journal/switch.json"))).toBe(true);
    const { status, stderr } = await world.lading(["apply", "host.ts", "--yes"]);
    expect([status, stderr]).toEqual([0, expect.stringContaining("an interrupted switch to generation 2 was undone")]);
  });

  test("a damaged state file of the supervisor is put aside, and the containers are found all the same", async () => {
    const { pid, units } = await world.status();
    writeFileSync(world.path("state/supervisor/web.json"), "garbage");
    process.kill(pid, "SIGKILL");
    await until(async () => (await world.lading(["status"])).status === 3);
    await world.ok("apply", "host.ts", "--yes");
    const id = (list: Status["units"]): string | null | undefined =>
      list.find((unit) => unit.name === "web")?.containerId;
    expect(id((await world.status()).units)).toBe(id(units));
    expect(existsSync(world.path("state/supervisor/web.json.bad"))).toBe(true);
  });

  test("an engine that does not answer while the supervisor comes back: what runs is left alone", async () => {
    const { pid, units } = await world.status();
    await world.write({ "silent/podman": "#!/bin/sh\nexit 1\n" });
    chmodSync(world.path("silent/podman"), 0o755);
    process.kill(pid, "SIGKILL");
    await until(async () => (await world.lading(["status"])).status === 3);
    // Only this supervisor meets the silent engine: it stands in for the one in its units' saved definitions.
    const saved = world.path("state/supervisor/web.json");
    const content = readFileSync(saved, "utf8");
    writeFileSync(saved, content.replace('"cli":"podman"', `"cli":"${world.path("silent/podman")}"`));
    await world.ok("apply", "host.ts", "--yes");
    const container = (list: Status["units"], name: string): unknown =>
      list.find((unit) => unit.name === name)?.containerId;
    for (const name of ["web", "probe"])
      expect(container((await world.status()).units, name)).toBe(container(units, name));
  });

  test("a log that is a link is not followed", async () => {
    await world.write({ secret: "keep" });
    await exec(["ln", "-s", world.path("secret"), world.path("linked.log")]);
    expect(
      await refused("unit-failed", {
        "link.ts": extra(`provision: "third", image: tools, logFile: "${world.path("linked.log")}"`),
      }),
    ).toContain("is a symbolic link");
    expect(readFileSync(world.path("secret"), "utf8")).toBe("keep");
  });

  test("two supervisors at once: the second ends, the first goes on", async () => {
    const { pid } = await world.status();
    const { status, stderr } = await world.lading(["daemon"]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("error locked:")]);
    expect((await world.status()).pid).toBe(pid);
  });

  test("the control socket is its owner's alone, and survives whatever is sent to it", async () => {
    const socket = world.path("run/control.sock");
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    for (const bytes of [
      "garbage\r\n\r\n",
      `POST /v1/load HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{"path"`,
      `POST /v1/load HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${"x".repeat(200_000)}`,
      "GET /v1/st",
    ]) {
      await new Promise<void>((resolve) => {
        const client = connect(socket, () => client.write(bytes));
        client.once("data", () => client.destroy());
        client.once("error", () => resolve());
        client.once("close", () => resolve());
        setTimeout(() => client.destroy(), 500);
      });
    }
  });
});
