/** Networks and volumes that containers name and nobody declares: most often a slip of the pen. */
import { nearest } from "../../base/index.ts";
import type { CheckedSystem, Finding, Rule } from "./rule.ts";

/** Networks that each engine has by itself, and modes that are no network. */
const builtIn = /^(?:(?:bridge|podman|default|host|none|private)$|(?:container|ns|slirp4netns|pasta)(?::|$))/;

function undeclared(
  { objects, containers }: CheckedSystem,
  object: "network" | "volume",
  namesOf: (container: CheckedSystem["containers"][number]) => readonly string[],
  field: readonly string[],
): readonly Finding[] {
  const without = object === "network" ? "it cannot start" : "the engine would make an empty one of that name";
  return containers.flatMap((container) => {
    // Each user's engine has its own.
    const declared = objects
      .filter((each) => each.object === object && each.user === container.unit.user)
      .filter((each) => each.cli.engine === container.engine)
      .map(({ name }) => name);
    return namesOf(container)
      .filter((name) => !declared.includes(name))
      .map((name) => {
        const close = nearest(name, declared);
        // Compose's word for the network of another container.
        const [, other] = /^service:(.+)$/.exec(name) ?? [];
        const hint =
          other !== undefined
            ? `write "container:${other}"`
            : close === undefined
              ? `declare it: ${object}s: [{ name: "${name}" }]`
              : `did you mean "${close}"? Otherwise declare it: ${object}s: [{ name: "${name}" }]`;
        const message = `"${container.name}" uses the ${object} "${name}", which is not declared: ${without}`;
        return { message, where: container.place, field, hint };
      });
  });
}

export const objectsDeclared: Rule = {
  code: "object-undeclared",
  weight: "error",
  check: (system) => [
    ...undeclared(
      system,
      "network",
      ({ networks }) => networks.map(({ network }) => network).filter((network) => !builtIn.test(network)),
      ["network", "networks", "extraArguments"],
    ),
    ...undeclared(
      system,
      "volume",
      ({ mounts }) =>
        mounts.flatMap(({ kind, text, source }) =>
          (kind === "volume" || (kind === "mount" && !/(?:^|,)type=(?!volume(?:,|$))/.test(text))) &&
          source !== undefined &&
          source !== "" &&
          !source.startsWith("/")
            ? [source]
            : [],
        ),
      ["volumes", "mounts", "extraArguments"],
    ),
  ],
};
