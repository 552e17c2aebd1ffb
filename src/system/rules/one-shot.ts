/** Units that do their work and end, and are to be started again whenever they end. */
import type { Rule } from "./rule.ts";

export const oneShot: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ units }) =>
    units
      .filter((unit) => unit.oneShot && unit.respawn !== false && unit.schedule === undefined)
      .map((unit) => ({
        message: `"${unit.name}" does its work and ends, but respawns`,
        where: unit.place,
        field: "respawn",
        hint: "leave out `respawn`, or `oneShot` if it is to go on running; `schedule` runs it again at its time",
      })),
};
