/** What a declaration asks of its host beyond what stands in it. Pure. */
import { optionValues } from "../engine/index.ts";
import { hostPorts } from "./ports.ts";
import type { SystemSpec } from "./spec.ts";

/** What a declaration asks of its host beyond what stands in it. */
export interface Demand {
  /** Users who run rootless containers. */
  readonly users: readonly string[];
  /** The lowest port of the host that one of their containers publishes; null where none is below 1024. */
  readonly lowestPort: number | null;
  /** Whether limits of memory, processors or processes are asked for. */
  readonly limits: boolean;
}

/** Ports below belong to root, unless the kernel is told otherwise (ip_unprivileged_port_start, ip(7)). */
const privilegedPorts = 1024;

/** Options that limit what a container may use of the host. */
export const limitOptions: readonly string[] = [
  "--memory",
  "--memory-reservation",
  "--memory-swap",
  "--cpus",
  "--cpuset-cpus",
  "--pids-limit",
];

/** What a system asks of its host. `ownUser` stands for the owner of a home environment. */
export function demandOf(spec: SystemSpec, ownUser: string): Demand {
  const podman = [...spec.images, ...spec.objects].filter(({ cli }) => cli.engine === "podman");
  const users = [...new Set(podman.map(({ user }) => user ?? ownUser))].filter((user) => user !== "root");
  const containers = spec.units.flatMap((unit) => {
    const rootless = unit.start.kind === "container" && unit.start.cli.engine === "podman" && unit.user !== "root";
    return rootless ? [{ unit, options: unit.start.container.options }] : [];
  });
  const lowest = Math.min(...containers.flatMap(({ unit }) => hostPorts(unit)).map(({ first }) => first));
  return {
    users,
    lowestPort: users.length > 0 && lowest < privilegedPorts ? lowest : null,
    limits: containers.some(({ options }) => limitOptions.some((name) => optionValues(options, name).length > 0)),
  };
}
