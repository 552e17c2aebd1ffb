/** The supervisor as process 1, as in an image whose program it is: orphans, signals, and an end in order. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notHere, until, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: process 1: ${notHere}`);

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

function processes(): readonly Process[] {
  return readdirSync("/proc").flatMap((name) => {
    const path = `/proc/${name}/stat`;
    if (!/^\d+$/.test(name) || !existsSync(path)) return [];
    const text = readFileSync(path, "utf8");
    const [state = "", parent = ""] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return [{ pid: Number(name), parent: Number(parent), state }];
  });
}

describe.skipIf(notHere !== undefined)("a supervisor that is process 1", () => {
  let world: World;
  let daemon: ChildProcess | undefined;
  beforeAll(async () => {
    world = await World.open("root");
  });
  afterAll(async () => {
    daemon?.kill("SIGKILL");
    await world.close();
  });

  test("takes orphans away, passes signals on to its programs, and ends everything in order", async () => {
    const orphans = 20;
    const told = (name: string, words: string): string => `echo ${words} >> ${world.path(name)}`;
    const trap = (name: string, more = ""): string =>
      `trap '${told("ends", name)}; exit 0' TERM; trap '${told("signals", `${name}-HUP`)}' HUP; trap '${told("signals", `${name}-USR2`)}' USR2; ${more} while :; do sleep 0.1; done`;
    const unit = (name: string, script: string, requirement = ""): string =>
      `unit({ provision: ["${name}"], start: ["/bin/sh", "-c", ${JSON.stringify(script)}], requirement: [${requirement}] })`;
    const leave = `for i in $(seq ${orphans}); do (sh -c 'echo $$ >> ${world.path("orphans")}; sleep 0.3' &); done;`;
    await world.write({
      "host.ts": `import { homeEnvironment, simpleService, supervisorServiceType, unit } from "lading";
export default homeEnvironment({ services: [simpleService("units", supervisorServiceType, [
  ${unit("base", trap("base"))}, ${unit("top", trap("top", leave), '"base"')}] )] });`,
    });
    const begin = (): ChildProcess =>
      spawn("unshare", ["--pid", "--fork", "--kill-child", "--mount-proc", ...world.argv("daemon")], {
        stdio: "ignore",
        env: { ...process.env, LADING_STATE: world.path("state"), LADING_RUNTIME: world.path("run") },
      });
    daemon = begin();
    const exit = once(daemon, "exit");
    const one = await until(async () => processes().find(({ parent }) => parent === daemon?.pid)?.pid);
    await until(async () => existsSync(world.path("run/control.sock")));
    const inside = (...argv: readonly string[]) =>
      world.as(["nsenter", `--target=${one}`, "--pid", "--mount", ...argv]);
    const applied = await inside(...world.argv("apply", world.path("host.ts"), "--yes"));
    expect(applied.stderr + applied.stdout).toContain("generation 1 is current");
    expect(JSON.parse((await inside(...world.argv("status", "--json"))).stdout)).toMatchObject({ pid: 1 });

    const lines = (name: string): readonly string[] =>
      existsSync(world.path(name)) ? readFileSync(world.path(name), "utf8").trim().split("\n") : [];
    await until(async () => lines("orphans").length === orphans);
    const numbers = lines("orphans").map(Number);
    const left = (): readonly Process[] => processes().filter(({ parent, state }) => parent === one && state === "Z");
    // Each was there, is there no more, and nothing of it is left.
    await until(async () => numbers.every((pid) => !existsSync(`/proc/${one}/root/proc/${pid}`)));
    await until(async () => left().length === 0);

    for (const signal of ["SIGHUP", "SIGUSR2"] as const) process.kill(one, signal);
    await until(async () => lines("signals").length === 4);
    expect([...lines("signals")].sort()).toEqual(["base-HUP", "base-USR2", "top-HUP", "top-USR2"]);

    process.kill(one, "SIGTERM");
    expect(await exit).toEqual([0, null]);
    expect(lines("ends")).toEqual(["top", "base"]);

    // Begun again, as a container is, it brings everything up again.
    daemon = begin();
    await until(async () => lines("orphans").length === 2 * orphans);
  });
});
