/**
 * Engines that die, hang, forget or refuse, each with what must hold afterwards. LADING_ALL_POINTS=1 kills an engine 200 times
 * instead of 40.
 */
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort, notHere, type Status, until, World } from "../host/world.ts";
import { type Declared, declare, shell } from "./declaration.ts";

if (notHere !== undefined) console.log(`skipped: faults of engines: ${notHere}`);

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  readonly argv: readonly string[];
}

/** Every process of the machine that can be read. */
function processes(): readonly Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const argv = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return [{ pid: Number(name), parent, uid: statSync(`/proc/${name}`).uid, argv }];
      } catch {
        return [];
      }
    });
}

/** For a stand-in: everything is left to the command line. */
const withoutService = 'case "$*" in *"system service"*) exit 1 ;; esac';

/** Ends with 7 once it is told to. */
const mortal = (name: string): string =>
  `ociContainer({ ...quiet, provision: "${name}", command: ["/bin/sh", "-c", "until test -e /tmp/end; do busybox sleep 0.1; done; exit 7"], tmpfs: ["/tmp"] })`;

const counting = (name: string): string =>
  `ociContainer({ ...quiet, provision: "${name}", command: ["/bin/sh", "-c", "i=0; while :; do i=$((i + 1)); echo line $i; busybox sleep 0.1; done"] })`;

const sleeper = (name: string, more = ""): string =>
  `ociContainer({ ...quiet, provision: "${name}", respawn: true, command: ["/bin/sleep", "100000"], ${more} })`;

describe.skipIf(notHere !== undefined)("a supervisor of a plain user's Podman", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());
  afterEach(async () => {
    await apply({});
    expect((await world.podman("ps", "--all", "--quiet")).stdout).toBe("");
  });

  const apply = async (what: Declared): Promise<void> => {
    await world.write({ "host.ts": declare(what) });
    await world.ok("apply", "host.ts", "--yes");
  };
  const unitOf = (name: string): Promise<Status["units"][number]> => world.unit(name);
  /** A program that stands in for Podman: `script` sees its arguments, and hands on what it leaves. */
  const standIn = async (name: string, script: string): Promise<string> => {
    await world.write({ [name]: `#!/bin/sh\n${script}\nexec podman "$@"\n` });
    chmodSync(world.path(name), 0o755);
    return `runtimeCli: "${world.path(name)}",`;
  };
  /** Processes that keep this world's containers, with the containers' identifiers. */
  const keepers = (): readonly (Process & { readonly id: string })[] =>
    processes()
      .filter(({ argv }) => argv[0]?.endsWith("conmon") && argv.join("\0").includes(world.path("state/logs/")))
      .map((each) => ({ ...each, id: each.argv[each.argv.indexOf("-c") + 1] ?? "" }));

  const kills = process.env.LADING_ALL_POINTS === undefined ? 40 : 200;
  const batch = Array.from({ length: 4 }, (_, index) => `batch-${index}`);

  /** What the supervisor runs to start containers. */
  const starters = (supervisor: number, verb: string): readonly Process[] =>
    processes().filter(({ parent, argv }) => parent === supervisor && argv.join(" ").includes(`podman ${verb}`));
  /** Each of the batch is there once; nothing runs for this user's containers that Podman does not know. */
  const nothingIsLost = async (): Promise<void> => {
    const listed = JSON.parse((await world.podman("ps", "--all", "--format", "json")).stdout) as { Id: string }[];
    const known = listed.map(({ Id }) => Id).sort();
    expect(known).toHaveLength(batch.length);
    const kept = (): readonly string[] =>
      keepers()
        .map(({ id }) => id)
        .sort();
    await until(async () => kept().length === known.length).catch(() => undefined);
    expect(kept()).toEqual(known);
    const ofRuntime = ({ uid, argv }: Process): boolean =>
      uid === world.uid && /\/(?:runc|crun)$|^(?:runc|crun)$/.test(argv[0] ?? "");
    expect(processes().filter(ofRuntime)).toEqual([]);
  };

  test.each([
    ["Podman's service", "system service", ""],
    ["Podman's command line", "run", withoutService],
  ])(
    "%s killed at any point of a start: every unit runs in the end, once, and nothing is left over",
    async (_, verb, script) => {
      const engine = script === "" ? "" : await standIn("without-service", script);
      await apply({ engine, containers: batch.map((name) => sleeper(name)) });
      const { pid: daemon } = await world.status();
      let killed = 0;
      while (killed < kills) {
        const restarts = Promise.all(batch.map((name) => world.lading(["restart", name])));
        let done = false;
        void restarts.then(() => {
          done = true;
        });
        while (!done) {
          // At another distance from the victim's begin each time.
          await new Promise((resolve) => setTimeout(resolve, 5 + ((killed * 37) % 200)));
          const [victim] = starters(daemon, verb);
          if (victim === undefined || killed >= kills) continue;
          try {
            process.kill(victim.pid, "SIGKILL");
            killed += 1;
          } catch {
            // It ended by itself.
          }
        }
      }
      await until(() => world.isUp(...batch));
      await nothingIsLost();
    },
  );

  test("the supervisor and Podman's command line killed at any point of a start: the next one ends what was lost", async () => {
    const engine = await standIn("without-service", withoutService);
    await apply({ containers: [sleeper("base")] });
    await world.write({ "batch.ts": declare({ engine, containers: batch.map((name) => sleeper(name)) }) });
    for (let round = 0; round < kills / 13; round += 1) {
      const { pid: daemon } = await world.status();
      const applied = world.lading(["apply", "batch.ts", "--yes"]);
      await until(async () => starters(daemon, "run").length > 1);
      await new Promise((resolve) => setTimeout(resolve, (round * 37) % 120));
      for (const { pid } of [{ pid: daemon }, ...starters(daemon, "run")]) process.kill(pid, "SIGKILL");
      await applied;
      await world.ok("apply", "batch.ts", "--yes");
      await nothingIsLost();
      await world.ok("apply", "host.ts", "--yes");
    }
  });

  test("an engine whose helpers keep its output open: nothing waits for them", async () => {
    const engine = await standIn("leaves-helpers", `${withoutService}\nsleep 61616 &`);
    try {
      await apply({ engine, containers: [sleeper("one"), sleeper("two", 'requirement: ["one"]')] });
      await world.ok("restart", "one");
      const { pid } = await unitOf("two");
      process.kill(pid ?? 0, "SIGKILL");
      await until(async () => (await unitOf("two")).pid !== pid && (await world.isUp("one", "two")));
      await apply({});
    } finally {
      for (const { pid, argv } of processes()) if (argv[1] === "61616") process.kill(pid, "SIGKILL");
    }
  });

  test("an engine whose removals hang: everything else goes on being started, stopped and watched", async () => {
    const hangs = world.path("hangs");
    const engine = await standIn(
      "hangs-on-removal",
      `${withoutService}\ncase "$*" in rm*stuck-*) while test -e ${hangs}; do sleep 0.2; done ;; esac`,
    );
    const stuck = Array.from({ length: 2 * availableParallelism() + 1 }, (_, index) => `stuck-${index}`);
    await apply({
      engine,
      containers: [...stuck, "watched", "other"].map((name) => sleeper(name)),
      units: [`unit({ provision: ["program"], ${shell("exec sleep 100000")} })`],
    });
    await world.write({ hangs: "" });
    const stops = stuck.map((name) => world.lading(["stop", name]));
    const areStopping = async (): Promise<boolean> =>
      (await world.status()).units.every(({ name, status }) => !name.startsWith("stuck-") || status === "stopping");
    await until(areStopping);
    const before = await Promise.all(["watched", "other", "program"].map(unitOf));
    process.kill(before[0]?.pid ?? 0, "SIGKILL");
    for (const name of ["other", "program"]) void world.lading(["restart", name]);
    await until(async () => {
      const now = await Promise.all(["watched", "other", "program"].map(unitOf));
      return now.every(({ status, pid }, index) => status === "running" && pid !== before[index]?.pid);
    });
    expect(await areStopping()).toBe(true);
    rmSync(hangs);
    for (const { status } of await Promise.all(stops)) expect(status).toBe(0);
  });

  test("a service of Podman that is stopped: programs go on being started and stopped, and containers once it is given up", async () => {
    await apply({
      containers: [sleeper("one"), sleeper("two")],
      units: [`unit({ provision: ["program"], ${shell("exec sleep 100000")} })`],
    });
    const { pid: daemon } = await world.status();
    await world.ok("restart", "one");
    const [service] = starters(daemon, "system service");
    process.kill(service?.pid ?? 0, "SIGSTOP");
    const restart = world.lading(["restart", "one"]);
    const { pid } = await unitOf("program");
    void world.lading(["restart", "program"]);
    await until(async () => {
      const now = await unitOf("program");
      return now.status === "running" && now.pid !== pid;
    });
    process.kill(service?.pid ?? 0, "SIGCONT");
    expect((await restart).status).toBe(0);
    expect(await world.isUp("one", "two")).toBe(true);
  });

  test("ends that the watch does not tell of are seen all the same, with their statuses", async () => {
    await apply({ containers: ["one", "two"].map((name) => mortal(name)) });
    // The folder that is watched is another one from now on.
    const exits = `/run/user/${world.uid}/libpod/tmp/exits`;
    const moved = await world.as(["sh", "-c", `mv ${exits} ${exits}.gone && mkdir -m 700 ${exits}`]);
    expect(moved.status, moved.stderr).toBe(0);
    for (const name of ["one", "two"]) {
      await world.podman("exec", name, "/bin/busybox", "touch", "/tmp/end");
      const ended = await until(async () => {
        const now = await unitOf(name);
        return now.status === "failed" && now;
      });
      expect(ended.exit).toEqual({ status: 7, signal: null });
    }
    await world.as(["rm", "-r", `${exits}.gone`]);
  });

  test.each([
    ["deleted", (log: string) => `rm ${log}`],
    ["renamed", (log: string) => `mv ${log} ${log}.away`],
  ])("a container's log that is %s: the container goes on, and what it writes is found again", async (_, command) => {
    await apply({ containers: [counting("counter")] });
    await until(async () => (await world.ok("logs", "counter")).includes("line 3"));
    const before = await unitOf("counter");
    expect((await world.as(["sh", "-c", command(world.path("state/logs/counter.log"))])).status).toBe(0);
    await until(async () => /line \d+\n$/.test(await world.ok("logs", "counter")));
    const after = await unitOf("counter");
    expect([after.status, after.pid]).toEqual(["running", before.pid]);
  });

  test("a network's helper that fails: its words are told, and the unit runs once it is mended", async () => {
    const broken = world.path("broken");
    await world.write({
      broken: "",
      "helpers/netavark": `#!/bin/sh\nif test -e ${broken}; then echo '{"error":"no such table"}'; exit 1; fi\nexec /usr/lib/podman/netavark "$@"\n`,
    });
    chmodSync(world.path("helpers/netavark"), 0o755);
    const settings = join(world.home, ".config/containers/containers.conf");
    await world.as(["mkdir", "-p", dirname(settings)]);
    expect(existsSync(settings)).toBe(false);
    writeFileSync(settings, `[engine]\nhelper_binaries_dir = ["${world.path("helpers")}", "/usr/lib/podman"]\n`);
    try {
      const engine = `${await standIn("with-helpers", "")} networks: [{ name: "faults" }],`;
      await apply({ engine, containers: [sleeper("linked", 'network: "faults", autoStart: false')] });
      const refused = await world.lading(["start", "linked"]);
      expect(refused.stderr).toMatch(/linked is failed: .*no such table/);
      rmSync(broken);
      await until(() => world.isUp("linked"));
    } finally {
      rmSync(settings);
    }
  });

  test("a port that is taken: the start says so, and is tried again until the port is free", async () => {
    const port = await freePort();
    await apply({
      containers: [sleeper("web", `network: "slirp4netns", ports: [["127.0.0.1:${port}", "80"]], autoStart: false`)],
    });
    const holder = createServer().listen(port, "127.0.0.1");
    await once(holder, "listening");
    expect((await world.lading(["start", "web"])).stderr).toContain("address already in use");
    holder.close();
    await until(() => world.isUp("web"));
  });
});

describe.skipIf(notHere !== undefined).each(["root", "docker"] as const)("a supervisor of %s", (kind) => {
  let world: World;
  let engine = "";
  beforeAll(async () => {
    world = await World.open(kind);
    if (kind === "docker")
      engine = `runtime: "docker", runtimeExtraArguments: ["--host", "unix://${world.dockerSocket}"],`;
  });
  afterAll(() => world.close());

  const apply = async (containers: readonly string[]): Promise<void> => {
    await world.write({ "host.ts": declare({ engine, containers }) });
    await world.ok("apply", "host.ts", "--yes");
  };

  test("a container that is killed for want of memory: that is kept as its reason", async () => {
    const fill = "busybox dd if=/dev/zero of=/dev/null bs=100M count=1";
    const greedy = (name: string, script: string): string =>
      `ociContainer({ ...quiet, provision: "${name}", memory: "20m", memorySwap: "20m", command: ["/bin/sh", "-c", ${JSON.stringify(`until test -e /tmp/go; do busybox sleep 0.1; done; ${script}`)}], tmpfs: ["/tmp"] })`;
    await apply([greedy("whole", `exec ${fill}`), greedy("part", `${fill}; exit 5`), greedy("other", "exit 137")]);
    const endOf = async (name: string): Promise<Status["units"][number]> => {
      await world.engine("exec", name, "/bin/busybox", "touch", "/tmp/go");
      return until(async () => {
        const now = await world.unit(name);
        return now.status === "failed" && now;
      });
    };
    const exit = { status: 137, signal: null };
    expect(await endOf("whole")).toMatchObject({
      exit: { ...exit, outOfMemory: true },
      reason: "ended with exit status 137, out of memory",
    });
    expect(await endOf("part")).toMatchObject({ exit: { status: 5, signal: null, outOfMemory: true } });
    expect((await endOf("other")).exit).toEqual(exit);
    expect(await world.ok("why", "whole")).toContain("out of memory");
    await apply([]);
  });

  if (kind === "docker")
    test.each([
      ["with live restore", ["--live-restore"]],
      ["without live restore", []],
    ])(
      "dockerd %s is killed and comes back: each unit runs in the end, once, and without a storm of starts",
      async (_, flags) => {
        const names = ["one", "two", "three"];
        await world.stopDocker();
        await world.startDocker(...flags);
        await apply(names.map((name) => sleeper(name)));
        const { pid } = await world.unit("three");
        if (pid === null) throw new Error("three does not run");
        await world.stopDocker("SIGKILL");
        // What ends meanwhile cannot be started again yet.
        process.kill(pid, "SIGKILL");
        await until(async () => (await world.unit("three")).status === "failed");
        await world.startDocker(...flags);
        // What the daemon ended as it came back is noticed a moment later.
        await until(async () => {
          const { units } = await world.status();
          const listed = (await world.engine("ps", "--all", "--quiet", "--no-trunc")).stdout.trim().split("\n").sort();
          const known = units.map(({ containerId }) => containerId).sort();
          return units.every(({ status }) => status === "running") && listed.join() === known.join();
        });
        for (const name of names) expect(await world.ok("status", name, "--json")).not.toContain("too fast");
        await apply([]);
      },
    );
});
