/**
 * The supervisor's state machine: `step(state, event, now)` returns the next state and the effects to carry out. Pure:
 * time, process ends and requests are events; nothing here starts, stops or waits.
 *
 *                    requirements up
 *     stopped ────────────────────────▶ starting ──started──▶ running ──exited──▶ stopped | failed
 *        ▲  ▲                              │  └──(oneShot)──▶ done                   (respawn: stopped, then a timer)
 *        │  └──────────stopped──── stopping│◀──────────── running | done
 *        │                                 └──failed──▶ failed  (it is tried again, with a timer)
 *        └── `wanted` says where a unit should be; `settle` moves every unit one legal step towards it.
 *
 * A step has two phases. The event is applied to the units that it names; then `settle` starts what may start and stops
 * what must stop, until nothing moves. Dependents stop before what they require when both must stop; a unit that is
 * replaced, or dies, leaves its dependents alone. A unit whose requirement failed waits, and starts when that recovers.
 */
import { settle } from "./settle.ts";
import {
  change,
  couldNotStop,
  type Draft,
  dependentsOf,
  describeExit,
  type ExitInfo,
  freshUnit,
  isActive,
  type MachineState,
  type MachineUnit,
  requirementsOf,
  startsByItself,
  type UnitState,
} from "./unit-state.ts";

export type Event =
  /** `disabled`: all that a person has disabled. */
  | { readonly type: "load"; readonly units: readonly MachineUnit[]; readonly disabled?: readonly string[] }
  | { readonly type: "start" | "enable" | "disable"; readonly name: string }
  | { readonly type: "stop" | "restart"; readonly name: string; readonly reason?: string }
  | { readonly type: "started"; readonly name: string }
  /** `calledOff`: it was ended because it was not wanted any more, and did not fail. */
  | {
      readonly type: "start-failed";
      readonly name: string;
      readonly reason: string;
      readonly exit: ExitInfo | null;
      readonly calledOff?: boolean;
    }
  | { readonly type: "exited"; readonly name: string; readonly exit: ExitInfo }
  | { readonly type: "stopped"; readonly name: string; readonly exit: ExitInfo | null }
  | { readonly type: "stop-failed"; readonly name: string; readonly reason: string }
  | { readonly type: "timer" };

export type Effect =
  | { readonly type: "start"; readonly name: string; readonly digest: string }
  | { readonly type: "stop"; readonly name: string }
  /** Send a `timer` event at this time. */
  | { readonly type: "wake"; readonly at: number }
  | { readonly type: "forget"; readonly name: string };

/** Milliseconds within which `respawnLimit` respawns are too many (Shepherd's default: 5 within 7 s). */
export const respawnWindow = 7_000;

/** Milliseconds after which what failed is tried again: doubled with each failure, up to the longest. */
const firstRetry = 1_000;
const longestRetry = 300_000;

/** The next state and what must be done for it. An event about an unknown unit changes nothing. */
export function step(state: MachineState, event: Event, now: number): readonly [MachineState, readonly Effect[]] {
  const draft: Draft = new Map(state);
  apply(draft, event, now);
  return [draft, settle(draft, now)];
}

function apply(draft: Draft, event: Event, now: number): void {
  switch (event.type) {
    case "load":
      return load(draft, event, now);
    case "start":
      for (const name of [event.name, ...requirementsOf(draft, event.name)]) {
        const at = draft.get(name);
        if (at === undefined) continue;
        // One that is being replaced goes up again once its new definition is in place.
        if (at.next !== null) {
          change(draft, name, now, { restart: at.next !== "gone" });
          continue;
        }
        // A person who asks for a start also forgives what failed before.
        const retry = at.status === "failed" ? { status: "stopped" as const, respawns: [] } : {};
        change(draft, name, now, { wanted: "up", reason: null, respawnAt: null, failures: 0, ...retry });
      }
      return;
    case "stop":
      for (const name of [event.name, ...dependentsOf(draft, event.name)]) {
        const reason = name === event.name ? (event.reason ?? null) : null;
        const at = draft.get(name);
        const isStuck = at !== undefined && couldNotStop(at);
        // A person who asks for a stop has seen that it failed.
        const seen = at?.status === "failed" && !isStuck ? { status: "stopped" as const } : {};
        change(draft, name, now, {
          ...seen,
          wanted: "down",
          restart: false,
          respawnAt: isStuck ? now : null,
          respawns: [],
          failures: 0,
          reason,
        });
      }
      return;
    case "restart": {
      const names = [event.name, ...dependentsOf(draft, event.name)];
      for (const name of names) {
        const at = draft.get(name);
        if (at === undefined) continue;
        const restart = name === event.name || !at.unit.transient;
        if (isActive(at)) change(draft, name, now, { wanted: "down", restart, respawnAt: null, respawns: [] });
        else if (name === event.name) apply(draft, { type: "start", name }, now);
      }
      return;
    }
    case "started": {
      const at = draft.get(event.name);
      if (at?.status !== "starting") return;
      const { oneShot, scheduled } = at.unit;
      if (oneShot && scheduled) {
        rest(draft, event.name, now, { status: 0, signal: null });
        return finishStop(draft, event.name, now);
      }
      change(draft, event.name, now, { status: oneShot ? "done" : "running", reason: null, exit: null });
      return;
    }
    case "enable":
    case "disable":
      return change(draft, event.name, now, { enabled: event.type === "enable" });
    case "start-failed": {
      const at = draft.get(event.name);
      if (at?.status !== "starting") return;
      const { reason, exit } = event;
      // Called off before it was ready: that is a stop, not a failure, also where it is wanted again by now.
      if (at.wanted === "down" || event.calledOff === true)
        change(draft, event.name, now, { status: "stopped", reason: null, exit });
      else fail(draft, at, now, { reason, exit });
      return finishStop(draft, event.name, now);
    }
    case "exited":
      exited(draft, event.name, event.exit, now);
      return restartFollowers(draft, event.name, now);
    case "stopped":
      if (draft.get(event.name)?.status !== "stopping") return;
      change(draft, event.name, now, { status: "stopped", exit: event.exit });
      return finishStop(draft, event.name, now);
    case "stop-failed": {
      const at = draft.get(event.name);
      if (at?.status !== "stopping") return;
      const respawnAt = now + retryDelay(at.failures);
      change(draft, event.name, now, { status: "failed", reason: event.reason, respawnAt, failures: at.failures + 1 });
      return;
    }
    case "timer":
      return;
  }
}

/** Puts a new set of definitions in force: only what changed, came or went is touched. */
function load(draft: Draft, { units, disabled }: Event & { readonly type: "load" }, now: number): void {
  for (const name of disabled === undefined ? [] : draft.keys())
    change(draft, name, now, { enabled: !disabled?.includes(name) });
  const named = new Map(units.map((unit) => [unit.name, unit]));
  for (const [name, at] of draft) {
    const unit = named.get(name);
    if (unit === undefined) {
      const respawnAt = couldNotStop(at) ? at.respawnAt : null;
      change(draft, name, now, { wanted: "down", next: "gone", restart: false, respawnAt });
    } else if (unit.digest === at.unit.digest) {
      // Its place in the graph may have changed all the same.
      const wanted = at.next === "gone" ? { wanted: "up" as const } : {};
      change(draft, name, now, { unit, next: null, ...wanted, ...rescheduled(at, unit) });
    } else {
      // A new definition starts as it declares, also where a person had stopped the earlier one.
      const goesOn = at.wanted === "up" || at.next === "gone" || at.restart;
      const restart = startsByItself(unit) || (goesOn && !unit.scheduled);
      const respawnAt = couldNotStop(at) ? at.respawnAt : null;
      change(draft, name, now, { wanted: "down", next: unit, restart, respawnAt, respawns: [] });
    }
    const changed = draft.get(name);
    if (changed !== undefined && !isActive(changed) && !couldNotStop(changed)) finishStop(draft, name, now);
  }
  for (const unit of units)
    if (!draft.has(unit.name))
      draft.set(unit.name, { ...freshUnit(unit, now), enabled: !disabled?.includes(unit.name) });
}

/** A schedule is no part of what runs: one that comes or goes leaves what runs alone, and changes what is at rest. */
function rescheduled(at: UnitState, unit: MachineUnit): Partial<UnitState> {
  if (unit.scheduled === at.unit.scheduled) return {};
  if (unit.scheduled) return at.status === "done" ? { status: "stopped", wanted: "down" } : {};
  return startsByItself(unit) && !isActive(at) ? { status: "stopped", wanted: "up", reason: null } : {};
}

/** A unit has come to rest: what was waiting for that happens now. */
function finishStop(draft: Draft, name: string, now: number): void {
  const at = draft.get(name);
  if (at === undefined || at.next === "gone") return;
  if (at.next !== null) {
    const { enabled, history, restarts } = at;
    draft.set(name, { ...freshUnit(at.next, now), enabled, history, restarts, wanted: at.restart ? "up" : "down" });
  } else if (at.restart) {
    const again = at.status === "failed" ? { status: "stopped" as const, respawnAt: null } : {};
    change(draft, name, now, { wanted: "up", restart: false, reason: null, ...again });
  }
}

/** What lives in a unit's namespace, or asked for it, cannot go on without it: it ends, and comes back after it. */
function restartFollowers(draft: Draft, name: string, now: number): void {
  const provision = draft.get(name)?.unit.provision ?? [];
  for (const [other, at] of draft) {
    if (other === name || !isActive(at) || !at.unit.restartWith.some((each) => provision.includes(each))) continue;
    change(draft, other, now, { wanted: "down", restart: at.wanted === "up" || at.restart, respawnAt: null });
  }
}

function retryDelay(failures: number): number {
  return Math.min(firstRetry * 2 ** failures, longestRetry);
}

/** What failed is tried again after a while, if it respawns at all, and ever more rarely. */
function fail(draft: Draft, at: UnitState, now: number, how: Pick<UnitState, "reason" | "exit">): void {
  const retries = at.unit.respawn !== false && at.wanted === "up";
  const respawnAt = retries ? now + retryDelay(at.failures) : null;
  change(draft, at.unit.name, now, { ...how, status: "failed", respawnAt, failures: at.failures + 1 });
}

/** A run is over, and went well: the unit is at rest until its next. */
function rest(draft: Draft, name: string, now: number, exit: ExitInfo): void {
  change(draft, name, now, { status: "stopped", wanted: "down", reason: null, exit });
}

function exited(draft: Draft, name: string, exit: ExitInfo, now: number): void {
  const found = draft.get(name);
  // While stopping, the end is what was asked for; the `stopped` event settles it.
  if (found?.status !== "running") return;
  if (found.wanted === "down") {
    change(draft, name, now, { status: "stopped", exit });
    return finishStop(draft, name, now);
  }
  const at = now - found.since > respawnWindow ? { ...found, failures: 0 } : found;
  const { respawn, respawnLimit, respawnDelay } = at.unit;
  const recent = at.respawns.filter((time) => now - time < respawnWindow);
  const clean = exit.status === 0 && exit.signal === null;
  if (clean && at.unit.scheduled) return rest(draft, name, now, exit);
  if (respawn === false || (respawn === "on-failure" && clean)) {
    const reason = clean ? "ended by itself" : `ended with ${describeExit(exit)}`;
    change(draft, name, now, { status: clean ? "stopped" : "failed", wanted: clean ? "down" : "up", exit, reason });
  } else if (recent.length >= respawnLimit || at.failures > 0) {
    const times = `${Math.max(recent.length, respawnLimit)} times in ${respawnWindow / 1000} s`;
    const reason = `respawning too fast: ${times}; last ended with ${describeExit(exit)}; trying again ever more rarely`;
    fail(draft, at, now, { reason, exit });
  } else {
    change(draft, name, now, {
      status: "stopped",
      exit,
      reason: `ended with ${describeExit(exit)}; respawning`,
      respawns: [...recent, now],
      respawnAt: now + respawnDelay,
      failures: 0,
      restarts: at.restarts + 1,
    });
  }
}
