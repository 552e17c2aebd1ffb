/** Ports that are published on an address that this host does not have. */
import { isLoopback } from "../../sys/index.ts";
import { parsePublished } from "../ports.ts";
import type { HostRule } from "./rule.ts";

export const localAddresses: HostRule = {
  code: "address-not-local",
  weight: "error",
  check: ({ containers }, { addresses }) =>
    containers.flatMap(({ name, place, ports }) =>
      ports.flatMap((published) => {
        const address = parsePublished(published)?.host?.address ?? "";
        if (address === "" || isLoopback(address) || addresses.includes(address)) return [];
        const message = `"${name}" publishes ${published}, but this host has no address ${address}`;
        const hint = `the addresses are ${addresses.filter((each) => !isLoopback(each)).join(", ") || "127.0.0.1"}; leave the address out for all`;
        return [{ message, where: place, hint }];
      }),
    ),
};
