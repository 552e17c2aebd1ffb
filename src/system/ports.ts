/** Published ports, as far as the host's side of them goes. */

import { optionValues } from "../engine/index.ts";
import type { UnitSpec } from "../supervisor/index.ts";
import { isAddress } from "../sys/index.ts";

export interface HostPort {
  /** "" where every address is meant. */
  readonly address: string;
  /** Of IPv4 or of IPv6 alone; null for both. */
  readonly family: 4 | 6 | null;
  readonly first: number;
  readonly last: number;
  readonly protocol: string;
}

/** A published port, read as the engines read it: `[[address:][host]:]container[/protocol]`. */
export interface PublishedPort {
  /** Undefined where the engine picks the host's port. */
  readonly host: HostPort | undefined;
  /** How many ports of the container are published. */
  readonly count: number;
}

function parseRange(text: string): readonly [first: number, last: number] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= 65_535 ? [first, last] : undefined;
}

/** Parses a `-p` value; undefined when it is not one. */
export function parsePublished(published: string): PublishedPort | undefined {
  const match = /^(?:(?:(\[[^\]]*\]|[^:[\]]*):)?([\d-]*):)?([\d-]+)(?:\/(tcp|udp|sctp))?$/i.exec(published);
  if (match === null) return undefined;
  const [, address = "", hostText = "", containerText = "", protocol = "tcp"] = match;
  const bare = address.replace(/^\[|\]$/g, "");
  const container = parseRange(containerText);
  if (container === undefined || (bare !== "" && !isAddress(bare))) return undefined;
  const count = container[1] - container[0] + 1;
  if (hostText === "") return { host: undefined, count };
  const host = parseRange(hostText);
  if (host === undefined) return undefined;
  // Docker picks a port of the host's range where the container has one; any other two ranges are as long.
  if (host[1] - host[0] + 1 !== count && count !== 1) return undefined;
  const everywhere = bare === "0.0.0.0" || bare === "::";
  const family = bare === "" ? null : isAddress(bare, 6) ? 6 : 4;
  return {
    count,
    host: { address: everywhere ? "" : bare, family, first: host[0], last: host[1], protocol: protocol.toLowerCase() },
  };
}

/** Whether two published ports cannot both be had. */
export function portsClash(a: HostPort, b: HostPort): boolean {
  // The engines listen on IPv6 alone where an address of it is named.
  if (a.family !== null && b.family !== null && a.family !== b.family) return false;
  const sameAddress = a.address === "" || b.address === "" || a.address === b.address;
  return sameAddress && a.protocol === b.protocol && a.first <= b.last && b.first <= a.last;
}

/** The host's ports that a unit publishes. */
export function hostPorts(unit: UnitSpec): readonly HostPort[] {
  if (unit.start.kind !== "container") return [];
  return optionValues(unit.start.container.options, "-p").flatMap((value) => parsePublished(value)?.host ?? []);
}
