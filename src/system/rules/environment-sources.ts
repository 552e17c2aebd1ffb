/** Variables of containers whose values come from nowhere. */
import type { Rule } from "./rule.ts";

/** A name alone is a promise that the engine's own environment has it. */
export const environmentSources: Rule = {
  code: "environment-unset",
  weight: "warning",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, environment, start }) => {
      const given = start.hostEnvironment.map((each) => each.split("=", 1)[0]);
      const secrets = (start.secrets ?? []).map((each) => each.name);
      return environment
        .filter(([variable, value]) => value === null && !given.includes(variable) && !secrets.includes(variable))
        .map(([variable]) => ({
          message: `"${name}" takes the value of ${variable} from hostEnvironment, which does not have it: it stays unset`,
          where: place,
          field: "environment",
          hint: `write ${variable}=value, or add it to \`hostEnvironment\``,
        }));
    }),
};
