/** Files of variables that are named from a folder that the engine is not run in. */
import { besideDeclaration } from "./beside-declaration.ts";
import type { Rule } from "./rule.ts";

export const environmentFiles: Rule = {
  code: "invalid-value",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options }) =>
      options("--env-file")
        .filter((file) => !file.startsWith("/"))
        .map((file) => ({
          message: `"${name}" has its variables from "${file}", which is not an absolute path`,
          where: place,
          field: ["environmentFiles", "extraArguments"],
          hint: besideDeclaration(file),
        })),
    ),
};
