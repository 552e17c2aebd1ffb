/** Secrets of the engine that nobody declares: `--secret` in extraArguments, where Lading has its own. */
import type { Rule } from "./rule.ts";

export const secretsDeclared: Rule = {
  code: "secret-undeclared",
  weight: "error",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options }) =>
      options("--secret").map((value) => {
        const [secret = ""] = value.split(",", 1);
        return {
          message: `"${name}" uses the engine's secret "${secret}", which nothing here makes`,
          where: place,
          field: "extraArguments",
          hint: `declare it: secrets: [{ name: "${secret}", file: "/etc/lading/${secret}" }]`,
        };
      }),
    ),
};
