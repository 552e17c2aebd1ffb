/** Networks and addresses: what lies outside a subnet, subnets that overlap, addresses that two containers ask for. */
import { isAddress, isWithin, parseSubnet, subnetsOverlap } from "../../sys/index.ts";
import type { ObjectSpec } from "../spec.ts";
import type { CheckedSystem, Finding, Rule } from "./rule.ts";

function networksOf({ objects }: CheckedSystem): readonly ObjectSpec[] {
  return objects.filter(({ object }) => object === "network");
}

function ownAddresses({ name, fields, place }: ObjectSpec): readonly Finding[] {
  const wrong = (field: string, message: string, hint: string): Finding => ({
    message: `network "${name}": ${message}`,
    where: place,
    field,
    hint,
  });
  const subnet = parseSubnet(fields.subnet ?? "");
  const { gateway, ipRange } = fields;
  if (subnet === undefined) {
    const alone = gateway !== undefined ? "gateway" : ipRange !== undefined ? "ipRange" : undefined;
    const elsewhere = fields.extraArguments.some((each) => /^--subnet(?:=|$)/.test(each));
    return alone === undefined || elsewhere
      ? []
      : [wrong(alone, `it has ${alone} without a subnet`, "declare `subnet` as well")];
  }
  const range = parseSubnet(ipRange ?? "");
  return [
    ...(gateway !== undefined && !isWithin(gateway, subnet)
      ? [
          wrong(
            "gateway",
            `its gateway ${gateway} is outside its subnet ${fields.subnet}`,
            "choose an address of the subnet",
          ),
        ]
      : []),
    ...(range !== undefined && !(isWithin(range.address, subnet) && range.prefix >= subnet.prefix)
      ? [
          wrong(
            "ipRange",
            `its ipRange ${ipRange} is not a part of its subnet ${fields.subnet}`,
            "choose a part of the subnet",
          ),
        ]
      : []),
  ];
}

/** Networks of one engine share the host's routes: their subnets must be apart. */
function apart(networks: readonly ObjectSpec[]): readonly Finding[] {
  return networks.flatMap((network, index) => {
    const subnet = parseSubnet(network.fields.subnet ?? "");
    if (subnet === undefined) return [];
    return networks.slice(0, index).flatMap((other) => {
      const taken = parseSubnet(other.fields.subnet ?? "");
      // Rootless engines have a network namespace for each user.
      if (network.user !== other.user && network.cli.engine === "podman" && other.cli.engine === "podman") return [];
      if (taken === undefined || !subnetsOverlap(subnet, taken)) return [];
      const message = `network "${network.name}": its subnet ${network.fields.subnet} overlaps ${other.fields.subnet} of network "${other.name}"`;
      const hint = "choose another subnet for one of them";
      return [{ message, where: network.place, field: "subnet", also: other.place, hint }];
    });
  });
}

/** Addresses that containers ask for. */
function asked({ containers }: CheckedSystem, networks: readonly ObjectSpec[]): readonly Finding[] {
  const taken = new Map<string, (typeof containers)[number]>();
  return containers.flatMap((container) =>
    container.networks.flatMap(({ network, addresses }) =>
      addresses.flatMap((ip): readonly Finding[] => {
        const { name, place: where } = container;
        const declared = networks.find((each) => each.name === network);
        const subnet = parseSubnet(declared?.fields.subnet ?? "");
        const key = `${network} ${ip}`;
        const other = taken.get(key);
        taken.set(key, container);
        const outside = `"${name}" asks for ${ip}, which is outside the subnet ${declared?.fields.subnet} of network "${network}"`;
        const twice = `"${name}" asks for ${ip} on network "${network}", which "${other?.name}" has`;
        return [
          ...(subnet !== undefined && isAddress(ip, subnet.family === "ipv4" ? 4 : 6) && !isWithin(ip, subnet)
            ? [
                {
                  message: outside,
                  where,
                  field: "networks",
                  also: declared?.place,
                  hint: "choose an address of the subnet",
                },
              ]
            : []),
          ...(other === undefined
            ? []
            : [
                {
                  message: twice,
                  where,
                  field: "networks",
                  also: other.place,
                  hint: "choose another address for one of them",
                },
              ]),
        ];
      }),
    ),
  );
}

export const addresses: Rule = {
  code: "subnet-overlap",
  weight: "refused",
  check: (system) => {
    const networks = networksOf(system);
    return [...networks.flatMap(ownAddresses), ...apart(networks), ...asked(system, networks)];
  },
};
