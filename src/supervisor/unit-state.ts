/** Where units are, and how they hang together: what the state machine's parts share. Pure. */

/** Where a unit is. `done` is a one-shot that did its work. */
export type UnitStatus = "stopped" | "starting" | "running" | "done" | "stopping" | "failed";

/** How a program ended: an exit status, or a signal; null where nobody can know. */
export interface ExitInfo {
  readonly status: number | null;
  readonly signal: string | null;
  /** The kernel killed it, or something of it, for want of memory. */
  readonly outOfMemory?: boolean;
}

/** What the machine must know of a unit's definition. */
export interface MachineUnit {
  readonly name: string;
  readonly provision: readonly string[];
  readonly requirement: readonly string[];
  /** Of the requirements, those with which it is replaced and restarted. */
  readonly restartWith: readonly string[];
  /** Not brought up again by the restart of what it requires. */
  readonly transient: boolean;
  /** Of everything of its definition that matters to what runs: a unit is replaced when it changes. */
  readonly digest: string;
  readonly oneShot: boolean;
  /** Runs when it is told to, and is at rest otherwise. */
  readonly scheduled: boolean;
  readonly respawn: boolean | "on-failure";
  /** More respawns than this within `respawnWindow` milliseconds fail the unit. */
  readonly respawnLimit: number;
  readonly respawnDelay: number;
  readonly autoStart: boolean;
}

/** A change of where a unit is. */
export interface Change {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly status: UnitStatus;
  readonly reason: string | null;
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
  /** A respawn, or another try of what failed, is due at this time. */
  readonly respawnAt: number | null;
  /** Failures without a time of calm in between: each doubles the delay of the next try. */
  readonly failures: number;
  /** How often it was brought up again by the supervisor itself. */
  readonly restarts: number;
  /** A unit that is not enabled is not started by anything. */
  readonly enabled: boolean;
  /** The last changes, oldest first. */
  readonly history: readonly Change[];
  /** Take this definition once stopped; "gone" forgets the unit. */
  readonly next: MachineUnit | "gone" | null;
  /** Go up again once stopped. */
  readonly restart: boolean;
}

export type MachineState = ReadonlyMap<string, UnitState>;

/** How many changes of a unit are remembered. */
const historyLength = 20;

/** Whether a unit starts when it is put in force. */
export function startsByItself({ autoStart, scheduled }: MachineUnit): boolean {
  return autoStart && !scheduled;
}

/** A unit that was just defined and has not run. */
export function freshUnit(unit: MachineUnit, now: number): UnitState {
  return {
    unit,
    status: "stopped",
    wanted: startsByItself(unit) ? "up" : "down",
    since: now,
    reason: null,
    exit: null,
    respawns: [],
    respawnAt: null,
    failures: 0,
    restarts: 0,
    enabled: true,
    history: [],
    next: null,
    restart: false,
  };
}

/** Whether what requires the unit may start. */
export function isUp(state: Pick<UnitState, "status">): boolean {
  return state.status === "running" || state.status === "done";
}

/** It was to end, and nobody could end it: something of it may still run. */
export function couldNotStop({ status, wanted, respawnAt }: UnitState): boolean {
  return status === "failed" && wanted === "down" && respawnAt !== null;
}

export function isActive(state: UnitState): boolean {
  return state.status === "starting" || state.status === "stopping" || isUp(state);
}

/** The units that provide a name. */
export function providers(state: MachineState, name: string): readonly UnitState[] {
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
export function requirementsOf(state: MachineState, name: string): ReadonlySet<string> {
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

export type Draft = Map<string, UnitState>;

/** Changes a unit; a change of its status is remembered. */
export function change(draft: Draft, name: string, now: number, changes: Partial<UnitState>): void {
  const before = draft.get(name);
  if (before === undefined) return;
  const after = { ...before, ...changes };
  if (after.status === before.status) draft.set(name, after);
  else {
    const history = [...before.history, { at: now, status: after.status, reason: after.reason }];
    draft.set(name, { ...after, since: now, history: history.slice(-historyLength) });
  }
}

/** "exit status 3", "signal SIGKILL", or that nobody knows. */
export function describeExit({ status, signal, outOfMemory = false }: ExitInfo): string {
  const how = signal !== null ? `signal ${signal}` : status === null ? "an unknown status" : `exit status ${status}`;
  return outOfMemory ? `${how}, out of memory` : how;
}
