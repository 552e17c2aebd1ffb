/** Mounts whose target is no path of the container, or whose source is neither a path of the host nor a name. */
import { fieldOfMount } from "./container-view.ts";
import type { Rule } from "./rule.ts";

export const mountSyntax: Rule = {
  code: "invalid-value",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, mounts }) =>
      mounts.flatMap(({ kind, text, source, target }) => {
        const isSource =
          (kind !== "volume" && !(kind === "mount" && /(?:^|,)type=bind(?:,|$)/.test(text))) ||
          source === undefined ||
          source.startsWith("/") ||
          /^[a-zA-Z0-9][\w.-]*$/.test(source);
        if (target.startsWith("/") && isSource) return [];
        const problem = isSource
          ? `"${target}" is not an absolute path`
          : `"${source}" is neither an absolute path nor the name of a volume`;
        const hint =
          target === "/" || isSource
            ? "expected source:target[:options], where target is an absolute path in the container"
            : "expected source:target[:options]; a folder beside the declaration is localTree or its absolute path";
        return [{ message: `"${name}" mounts "${text}": ${problem}`, where: place, field: fieldOfMount[kind], hint }];
      }),
    ),
};
