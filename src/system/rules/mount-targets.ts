/** Two things that a container is to find at one path. */
import { fieldOfMount } from "./container-view.ts";
import type { Rule } from "./rule.ts";

export const mountTargets: Rule = {
  code: "mount-target-twice",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, mounts }) => {
      const targets = mounts.map(({ target }) => target);
      return mounts
        .filter(({ target }, index) => targets.indexOf(target) !== index)
        .map(({ target, kind }) => ({
          message: `"${name}" mounts two things at ${target}`,
          where: place,
          field: fieldOfMount[kind],
          hint: "the second would hide the first",
        }));
    }),
};
