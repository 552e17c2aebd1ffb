/** What a new supervisor takes up of what an earlier one left, and of what the engines have. */
import { describe, expect, test } from "vitest";
import type { EngineContainer } from "../../src/engine/index.ts";
import { adopt } from "../../src/supervisor/adopt.ts";
import { machineUnit, type UnitSpec } from "../../src/supervisor/unit-spec.ts";
import { freshUnit } from "../../src/supervisor/unit-state.ts";
import { processId } from "../../src/sys/index.ts";

const id = "1".repeat(64);
/** Nobody has the largest number. */
const gone = { pid: 4_194_303, startTime: 1 };

function spec(more: Partial<UnitSpec> = {}): UnitSpec {
  const start = { kind: "container", cli: { engine: "podman" }, container: { name: "job" } };
  const policy = { respawn: false, respawnLimit: 5, respawnDelay: 100, autoStart: true, oneShot: true };
  const names = { name: "job", provision: ["job"], requirement: [], digest: "sha256:1" };
  return { ...names, ...policy, start, ...more } as unknown as UnitSpec;
}

function container(state: string, pid: number): EngineContainer {
  const labels = { "dev.lading.spec": "sha256:1", "dev.lading.unit": "job" };
  return { id, name: "job", image: "x", imageId: "x", state, pid, labels };
}

async function taken(
  unit: UnitSpec,
  { status, found, exit = null }: { status?: "starting" | "failed"; found?: EngineContainer; exit?: number | null },
) {
  const state = { ...freshUnit(machineUnit(unit), 0), status: status ?? ("starting" as const) };
  const [adopted] = await adopt({
    saved: status === undefined ? [] : [{ spec: unit, state, running: { id, process: gone } }],
    units: [unit],
    containers: new Map(found === undefined ? [] : [["job", found]]),
    exitStatus: async () => ({ status: exit, signal: null }),
  });
  return adopted?.state;
}

describe("work whose container is gone", () => {
  test.each([
    ["with 0 is done", spec(), 0, { status: "done", wanted: "up" }],
    ["with 0, of a schedule, is at rest", spec({ schedule: {} as never }), 0, { status: "stopped", wanted: "down" }],
    ["with 7 failed, and is not run again", spec(), 7, { status: "failed", respawnAt: null, exit: { status: 7 } }],
    ["nobody knows how is begun again", spec(), null, { status: "stopped", wanted: "up" }],
  ] as const)("and that ended %s", async (_, unit, exit, state) => {
    expect(await taken(unit, { status: "starting", exit })).toMatchObject(state);
  });
});

test("work that goes on is waited for, whatever was known of it", async () => {
  const found = container("running", process.pid);
  expect(processId(process.pid)).toBeDefined();
  for (const status of ["starting", "failed", undefined] as const)
    expect(await taken(spec(), { ...(status === undefined ? {} : { status }), found })).toMatchObject({
      status: "starting",
    });
});

test("what does not run is not taken for running: a boot leaves containers behind that were made once", async () => {
  for (const state of ["created", "exited", "stopped"])
    expect(await taken(spec({ oneShot: false }), { found: container(state, 0) })).toBeUndefined();
  expect(await taken(spec({ oneShot: false }), { found: container("running", process.pid) })).toMatchObject({
    status: "running",
  });
});
