/** The second phase of a step: moves every unit towards what is wanted of it. Pure. */
import type { Effect } from "./machine.ts";
import {
  change,
  couldNotStop,
  type Draft,
  dependentsOf,
  isActive,
  isUp,
  type MachineState,
  providers,
  type UnitState,
} from "./unit-state.ts";

/** Moves every unit towards what is wanted of it, until nothing moves. */
export function settle(draft: Draft, now: number): Effect[] {
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
  if (at.respawnAt !== null) {
    if (at.respawnAt > now) return undefined;
    // Another try of what failed is a start like any other.
    const again = at.status === "failed" ? { status: "stopped" as const, restarts: at.restarts + 1 } : {};
    change(draft, at.unit.name, now, { respawnAt: null, ...again });
    return "moved";
  }
  if (at.status !== "stopped") return undefined;
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
  if (!at.enabled) return "it is disabled";
  for (const required of at.unit.requirement) {
    const found = providers(draft, required);
    // One that is up but must go down is about to be replaced: whoever requires it starts on what comes after.
    if (found.some((each) => isUp(each) && each.wanted === "up")) continue;
    const [first] = found;
    if (first === undefined) return `requires ${required}, which no unit provides`;
    if (first.status === "failed") return `requires ${required}, which failed`;
    return first.enabled ? `waits for ${required}` : `requires ${required}, which is disabled`;
  }
  return undefined;
}

function goDown(draft: Draft, at: UnitState, now: number): Effect | "moved" | undefined {
  const { name } = at.unit;
  if (couldNotStop(at)) {
    if ((at.respawnAt ?? now) > now) return undefined;
    change(draft, name, now, { status: "stopping", respawnAt: null });
    return { type: "stop", name };
  }
  if (!isActive(at)) return at.next === "gone" ? { type: "forget", name } : undefined;
  if (!isUp(at)) return undefined;
  // Dependents that must stop as well stop first.
  for (const dependent of dependentsOf(draft, name)) {
    const other = draft.get(dependent);
    if (other !== undefined && other.wanted === "down" && isActive(other)) return undefined;
  }
  change(draft, name, now, { status: "stopping", respawnAt: null });
  return { type: "stop", name };
}

/** Whether nothing is on its way: every unit is where it is wanted, or cannot get there. */
export function isSettled(state: MachineState): boolean {
  return [...state.values()].every((at) => {
    // One that could not be stopped stays as it is until a person does something about it.
    if (at.status === "stopping" || (at.next !== null && at.status !== "failed")) return false;
    // A run of what is scheduled takes as long as it takes.
    if (at.status === "starting") return at.unit.scheduled && at.wanted === "up";
    if (at.wanted === "down") return !isActive(at);
    // What failed, and is tried again later, counts as failed meanwhile.
    if (at.status !== "stopped" || !at.enabled) return true;
    if (at.respawnAt !== null) return false;
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
        (each.wanted === "down" ||
          !each.enabled ||
          each.unit.requirement.some((required) => isHopeless(state, required, seen)))),
  );
}
