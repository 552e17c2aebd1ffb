/** Finding the unit that a person names. */
import { KnownError, nearest } from "../base/index.ts";
import type { StatusReport, UnitReport } from "../supervisor/index.ts";

export function requireUnit(status: StatusReport, name: string): UnitReport {
  const found = status.units.find((unit) => unit.provision.includes(name));
  if (found !== undefined) return found;
  const close = nearest(
    name,
    status.units.flatMap((unit) => unit.provision),
  );
  const hint = close === undefined ? "`lading status` lists the units" : `did you mean "${close}"?`;
  throw new KnownError("unknown-unit", `no unit is called "${name}"`, { hint });
}
