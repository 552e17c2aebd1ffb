/** Images that are pulled: whether their names say from where, and which one. */
import { parseImageRef } from "../../base/index.ts";
import type { ImageSpec } from "../spec.ts";
import type { CheckedSystem, Rule } from "./rule.ts";

/** Pulled images, each reference once. */
function pulled({ images }: CheckedSystem): readonly ImageSpec[] {
  const names = images.filter(({ item }) => item === null);
  return names.filter(({ reference }, index) => names.findIndex((each) => each.reference === reference) === index);
}

export const imageRegistries: Rule = {
  code: "short-name",
  weight: "warning",
  check: (system) =>
    pulled(system)
      .filter(({ reference }) => parseImageRef(reference)?.domain === "")
      .map(({ reference, place }) => ({
        message: `the image "${reference}" names no registry: the engine searches those that it is configured with`,
        hint: `name it in full, such as docker.io/${reference.includes("/") ? "" : "library/"}${reference}`,
        where: place,
      })),
};

/** An image of localhost was made on this host, and no registry has a digest of it. */
export const imagePins: Rule = {
  code: "image-unpinned",
  weight: "warning",
  check: (system) =>
    pulled(system)
      .filter(({ reference, pin }) => pin === null && !isFixed(reference))
      .map(({ reference, place }) => ({
        message: `the image "${reference}" is not pinned: its registry may give another one tomorrow, and a rollback with it`,
        hint: "write down what it means now, in a file beside the declaration: lading lock FILE",
        where: place,
      })),
};

function isFixed(reference: string): boolean {
  const parsed = parseImageRef(reference);
  return parsed?.digest !== undefined || parsed?.domain === "localhost";
}
