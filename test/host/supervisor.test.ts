/** What the supervisor promises of programs and containers, on a real host: readiness, enabling, histories. */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, notHere, until, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: the supervisor: ${notHere}`);

/** A declaration of programs, and of containers where `containers` has some. */
function declare(units: readonly string[], containers: readonly string[] = []): string {
  return `
import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service, simpleService, supervisorServiceType, unit } from "lading";
const image = ociImage({ repository: "supervised", packOptions: { symlinks: [["/bin/sh", "busybox"]] },
  value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
export default homeEnvironment({ services: [
  simpleService("units", supervisorServiceType, [${units.join(",\n")}]),
  ${containers.length === 0 ? "" : `service(ociServiceType, { containers: [${containers.join(",\n")}] }),`}
] });
`;
}

const shell = (script: string): string => `start: ["/bin/sh", "-c", ${JSON.stringify(script)}]`;

describe.skipIf(notHere !== undefined)("the supervisor", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  const apply = async (units: readonly string[], containers: readonly string[] = []): Promise<void> => {
    await world.write({ "host.ts": declare(units, containers) });
    await world.ok("apply", "host.ts", "--yes");
  };
  const history = async (name: string) =>
    JSON.parse(await world.ok("status", name, "--json")) as {
      readonly status: string;
      readonly since: number;
      readonly reason: string | null;
      readonly history: readonly { readonly at: number; readonly status: string; readonly reason: string | null }[];
    };
  const upSince = async (name: string): Promise<number> => (await history(name)).since;

  test("a port, a page, a line of the log, a program and a health check each hold back what requires them", async () => {
    const [port, web] = [await freePort(), await freePort()];
    const after = (name: string): string =>
      `unit({ provision: ["after-${name}"], requirement: ["${name}"], ${shell(`test -e ${world.path(`${name}.up`)} && echo fine; exec sleep 1000`)} })`;
    const late = (name: string, command: string, ready: string): string =>
      `unit({ provision: ["${name}"], ${shell(`sleep 1; touch ${world.path(`${name}.up`)}; ${command}`)}, ready: ${ready} })`;
    await apply(
      [
        late("port", `exec busybox httpd -f -p 127.0.0.1:${port}`, `{ tcp: ${port} }`),
        late(
          "page",
          `exec busybox httpd -f -p 127.0.0.1:${web} -h ${world.path(".")}`,
          `{ http: "http://127.0.0.1:${web}/host.ts", status: 200 }`,
        ),
        late("log", "echo 'now serving (v2)'; exec sleep 1000", `{ log: "^now serving \\\\(v\\\\d\\\\)$" }`),
        late(
          "program",
          "exec sleep 1000",
          `{ program: ["/bin/sh", "-c", "test -e ${world.path("program.up")}"], interval: "50ms" }`,
        ),
        ...["port", "page", "log", "program", "healthy"].map(after),
      ],
      [
        `ociContainer({ provision: "healthy", image, network: "none", volumes: ["${world.path(".")}:/shared"], stopGrace: 0,
           command: ["/bin/sh", "-c", "busybox sleep 1; busybox touch /shared/healthy.up; exec busybox sleep 1000"],
           health: { command: ["/bin/busybox", "test", "-e", "/shared/healthy.up"], interval: "1s" }, ready: { healthy: true } })`,
      ],
    );
    for (const name of ["port", "page", "log", "program", "healthy"]) {
      expect(await world.ok("logs", `after-${name}`), name).toContain("fine");
      const { history: changes } = await history(name);
      expect(changes.map(({ status }) => status)).toEqual(["starting", "running"]);
      expect(await upSince(`after-${name}`)).toBeGreaterThanOrEqual(await upSince(name));
    }
  });

  test("a program and a container say themselves that they are ready, by sd_notify; what they said last is told", async () => {
    const notify = `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; send(S, $ARGV[0], 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die'`;
    const script = `sleep 1; ${notify} "STATUS=warming up"; ${notify} "STATUS=nearly
READY=0"; sleep 0.5; touch ${world.path("program.told")}; ${notify} "STATUS=there
READY=1"; exec sleep 1000`;
    const host = ["/usr:/usr:ro", "/usr/lib:/lib:ro", "/usr/lib64:/lib64:ro", `${world.path(".")}:/shared`];
    await world.as(["chmod", "777", world.path(".")]);
    await apply(
      [
        `unit({ provision: ["teller"], ${shell(script)}, ready: { notify: true } })`,
        `unit({ provision: ["after"], requirement: ["teller", "boxed"], ${shell(`ls ${world.path("program.told")} ${world.path("box.told")}; exec sleep 1000`)} })`,
      ],
      [
        `ociContainer({ provision: "boxed", image, network: "none", containerUser: "1000", volumes: ${JSON.stringify(host)}, stopGrace: 0,
           command: ["/bin/sh", "-c", ${JSON.stringify(`busybox sleep 1; busybox touch /shared/box.told; ${notify} READY=1; exec busybox sleep 1000`)}], ready: { notify: true } })`,
      ],
    );
    expect(await world.ok("logs", "after")).toContain(world.path("box.told"));
    for (const name of ["teller", "boxed"])
      expect((await history(name)).history.map(({ status }) => status)).toEqual(["starting", "running"]);
    // The sockets are there for as long as they are waited on.
    expect((await world.as(["ls", world.path("run-notices")])).stdout).toBe("");
    await world.write({
      "mute.ts": declare([
        `unit({ provision: ["mute"], ${shell(`${notify} "STATUS=still warming up"; exec sleep 1000`)}, ready: { notify: true, deadline: "700ms" } })`,
      ]),
    });
    const { stderr } = await world.lading(["apply", "mute.ts", "--yes"]);
    expect(stderr).toContain("not ready within 0.7 s: it has not sent READY=1, but STATUS=still warming up");
  });

  test("an unhealthy program is restarted with what asked for that, stopped, killed, or told of, as declared", async () => {
    await apply([]);
    const well = (name: string): string => world.path(`${name}.well`);
    const names = ["restart", "stop", "kill", "none"] as const;
    await world.write(Object.fromEntries(names.map((name) => [`${name}.well`, ""])));
    const sick = (name: string): string =>
      `unit({ provision: ["${name}"], respawn: true, respawnDelay: 0, ${shell("exec sleep 1000")}, ready: { healthy: true },
         health: { command: ["test", "-e", "${well(name)}"], interval: "100ms", retries: 2, onFailure: "${name}" } })`;
    await apply([
      ...names.map(sick),
      `unit({ provision: ["with"], requirement: ["restart"], restartWith: ["restart"], ${shell("exec sleep 1000")} })`,
      `unit({ provision: ["beside"], requirement: ["restart"], ${shell("exec sleep 1000")} })`,
    ]);
    type Seen = { readonly name: string; readonly pid: number | null; readonly health: string | null };
    const units = async (): Promise<ReadonlyMap<string, Seen>> =>
      new Map((await world.status()).units.map((unit) => [unit.name, unit as unknown as Seen]));
    const before = await units();
    for (const name of names) expect(before.get(name)?.health).toBe("healthy");
    await world.as(["rm", ...names.map(well)]);
    await until(async () => (await units()).get("none")?.health === "unhealthy");
    await until(async () => (await history("stop")).status === "stopped");
    for (const name of ["restart", "kill", "with"])
      await until(async () => (await units()).get(name)?.pid !== before.get(name)?.pid);
    await world.write({ "restart.well": "", "kill.well": "" });
    for (const name of ["restart", "kill"])
      await until(
        async () => (await units()).get(name)?.health === "healthy" && (await history(name)).status === "running",
      );
    expect((await history("stop")).reason).toBe("its health check failed");
    expect((await units()).get("none")?.pid).toBe(before.get("none")?.pid);
    // The reasons stay in the history.
    expect((await history("kill")).history.map(({ reason }) => reason).join()).toContain("SIGKILL");
    await world.write({
      "bad.ts": declare([`unit({ provision: ["bad"], oneShot: true, ${shell("true")}, health: { command: "true" } })`]),
    });
    expect((await world.lading(["check", "bad.ts"])).stderr).toMatch(/fields-contradict: "bad" does its work and ends/);
  });

  test("what is not ready by its deadline is ended and has failed, with what it lacked; so has what ends before", async () => {
    await apply([]);
    const switches = async (result: string): Promise<number> =>
      Number(
        new RegExp(`^lading_switches_total\\{result="${result}"\\} (\\d+)$`, "m").exec(await world.ok("metrics"))?.[1],
      );
    const before = { done: await switches("done"), failed: await switches("failed") };
    const port = await freePort();
    const pidFile = world.path("late.pid");
    await world.write({
      "late.ts": declare([
        `unit({ provision: ["late"], ${shell(`echo $$ > ${pidFile}; exec sleep 1000`)}, ready: { tcp: ${port}, deadline: "700ms" } })`,
        `unit({ provision: ["user"], requirement: ["late"], ${shell("exec sleep 1000")} })`,
      ]),
    });
    const late = await world.lading(["apply", "late.ts", "--yes"]);
    expect(late.stderr).toContain(
      `"late" did not start: not ready within 0.7 s: 127.0.0.1:${port} does not accept connections`,
    );
    const pid = (await world.as(["cat", pidFile])).stdout.trim();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await world.write({
      "short.ts": declare([`unit({ provision: ["short"], ${shell("sleep 0.3; exit 3")}, ready: { tcp: ${port} } })`]),
    });
    const short = await world.lading(["apply", "short.ts", "--yes"]);
    expect(short.stderr).toContain('"short" did not start: ended with exit status 3 before it was ready');
    expect((await world.status()).units).toEqual([]);
    expect(before.done).toBeGreaterThan(0);
    expect({ done: await switches("done"), failed: await switches("failed") }).toEqual({
      done: before.done,
      failed: before.failed + 2,
    });
    expect(await world.ok("metrics")).toMatch(/^lading_last_switch_seconds\{result="failed"\} \d+/m);
  });

  test("a stop does not wait for readiness, and neither does another start", async () => {
    const port = await freePort();
    await apply([
      `unit({ provision: ["never"], autoStart: false, ${shell("exec sleep 1000")}, ready: { tcp: ${port}, deadline: "1h" } })`,
    ]);
    const starting = world.lading(["start", "never"]);
    await until(
      async () => (await world.unit("never")).status === "starting" && (await world.unit("never")).pid !== null,
    );
    await world.ok("stop", "never");
    expect((await world.unit("never")).status).toBe("stopped");
    expect((await starting).status).toBe(1);
  });

  test("readiness that says too little, or too much, is refused where it is declared", async () => {
    const refused = async (ready: string): Promise<string> => {
      await world.write({ "bad.ts": declare([`unit({ provision: ["bad"], ${shell("true")}, ready: ${ready} })`]) });
      const { status, stderr } = await world.lading(["check", "bad.ts"]);
      expect(status).toBe(1);
      return stderr;
    };
    expect(await refused("{}")).toMatch(/bad\.ts:\d+:\d+: error invalid-value: readiness names nothing to wait for/);
    expect(await refused('{ tcp: 80, log: "x" }')).toContain("readiness names several things to wait for");
    expect(await refused("{ healthy: true }")).toContain("waits for a health check that is not declared");
    expect(await refused('{ log: "(" }')).toContain("a regular expression");
    expect(await refused('{ http: "ftp://x" }')).toContain("http:// or https://");
  });

  test("a program's umask and limits are as declared; groups of its own are root's to give", async () => {
    await apply([
      `unit({ provision: ["ruled"], oneShot: true, umask: 0o077, limits: { nofile: "200:300" }, ${shell("umask; ulimit -Sn; ulimit -Hn")} })`,
    ]);
    const log = await world.ok("logs", "ruled", "--json");
    expect(
      log
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).text),
    ).toEqual(["0077", "200", "300"]);
    await world.write({
      "bad.ts": declare([`unit({ provision: ["bad"], ${shell("true")}, supplementaryGroups: ["video"] })`]),
    });
    const refused = await world.lading(["check", "bad.ts"]);
    expect(refused.stderr).toMatch(/bad\.ts:\d+:\d+: error needs-root: a plain user's programs/);
  });

  test("a container's work goes on without the supervisor, and how it ended is known to the next one", async () => {
    const shared = `volumes: ["${world.path(".")}:/shared"]`;
    const work = (name: string): string =>
      `ociContainer({ provision: "${name}", image, oneShot: true, autoStart: false, network: "none", stopGrace: 0, ${shared}, command: ["/bin/sh", "-c", "until busybox test -e /shared/${name}.go; do busybox sleep 0.1; done; exit $(busybox cat /shared/${name}.go)"] })`;
    await apply([], ["watched", "done", "broken"].map(work));
    const names = ["watched", "done", "broken"];
    const starts = names.map((name) => world.lading(["start", name]));
    await until(async () => {
      const { units } = await world.status();
      return names.every((name) => units.find((unit) => unit.name === name)?.pid);
    });
    const before = await world.status();
    process.kill(before.pid, "SIGKILL");
    await Promise.all(starts);
    await world.write({ "done.go": "0", "broken.go": "7" });
    await until(async () => (await world.podman("ps", "--quiet")).stdout.trim().split("\n").length === 1);
    const applied = world.ok("apply", "host.ts", "--yes");
    await until(async () => (await world.lading(["status"])).status !== 3 && (await world.status()).pid !== before.pid);
    const pid = before.units.find(({ name }) => name === "watched")?.pid;
    expect(await world.unit("watched")).toMatchObject({ status: "starting", pid });
    expect((await world.unit("done")).status).toBe("done");
    // It is not run again: nobody asked for that.
    expect(await world.unit("broken")).toMatchObject({ status: "failed", exit: { status: 7 }, restarts: 0 });
    // Whoever applies waits for work that is under way.
    await world.write({ "watched.go": "0" });
    await applied;
    expect((await world.unit("watched")).status).toBe("done");
  });

  test("a container's work that is interrupted is not done, and begins again with all that it had", async () => {
    const script =
      "trap 'busybox sleep 1; exit 0' TERM; busybox cat /run/secrets/word; while :; do busybox sleep 0.1; done";
    await apply(
      [`unit({ provision: ["after"], requirement: ["job"], autoStart: false, ${shell("exec sleep 1000")} })`],
      [
        `ociContainer({ provision: "job", image, oneShot: true, autoStart: false, network: "none", init: true, stopGrace: 5, secrets: [{ name: "word", command: ["/bin/echo", "sesame"] }], command: ["/bin/sh", "-c", ${JSON.stringify(script)}] })`,
      ],
    );
    const hasBegun = (times: number): Promise<boolean> =>
      until(async () => (await world.ok("logs", "job")).split("sesame").length === times + 1);
    void world.lading(["start", "after"]);
    await hasBegun(1);
    void world.lading(["stop", "job"]);
    await until(async () => (await world.unit("job")).wanted === "down");
    void world.lading(["start", "after"]);
    await hasBegun(2);
    expect((await world.unit("after")).status).toBe("stopped");
    const first = (await world.unit("job")).pid;
    void world.lading(["restart", "job"]);
    await hasBegun(3);
    expect(await world.unit("job")).toMatchObject({ status: "starting" });
    expect((await world.unit("job")).pid).not.toBe(first);
    await world.ok("stop", "job");
  });

  test("a disabled unit is started by nothing, not even the next supervisor, until it is enabled", async () => {
    const units = [
      `unit({ provision: ["base"], ${shell("exec sleep 1000")} })`,
      `unit({ provision: ["user"], requirement: ["base"], ${shell("exec sleep 1000")} })`,
    ];
    await apply(units);
    const before = await world.unit("base");
    expect(await world.ok("disable", "base")).toBe("base: running, disabled\n");
    expect((await world.unit("base")).pid).toBe(before.pid);
    await world.ok("stop", "base");
    const refused = await world.lading(["start", "base"]);
    expect(refused.stderr).toMatch(/unit-disabled: base is disabled[\s\S]*lading enable base/);
    process.kill((await world.status()).pid, "SIGKILL");
    await world.ok("apply", "host.ts", "--yes");
    expect((await world.unit("base")).status).toBe("stopped");
    expect(await world.ok("status")).toMatch(/base +stopped .*disabled/);
    const why = await world.ok("why", "user");
    expect(why).toMatch(/^user is stopped since [^\n]*\n[\s\S]*\n {2}requires base, which is not up:\n/);
    expect(why).toMatch(
      /\n {2}base is stopped since .*\n {4}wanted: down, but disabled\n {4}declared at .*host\.ts:\d+:\d+, generation \d+\n/,
    );
    expect(await world.ok("metrics")).toContain('lading_unit_state{unit="base",state="stopped"} 1');
    let watched = "";
    await world.lading(["status", "--watch"], {
      onStart: (child) =>
        child.stdout?.on("data", (data: Buffer) => {
          watched += data.toString();
          if (/base +stopped/.test(watched)) child.kill("SIGINT");
        }),
    });
    expect(watched).toMatch(/^generation \d+, supervisor \d+\nUNIT/);
    expect(await world.ok("enable", "base")).toBe("base: stopped\n");
    await world.ok("start", "user");
    expect((await world.unit("user")).status).toBe("running");
  });

  test("a schedule runs a program and a container again and again, never twice at once, and tells of each run", async () => {
    const mark = (name: string): string => `echo run >> ${world.path(`${name}.runs`)}`;
    const schedule = '{ interval: "700ms" }';
    await apply(
      [
        `unit({ provision: ["often"], schedule: ${schedule}, ${shell(mark("often"))} })`,
        `unit({ provision: ["slow"], schedule: ${schedule}, ${shell(`${mark("slow")}; exec sleep 1000`)} })`,
        `unit({ provision: ["bad"], schedule: ${schedule}, ${shell(`${mark("bad")}; exit 7`)} })`,
        `unit({ provision: ["nightly"], schedule: { calendar: ["*-*-* 03:00 Europe/Berlin"], jitter: "5m" }, ${shell(mark("nightly"))} })`,
      ],
      [
        `ociContainer({ provision: "job", image, network: "none", schedule: ${schedule}, stopGrace: 0, volumes: ["${world.path(".")}:/shared"],
           command: ["/bin/sh", "-c", "echo run >> /shared/job.runs"] })`,
      ],
    );
    const runs = async (name: string): Promise<number> =>
      (await world.as(["cat", world.path(`${name}.runs`)])).stdout.split("\n").length - 1;
    for (const name of ["often", "bad", "job"]) await until(async () => (await runs(name)) >= 3);
    expect(await runs("slow")).toBe(1);
    expect(await runs("nightly")).toBe(0);
    expect(["stopped", "starting"]).toContain((await world.unit("often")).status);
    await until(async () => (await world.unit("bad")).status === "failed");
    expect((await world.unit("bad")).exit?.status).toBe(7);
    expect(await world.ok("status", "nightly")).toMatch(/runs next at \d{4}-\d\d-\d\dT0[12]:0\d:/);
    // By hand, at any time.
    await world.ok("start", "nightly");
    await until(async () => (await runs("nightly")) === 1);
    // A run that takes its time holds up nothing, and can be ended.
    const { pid } = await world.unit("slow");
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(await world.ok("disable", "slow")).toBe("slow: starting, disabled\n");
    expect(await world.ok("stop", "slow")).toBe("slow: stopped, disabled\n");
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test("a schedule that contradicts itself is refused where it is declared", async () => {
    const refused = async (fields: string): Promise<string> => {
      await world.write({ "bad.ts": declare([`unit({ provision: ["bad"], ${shell("true")}, ${fields} })`]) });
      const { status, stderr } = await world.lading(["check", "bad.ts"]);
      expect(status).toBe(1);
      return stderr;
    };
    expect(await refused("schedule: {}")).toContain("a schedule has neither a calendar nor an interval");
    expect(await refused('schedule: { calendar: ["daily"], interval: "1h" }')).toContain(
      "both a calendar and an interval",
    );
    expect(await refused('schedule: { interval: "1h" }, respawn: true')).toContain("a unit with a schedule respawns");
    expect(await refused('schedule: { calendar: ["Funday"] }')).toMatch(/bad\.ts:\d+:\d+: .*a calendar as cron has it/);
  });

  test("what a user puts where the engine leaves its ends, or where a log is, neither stops nor hangs the supervisor", async () => {
    await apply(
      [],
      [
        'ociContainer({ provision: "plain", image, network: "none", stopGrace: 0, command: ["/bin/busybox", "sleep", "100000"] })',
      ],
    );
    const exits = `/run/user/${world.uid}/libpod/tmp/exits`;
    const log = world.path("state/logs/plain.log");
    const made = await world.as([
      ...["sh", "-c"],
      `cd ${exits} && mkdir folder && ln -s self self && mkfifo fifo && ln -s /dev/zero zero && rm ${log} && ln -s ${log} ${log} && ls`,
    ]);
    expect(made.status, made.stderr).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await world.ok("metrics")).toContain('lading_unit_state{unit="plain",state="running"} 1');
    await world.as([
      "sh",
      "-c",
      `rm -r ${exits}/folder ${exits}/self ${exits}/fifo ${exits}/zero ${log}; mkfifo ${log}`,
    ]);
    const restarted = await world.lading(["restart", "plain"]);
    expect(restarted.stderr).toContain("is no file");
    await world.as(["rm", log]);
    await world.ok("start", "plain");
  });
});
