/** Ports that are published where a container has no network of its own. */
import { networkMode } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

export const networkPorts: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap((container): readonly Finding[] => {
      const mode = networkMode(container);
      if (mode === undefined || container.ports.length === 0) return [];
      const { name, place } = container;
      if (mode === "none")
        return [
          {
            message: `"${name}": ports are published, but it has no network`,
            where: place,
            field: "ports",
            hint: "leave out `ports` or `network`",
          },
        ];
      const hint = "on another's network every port that it opens is reachable there; leave out `ports` or `network`";
      return [
        { message: `"${name}": ports are published, but its network is ${mode}`, where: place, field: "ports", hint },
      ];
    }),
};
