/** Capabilities that a container is given and denied. */
import type { Rule } from "./rule.ts";

const bare = (name: string): string => name.toUpperCase().replace(/^CAP_/, "");

export const capabilities: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options }) => {
      const dropped = new Set(options("--cap-drop").map(bare));
      return options("--cap-add")
        .map(bare)
        .filter((added) => added !== "ALL" && dropped.has(added))
        .map((added) => ({
          message: `"${name}": the capability ${added} is added and dropped`,
          where: place,
          field: "addCapabilities",
          hint: "keep one of the two",
        }));
    }),
};
