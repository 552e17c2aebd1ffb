/**
 * What an earlier supervisor left: each unit that it remembered, as the engine and the kernel say that it is now. The
 * kernel knows better than an engine that does not answer; a container of ours that nobody remembers is known by the
 * digest that it carries.
 */
import { type EngineContainer, labels } from "../engine/index.ts";
import { isAlive, processId } from "../sys/index.ts";
import { type Event, step } from "./machine.ts";
import type { Running, SavedUnit } from "./state-file.ts";
import { isWork, machineUnit, type UnitSpec } from "./unit-spec.ts";
import { describeExit, type ExitInfo, freshUnit, type UnitState } from "./unit-state.ts";

/** A unit that was taken up, and what runs for it. */
export interface Adopted {
  readonly spec: UnitSpec;
  readonly state: UnitState;
  readonly running: Running | null;
}

export interface AdoptOptions {
  readonly saved: readonly SavedUnit[];
  /** The units that are to be in force. */
  readonly units: readonly UnitSpec[];
  /** Our containers that the engines know, by unit. */
  readonly containers: ReadonlyMap<string, EngineContainer>;
  /** How a container that is gone ended. */
  readonly exitStatus: (spec: UnitSpec, id: string | null) => Promise<ExitInfo>;
}

function runningOf(container: EngineContainer): Running {
  return { id: container.id, process: processId(container.pid) ?? null };
}

export async function adopt({ saved, units, containers, exitStatus }: AdoptOptions): Promise<readonly Adopted[]> {
  const adopted: Adopted[] = [];
  for (const each of saved) adopted.push(await adoptSaved(each, containers.get(each.spec.name), exitStatus));
  for (const spec of units) {
    const found = containers.get(spec.name);
    const isKnown = saved.some((each) => each.spec.name === spec.name);
    // One that does not run, as after a boot, is none to take up: the next start takes its name.
    if (isKnown || found?.state !== "running" || found.labels[labels.spec] !== spec.digest) continue;
    const status = isWork(spec) ? "starting" : "running";
    const state: UnitState = { ...freshUnit(machineUnit(spec), Date.now()), status };
    adopted.push({ spec, state, running: runningOf(found) });
  }
  return adopted;
}

async function adoptSaved(
  { spec, state, running }: SavedUnit,
  container: EngineContainer | undefined,
  exitStatus: AdoptOptions["exitStatus"],
): Promise<Adopted> {
  const before: UnitState = { ...state, unit: machineUnit(spec), next: null };
  // One that was not ready yet is waited for again, and work until it is done.
  const isWaitedFor = isWork(spec) || (state.status === "starting" && spec.ready !== undefined);
  const up: UnitState = { ...before, respawnAt: null, status: isWaitedFor ? "starting" : "running" };
  const isCurrent = container?.labels[labels.spec] === spec.digest && container.state === "running";
  if (spec.start.kind === "container" && container !== undefined && isCurrent)
    return { spec, state: up, running: runningOf(container) };
  if (running?.process && isAlive(running.process)) return { spec, state: up, running };
  if (state.status === "done" || state.status === "failed" || state.status === "stopped")
    return { spec, state: before, running: null };
  const after = (event: Event): Adopted => {
    const [ended] = step(new Map([[spec.name, before]]), event, Date.now());
    return { spec, state: ended.get(spec.name) ?? before, running: null };
  };
  const { name } = spec;
  // It was running and is not: it ended while nobody watched.
  if (state.status === "starting" && isWork(spec) && running?.id) {
    const exit = await exitStatus(spec, running.id);
    if (exit.status === 0) return after({ type: "started", name });
    if (exit.status !== null) return after({ type: "start-failed", name, reason: describeExit(exit), exit });
  }
  if (state.status === "starting" || state.status === "stopping" || spec.start.kind === "none")
    return { spec, state: { ...before, status: "stopped" }, running: null };
  return after({ type: "exited", name, exit: await exitStatus(spec, running?.id ?? null) });
}
