/** Addresses and subnets, by the parser that the runtime's own sockets use. */
import { BlockList, isIP } from "node:net";

/** A subnet in CIDR notation. */
export interface Subnet {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

export function isAddress(text: string, family?: 4 | 6): boolean {
  const version = isIP(text);
  return family === undefined ? version !== 0 : version === family;
}

/** Parses such as "10.1.2.0/24"; undefined when the text is no subnet. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const [, address = "", digits = ""] = match ?? [];
  const version = isIP(address);
  const prefix = Number(digits);
  if (version === 0 || prefix > (version === 4 ? 32 : 128)) return undefined;
  return { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

/** Whether an address lies in a subnet. */
export function isWithin(address: string, subnet: Subnet): boolean {
  if (isIP(address) !== (subnet.family === "ipv4" ? 4 : 6)) return false;
  const list = new BlockList();
  list.addSubnet(subnet.address, subnet.prefix, subnet.family);
  return list.check(address, subnet.family);
}

/** Whether two subnets share an address. */
export function subnetsOverlap(a: Subnet, b: Subnet): boolean {
  return isWithin(a.address, b) || isWithin(b.address, a);
}

/** Whether a host, with or without a port, is this machine itself, where nobody listens in. */
export function isLoopback(host: string): boolean {
  // An address of IPv6 has colons of its own: a port follows its brackets.
  const name = (isAddress(host) ? host : host.replace(/:\d+$/, "")).replace(/^\[|\]$/g, "");
  if (!isAddress(name)) return name === "localhost";
  return name.includes(":")
    ? isWithin(name, { address: "::1", prefix: 128, family: "ipv6" })
    : isWithin(name, { address: "127.0.0.0", prefix: 8, family: "ipv4" });
}
