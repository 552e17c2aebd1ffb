/** Ports that are published where a container has no network of its own, and kernel parameters that belong to another's. */
import type { ContainerView } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

/** The mode by which a container uses a network namespace that is not its own, or none. */
export function networkMode({ networks }: Pick<ContainerView, "networks">): string | undefined {
  return networks.map(({ network }) => network).find((mode) => /^(?:host|none|container:.*|ns:.*)$/.test(mode));
}

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
            hint: "leave out `ports` or `network`",
          },
        ];
      const hint = "on another's network every port that it opens is reachable there; leave out `ports` or `network`";
      return [{ message: `"${name}": ports are published, but its network is ${mode}`, where: place, hint }];
    }),
};

export const networkSysctls: Rule = {
  code: "sysctl-forbidden",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap((container) => {
      const mode = networkMode(container);
      if (mode === undefined || mode === "none") return [];
      const { name, place, options } = container;
      return options("--sysctl")
        .filter((each) => each.startsWith("net."))
        .map((each) => ({
          message: `"${name}" sets ${each}, but its network is ${mode}: the parameter is not the container's own`,
          where: place,
          hint: `leave it out, or set it where that network is${mode === "host" ? ": on the host, in /etc/sysctl.d" : ""}`,
        }));
    }),
};
