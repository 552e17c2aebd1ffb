/** Units that require what no unit provides. */
import { nearest } from "../../base/index.ts";
import type { Rule } from "./rule.ts";

/** Units that `rootlessPodmanServiceType` brings. */
const engineUnits = ["cgroups2-fs-owner", "cgroups2-limits", "rootless-podman-shared-root-fs"];

/** How many units a hint lists. */
const shown = 12;

function hintFor(required: string, provided: ReadonlySet<string>): string {
  if (engineUnits.includes(required)) return "add service(rootlessPodmanServiceType) to the services";
  const close = nearest(required, provided);
  if (close !== undefined) return `did you mean "${close}"?`;
  const known = [...provided].sort();
  const more = known.length > shown ? ` and ${known.length - shown} more` : "";
  return `the units are ${known.slice(0, shown).join(", ")}${more}`;
}

export const requirements: Rule = {
  code: "missing-requirement",
  weight: "refused",
  check: ({ units }) => {
    const provided = new Set(units.flatMap((unit) => unit.provision));
    return units.flatMap((unit) =>
      unit.requirement
        .filter((required) => !provided.has(required))
        .map((required) => ({
          message: `unit "${unit.name}" requires "${required}", which no unit provides`,
          where: unit.place,
          field: "requirement",
          hint: hintFor(required, provided),
        })),
    );
  },
};
