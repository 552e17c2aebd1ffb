/**
 * The supervisor's state machine: `step(state, event, now)` returns the next state and the effects to carry out. Pure:
 * time, process ends and requests are events; nothing here starts, stops or waits.
 *
 *                    requirements up
 *     stopped ────────────────────────▶ starting ──started──▶ running ──exited──▶ stopped | failed
 *        ▲  ▲                              │  └──(oneShot)──▶ done                   (respawn: stopped, then a timer)
 *        │  └──────────stopped──── stopping│◀──────────── running | done
 *        │                                 └──failed──▶ failed
 *        └── `wanted` says where a unit should be; `settle` moves every unit one legal step towards it.
 *
 * A step has two phases. The event is applied to the units that it names; then `settle` starts what may start and stops
 * what must stop, until nothing moves. Dependents stop before what they require when both must stop; a unit that is
 * replaced, or dies, leaves its dependents alone. A unit whose requirement failed waits, and starts when that recovers.
 */

/** Where a unit is. `done` is a one-shot that did its work. */
export type UnitStatus = "stopped" | "starting" | "running" | "done" | "stopping" | "failed";

/** How a program ended: an exit status, or a signal; null where nobody can know. */
export interface ExitInfo {
  readonly status: number | null;
  readonly signal: string | null;
}

/** What the machine must know of a unit's definition. */
export interface MachineUnit {
  readonly name: string;
  readonly provision: readonly string[];
  readonly requirement: readonly string[];
  readonly restartWith: readonly string[];
  readonly digest: string;
  readonly oneShot: boolean;
  readonly respawn: boolean | "on-failure";
  readonly respawnLimit: number;
  readonly respawnDelay: number;
  readonly autoStart: boolean;
}

export interface UnitState {
  readonly unit: MachineUnit;
  readonly status: UnitStatus;
  readonly wanted: "up" | "down";
  /** Milliseconds since 1970 of the last change of status. */
  readonly since: number;
  /** Why it is where it is, where that is not obvious. */
  readonly reason: string | null;
  readonly exit: ExitInfo | null;
  /** When it was respawned, within the window of the limit. */
  readonly respawns: readonly number[];
  /** A respawn is due at this time. */
  readonly respawnAt: number | null;
  /** Take this definition once stopped; "gone" forgets the unit. */
  readonly next: MachineUnit | "gone" | null;
  /** Go up again once stopped. */
  readonly restart: boolean;
}

export type MachineState = ReadonlyMap<string, UnitState>;

export type Event =
  | { readonly type: "load"; readonly units: readonly MachineUnit[] }
  | { readonly type: "start"; readonly name: string }
  | { readonly type: "stop" | "restart"; readonly name: string; readonly reason?: string }
  | { readonly type: "started"; readonly name: string }
  | { readonly type: "start-failed"; readonly name: string; readonly reason: string; readonly exit: ExitInfo | null }
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

/** A unit that was just defined and has not run. */
export function freshUnit(unit: MachineUnit, now: number): UnitState {
  const wanted = unit.autoStart ? "up" : "down";
  return {
    unit,
    status: "stopped",
    wanted,
    since: now,
    reason: null,
    exit: null,
    respawns: [],
    respawnAt: null,
    next: null,
    restart: false,
  };
}

/** Whether what requires the unit may start. */
export function isUp(state: Pick<UnitState, "status">): boolean {
  return state.status === "running" || state.status === "done";
}

function isActive(state: UnitState): boolean {
  return state.status === "starting" || state.status === "stopping" || isUp(state);
}

/** The units that provide a name. */
function providers(state: MachineState, name: string): readonly UnitState[] {
  return [...state.values()].filter((each) => each.unit.provision.includes(name));
}

/** The units that require `name`, directly or not. */
export function dependentsOf(state: MachineState, name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [name];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const provision = state.get(at)?.unit.provision ?? [];
    for (const [other, { unit }] of state) {
      if (found.has(other) || other === name || !unit.requirement.some((each) => provision.includes(each))) continue;
      found.add(other);
      queue.push(other);
    }
  }
  return found;
}

/** The units that `name` requires, directly or not. */
function requirementsOf(state: MachineState, name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [name];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const required of state.get(at)?.unit.requirement ?? []) {
      for (const { unit } of providers(state, required)) {
        if (found.has(unit.name)) continue;
        found.add(unit.name);
        queue.push(unit.name);
      }
    }
  }
  return found;
}

type Draft = Map<string, UnitState>;

function change(draft: Draft, name: string, now: number, changes: Partial<UnitState>): void {
  const before = draft.get(name);
  if (before === undefined) return;
  const moved = changes.status !== undefined && changes.status !== before.status;
  draft.set(name, { ...before, ...changes, ...(moved ? { since: now } : {}) });
}

/** The next state and what must be done for it. An event about an unknown unit changes nothing. */
export function step(state: MachineState, event: Event, now: number): readonly [MachineState, readonly Effect[]] {
  const draft: Draft = new Map(state);
  apply(draft, event, now);
  return [draft, settle(draft, now)];
}

function apply(draft: Draft, event: Event, now: number): void {
  switch (event.type) {
    case "load":
      return load(draft, event.units, now);
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
        change(draft, name, now, { wanted: "up", reason: null, respawnAt: null, ...retry });
      }
      return;
    case "stop":
      for (const name of [event.name, ...dependentsOf(draft, event.name)]) {
        const reason = name === event.name ? (event.reason ?? null) : null;
        change(draft, name, now, { wanted: "down", restart: false, respawnAt: null, respawns: [], reason });
      }
      return;
    case "restart": {
      const names = [event.name, ...dependentsOf(draft, event.name)];
      for (const name of names) {
        const at = draft.get(name);
        if (at === undefined) continue;
        if (isActive(at)) change(draft, name, now, { wanted: "down", restart: true, respawnAt: null, respawns: [] });
        else if (name === event.name) apply(draft, { type: "start", name }, now);
      }
      return;
    }
    case "started": {
      const at = draft.get(event.name);
      if (at?.status !== "starting") return;
      change(draft, event.name, now, { status: at.unit.oneShot ? "done" : "running", reason: null, exit: null });
      return;
    }
    case "start-failed":
      if (draft.get(event.name)?.status !== "starting") return;
      change(draft, event.name, now, { status: "failed", reason: event.reason, exit: event.exit });
      return finishStop(draft, event.name, now);
    case "exited":
      exited(draft, event.name, event.exit, now);
      return restartFollowers(draft, event.name, now);
    case "stopped":
      if (draft.get(event.name)?.status !== "stopping") return;
      change(draft, event.name, now, { status: "stopped", exit: event.exit });
      return finishStop(draft, event.name, now);
    case "stop-failed":
      change(draft, event.name, now, { status: "failed", reason: event.reason, restart: false });
      return;
    case "timer":
      return;
  }
}

/** Puts a new set of definitions in force: only what changed, came or went is touched. */
function load(draft: Draft, units: readonly MachineUnit[], now: number): void {
  const named = new Map(units.map((unit) => [unit.name, unit]));
  for (const [name, at] of draft) {
    const unit = named.get(name);
    if (unit === undefined) change(draft, name, now, { wanted: "down", next: "gone", restart: false, respawnAt: null });
    else if (unit.digest === at.unit.digest) {
      // Its place in the graph may have changed all the same.
      change(draft, name, now, { unit, next: null, ...(at.next === "gone" ? { wanted: "up" as const } : {}) });
    } else {
      // A new definition starts as it declares, also where a person had stopped the earlier one.
      const restart = unit.autoStart || at.wanted === "up" || at.next === "gone" || at.restart;
      change(draft, name, now, { wanted: "down", next: unit, restart, respawnAt: null, respawns: [] });
    }
    const changed = draft.get(name);
    if (changed !== undefined && !isActive(changed)) finishStop(draft, name, now);
  }
  for (const unit of units) if (!draft.has(unit.name)) draft.set(unit.name, freshUnit(unit, now));
}

/** A unit has come to rest: what was waiting for that happens now. */
function finishStop(draft: Draft, name: string, now: number): void {
  const at = draft.get(name);
  if (at === undefined || at.next === "gone") return;
  if (at.next !== null) {
    const fresh = freshUnit(at.next, now);
    draft.set(name, { ...fresh, wanted: at.restart ? "up" : "down" });
  } else if (at.restart) change(draft, name, now, { wanted: "up", restart: false, reason: null });
}

/** What lives in a unit's namespace, or asked for it, cannot go on without it: it ends, and comes back after it. */
function restartFollowers(draft: Draft, name: string, now: number): void {
  const provision = draft.get(name)?.unit.provision ?? [];
  for (const [other, at] of draft) {
    if (other === name || !isActive(at) || !at.unit.restartWith.some((each) => provision.includes(each))) continue;
    change(draft, other, now, { wanted: "down", restart: at.wanted === "up" || at.restart, respawnAt: null });
  }
}

function exited(draft: Draft, name: string, exit: ExitInfo, now: number): void {
  const at = draft.get(name);
  // While stopping, the end is what was asked for; the `stopped` event settles it.
  if (at === undefined || at.status !== "running") return;
  if (at.wanted === "down") {
    change(draft, name, now, { status: "stopped", exit });
    return finishStop(draft, name, now);
  }
  const recent = at.respawns.filter((time) => now - time < respawnWindow);
  const clean = exit.status === 0 && exit.signal === null;
  if (at.unit.respawn === false || (at.unit.respawn === "on-failure" && clean)) {
    const reason = clean ? "ended by itself" : `ended with ${describeExit(exit)}`;
    change(draft, name, now, { status: clean ? "stopped" : "failed", wanted: clean ? "down" : "up", exit, reason });
  } else if (recent.length >= at.unit.respawnLimit) {
    const reason = `respawning too fast: ${recent.length} times in ${respawnWindow / 1000} s; last ended with ${describeExit(exit)}`;
    change(draft, name, now, { status: "failed", exit, reason, respawns: recent });
  } else {
    const reason = `ended with ${describeExit(exit)}; respawning`;
    change(draft, name, now, {
      status: "stopped",
      exit,
      reason,
      respawns: [...recent, now],
      respawnAt: now + at.unit.respawnDelay,
    });
  }
}

/** "exit status 3", "signal SIGKILL", or that nobody knows. */
export function describeExit(exit: ExitInfo): string {
  if (exit.signal !== null) return `signal ${exit.signal}`;
  return exit.status === null ? "an unknown status" : `exit status ${exit.status}`;
}

/** Moves every unit towards what is wanted of it, until nothing moves. */
function settle(draft: Draft, now: number): Effect[] {
  const effects: Effect[] = [];
  for (let moved = true; moved; ) {
    moved = false;
    for (const [name, at] of draft) {
      const effect = at.wanted === "up" ? goUp(draft, at, now) : goDown(draft, at, now);
      if (effect === undefined) continue;
      moved = true;
      if (effect !== "moved") effects.push(effect);
      if (effect !== "moved" && effect.type === "forget") draft.delete(name);
    }
  }
  const due = [...draft.values()].flatMap(({ respawnAt }) => (respawnAt === null ? [] : [respawnAt]));
  if (due.length > 0) effects.push({ type: "wake", at: Math.min(...due) });
  return effects;
}

function goUp(draft: Draft, at: UnitState, now: number): Effect | "moved" | undefined {
  if (at.status !== "stopped") return undefined;
  if (at.respawnAt !== null) {
    if (at.respawnAt > now) return undefined;
    change(draft, at.unit.name, now, { respawnAt: null });
    return "moved";
  }
  const blocked = blockedBy(draft, at);
  if (blocked !== undefined) {
    if (at.reason === blocked) return undefined;
    change(draft, at.unit.name, now, { reason: blocked });
    return "moved";
  }
  change(draft, at.unit.name, now, { status: "starting", reason: null });
  return { type: "start", name: at.unit.name, digest: at.unit.digest };
}

/** What a unit waits for, in words; undefined when nothing is in its way. */
function blockedBy(draft: Draft, at: UnitState): string | undefined {
  for (const required of at.unit.requirement) {
    const found = providers(draft, required);
    // One that is up but must go down is about to be replaced: whoever requires it starts on what comes after.
    if (found.some((each) => isUp(each) && each.wanted === "up")) continue;
    const [first] = found;
    if (first === undefined) return `requires ${required}, which no unit provides`;
    return first.status === "failed" ? `requires ${required}, which failed` : `waits for ${required}`;
  }
  return undefined;
}

function goDown(draft: Draft, at: UnitState, now: number): Effect | "moved" | undefined {
  const { name } = at.unit;
  if (!isActive(at)) return at.next === "gone" ? { type: "forget", name } : undefined;
  if (!isUp(at)) return undefined;
  // Dependents that must stop as well stop first.
  for (const dependent of dependentsOf(draft, name)) {
    const other = draft.get(dependent);
    if (other !== undefined && other.wanted === "down" && isActive(other)) return undefined;
  }
  change(draft, name, now, { status: "stopping" });
  return { type: "stop", name };
}

/** Whether nothing is on its way: every unit is where it is wanted, or cannot get there. */
export function isSettled(state: MachineState): boolean {
  return [...state.values()].every((at) => {
    if (at.status === "starting" || at.status === "stopping" || at.next !== null || at.respawnAt !== null) return false;
    if (at.wanted === "down") return !isActive(at);
    if (at.status !== "stopped") return true;
    return at.unit.requirement.some((required) => isHopeless(state, required, new Set()));
  });
}

/** Whether a required name will not come up by itself. */
function isHopeless(state: MachineState, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return true;
  seen.add(name);
  const found = providers(state, name);
  return found.every(
    (each) =>
      each.status === "failed" ||
      (each.status === "stopped" &&
        (each.wanted === "down" || each.unit.requirement.some((required) => isHopeless(state, required, seen)))),
  );
}
