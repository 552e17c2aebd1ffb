/** Units that require what no unit provides. */
import { nearest } from "../../base/index.ts";
import type { Rule } from "./rule.ts";

/** Units that `rootlessPodmanServiceType` brings. */
const engineUnits = ["cgroups2-fs-owner", "cgroups2-limits", "rootless-podman-shared-root-fs"];

const engineHint = "add service(rootlessPodmanServiceType) to the services";

/** How many units a hint lists. */
const shown = 12;

function hintFor(required: string, provided: ReadonlySet<string>): string {
  const close = nearest(required, provided);
  if (close !== undefined) return `did you mean "${close}"?`;
  const known = [...provided].sort();
  const more = known.length > shown ? ` and ${known.length - shown} more` : "";
  return `the units are ${known.slice(0, shown).join(", ")}${more}`;
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat("en").format(names.map((name) => `"${name}"`));
}

export const requirements: Rule = {
  code: "missing-requirement",
  weight: "refused",
  check: ({ units }) => {
    const provided = new Set(units.flatMap((unit) => unit.provision));
    const missing = units.map((unit) => ({
      unit,
      names: unit.requirement.filter((required) => !provided.has(required)),
    }));
    const others = missing.flatMap(({ unit, names }) =>
      names
        .filter((name) => !engineUnits.includes(name))
        .map((name) => ({
          message: `unit "${unit.name}" requires "${name}", which no unit provides`,
          ...{ where: unit.place, field: "requirement", hint: hintFor(name, provided) },
        })),
    );
    // One service that is missing is one finding, however many containers wait for it.
    const waiting = missing.filter(({ names }) => names.some((name) => engineUnits.includes(name)));
    const [first] = waiting;
    if (first === undefined) return others;
    const names = listed(first.names.filter((name) => engineUnits.includes(name)));
    const more = waiting.length === 1 ? "" : `, and ${waiting.length - 1} more with it`;
    const message = `unit "${first.unit.name}" requires ${names}, which no unit provides${more}`;
    return [...others, { message, where: first.unit.place, hint: engineHint }];
  },
};
