/**
 * What rules ask of the host that they run on: one look, as plain data. Nothing is run but `podman --version`, and that only
 * where a declaration uses what came with a later version.
 */
import { networkInterfaces } from "node:os";
import { cgroupLayout, readTextIfExists, run } from "../../sys/index.ts";
import { rootlessSysctls, sysctlPath } from "../host-facts.ts";
import { asksForVersion } from "./engine-version.ts";
import type { CheckedSystem } from "./rule.ts";
import { type ObservedSources, observeSources } from "./sources.ts";

export interface HostView {
  /** By path: what containers are given of the host. */
  readonly sources: ObservedSources;
  /** Addresses of the host's interfaces. */
  readonly addresses: readonly string[];
  /** Subnets that the host has routes to, with the interface; without the default route. */
  readonly routes: readonly { readonly subnet: string; readonly device: string }[];
  /** Whether who asks is root. */
  readonly isRoot: boolean;
  /** The lowest port that users may listen on; null where the kernel does not say. */
  readonly portStart: number | null;
  readonly cgroups: ReturnType<typeof cgroupLayout>;
  /** Of Podman, such as "4.3.1"; null where nobody asked or it is not installed. */
  readonly podman: string | null;
}

/** The kernel prints addresses of /proc/net/route as little-endian hexadecimal. */
function dotted(hex: string): string {
  return (hex.match(/../g) ?? [])
    .map((byte) => Number.parseInt(byte, 16))
    .reverse()
    .join(".");
}

/** Routes to subnets: proc(5), /proc/net/route. */
export function parseRoutes(table: string): HostView["routes"] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [device = "", destination = "", , , , , , mask = ""] = line.split("\t");
      if (destination.length !== 8 || destination === "00000000") return [];
      const prefix = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
      return [{ subnet: `${dotted(destination)}/${prefix}`, device }];
    });
}

export async function observeHostView(system: CheckedSystem): Promise<HostView> {
  const portStart = readTextIfExists(sysctlPath(rootlessSysctls.portStart));
  const version = asksForVersion(system) ? await run(["podman", "--version"]).catch(() => undefined) : undefined;
  return {
    sources: observeSources(system),
    addresses: Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)),
    routes: parseRoutes(readTextIfExists("/proc/net/route") ?? ""),
    isRoot: process.getuid?.() === 0,
    portStart: portStart === undefined ? null : Number(portStart.trim()),
    cgroups: cgroupLayout(),
    podman: /(\d+\.\d+\.\d+)/.exec(version?.stdout ?? "")?.[1] ?? null,
  };
}
