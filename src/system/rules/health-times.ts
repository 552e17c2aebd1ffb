/** Health checks that can never fail in time. */
import { healthOf } from "../../supervisor/index.ts";
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
          field: "health",
          hint: "declare some seconds",
        }));
    }),
};
