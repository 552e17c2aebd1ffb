/** Variables of containers with names that no program could read. */
import type { Rule } from "./rule.ts";

/** Programs take letters, digits and '_'; Java's and .NET's take '.', '-' and ':' as well. Shells and engines take no others. */
const possible = /^[A-Za-z_][\w.:-]*$/;

export const environmentNames: Rule = {
  code: "environment-invalid",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, environment }) =>
      environment
        .filter(([variable]) => !possible.test(variable))
        .map(([variable]) => ({
          message: `"${name}" has a variable called ${JSON.stringify(variable)}, which no program could read`,
          where: place,
          field: "environment",
          hint: "expected letters, digits and '_', not beginning with a digit: environment: { NAME: \"value\" }",
        })),
    ),
};
