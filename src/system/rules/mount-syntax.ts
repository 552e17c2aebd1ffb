/** Mounts whose target is no path of the container, or whose source is neither a path of the host nor a name. */
import { besideDeclaration } from "./beside-declaration.ts";
import { fieldOfMount, type MountView } from "./container-view.ts";
import type { Rule } from "./rule.ts";

/** How a source that is no absolute path is written. */
function hintForSource(kind: MountView["kind"], text: string, source: string): string {
  if (source.startsWith("~")) return `write the home folder in full, as homedir() of "node:os" has it`;
  if (!source.includes("/") && source !== "." && source !== "..")
    return "expected source:target[:options], where source is an absolute path or the name of a volume";
  return kind === "volume"
    ? `${besideDeclaration(source)} + ${JSON.stringify(text.slice(source.length))}`
    : `\`${text.replace(source, `\${${besideDeclaration(source)}}`)}\``;
}

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
        const hint = isSource
          ? "expected source:target[:options], where target is an absolute path in the container"
          : hintForSource(kind, text, source);
        return [{ message: `"${name}" mounts "${text}": ${problem}`, where: place, field: fieldOfMount[kind], hint }];
      }),
    ),
};
