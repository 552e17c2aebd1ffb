/**
 * A mount that hides what another holds. The engines mount by the length of the paths, whatever the order in which they are
 * declared: a folder of a volume that something else is mounted on cannot be seen while the container runs.
 */
import { fieldOfMount, type MountView } from "./container-view.ts";
import type { Rule } from "./rule.ts";

const within = (inner: string, outer: string): boolean => inner.startsWith(`${outer}/`);

/**
 * Whether the inner of two nested mounts looks like a mistake: memory over what is kept, a mount point that a read-only
 * one would have to have, or the outer one declared later, as if it came on top.
 */
function problemOf(inner: MountView, outer: MountView, outerIsLater: boolean): string | undefined {
  if (inner.kind === "secret" || outer.kind === "tmpfs") return undefined;
  if (inner.kind === "tmpfs")
    return `keeps ${inner.target} in memory, inside "${outer.text}": it is empty at each start`;
  if (outer.readOnly && !inner.readOnly && outer.kind !== "secret")
    return `mounts ${inner.target} inside "${outer.text}", which is read-only: it must have that folder already`;
  return outerIsLater ? `mounts ${inner.target}, which hides that folder of "${outer.text}"` : undefined;
}

export const mountOrder: Rule = {
  code: "mount-hidden",
  weight: "warning",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, mounts }) =>
      mounts.flatMap((outer, index) => {
        if (outer.target === "/")
          return [
            {
              message: `"${name}" mounts "${outer.text}" at /: it hides the whole image`,
              where: place,
              field: fieldOfMount[outer.kind],
              hint: "mount it at a folder of its own",
            },
          ];
        const found = mounts.flatMap((inner, at) => {
          const problem = within(inner.target, outer.target) ? problemOf(inner, outer, index > at) : undefined;
          if (problem === undefined) return [];
          const hint = "mount them beside each other, or declare the outer one first if that is what is meant";
          return [{ message: `"${name}" ${problem}`, where: place, field: fieldOfMount[inner.kind], hint }];
        });
        // One of them is enough to look at the order.
        return found.slice(0, 1);
      }),
    ),
};
