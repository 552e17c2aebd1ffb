/** What `check` tells of without refusing it. Pure. */
import { type ErrorReport, parseImageRef } from "../base/index.ts";
import type { SystemSpec } from "./spec.ts";

export function warningsOf({ images }: SystemSpec): readonly ErrorReport[] {
  const short = images.filter((image) => image.item === null && parseImageRef(image.reference)?.domain === "");
  const once = short.filter((image, index) => short.findIndex((each) => each.reference === image.reference) === index);
  return once.map(({ reference, place }) => {
    const full = `docker.io/${reference.includes("/") ? "" : "library/"}${reference}`;
    return {
      code: "short-name",
      message: `the image "${reference}" names no registry: the engine searches those that it is configured with`,
      hint: `name it in full, such as ${full}`,
      ...(place === undefined ? {} : { where: place }),
    };
  });
}
