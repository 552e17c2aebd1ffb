/** Images whose names do not say which of their registry's they are. */
import { parseImageRef } from "../../base/index.ts";
import { pulledImages } from "./pulled-images.ts";
import type { Rule } from "./rule.ts";

/** An image of localhost was made on this host, and no registry has a digest of it. */
export const imagePins: Rule = {
  code: "image-unpinned",
  weight: "warning",
  check: (system) =>
    pulledImages(system)
      .filter(({ reference, pin }) => pin === null && !isFixed(reference))
      .map(({ reference, place }) => ({
        message: `the image "${reference}" is not pinned: its registry may give another one tomorrow, and a rollback with it`,
        hint: "write down what it means now, in a file beside the declaration: lading lock FILE",
        where: place,
        field: "image",
      })),
};

function isFixed(reference: string): boolean {
  const parsed = parseImageRef(reference);
  return parsed?.digest !== undefined || parsed?.domain === "localhost";
}
