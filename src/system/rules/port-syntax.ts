/** Published ports that are none. */
import { parsePublished } from "../ports.ts";
import type { Rule } from "./rule.ts";

export const portSyntax: Rule = {
  code: "invalid-value",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, ports }) =>
      ports
        .filter((published) => parsePublished(published) === undefined)
        .map((published) => ({
          message: `"${name}" publishes "${published}", which is no port`,
          where: place,
          field: "ports",
          hint: "expected [[address:]host:]container[/protocol], with ports or ranges from 1 to 65535",
        })),
    ),
};
