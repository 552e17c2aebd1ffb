/** What rootless containers need of the host, as steps, and the way back. Pure. */
import { demandOf } from "./host-demand.ts";
import { rootlessSysctls } from "./host-facts.ts";
import { hostNeeds, type Need, rangeNeeds, repairWords } from "./host-needs.ts";
import type { Observed } from "./observe.ts";
import type { Planner } from "./planner.ts";
import type { SystemSpec } from "./spec.ts";

/** What rootless containers need of the host: root repairs it, a home environment can only say what is missing. */
export function planHost(planner: Planner, observed: Observed, target: SystemSpec): void {
  const demand = demandOf(target, observed.user);
  const rootless = demand.users.length > 0 || target.programs.some(({ program }) => program === "newuidmap");
  const needs = rootless ? hostNeeds(observed, demand) : [];
  for (const need of needs) {
    const { repair, state } = need;
    if (state === "ok") continue;
    const told = `${need.what} (${need.why}): needed ${need.needed}, found ${need.found}`;
    if (repair !== null && target.kind === "system")
      planner.add(repair, repairWords(repair), `${need.why}: found ${need.found}, needed ${need.needed}`);
    else if (state === "note") {
      if (need.fix !== null) planner.notes.push(`${told}; ${need.fix}`);
    } else if (!isNamedBefore(observed, need))
      planner.problem("host-unfit", told, { hint: need.fix === null ? undefined : `as root: ${need.fix}` });
  }
  if (target.kind === "home" && observed.uid !== 0) {
    for (const need of rangeNeeds(observed, demand.users)) {
      if (need.state === "ok") continue;
      const message = `the user ${observed.user} has no range in ${need.what}`;
      planner.problem("no-subid-range", message, { hint: `as root: ${need.fix}` });
    }
  }
}

/** A program that is missing is named with its package where programs are checked. */
function isNamedBefore(observed: Observed, { what }: Need): boolean {
  return observed.missingPrograms.some(({ program }) => what.endsWith(`/${program}`));
}

/** What was set on the host for containers that nothing declares any more. */
export function planHostBack(planner: Planner, observed: Observed, target: SystemSpec): void {
  const { users, lowestPort } = demandOf(target, observed.user);
  const { sysctls, lingering } = observed.ledger;
  const isWanted = (key: string): boolean =>
    key === rootlessSysctls.portStart ? lowestPort !== null : users.length > 0;
  for (const each of sysctls) {
    if (isWanted(each.key)) continue;
    const what = `set ${each.key} = ${each.before} again`;
    planner.add({ kind: "sysctl-restore", ...each }, what, "nothing needs it otherwise any more");
  }
  for (const user of lingering) {
    if (users.includes(user)) continue;
    planner.add({ kind: "linger-end", user }, `let ${user} linger no more`, "nothing of it runs containers any more");
  }
}
