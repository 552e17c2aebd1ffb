/** What is checked of a whole system before anything runs: names, requirements, ports and mounts. */
import { KnownError, nearest, type Place } from "../base/index.ts";
import { report } from "../record/index.ts";
import { healthOf, isWork, type UnitSpec } from "../supervisor/index.ts";
import { checkContainer, checkPorts } from "./check-containers.ts";
import { checkNetworks } from "./check-networks.ts";
import type { SystemSpec } from "./spec.ts";

/** Reports each name that is declared twice, with both places. */
function checkUnique(what: string, named: readonly { readonly name: string; readonly place?: Place }[]): void {
  const seen = new Map<string, Place | undefined>();
  for (const { name, place } of named) {
    if (seen.has(name)) {
      const hint = "give one of them another name";
      report(
        new KnownError("duplicate-name", `${what} "${name}" is declared twice`, {
          where: place,
          also: seen.get(name),
          hint,
        }),
      );
    } else seen.set(name, place);
  }
}

function checkRequirements(units: readonly UnitSpec[]): void {
  const provided = new Set(units.flatMap((unit) => unit.provision));
  for (const unit of units) {
    for (const required of unit.requirement) {
      if (provided.has(required)) continue;
      const close = nearest(required, provided);
      const engineUnits = ["cgroups2-fs-owner", "cgroups2-limits", "rootless-podman-shared-root-fs"];
      const hint = engineUnits.includes(required)
        ? "add service(rootlessPodmanServiceType) to the services"
        : close === undefined
          ? `the units are ${[...provided].sort().join(", ")}`
          : `did you mean "${close}"?`;
      const message = `unit "${unit.name}" requires "${required}", which no unit provides`;
      report(new KnownError("missing-requirement", message, { where: unit.place, hint }));
    }
  }
}

function checkCycles(units: readonly UnitSpec[]): void {
  const byName = new Map(units.flatMap((unit) => unit.provision.map((name) => [name, unit] as const)));
  const done = new Set<UnitSpec>();
  const visit = (unit: UnitSpec, path: readonly UnitSpec[]): void => {
    if (done.has(unit)) return;
    const start = path.indexOf(unit);
    if (start !== -1) {
      const names = [...path.slice(start), unit].map((each) => each.name).join(" → ");
      for (const each of path.slice(start)) done.add(each);
      const hint = "remove one of these requirements";
      report(
        new KnownError("requirement-cycle", `units require each other in a circle: ${names}`, {
          where: unit.place,
          hint,
        }),
      );
      return;
    }
    for (const name of unit.requirement) {
      const required = byName.get(name);
      if (required !== undefined) visit(required, [...path, unit]);
    }
    done.add(unit);
  };
  for (const unit of units) visit(unit, []);
}

/** A health check that can never fail in time, or of what does not go on running. */
function checkHealth(unit: UnitSpec): void {
  const health = healthOf(unit);
  if (health === undefined) return;
  const positive = { interval: health.interval, timeout: health.timeout };
  for (const [name, value] of Object.entries(positive)) {
    if (value > 0) continue;
    const message = `"${unit.name}": the ${name} of its health check is 0`;
    report(new KnownError("invalid-value", message, { where: unit.place, hint: "declare some seconds" }));
  }
  if (!isWork(unit)) return;
  const message = `"${unit.name}" does its work and ends: nobody asks for its health`;
  report(new KnownError("fields-contradict", message, { where: unit.place, hint: "leave out `health`" }));
}

/** Reports everything that is wrong with a system as a whole. */
export function checkSystem(spec: SystemSpec): void {
  const provisions = spec.units.flatMap((unit) =>
    unit.provision.map((name) => ({ name, ...(unit.place ? { place: unit.place } : {}) })),
  );
  checkUnique("unit", provisions);
  for (const object of ["network", "volume"] as const) {
    checkUnique(
      object,
      spec.objects.filter((each) => each.object === object),
    );
  }
  checkUnique("user", spec.users);
  checkUnique("group", spec.groups);
  checkRequirements(spec.units);
  checkCycles(spec.units);
  checkPorts(spec.units);
  for (const unit of spec.units) {
    checkContainer(unit);
    checkHealth(unit);
  }
  checkNetworks(spec);
}
