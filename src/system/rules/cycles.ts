/** Units that require each other in a circle: each circle is told once, with its way round. */
import type { UnitSpec } from "../../supervisor/index.ts";
import type { Finding, Rule } from "./rule.ts";

export const cycles: Rule = {
  code: "requirement-cycle",
  weight: "refused",
  check: ({ units }) => {
    const byName = new Map(units.flatMap((unit) => unit.provision.map((name) => [name, unit] as const)));
    const done = new Set<UnitSpec>();
    const found: Finding[] = [];
    const visit = (unit: UnitSpec, path: readonly UnitSpec[]): void => {
      if (done.has(unit)) return;
      const start = path.indexOf(unit);
      if (start !== -1) {
        const names = [...path.slice(start), unit].map((each) => each.name).join(" → ");
        for (const each of path.slice(start)) done.add(each);
        const hint = "remove one of these requirements";
        found.push({ message: `units require each other in a circle: ${names}`, where: unit.place, hint });
        return;
      }
      for (const name of unit.requirement) {
        const required = byName.get(name);
        if (required !== undefined) visit(required, [...path, unit]);
      }
      done.add(unit);
    };
    for (const unit of units) visit(unit, []);
    return found;
  },
};
