/**
 * The plan: every step that leads from what was observed to what is declared. Pure and complete: each choice is made
 * here, and the executor has none left. Steps stand in the order in which they are carried out.
 */
import { digestOf, KnownError, type Place } from "../base/index.ts";
import { type EngineCli, labels } from "../engine/index.ts";
import type { ImageSummary } from "../image/index.ts";
import { engineFileProblem } from "../services/index.ts";
import type { Reference } from "../store/index.ts";
import { imageDifferences, unitDifferences } from "./differences.ts";
import { fileInvalid } from "./file-invalid.ts";
import { rootlessSysctls } from "./host-facts.ts";
import { demandOf, hostNeeds, type Need, type Repair, rangeNeeds, repairWords } from "./host-needs.ts";
import { isFromUs, type LedgerFile } from "./ledger.ts";
import { areOnlyLabels, objectDifferences } from "./objects.ts";
import type { Observed } from "./observe.ts";
import { engineFor, obstacles } from "./obstacles.ts";
import { type FileSpec, type GroupSpec, type ImageSpec, type SystemSpec, systemDigest, type UserSpec } from "./spec.ts";
import { allocateSubids } from "./subids.ts";

/** What carrying out a step does. */
export type Deed =
  | { readonly kind: "group-add"; readonly group: GroupSpec }
  | { readonly kind: "user-add"; readonly user: UserSpec; readonly uid: number | null }
  | { readonly kind: "user-join"; readonly user: string; readonly group: string }
  | Repair
  | { readonly kind: "sysctl-restore"; readonly key: string; readonly value: number; readonly before: number }
  | { readonly kind: "linger-end"; readonly user: string }
  | {
      readonly kind: "file-write";
      readonly path: string;
      readonly source: Reference;
      readonly digest: string;
      readonly keep: boolean;
    }
  | { readonly kind: "file-restore"; readonly file: LedgerFile }
  | { readonly kind: "image-load"; readonly image: ImageSpec }
  | { readonly kind: "image-pull"; readonly image: ImageSpec }
  | { readonly kind: "supervisor-start" }
  | { readonly kind: "unit-start" | "unit-replace" | "unit-remove"; readonly unit: string }
  | { readonly kind: "unit-retry"; readonly unit: string }
  | {
      readonly kind: "object-remove";
      readonly object: "network" | "volume";
      readonly name: string;
      readonly user: string | null;
      readonly cli: EngineCli;
    }
  /** Carried out by the unit that makes it, between the end of what uses it and the next start. */
  | { readonly kind: "object-replace"; readonly object: "network" | "volume"; readonly name: string }
  | { readonly kind: "user-remove"; readonly user: string; readonly home: boolean }
  | { readonly kind: "group-remove"; readonly group: string }
  /** Nothing on the host: the generation is only written down. */
  | { readonly kind: "generation-record" };

export interface Step {
  readonly deed: Deed;
  readonly what: string;
  readonly why: string;
  /** Field by field, where there is something to compare. */
  readonly details: readonly string[];
  readonly where?: Place;
  /** What it interrupts: nothing, the seconds that a unit is away at most, or data that goes. */
  readonly interrupts: "nothing" | "restart" | "data";
}

export interface Plan {
  readonly version: 1;
  readonly steps: readonly Step[];
  /** What stands in the way; nothing is done while there is one. */
  readonly problems: readonly KnownError[];
  /** Volumes of ours that nothing declares any more: kept until the user says otherwise. */
  readonly orphans: readonly string[];
  /** What is told without being changed. */
  readonly notes: readonly string[];
}

export const emptyPlan: Plan = { version: 1, steps: [], problems: [], orphans: [], notes: [] };

/** What the planner may know of built things: pure look-ups, given so that it reads nothing itself. */
export interface PlanContext {
  /** The content of a managed file. */
  readonly content: (source: Reference) => Buffer;
  /** The built image of a reference, and the one of the generation before. */
  readonly image: (image: ImageSpec) => ImageSummary | undefined;
  readonly imageBefore: (reference: string) => ImageSummary | undefined;
  /** Volumes that may be made anew, without their data. */
  readonly replaceVolumes: readonly string[];
  /** Also take away what holds data: volumes and homes. */
  readonly withVolumes: boolean;
  /** Accounts of ours to take away as well: all of them for `down`, none for `apply`. */
  readonly removeAccounts: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** The value of the owner label. */
  readonly owner: string;
}

class Planner {
  readonly steps: Step[] = [];
  readonly problems: KnownError[] = [];
  readonly notes: string[] = [];

  add(
    deed: Deed,
    what: string,
    why: string,
    more: Partial<Pick<Step, "details" | "interrupts">> & { readonly where?: Place | undefined } = {},
  ): void {
    const { where, ...rest } = more;
    this.steps.push({ deed, what, why, details: [], interrupts: "nothing", ...rest, ...(where ? { where } : {}) });
  }

  problem(...parameters: ConstructorParameters<typeof KnownError>): void {
    this.problems.push(new KnownError(...parameters));
  }
}

/** Computes what must be done so that the host is as `target` says. */
export function plan(observed: Observed, target: SystemSpec, context: PlanContext): Plan {
  const planner = new Planner();
  for (const { program, package: name } of observed.missingPrograms) {
    planner.problem("engine-missing", `this host has no ${program}`, { hint: `on Debian: apt-get install ${name}` });
  }
  planAccounts(planner, observed, target);
  planFiles(planner, observed, target, context);
  planHost(planner, observed, target);
  planImages(planner, observed, target, context);
  planObjects(planner, observed, target, context);
  planUnits(planner, observed, target);
  const orphans = planRemovals(planner, observed, target, context);
  if (planner.steps.length === 0 && observed.current?.digest !== systemDigest(target)) {
    planner.add({ kind: "generation-record" }, "record the declaration", "it changed, but nothing that runs did");
  }
  planner.problems.push(...obstacles(observed, target, context.owner));
  return { version: 1, steps: planner.steps, problems: planner.problems, orphans, notes: planner.notes };
}

function planAccounts(planner: Planner, observed: Observed, target: SystemSpec): void {
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

/** What rootless containers need of the host: root repairs it, a home environment can only say what is missing. */
function planHost(planner: Planner, observed: Observed, target: SystemSpec): void {
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
function planHostBack(planner: Planner, observed: Observed, target: SystemSpec): void {
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

function planFiles(planner: Planner, observed: Observed, target: SystemSpec, context: PlanContext): void {
  const files = target.files.filter(({ onlyUnder }) => onlyUnder === undefined || observed.host[onlyUnder]);
  for (const file of files) {
    const content = context.content(file.source);
    const wanted = digestOf(content);
    const problem = engineFileProblem(file.path.replace(/^\/etc\//, ""), content.toString("utf8"));
    if (problem !== undefined) planner.problems.push(fileInvalid(file.path, problem, undefined));
    const found = observed.files[file.path] ?? null;
    const managed = observed.ledger.files.find((each) => each.path === file.path);
    const settled = managed === undefined || (managed.written === wanted && managed.replacing === undefined);
    if (found === wanted && settled) continue;
    if (managed !== undefined && !isFromUs(managed, found)) {
      planner.problems.push(drifted(file.path));
      continue;
    }
    const why =
      found === null
        ? "it does not exist"
        : managed === undefined
          ? "it has other content; what is there now is kept and put back later"
          : settled || found !== wanted
            ? "its declaration changed"
            : "writing it was interrupted";
    const keep = managed === undefined && found !== null;
    planner.add({ kind: "file-write", ...pick(file), digest: wanted, keep }, `file ${file.path}`, why);
  }
  for (const file of observed.ledger.files) {
    if (files.some((each) => each.path === file.path)) continue;
    const found = observed.files[file.path] ?? null;
    if (!isFromUs(file, found)) {
      planner.problems.push(drifted(file.path));
      continue;
    }
    const what = file.backup === null ? `remove ${file.path}` : `put back ${file.path}`;
    planner.add({ kind: "file-restore", file }, what, "nothing declares it any more");
  }
}

function pick({ path, source }: FileSpec): { path: string; source: Reference } {
  return { path, source };
}

function drifted(path: string): KnownError {
  const hint = "put the change into the declaration, or remove the file to have the declared one written";
  return new KnownError("file-drifted", `${path} was edited since Lading wrote it`, { hint });
}

function planImages(planner: Planner, observed: Observed, target: SystemSpec, context: PlanContext): void {
  for (const image of target.images) {
    const here = engineFor(observed, image)?.images[image.reference];
    const forUser = image.user === null ? "" : ` for ${image.user}`;
    if (image.item === null) {
      if (here === undefined)
        planner.add({ kind: "image-pull", image }, `pull ${image.reference}${forUser}`, "it is not on this host", {
          where: image.place,
        });
      continue;
    }
    const built = context.image(image);
    if (built !== undefined && here === built.id) continue;
    const why = here === undefined ? "it is not in the engine's storage" : "its content changed";
    const details =
      built === undefined
        ? []
        : imageDifferences(here === undefined ? undefined : context.imageBefore(image.reference), built);
    planner.add({ kind: "image-load", image }, `load ${image.reference}${forUser}`, why, {
      details,
      where: image.place,
    });
  }
}

/** Networks and volumes that exist otherwise than declared. Missing ones are made by their units. */
function planObjects(planner: Planner, observed: Observed, target: SystemSpec, context: PlanContext): void {
  for (const declared of target.objects) {
    const { object, name, place } = declared;
    const found = engineFor(observed, declared)?.[`${object}s`].find((each) => each.name === name);
    const details = found === undefined ? [] : objectDifferences(declared, found, context.owner);
    if (found === undefined || details.length === 0) continue;
    const own = isOurs(found, context.owner);
    const differs = `the ${object} ${name} exists with other options: ${details.join("; ")}`;
    const volumes = context.replaceVolumes.includes(name);
    if (own && (object === "network" || volumes)) {
      const data = object === "volume";
      const what = `make the ${object} ${name} anew${data ? ", without its data" : ""}`;
      const interrupts = data ? "data" : "restart";
      planner.add({ kind: "object-replace", object, name }, what, "it was made with other options", {
        where: place,
        details,
        interrupts,
      });
    } else if (areOnlyLabels(details)) planner.notes.push(`${differs}; it is kept as it is`);
    else {
      const hint = own
        ? `put the declaration back, or say --replace-volume ${name}: it is made anew, without its data`
        : `Lading did not make it: remove it (${declared.cli.engine} ${object} rm ${name}), or declare it as it is`;
      planner.problem("object-differs", differs, { where: place, hint });
    }
  }
}

function planUnits(planner: Planner, observed: Observed, target: SystemSpec): void {
  const { supervisor, current } = observed;
  const before = new Map((current?.spec.units ?? []).map((unit) => [unit.name, unit]));
  if (supervisor === null && target.units.length > 0)
    planner.add({ kind: "supervisor-start" }, "start the supervisor", "it is not running");
  const states = new Map((supervisor?.units ?? []).map((unit) => [unit.name, unit]));
  const digestNow = (name: string): string | undefined =>
    supervisor === null ? before.get(name)?.digest : states.get(name)?.digest;
  for (const unit of target.units) {
    const digest = digestNow(unit.name);
    const where = unit.place;
    if (digest === undefined) {
      const verb = unit.autoStart ? "start" : "declare";
      planner.add({ kind: "unit-start", unit: unit.name }, `${verb} ${unit.name}`, "it is new", { where });
    } else if (digest !== unit.digest) {
      const old = before.get(unit.name);
      const details = old === undefined ? [] : unitDifferences(old, unit);
      const runs = unit.start.kind === "container" || unit.start.kind === "program";
      planner.add({ kind: "unit-replace", unit: unit.name }, `replace ${unit.name}`, "its definition changed", {
        where,
        details,
        interrupts: runs ? "restart" : "nothing",
      });
    } else if (states.get(unit.name)?.status === "failed" && unit.autoStart) {
      planner.add({ kind: "unit-retry", unit: unit.name }, `start ${unit.name}`, "it failed before", { where });
    }
  }
  const names = supervisor === null ? [...before.keys()] : [...states.keys()];
  for (const name of names) {
    if (target.units.some((unit) => unit.name === name)) continue;
    planner.add({ kind: "unit-remove", unit: name }, `stop and remove ${name}`, "nothing declares it any more", {
      interrupts: "restart",
    });
  }
}

function isOurs(each: { readonly labels: Readonly<Record<string, string>> }, owner: string): boolean {
  return each.labels[labels.owner] === owner;
}

function planRemovals(
  planner: Planner,
  observed: Observed,
  target: SystemSpec,
  context: PlanContext,
): readonly string[] {
  const orphans: string[] = [];
  const { owner } = context;
  for (const { user, cli, networks, volumes } of observed.engines) {
    const declares = (object: string, name: string): boolean =>
      target.objects.some((each) => each.object === object && each.name === name && each.user === user);
    for (const { name } of networks.filter((each) => isOurs(each, owner))) {
      if (declares("network", name)) continue;
      planner.add(
        { kind: "object-remove", object: "network", name, user, cli },
        `remove network ${name}`,
        "nothing declares it any more",
      );
    }
    for (const { name } of volumes.filter((each) => isOurs(each, owner))) {
      if (declares("volume", name)) continue;
      if (!context.withVolumes) orphans.push(name);
      else
        planner.add(
          { kind: "object-remove", object: "volume", name, user, cli },
          `remove volume ${name} and what is in it`,
          "it was asked for",
          { interrupts: "data" },
        );
    }
  }
  planHostBack(planner, observed, target);
  for (const user of context.removeAccounts.users) {
    const home = context.withVolumes || orphans.length === 0;
    const there = observed.users[user] !== undefined;
    const remove = home ? `remove user ${user} and its home` : `remove user ${user}; its home stays, with the volumes`;
    planner.add({ kind: "user-remove", user, home }, there ? remove : `forget user ${user}`, "Lading made it", {
      interrupts: home && there ? "data" : "nothing",
    });
  }
  for (const group of context.removeAccounts.groups) {
    const verb = observed.groups[group] === undefined ? "forget" : "remove";
    planner.add({ kind: "group-remove", group }, `${verb} group ${group}`, "Lading made it");
  }
  return orphans;
}
