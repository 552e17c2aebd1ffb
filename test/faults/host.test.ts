/** Faults of the machine below a plain user's supervisor, each with what must hold afterwards. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { notHere, type Status, until, World } from "../host/world.ts";
import { exec } from "../support.ts";
import { type Declared, declare, shell } from "./declaration.ts";

if (notHere !== undefined) console.log(`skipped: faults of the host: ${notHere}`);

const sleeper = (name: string, more = ""): string =>
  `ociContainer({ ...quiet, provision: "${name}", respawn: true, command: ["/bin/sleep", "100000"], ${more} })`;

describe.skipIf(notHere !== undefined)("a supervisor of a plain user", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(async () => {
    await world.close();
    // Those that were made to look stale are not Podman's to end any more.
    for (const pid of await processes("^catatonit -P")) process.kill(pid, "SIGKILL");
  });
  afterEach(async () => {
    await apply({});
    expect((await world.podman("ps", "--all", "--quiet")).stdout).toBe("");
    expect((await processes("conmon ")).length).toBe(0);
  });

  const apply = async (what: Declared): Promise<void> => {
    await world.write({ "host.ts": declare(what) });
    await world.ok("apply", "host.ts", "--yes");
  };
  const unitOf = (name: string): Promise<Status["units"][number]> => world.unit(name);
  /** The user's processes whose command line has this in it. */
  const processes = async (pattern: string): Promise<readonly number[]> =>
    (await exec(["pgrep", "--uid", String(world.uid), "--full", pattern])).stdout
      .trim()
      .split("\n")
      .filter(Boolean)
      .map(Number)
      .filter((pid) => !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
  /** A program of the user's that runs until it is ended. */
  const background = (argv: readonly string[]) => {
    let said = "";
    let kill = (): unknown => undefined;
    const ended = world.as(argv, {
      onStart: (child) => {
        child.stdout?.on("data", (data: Buffer) => {
          said += data.toString();
        });
        kill = () => child.kill("SIGKILL");
      },
    });
    return {
      said: (): string => said,
      end: (): Promise<unknown> => {
        kill();
        return ended;
      },
    };
  };
  const endSupervisor = async (): Promise<void> => {
    process.kill((await world.status()).pid, "SIGTERM");
    await until(async () => (await world.lading(["status"])).status === 3);
  };

  test("another definition while a unit is starting: the new one wins, and nothing doubles", async () => {
    const slow = (ready: string, version: string): Declared => ({
      units: [
        `unit({ provision: ["program"], autoStart: ${version !== "1"}, environment: ["VERSION=${version}"], stopGrace: 1, ready: { log: "${ready}" }, ${shell("echo up; exec sleep 45454")} })`,
      ],
      containers: [
        `ociContainer({ ...quiet, provision: "held", autoStart: ${version !== "1"}, environment: { VERSION: "${version}" }, ready: { log: "${ready}" }, command: ["/bin/sh", "-c", "echo up; exec sleep 45454"] })`,
      ],
    });
    await apply(slow("^never$", "1"));
    const starts = ["program", "held"].map((name) => world.lading(["start", name]));
    await until(async () =>
      (await Promise.all(["program", "held"].map(unitOf))).every(
        ({ status, pid }) => status === "starting" && pid !== null,
      ),
    );
    await apply(slow("^up$", "2"));
    await Promise.all(starts);
    expect(await world.isUp("program", "held")).toBe(true);
    for (const name of ["program", "held"]) {
      const environment = readFileSync(`/proc/${(await unitOf(name)).pid}/environ`, "utf8").split("\0");
      expect(environment, name).toContain("VERSION=2");
    }
    expect(await processes("^(/bin/)?sleep 45454")).toHaveLength(2);
    expect(await processes("conmon .* -n held")).toHaveLength(1);
  });

  test("no inotify instance to be had: containers start, and their deaths are seen", async () => {
    await apply({});
    await endSupervisor();
    const script =
      // inotify_init(2) on x86-64, inotify_init1(2) on what has no such call.
      '$| = 1; $n = `uname -m` =~ /x86_64/ ? 253 : 26; while (syscall($n, 0) >= 0) {} print "all taken\\n"; sleep 1000';
    const taker = background(["perl", "-e", script]);
    try {
      await until(async () => taker.said().includes("all taken"));
      await apply({ containers: [sleeper("one")] });
      const { pid } = await unitOf("one");
      process.kill(pid ?? 0, "SIGKILL");
      await until(async () => {
        const now = await unitOf("one");
        return now.status === "running" && now.pid !== pid;
      });
      expect((await unitOf("one")).exit).toBeNull();
    } finally {
      await taker.end();
    }
  });

  test("no process to be had: starts fail with that reason and are tried again; what runs is left alone", async () => {
    await apply({
      units: ["steady", "other"].map(
        (name) => `unit({ provision: ["${name}"], respawn: true, ${shell("exec sleep 100000")} })`,
      ),
      containers: [sleeper("held"), sleeper("second")],
    });
    const { pid: daemon } = await world.status();
    const before = await Promise.all(["steady", "held"].map(unitOf));
    const limit = (soft: string) => world.as(["prlimit", "--pid", String(daemon), `--nproc=${soft}:`]);
    const [, soft = ""] = /^Max processes +(\d+|unlimited)/m.exec(readFileSync(`/proc/${daemon}/limits`, "utf8")) ?? [];
    expect((await limit("1")).status).toBe(0);
    try {
      // Podman's service is a process of its own, that may bring the container up meanwhile.
      for (const name of ["other", "second"]) process.kill((await unitOf(name)).pid ?? 0, "SIGKILL");
      await until(async () => {
        const { status, reason } = await unitOf("other");
        return status === "failed" && /EAGAIN|[Rr]esource temporarily unavailable/.test(reason ?? "");
      });
    } finally {
      expect((await limit(soft)).status).toBe(0);
    }
    await until(() => world.isUp("steady", "held", "other", "second"));
    const after = await Promise.all(["steady", "held"].map(unitOf));
    expect(after.map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
  });

  test.each([
    ["that is gone", "printf 999999"],
    ["of another mount namespace", "printf $(pgrep --uid $(id -u) --exact --full 'sleep 34343')"],
  ])("Podman's pause process is one %s: the unit runs again, at the latest once that is mended", async (_, print) => {
    await apply({ containers: [sleeper("one")] });
    await endSupervisor();
    const elsewhere = "mount -t tmpfs tmpfs /run && exec sleep 34343";
    const stranger = background(["unshare", "-Urm", "sh", "-c", elsewhere]);
    try {
      await until(async () => (await processes("^sleep 34343")).length === 1);
      const file = `/run/user/${world.uid}/libpod/tmp/pause.pid`;
      expect((await world.as(["sh", "-c", `${print} > ${file}`])).status).toBe(0);
      await world.ok("apply", "host.ts", "--yes");
      const { status, stderr } = await world.lading(["restart", "one"]);
      if (status !== 0) expect(stderr).toMatch(/error unit-failed: one is failed: \S/);
    } finally {
      await stranger.end();
    }
    // Podman itself says how its state is mended, where what it would join is out of its sight.
    await world.write({ "host.ts": declare({ containers: [sleeper("one"), sleeper("two")] }) });
    const again = await world.lading(["apply", "host.ts", "--yes"]);
    if (again.status !== 0) {
      expect(again.stderr).toContain("podman system migrate");
      await world.podman("system", "migrate");
      await world.ok("apply", "host.ts", "--yes");
    }
    await until(() => world.isUp("one"));
    expect(await processes("conmon .* -n one")).toHaveLength(1);
  });

  test("the runtime folder's content removed while a container runs: it goes on, and a restart leaves none but the new one", async () => {
    await apply({ containers: [sleeper("one")] });
    const { pid } = await unitOf("one");
    await exec(["sh", "-c", `rm -rf /run/user/${world.uid}/*`]);
    await world.ok("status");
    expect((await unitOf("one")).pid).toBe(pid);
    await world.lading(["restart", "one"]);
    await until(() => world.isUp("one"));
    expect((await unitOf("one")).pid).not.toBe(pid);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(await processes("conmon .* -n one")).toHaveLength(1);
  });

  test("a clock that is set a day forth and back: what runs goes on, deaths are answered, schedules keep on", async () => {
    await apply({});
    await endSupervisor();
    const clock = world.path("clock");
    await world.write({ clock: "+0" });
    const [library = ""] = readdirSync("/usr/lib")
      .map((name) => join("/usr/lib", name, "faketime/libfaketime.so.1"))
      .filter(existsSync);
    expect(library, "Debian's faketime is installed").not.toBe("");
    const daemon = world.lading(["daemon"], {
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      },
    });
    await until(async () => (await world.lading(["status"])).status === 0);
    await apply({
      units: [
        `unit({ provision: ["steady"], respawn: true, ${shell("exec sleep 100000")} })`,
        `unit({ provision: ["often"], schedule: { interval: "300ms" }, ${shell(`echo run >> ${world.path("runs")}`)} })`,
      ],
      containers: [
        sleeper("held"),
        sleeper("sound", 'health: { command: ["/bin/busybox", "true"], interval: "500ms", onFailure: "restart" }'),
      ],
    });
    const names = ["steady", "held", "sound"];
    const pids = async (): Promise<readonly (number | null)[]> =>
      (await Promise.all(names.map(unitOf))).map((each) => each.pid);
    const runs = (): number =>
      existsSync(world.path("runs")) ? readFileSync(world.path("runs"), "utf8").split("\n").length - 1 : 0;
    for (const step of ["+1d", "-1d", "+0"]) {
      const before = await pids();
      writeFileSync(clock, step);
      const seen = runs();
      // Several looks of everything that looks.
      await until(async () => runs() >= seen + 3);
      expect(await pids()).toEqual(before);
      // Three deaths in a row are not too many, whatever the clock says.
      for (const name of ["steady", "held"]) {
        const { pid } = await unitOf(name);
        process.kill(pid ?? 0, "SIGKILL");
        await until(async () => {
          const now = await unitOf(name);
          return now.status === "running" && now.pid !== pid;
        });
      }
      expect(((await unitOf("sound")) as { readonly health?: string | null }).health).toBe("healthy");
    }
    await endSupervisor();
    await daemon;
    rmSync(clock);
  });
});
