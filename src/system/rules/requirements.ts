/** Units that require what no unit provides. */
import { nearest } from "../../base/index.ts";
import type { Rule } from "./rule.ts";

/** Units that `rootlessPodmanServiceType` brings. */
const engineUnits = ["cgroups2-fs-owner", "cgroups2-limits", "rootless-podman-shared-root-fs"];

function hintFor(required: string, provided: ReadonlySet<string>): string {
  if (engineUnits.includes(required)) return "add service(rootlessPodmanServiceType) to the services";
  const close = nearest(required, provided);
  return close === undefined ? `the units are ${[...provided].sort().join(", ")}` : `did you mean "${close}"?`;
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
