/**
 * Faults that a supervisor must survive, each with what must hold afterwards. LADING_ALL_POINTS=1 kills it at 50 points of a
 * start instead of 6.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notHere, type Status, until, World } from "../host/world.ts";
import { exec } from "../support.ts";
import { type Declared, declare, shell } from "./declaration.ts";

if (notHere !== undefined) console.log(`skipped: faults: ${notHere}`);

type Unit = Status["units"][number] & { readonly restarts: number };

describe.skipIf(notHere !== undefined)("a supervisor", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open("root");
  });
  afterAll(() => world.close());

  const apply = async (what: Declared): Promise<void> => {
    await world.write({ "host.ts": declare(what) });
    await world.ok("apply", "host.ts", "--yes");
  };
  const status = async (): Promise<{ readonly pid: number; readonly units: readonly Unit[] }> =>
    JSON.parse(await world.ok("status", "--json"));
  const unitOf = async (name: string): Promise<Unit> => (await world.unit(name)) as Unit;
  const kill = async (): Promise<void> => {
    const { pid } = await status();
    process.kill(pid, "SIGKILL");
    await until(async () => (await world.lading(["status"])).status === 3);
  };
  /** Another supervisor, for the same generation. */
  const again = (): Promise<string> => world.ok("apply", "host.ts", "--yes");
  const stateFile = (name: string): string => join(world.path("state/supervisor"), `${name}.json`);
  const alter = (
    name: string,
    change: (saved: { bootId: string; running: { process: { startTime: number } } }) => void,
  ): void => {
    const saved = JSON.parse(readFileSync(stateFile(name), "utf8"));
    change(saved);
    writeFileSync(stateFile(name), JSON.stringify(saved));
  };
  /** Processes whose command line has this in it, by number. */
  const processes = async (pattern: string): Promise<readonly number[]> =>
    (await exec(["pgrep", "--full", pattern])).stdout.trim().split("\n").filter(Boolean).map(Number);

  test("killed with 60 containers running: none is restarted, all are adopted, no line of a log is lost", async () => {
    const count = 60;
    const names = Array.from({ length: count }, (_, index) => `many-${index}`);
    await apply({
      containers: [
        `...Array.from({ length: ${count} }, (_, index) => ociContainer({ ...quiet, provision: \`many-\${index}\`,
          command: ["/bin/sh", "-c", "i=0; while :; do i=$((i + 1)); echo $i; busybox sleep 1; done"] }))`,
      ],
    });
    const before = await status();
    await kill();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await again();
    const after = await status();
    const pids = (found: typeof before) =>
      found.units.filter(({ pid }) => pid !== null).map(({ name, pid }) => [name, pid]);
    expect(pids(after)).toEqual(pids(before));
    expect(after.units.filter(({ name, status: state }) => names.includes(name) && state === "running")).toHaveLength(
      count,
    );
    for (const name of names) {
      const lines = (await world.as(["cat", world.path(`state/logs/${name}.log`)])).stdout.trim().split("\n");
      const numbers = lines.map((line) => Number(line.split(" ").at(-1)));
      expect(numbers, name).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
    }
    await apply({});
    expect((await world.podman("ps", "--all", "--quiet", "--filter", "label=dev.lading.owner")).stdout).toBe("");
  });

  test("killed at points all over a start of 20: the next one brings all up, once, and nothing is left over", async () => {
    const points = process.env.LADING_ALL_POINTS === undefined ? 6 : 50;
    await apply({});
    const containers = [
      `...Array.from({ length: 20 }, (_, index) => ociContainer({ ...quiet, provision: "batch-" + index, command: ["/bin/sleep", "100000"] }))`,
    ];
    for (let point = 0; point < points; point += 1) {
      await world.write({ "batch.ts": declare({ containers }) });
      const { pid } = await status();
      let seen = "";
      const aim = Math.floor(((point + 0.5) / points) * 40);
      // So many changes of units into the start.
      const events = request({ socketPath: world.path("run/control.sock"), path: "/v1/events" }, (response) => {
        response.on("data", (data: Buffer) => {
          seen += data.toString();
          if ([...seen.matchAll(/^event: unit$/gm)].length < aim) return;
          try {
            process.kill(pid, "SIGKILL");
          } catch {
            // It is dead already.
          }
        });
        response.on("error", () => undefined);
      });
      events.on("error", () => undefined);
      events.end();
      await world.lading(["apply", "batch.ts", "--yes"]);
      events.destroy();
      await world.ok("apply", "batch.ts", "--yes");
      const { units } = await status();
      const batch = units.filter(({ name }) => name.startsWith("batch-"));
      expect(
        batch.map(({ status: state }) => state),
        `point ${point}`,
      ).toEqual(Array(20).fill("running"));
      const listed = (await world.podman("ps", "--quiet", "--filter", "name=batch-")).stdout.trim().split("\n");
      expect(listed, `point ${point}`).toHaveLength(20);
      await until(async () => (await processes("conmon .* -n batch-")).length === 20);
      await world.ok("apply", "host.ts", "--yes");
    }
    expect((await world.podman("ps", "--all", "--quiet", "--filter", "name=batch-")).stdout).toBe("");
  });

  test.each(["the container", "its conmon", "both"])(
    "%s killed: it is noticed, and the unit runs again",
    async (what) => {
      await apply({
        containers: [
          'ociContainer({ ...quiet, provision: "victim", respawn: true, command: ["/bin/sleep", "100000"] })',
        ],
      });
      const { pid } = await unitOf("victim");
      const parent = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
      if (what !== "the container") process.kill(parent, "SIGKILL");
      if (what !== "its conmon") process.kill(pid ?? 0, "SIGKILL");
      // Without its conmon a container goes on; the engine would believe for ever that it runs.
      if (what === "its conmon") {
        expect((await unitOf("victim")).status).toBe("running");
        process.kill(pid ?? 0, "SIGKILL");
      }
      await until(async () => {
        const now = await unitOf("victim");
        return now.status === "running" && now.pid !== pid;
      });
      expect((await processes("conmon .* -n victim")).length).toBe(1);
    },
  );

  test("a container that is removed by hand, or stopped by hand, comes back", async () => {
    await apply({
      containers: ['ociContainer({ ...quiet, provision: "byhand", respawn: true, command: ["/bin/sleep", "100000"] })'],
    });
    for (const by of [
      ["rm", "--force", "--time", "0"],
      ["stop", "--time", "0"],
    ]) {
      const { containerId } = await unitOf("byhand");
      const { status, stderr } = await world.podman(...by, "byhand");
      expect(status, stderr).toBe(0);
      await until(async () => {
        const now = await unitOf("byhand");
        return now.status === "running" && now.containerId !== containerId;
      });
    }
  });

  test("a container that ends before its start returns is known with its status, 30 times in a row", async () => {
    await apply({
      containers: [
        'ociContainer({ ...quiet, provision: "short", autoStart: false, command: ["/bin/sh", "-c", "exit 9"] })',
      ],
    });
    for (let round = 0; round < 30; round += 1) {
      await world.lading(["start", "short"]);
      const ended = await until(async () => {
        const now = await unitOf("short");
        return now.status === "failed" ? now : undefined;
      });
      expect(ended.exit?.status, JSON.stringify(ended)).toBe(9);
    }
  });

  test("a program that ends in no time, again and again: each end is seen, and none twice", async () => {
    await apply({
      units: [
        `unit({ provision: ["blink"], respawn: true, respawnDelay: 0, respawnLimit: 300, ${shell(`echo x >> ${world.path("blinks")}`)} })`,
      ],
    }).catch(() => undefined);
    await until(async () => (await world.as(["cat", world.path("blinks")])).stdout.length >= 2 * 200);
    await world.ok("stop", "blink").catch(() => undefined);
    const { restarts } = await unitOf("blink");
    const starts = (await world.as(["cat", world.path("blinks")])).stdout.length / 2;
    expect(Math.abs(starts - 1 - restarts)).toBeLessThanOrEqual(1);
  });

  test("100 programs that end in the same instant are all seen, each with its status", async () => {
    const gate = world.path("gate");
    await apply({
      units: [
        `...Array.from({ length: 100 }, (_, index) => unit({ provision: [\`herd-\${index}\`], start: ["/bin/sh", "-c", \`until test -e ${gate}; do sleep 0.2; done; exit \${index % 7}\`] }))`,
      ],
    });
    await world.write({ gate: "" });
    await until(async () =>
      (await status()).units.every(({ name, status: state }) => !name.startsWith("herd-") || state !== "running"),
    );
    for (const { name, status: state, exit } of (await status()).units.filter((each) =>
      each.name.startsWith("herd-"),
    )) {
      const expected = Number(name.slice(5)) % 7;
      expect([name, state, exit?.status]).toEqual([name, expected === 0 ? "stopped" : "failed", expected]);
    }
    rmSync(gate);
  });

  test("a process number that somebody else has by now is never signalled", async () => {
    await apply({ units: [`unit({ provision: ["old"], stopGrace: 1, ${shell("exec sleep 100000")} })`] });
    const { pid } = await unitOf("old");
    await kill();
    alter("old", (saved) => {
      saved.running.process.startTime += 1;
    });
    await again();
    await world.lading(["stop", "old"]);
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("sleep\n");
    process.kill(pid ?? 0, "SIGKILL");
  });

  test("after a reboot nothing of the state is believed; what runs is found by its label", async () => {
    await apply({
      units: [`unit({ provision: ["program"], ${shell("exec sleep 100000")} })`],
      containers: ['ociContainer({ ...quiet, provision: "found", command: ["/bin/sleep", "100000"] })'],
    });
    const before = [await unitOf("program"), await unitOf("found")];
    await kill();
    for (const name of ["program", "found"])
      alter(name, (saved) => {
        saved.bootId = "another-boot";
      });
    await again();
    expect((await unitOf("found")).pid).toBe(before[1]?.pid);
    expect((await unitOf("program")).pid).not.toBe(before[0]?.pid);
    process.kill(before[0]?.pid ?? 0, "SIGKILL");
  });

  test.each([
    ["empty", ""],
    ["torn", '{"version":1,"bootId":'],
    ["of a version to come", '{"version":99}'],
    ["something else", '["what"]'],
  ])("a state file that is %s is put aside, and the container is adopted all the same", async (_, content) => {
    await apply({ containers: ['ociContainer({ ...quiet, provision: "kept", command: ["/bin/sleep", "100000"] })'] });
    const { pid } = await unitOf("kept");
    await kill();
    writeFileSync(stateFile("kept"), content);
    await again();
    expect((await unitOf("kept")).pid).toBe(pid);
  });

  test("what ignores its signal is killed after its grace, with every process that it made", async () => {
    await apply({
      units: [
        `unit({ provision: ["stubborn"], stopGrace: 1, ${shell("trap '' TERM; sleep 54321 & sh -c \"trap '' TERM; sleep 54322; :\" & while :; do sleep 1; done")} })`,
      ],
    });
    await until(async () => (await processes("sleep 5432[12]")).length >= 2);
    await world.ok("stop", "stubborn");
    expect((await unitOf("stubborn")).status).toBe("stopped");
    await until(async () => (await processes("sleep 5432[12]")).length === 0);
  });

  test("a program is asked to end by the signal that is declared", async () => {
    const told = world.path("told");
    await apply({
      units: [
        `unit({ provision: ["polite"], stopSignal: "INT", ${shell(`trap 'echo int >> ${told}; exit 0' INT; trap 'echo term >> ${told}' TERM; echo up; while :; do sleep 0.1; done`)} })`,
      ],
    });
    await until(async () => (await world.ok("logs", "polite")).includes("up"));
    await world.ok("stop", "polite");
    expect((await world.as(["cat", told])).stdout).toBe("int\n");
  });

  test("a full disk under the logs ends nothing; with room again, lines are kept again", async () => {
    await apply({});
    const logs = world.path("state/logs");
    const count = (sleep: string): string => `i=0; while :; do i=$((i + 1)); echo line $i; ${sleep} 0.1; done`;
    expect((await exec(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", logs])).status).toBe(0);
    try {
      await apply({
        units: [`unit({ provision: ["program"], ${shell(count("sleep"))} })`],
        containers: [
          `ociContainer({ ...quiet, provision: "container", command: ["/bin/sh", "-c", "${count("busybox sleep")}"] })`,
        ],
      });
      const names = ["program", "container"];
      const before = await Promise.all(names.map(unitOf));
      const lastOf = async (name: string): Promise<number> =>
        Number(/line (\d+)\n$/.exec(await world.ok("logs", "--tail", "1", name))?.[1] ?? 0);
      for (const name of names) await until(async () => (await lastOf(name)) > 3);
      await exec(["sh", "-c", `head -c 1000000 /dev/zero > ${logs}/filler`]);
      const room = async (): Promise<number> => Number((await exec(["stat", "-f", "-c", "%a", logs])).stdout);
      await until(async () => (await room()) === 0);
      const full = await Promise.all(names.map(lastOf));
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      rmSync(join(logs, "filler"));
      for (const [index, name] of names.entries())
        await until(async () => (await lastOf(name)) > (full[index] ?? 0) + 10);
      expect((await Promise.all(names.map(unitOf))).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
    } finally {
      await apply({});
      expect((await exec(["umount", logs])).status).toBe(0);
    }
  });

  test.each([
    ["deleted", (log: string) => ["rm", log]],
    ["renamed", (log: string) => ["mv", log, `${log}.away`]],
  ])(
    "a program's log that is %s: the program goes on, logs answers, and the next start writes it anew",
    async (_, command) => {
      await apply({
        units: [
          `unit({ provision: ["counter"], ${shell("i=0; while :; do i=$((i + 1)); echo line $i; sleep 0.1; done")} })`,
        ],
      });
      await until(async () => (await world.ok("logs", "counter")).includes("line 3"));
      const { pid } = await unitOf("counter");
      expect((await world.as(command(world.path("state/logs/counter.log")))).status).toBe(0);
      expect(await world.ok("logs", "counter")).toBe("");
      expect((await unitOf("counter")).pid).toBe(pid);
      await world.ok("restart", "counter");
      await until(async () => (await world.ok("logs", "counter")).includes("line 3"));
    },
  );

  test("50 clients that start, stop and restart one unit at once: it is whole, and one process", async () => {
    await apply({ units: [`unit({ provision: ["wanted"], stopGrace: 1, ${shell("exec sleep 65432")} })`] });
    const ask = (verb: string): Promise<number> =>
      new Promise((resolve) => {
        const path = `/v1/units/wanted/${verb}`;
        const call = request({ socketPath: world.path("run/control.sock"), path, method: "POST" }, (response) => {
          response.resume().on("end", () => resolve(response.statusCode ?? 0));
        });
        call.on("error", () => resolve(0));
        call.end();
      });
    const verbs = ["start", "stop", "restart"];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(verbs[index % 3] ?? "")));
    expect(new Set(answers)).toEqual(new Set([200]));
    await world.ok("start", "wanted");
    expect((await unitOf("wanted")).status).toBe("running");
    await until(async () => (await processes("^sleep 65432")).length === 1);
  });

  test("a client that never reads costs the others nothing", async () => {
    await apply({ units: [`unit({ provision: ["busy"], oneShot: true, ${shell("true")} })`] });
    const deaf = request({ socketPath: world.path("run/control.sock"), path: "/v1/events" }, (response) =>
      response.pause(),
    );
    deaf.on("error", () => undefined);
    deaf.end();
    for (let round = 0; round < 20; round += 1) await world.ok("restart", "busy");
    expect((await unitOf("busy")).status).toBe("done");
    deaf.destroy();
  });

  test("a requirement that fails and recovers: what waited for it starts; one that dies is left alone by the rest", async () => {
    const flag = world.path("recovers");
    await apply({
      units: [
        `unit({ provision: ["base"], autoStart: false, respawn: true, respawnLimit: 1, ready: { log: "^up$" }, ${shell(`test -e ${flag} || exit 5; echo up; exec sleep 100000`)} })`,
        `unit({ provision: ["top"], autoStart: false, requirement: ["base"], ${shell("exec sleep 100000")} })`,
      ],
    });
    await world.lading(["start", "top"]);
    await until(async () => (await unitOf("base")).status === "failed");
    expect((await unitOf("top")).reason).toBe("requires base, which failed");
    await world.write({ recovers: "" });
    await until(async () => (await unitOf("top")).status === "running" && (await unitOf("base")).status === "running");
    const { pid } = await unitOf("top");
    process.kill((await unitOf("base")).pid ?? 0, "SIGKILL");
    await until(async () => (await unitOf("base")).restarts > 1 && (await unitOf("base")).status === "running");
    expect((await unitOf("top")).pid).toBe(pid);
  });

  test("a crash loop and its reason outlive the supervisor, and so does work that is done", async () => {
    await apply({
      units: [
        `unit({ provision: ["loop"], autoStart: false, respawn: true, respawnLimit: 1, ${shell("exit 6")} })`,
        `unit({ provision: ["once"], oneShot: true, ${shell(`echo x >> ${world.path("onces")}`)} })`,
        `unit({ provision: ["user"], requirement: ["once"], ${shell("exec sleep 100000")} })`,
      ],
    });
    await world.lading(["start", "loop"]);
    const before = await until(async () => {
      const now = await unitOf("loop");
      return now.status === "failed" ? now : undefined;
    });
    await kill();
    await again();
    await world.ok("restart", "user");
    expect((await unitOf("loop")).restarts).toBeGreaterThanOrEqual(before.restarts);
    expect(await world.ok("why", "loop")).toContain("6");
    expect((await world.as(["cat", world.path("onces")])).stdout).toBe("x\n");
    await world.ok("stop", "loop");
  });

  test("state that cannot be written, on a full disk or a read-only one, ends nothing that runs", async () => {
    await apply({
      units: [
        `unit({ provision: ["steady"], ${shell("exec sleep 100000")} })`,
        `unit({ provision: ["other"], ${shell("exec sleep 100000")} })`,
      ],
    });
    const { pid } = await unitOf("steady");
    const folder = world.path("state/supervisor");
    for (const how of ["size=4k", "ro"]) {
      expect((await exec(["mount", "-t", "tmpfs", "-o", how, "tmpfs", folder])).status).toBe(0);
      try {
        if (how !== "ro") await exec(["sh", "-c", `head -c 100000 /dev/zero > ${folder}/full`]);
        await world.ok("restart", "other");
        expect((await unitOf("other")).status).toBe("running");
        expect((await unitOf("steady")).pid).toBe(pid);
      } finally {
        await exec(["umount", folder]);
      }
    }
    expect(readFileSync(world.path("state/daemon.log"), "utf8")).toContain("the state of other could not be written");
  });

  test("a supervisor with hardly any descriptors left takes nothing for dead, and goes on", async () => {
    await apply({
      units: [
        `unit({ provision: ["steady"], respawn: true, ${shell("exec sleep 76543")} })`,
        `unit({ provision: ["other"], ${shell("exec sleep 100000")} })`,
      ],
      containers: ['ociContainer({ ...quiet, provision: "held", respawn: true, command: ["/bin/sleep", "100000"] })'],
    });
    const before = await status();
    const inUse = readdirSync(`/proc/${before.pid}/fd`).length;
    const limit = (soft: number) => exec(["prlimit", "--pid", String(before.pid), `--nofile=${soft}:`]);
    for (const more of [-8, 0, 1, 3]) {
      expect((await limit(inUse + more)).status).toBe(0);
      // Several looks at what runs, and one request that cannot be carried out.
      const asked = world.lading(["restart", "other"]);
      await new Promise((resolve) => setTimeout(resolve, 3_500));
      expect((await limit(4096)).status).toBe(0);
      await asked;
    }
    await world.ok("start", "other");
    const after = await status();
    const pidOf = (found: typeof before, name: string) => found.units.find((each) => each.name === name)?.pid;
    expect(after.pid).toBe(before.pid);
    for (const name of ["steady", "held"]) expect(pidOf(after, name), name).toBe(pidOf(before, name));
    expect(await processes("^sleep 76543")).toHaveLength(1);
    expect((await unitOf("other")).status).toBe("running");
  });

  test("a supervisor whose own log cannot be written goes on", async () => {
    await apply({ units: [`unit({ provision: ["steady"], ${shell("exec sleep 100000")} })`] });
    await kill();
    const daemon = spawn(
      "sh",
      ["-c", `exec ${process.execPath} ${world.folder}/lading/dist/cli/main.js daemon 2> /dev/full`],
      {
        env: {
          PATH: process.env.PATH,
          HOME: "/root",
          LADING_STATE: world.path("state"),
          LADING_RUNTIME: world.path("run"),
        },
        stdio: "ignore",
      },
    );
    await until(async () => (await world.lading(["status"])).status === 0);
    await world.ok("restart", "steady");
    expect((await status()).pid).toBe(daemon.pid);
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    await ended;
    await again();
  });

  test("killed while work runs: the next one waits for that work, and does not begin it again", async () => {
    await apply({
      units: [
        `unit({ provision: ["work"], oneShot: true, autoStart: false, ${shell(`echo x >> ${world.path("works")}; exec sleep 87654`)} })`,
      ],
    });
    const starting = world.lading(["start", "work"]);
    await until(async () => (await processes("^sleep 87654")).length === 1);
    await kill();
    await starting;
    const next = again();
    await until(async () => (await world.lading(["status"])).status === 0);
    expect((await unitOf("work")).status).toBe("starting");
    await world.ok("stop", "work");
    await next;
    expect((await world.as(["cat", world.path("works")])).stdout).toBe("x\n");
    expect(await processes("^sleep 87654")).toHaveLength(0);
  });

  test("upgraded in place: another supervisor takes over what runs, and no process is replaced", async () => {
    await apply({
      units: [`unit({ provision: ["program"], ${shell("exec sleep 100000")} })`],
      containers: ['ociContainer({ ...quiet, provision: "held", command: ["/bin/sleep", "100000"] })'],
    });
    const before = (await status()).units.map(({ name, pid }) => [name, pid]);
    for (const name of ["program", "held"]) {
      // As a Lading wrote it that knew less.
      const saved = JSON.parse(readFileSync(stateFile(name), "utf8")) as { state: Record<string, unknown> };
      for (const key of ["failures", "restarts", "enabled", "history"]) delete saved.state[key];
      writeFileSync(stateFile(name), JSON.stringify(saved));
    }
    process.kill((await status()).pid, "SIGTERM");
    await until(async () => (await world.lading(["status"])).status === 3);
    await again();
    expect((await status()).units.map(({ name, pid }) => [name, pid])).toEqual(before);
  });

  test("a daemon that is started beside another ends, and says why", async () => {
    await apply({});
    const { status: exit, stderr } = await world.lading(["daemon"]);
    expect(exit).toBe(1);
    expect(stderr).toContain("error locked:");
  });
});
