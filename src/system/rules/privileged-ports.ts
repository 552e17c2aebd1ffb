/** Ports below 1024 of plain users' containers, where the kernel keeps them for root. */
import { parsePublished } from "../ports.ts";
import type { HostRule } from "./rule.ts";

/** A whole host is put right by `apply`, as root; a plain user can only be told. */
export const privilegedPorts: HostRule = {
  code: "port-privileged",
  weight: "error",
  check: ({ kind, containers }, { portStart, isRoot }) => {
    if (kind === "system" || portStart === null || isRoot) return [];
    return containers
      .filter(({ engine }) => engine === "podman")
      .flatMap(({ name, place, ports }) =>
        ports.flatMap((published) => {
          const port = parsePublished(published)?.host;
          if (port === undefined || port.first >= portStart) return [];
          const message = `"${name}" publishes port ${port.first}, but users may have those from ${portStart} on`;
          const hint = `choose a higher one, or as root: sysctl -w net.ipv4.ip_unprivileged_port_start=${port.first}`;
          return [{ message, where: place, hint }];
        }),
      );
  },
};
