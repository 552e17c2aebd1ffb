/** Health checks of what does its work and ends. */
import { healthOf, isWork } from "../../supervisor/index.ts";
import type { Rule } from "./rule.ts";

export const healthOfWork: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ units }) =>
    units
      .filter((unit) => healthOf(unit) !== undefined && isWork(unit))
      .map((unit) => ({
        message: `"${unit.name}" does its work and ends: nobody asks for its health`,
        where: unit.place,
        field: "health",
        hint: "leave out `health`",
      })),
};
