/** Images whose names do not say from which registry they are pulled. */
import { parseImageRef } from "../../base/index.ts";
import { pulledImages } from "./pulled-images.ts";
import type { Rule } from "./rule.ts";

export const imageRegistries: Rule = {
  code: "short-name",
  weight: "warning",
  check: (system) =>
    pulledImages(system)
      .filter(({ reference }) => parseImageRef(reference)?.domain === "")
      .map(({ reference, place }) => ({
        message: `the image "${reference}" names no registry: the engine searches those that it is configured with`,
        hint: `name it in full, such as docker.io/${reference.includes("/") ? "" : "library/"}${reference}`,
        where: place,
        field: "image",
      })),
};
