/** Health checks that can never fail in time, or of what does not go on running. */
import { healthOf, isWork } from "../../supervisor/index.ts";
import type { Rule } from "./rule.ts";

export const healthTimes: Rule = {
  code: "invalid-value",
  weight: "refused",
  check: ({ units }) =>
    units.flatMap((unit) => {
      const health = healthOf(unit);
      if (health === undefined) return [];
      return (["interval", "timeout"] as const)
        .filter((name) => health[name] <= 0)
        .map((name) => ({
          message: `"${unit.name}": the ${name} of its health check is 0`,
          where: unit.place,
          hint: "declare some seconds",
        }));
    }),
};

export const healthOfWork: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ units }) =>
    units
      .filter((unit) => healthOf(unit) !== undefined && isWork(unit))
      .map((unit) => ({
        message: `"${unit.name}" does its work and ends: nobody asks for its health`,
        where: unit.place,
        hint: "leave out `health`",
      })),
};
