/** What is checked of networks: that addresses lie where they must, that subnets are apart, that nobody has two. */
import { KnownError } from "../base/index.ts";
import { optionValues } from "../engine/index.ts";
import { report } from "../record/index.ts";
import type { UnitSpec } from "../supervisor/index.ts";
import { isWithin, parseSubnet, subnetsOverlap } from "../sys/index.ts";
import type { ObjectSpec, SystemSpec } from "./spec.ts";

function checkAddresses({ name, fields, place }: ObjectSpec): void {
  const wrong = (message: string, hint: string): void =>
    report(new KnownError("subnet-overlap", `network "${name}": ${message}`, { where: place, hint }));
  const subnet = parseSubnet(fields.subnet ?? "");
  const { gateway, ipRange } = fields;
  if (subnet === undefined) {
    const alone = gateway !== undefined ? "gateway" : ipRange !== undefined ? "ipRange" : undefined;
    if (alone !== undefined) wrong(`it has ${alone} without a subnet`, "declare `subnet` as well");
    return;
  }
  if (gateway !== undefined && !isWithin(gateway, subnet))
    wrong(`its gateway ${gateway} is outside its subnet ${fields.subnet}`, "choose an address of the subnet");
  const range = parseSubnet(ipRange ?? "");
  if (range !== undefined && !(isWithin(range.address, subnet) && range.prefix >= subnet.prefix))
    wrong(`its ipRange ${ipRange} is not a part of its subnet ${fields.subnet}`, "choose a part of the subnet");
}

/** Networks of one engine share the host's routes: their subnets must be apart. */
function checkApart(networks: readonly ObjectSpec[]): void {
  for (const [index, network] of networks.entries()) {
    const subnet = parseSubnet(network.fields.subnet ?? "");
    if (subnet === undefined) continue;
    for (const other of networks.slice(0, index)) {
      const taken = parseSubnet(other.fields.subnet ?? "");
      if (taken === undefined || !subnetsOverlap(subnet, taken)) continue;
      const message = `network "${network.name}": its subnet ${network.fields.subnet} overlaps ${other.fields.subnet} of network "${other.name}"`;
      const hint = "choose another subnet for one of them";
      report(new KnownError("subnet-overlap", message, { where: network.place, also: other.place, hint }));
    }
  }
}

/** The addresses that a container asks for, by network. */
function askedAddresses(unit: UnitSpec): readonly { readonly network: string; readonly ip: string }[] {
  if (unit.start.kind !== "container") return [];
  const { options } = unit.start.container;
  const docker = unit.start.container.engine === "docker";
  const [first = ""] = optionValues(options, "--network");
  const later = (unit.start.connect ?? []).flatMap((argv) =>
    ["--ip", "--ip6"].flatMap((name) =>
      optionValues(argv.slice(0, -1), name).map((ip) => ({ network: argv.at(-1) ?? "", ip })),
    ),
  );
  if (docker)
    return [
      ...["--ip", "--ip6"].flatMap((name) => optionValues(options, name).map((ip) => ({ network: first, ip }))),
      ...later,
    ];
  return optionValues(options, "--network").flatMap((value) => {
    const [network = ""] = value.split(":", 1);
    const details = value.slice(network.length + 1).split(",");
    return details.flatMap((each) => {
      const match = /^ip6?=(.*)$/.exec(each);
      return match === null ? [] : [{ network, ip: match[1] ?? "" }];
    });
  });
}

function checkContainerAddresses(units: readonly UnitSpec[], networks: readonly ObjectSpec[]): void {
  const taken = new Map<string, UnitSpec>();
  for (const unit of units) {
    for (const { network, ip } of askedAddresses(unit)) {
      const declared = networks.find((each) => each.name === network);
      const subnet = parseSubnet(declared?.fields.subnet ?? "");
      if (subnet !== undefined && !isWithin(ip, subnet)) {
        const message = `"${unit.name}" asks for ${ip}, which is outside the subnet ${declared?.fields.subnet} of network "${network}"`;
        const hint = "choose an address of the subnet";
        report(new KnownError("subnet-overlap", message, { where: unit.place, also: declared?.place, hint }));
      }
      const key = `${network} ${ip}`;
      const other = taken.get(key);
      if (other !== undefined) {
        const message = `"${unit.name}" asks for ${ip} on network "${network}", which "${other.name}" has`;
        const hint = "choose another address for one of them";
        report(new KnownError("subnet-overlap", message, { where: unit.place, also: other.place, hint }));
      }
      taken.set(key, unit);
    }
  }
}

/** Reports what is wrong with the networks of a system. */
export function checkNetworks({ units, objects }: SystemSpec): void {
  const networks = objects.filter((each) => each.object === "network");
  for (const each of networks) checkAddresses(each);
  checkApart(networks);
  checkContainerAddresses(units, networks);
}
