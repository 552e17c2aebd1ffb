/** The images of a system that are pulled. */
import type { ImageSpec } from "../spec.ts";
import type { CheckedSystem } from "./rule.ts";

/** Pulled images, each reference once. */
export function pulledImages({ images }: CheckedSystem): readonly ImageSpec[] {
  const names = images.filter(({ item }) => item === null);
  return names.filter(({ reference }, index) => names.findIndex((each) => each.reference === reference) === index);
}
