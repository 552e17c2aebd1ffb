/** Capabilities that a container is given and denied. */
import type { Rule } from "./rule.ts";

/** Capabilities, several of which may stand in one value. */
const bare = (value: string): readonly string[] =>
  value.split(",").map((name) => name.trim().toUpperCase().replace(/^CAP_/, ""));

export const capabilities: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options }) => {
      const dropped = new Set(options("--cap-drop").flatMap(bare));
      return options("--cap-add")
        .flatMap(bare)
        .filter((added) => added !== "ALL" && dropped.has(added))
        .map((added) => ({
          message: `"${name}": the capability ${added} is added and dropped`,
          where: place,
          field: "addCapabilities",
          hint: "keep one of the two",
        }));
    }),
};
