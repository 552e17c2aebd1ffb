/** Groups, users and their ranges of subordinate ids, as steps. Pure. */
import { KnownError } from "../base/index.ts";
import { type Repair, repairWords } from "./host-needs.ts";
import type { Observed } from "./observe.ts";
import type { PlanContext, Planner } from "./planner.ts";
import type { SystemSpec, UserSpec } from "./spec.ts";
import { allocateSubids } from "./subids.ts";

export function planAccounts(planner: Planner, observed: Observed, target: SystemSpec): void {
  const groups = new Set(Object.keys(observed.groups));
  for (const group of target.groups) {
    const found = observed.groups[group.name];
    if (found === undefined)
      planner.add({ kind: "group-add", group }, `group ${group.name}`, "it does not exist", { where: group.place });
    else if (group.id !== null && found.gid !== group.id) {
      planner.problem("account-differs", `the group ${group.name} exists with id ${found.gid}, not ${group.id}`, {
        where: group.place,
      });
    }
    groups.add(group.name);
  }
  for (const user of target.users) {
    for (const name of [user.group, ...user.supplementaryGroups]) {
      if (groups.has(name)) continue;
      const hint = name === "cgroup" ? "service(rootlessPodmanServiceType) makes it" : "declare it with userGroup";
      planner.problem("unknown-user", `the group "${name}" of user ${user.name} is neither declared nor on this host`, {
        where: user.place,
        hint,
      });
    }
    planUser(planner, observed, user);
  }
  const identified = new Set([...target.users.map((user) => user.name), ...Object.keys(observed.users)]);
  for (const file of ["subuid", "subgid"] as const) {
    try {
      const entries = observed[`${file}s`];
      const retained = (name: string): number | null =>
        observed.ledger.retained.find((each) => each.name === name)?.[file] ?? null;
      const wanted = target[`${file}s`].map((each) => ({ ...each, start: each.start ?? retained(each.name) }));
      for (const each of wanted) {
        if (!identified.has(each.name))
          planner.problem("unknown-user", `a ${file} range names the user "${each.name}", who is not declared`, {
            where: each.place,
          });
      }
      for (const entry of allocateSubids(entries, wanted)) {
        const repair: Repair = { kind: "subid-add", file, entry };
        planner.add(repair, repairWords(repair), "the user has no range");
      }
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      planner.problems.push(error);
    }
  }
}

function planUser(planner: Planner, observed: Observed, user: UserSpec): void {
  const found = observed.users[user.name];
  if (found === undefined) {
    const retained = observed.ledger.retained.find((each) => each.name === user.name);
    planner.add(
      { kind: "user-add", user, uid: user.uid ?? retained?.uid ?? null },
      `user ${user.name}`,
      "it does not exist",
      { where: user.place },
    );
  } else if (!user.needed && user.uid !== null && found.uid !== user.uid) {
    planner.problem("account-differs", `the user ${user.name} exists with id ${found.uid}, not ${user.uid}`, {
      where: user.place,
    });
  } else if (!user.needed && found.home !== user.home) {
    planner.problem("account-differs", `the user ${user.name} exists with home ${found.home}, not ${user.home}`, {
      where: user.place,
    });
  }
  for (const group of user.supplementaryGroups) {
    // useradd joins the groups of a user that it makes.
    if (found === undefined || found.groups.includes(group)) continue;
    planner.add({ kind: "user-join", user: user.name, group }, `${user.name} joins ${group}`, "it is not a member", {
      where: user.place,
    });
  }
}

/** Accounts of ours go last; the home that volumes are kept in stays with them. */
export function planAccountRemovals(
  planner: Planner,
  observed: Observed,
  { removeAccounts, withVolumes }: PlanContext,
  keepsVolumes: boolean,
): void {
  for (const user of removeAccounts.users) {
    const home = withVolumes || !keepsVolumes;
    const there = observed.users[user] !== undefined;
    const remove = home ? `remove user ${user} and its home` : `remove user ${user}; its home stays, with the volumes`;
    planner.add({ kind: "user-remove", user, home }, there ? remove : `forget user ${user}`, "Lading made it", {
      interrupts: home && there ? "data" : "nothing",
    });
  }
  // Homes that an earlier `down` left behind, with the volumes in them.
  for (const { name, home } of withVolumes ? observed.ledger.retained : []) {
    if (removeAccounts.users.includes(name) || observed.users[name] !== undefined || !home) continue;
    planner.add(
      { kind: "home-remove", user: name, home },
      `remove the home ${home} that ${name} had`,
      "Lading made it",
      {
        interrupts: "data",
      },
    );
  }
  for (const group of removeAccounts.groups) {
    const verb = observed.groups[group] === undefined ? "forget" : "remove";
    planner.add({ kind: "group-remove", group }, `${verb} group ${group}`, "Lading made it");
  }
}
