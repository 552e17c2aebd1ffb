/**
 * The plan: every step that leads from what was observed to what is declared. Pure and complete: each choice is made
 * here, and the executor has none left. Steps stand in the order in which they are carried out.
 */
import { labels } from "../engine/index.ts";
import { isWork, readyWithin, type UnitSpec } from "../supervisor/index.ts";
import { imageDifferences, unitDifferences } from "./differences.ts";
import { areOnlyLabels, objectDifferences } from "./objects.ts";
import type { Observed } from "./observe.ts";
import { engineFor, obstacles } from "./obstacles.ts";
import { planAccountRemovals, planAccounts } from "./plan-accounts.ts";
import { planFiles } from "./plan-files.ts";
import { planHost, planHostBack } from "./plan-host.ts";
import { type Plan, type PlanContext, Planner } from "./planner.ts";
import { type SystemSpec, systemDigest } from "./spec.ts";

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
  const { steps, problems, notes } = planner;
  return { version: 1, steps, problems, orphans, foreign: foreignThings(observed, context.owner), notes };
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
        : imageDifferences(
            here === undefined ? undefined : context.imageBefore(image.reference),
            built,
            context.filesIn,
          );
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
        record: object === "network" ? "ociNetwork" : "ociVolume",
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
  const targets = new Set(target.units.flatMap(({ provision }) => provision));
  const digestNow = (name: string): string | undefined =>
    supervisor === null ? before.get(name)?.digest : states.get(name)?.digest;
  const work = target.units.filter((unit) => isWork(unit) && digestNow(unit.name) !== unit.digest);
  /** Work takes as long as it takes, and with it whatever requires it. */
  const waiting = dependentsOf(work, target.units);
  for (const unit of target.units) {
    const digest = digestNow(unit.name);
    const where = unit.place;
    if (digest === undefined) {
      const verb = unit.autoStart ? "start" : "declare";
      planner.add({ kind: "unit-start", unit: unit.name }, `${verb} ${unit.name}`, "it is new", {
        where,
        record: recordOfUnit(unit),
      });
    } else if (digest !== unit.digest) {
      const old = before.get(unit.name);
      const details = old === undefined ? [] : unitDifferences(old, unit);
      const goesWith = unit.restartWith.filter((name) => targets.has(name));
      const why =
        details.length > 0 || goesWith.length === 0 ? "its definition changed" : `it goes with ${goesWith.join(", ")}`;
      const runs = unit.start.kind === "container" || unit.start.kind === "program";
      // Work that is done is not there to be missed.
      const isMissed = runs && !(isWork(unit) && states.get(unit.name)?.status !== "starting");
      planner.add({ kind: "unit-replace", unit: unit.name }, `replace ${unit.name}`, why, {
        where,
        record: recordOfUnit(unit),
        details,
        interrupts: isMissed ? "restart" : "nothing",
        seconds: isMissed && !waiting.has(unit) ? (old?.stopGrace ?? unit.stopGrace) + readyWithin(unit) : null,
      });
    } else if (states.get(unit.name)?.status === "failed" && unit.autoStart && unit.schedule === undefined) {
      planner.add({ kind: "unit-retry", unit: unit.name }, `start ${unit.name}`, "it failed before", { where });
    }
  }
  const names = supervisor === null ? [...before.keys()] : [...states.keys()];
  const wanted = new Set(target.units.map(({ name }) => name));
  for (const name of names) {
    if (wanted.has(name)) continue;
    planner.add({ kind: "unit-remove", unit: name }, `stop and remove ${name}`, "nothing declares it any more", {
      interrupts: "restart",
    });
  }
}

/** Units that require any of these, by way of others as well. */
function dependentsOf(some: readonly UnitSpec[], units: readonly UnitSpec[]): ReadonlySet<UnitSpec> {
  const provided = new Set(some.flatMap(({ provision }) => provision));
  const found = new Set<UnitSpec>();
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const unit of units) {
      if (!unit.requirement.some((name) => provided.has(name))) continue;
      found.add(unit);
      for (const name of unit.provision) provided.add(name);
    }
  }
  return found;
}

/** The record that a unit was declared with; the units of networks and volumes have none of their own. */
function recordOfUnit({ start }: UnitSpec): string | null {
  return start.kind === "container" ? "ociContainer" : start.kind === "objects" ? null : "unit";
}

function isOurs(each: { readonly labels: Readonly<Record<string, string>> }, owner: string): boolean {
  return each.labels[labels.owner] === owner;
}

/** What every engine has without anybody's doing. */
const engineOwn: readonly string[] = ["podman", "bridge", "host", "none"];

/** What is on the engines that belongs to nobody here: told apart, and left alone. */
function foreignThings({ engines }: Observed, owner: string): Plan["foreign"] {
  return engines.flatMap(({ containers, networks, volumes }) =>
    (
      [
        ["container", containers],
        ["network", networks],
        ["volume", volumes],
      ] as const
    ).flatMap(([kind, list]) =>
      list
        .filter((each) => !isOurs(each, owner) && !(kind === "network" && engineOwn.includes(each.name)))
        .map(({ name }) => ({ kind, name })),
    ),
  );
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
      target.objects.some(
        (each) => each.object === object && each.name === name && each.user === user && each.cli.engine === cli.engine,
      );
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
  planAccountRemovals(planner, observed, context, orphans.length > 0);
  return orphans;
}
