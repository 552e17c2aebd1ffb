/** The log of a unit that a failed switch left behind, and of one that is declared no more: `lading logs` finds it. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ran, lading as run, Scratch } from "../support.ts";

/** A declaration of programs, which take no engine. */
function host(units: Readonly<Record<string, string>>): string {
  const list = Object.entries(units).map(
    ([name, script]) => `unit({ provision: ["${name}"], respawn: false, start: ["/bin/sh", "-c", "${script}"] })`,
  );
  return `import { homeEnvironment, simpleService, supervisorServiceType, unit } from "lading";
export default homeEnvironment({ services: [simpleService("units", supervisorServiceType, [${list.join(", ")}])] });
`;
}

const good = "echo fine; exec sleep 1000";
const bad = "echo why; exit 3";

/** A state of its own, which nothing of is left. */
class Lading {
  readonly scratch: Scratch = new Scratch();
  readonly run = (...args: readonly string[]): Promise<Ran> => run(this.scratch, ...args);
  async close(): Promise<void> {
    await this.run("down", "--yes");
    this.scratch[Symbol.dispose]();
  }
}

describe("after a switch that was undone", () => {
  const {
    scratch,
    run: lading,
    close,
  } = (() => {
    const made = new Lading();
    return { scratch: made.scratch, run: made.run, close: () => made.close() };
  })();
  const log = join(scratch.path, "state/logs/bad.log");
  let failed: Ran;
  beforeAll(async () => {
    scratch.write({
      "host.ts": host({ good, old: "echo before; exec sleep 1000" }),
      "next.ts": host({ good }),
      "bad.ts": host({ good, bad }),
    });
    for (const file of ["host.ts", "next.ts"]) expect((await lading("apply", file, "--yes")).status).toBe(0);
    failed = await lading("apply", "bad.ts", "--yes");
  }, 60_000);
  afterAll(close);

  test("the error tells of the unit's last lines and of its log", () => {
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain(
      'error unit-failed: "bad" did not start: ended with exit status 3; its last lines: why\n',
    );
    expect(failed.stderr).toContain(`; all that it wrote is in ${log}\n`);
  });

  test("its log is printed, with a note on stderr", async () => {
    const { status, stdout, stderr } = await lading("logs", "bad");
    expect([status, stderr]).toEqual([
      0,
      `"bad" is no unit of the generation in force: this is the log that it left, ${log}\n`,
    ]);
    expect(stdout).toMatch(/^\S+Z why\n$/);
    const json = await lading("logs", "bad", "--json", "-n", "1");
    expect([JSON.parse(json.stdout).text, json.stderr]).toEqual(["why", ""]);
  });

  test("so is that of a unit which is declared no more, beside one that runs", async () => {
    const { status, stdout } = await lading("logs", "good", "old");
    expect(status).toBe(0);
    expect(stdout.replaceAll(/\S+Z /g, "").trim().split("\n").sort()).toEqual(["good: fine", "old: before"]);
  });

  test("all logs are those of the generation in force", async () => {
    expect((await lading("logs")).stdout).toMatch(/^\S+Z fine\n$/);
  });

  test("`why` says where to look", async () => {
    const { status, stderr } = await lading("why", "bad");
    expect([status, stderr]).toEqual([
      1,
      'error unknown-unit: "bad" is no unit of the generation in force\n  hint: `lading logs bad` shows the log that it left\n',
    ]);
  });

  test("a slip is told, and what is no name or no file of its own is no log", async () => {
    expect((await lading("logs", "bda")).stderr).toContain('hint: did you mean "bad"?');
    symlinkSync("/etc/passwd", join(scratch.path, "state/logs/users.log"));
    mkdirSync(join(scratch.path, "state/logs/folder.log"));
    scratch.write({ "state/other.log": "secret" });
    for (const name of ["users", "folder", "../other", "logs/../bad", ".", ""]) {
      const { status, stdout, stderr } = await lading("logs", name);
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(`error unknown-unit: no unit is called "${name}"`);
    }
  });

  test("a log in a folder of another user's containers is found, too", async () => {
    scratch.write({ "state/logs/deploy/web.log": "served\n" });
    expect((await lading("logs", "web")).stdout).toMatch(/served\n$/);
  });
});

test("the first switch of all that fails leaves its log as well", async () => {
  const made = new Lading();
  try {
    made.scratch.write({ "bad.ts": host({ bad }) });
    expect((await made.run("apply", "bad.ts", "--yes")).status).toBe(1);
    const { status, stdout } = await made.run("logs", "bad");
    expect([status, stdout.replace(/^\S+Z /, "")]).toEqual([0, "why\n"]);
  } finally {
    await made.close();
  }
}, 60_000);
