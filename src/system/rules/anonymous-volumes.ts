/** Volumes without a name: each new container has another one, and the last one's data is lost to it. */
import { posix } from "node:path";
import type { Rule } from "./rule.ts";

export const anonymousVolumes: Rule = {
  code: "volume-anonymous",
  weight: "warning",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, mounts }) =>
      mounts
        .filter(({ kind, source }) => kind === "volume" && source === undefined)
        .map(({ text, target }) => {
          const folder = posix.basename(target).replaceAll(/[^\w.-]/g, "-") || "data";
          const suggested = folder === name ? name : `${name}-${folder}`;
          return {
            message: `"${name}" mounts a volume without a name at ${target}: it is another, empty one whenever the container is replaced`,
            where: place,
            field: ["volumes", "extraArguments"],
            hint: `name it: volumes: ["${suggested}:${text}"], and declare it beside the containers: volumes: [{ name: "${suggested}" }]`,
          };
        }),
    ),
};
