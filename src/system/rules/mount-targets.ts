/** Two things that a container is to find at one path. */
import type { Rule } from "./rule.ts";

export const mountTargets: Rule = {
  code: "mount-target-twice",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, mounts }) => {
      const targets = mounts.map(({ target }) => target);
      return targets
        .filter((target, index) => targets.indexOf(target) !== index)
        .map((target) => ({
          message: `"${name}" mounts two things at ${target}`,
          where: place,
          hint: "the second would hide the first",
        }));
    }),
};
