/** What on the host stands in the way of a plan: found before anything is touched. Pure. */
import { KnownError } from "../base/index.ts";
import { type EngineCli, labels } from "../engine/index.ts";
import { parseSubnet, subnetsOverlap } from "../sys/index.ts";
import { engineKey, type Observed, type ObservedEngine } from "./observe.ts";
import { type HostPort, hostPorts } from "./ports.ts";
import { checkedSystem, missingSources, unsafeSecrets } from "./rules/index.ts";
import type { SystemSpec } from "./spec.ts";

/** What was seen of a user's engine. */
export function engineFor(
  observed: Observed,
  { user, cli }: { readonly user: string | null; readonly cli: EngineCli },
): ObservedEngine | undefined {
  const key = engineKey({ user, cli });
  return observed.engines.find((each) => engineKey(each) === key);
}

/** Everything that would make the switch to `target` fail, or harm what is not ours. */
export function obstacles(observed: Observed, target: SystemSpec, owner: string): readonly KnownError[] {
  return [
    ...foreignContainers(observed, target, owner),
    ...takenPorts(observed, target),
    ...sourceProblems(observed, target),
    ...takenSubnets(observed, target, owner),
  ];
}

/** What containers are given of the host and is not there, or not safe there. */
function sourceProblems({ sources }: Observed, target: SystemSpec): readonly KnownError[] {
  const system = checkedSystem(target);
  return [
    ...missingSources(system, sources).map(
      ({ message, ...rest }) => new KnownError("volume-source-missing", message, rest),
    ),
    ...unsafeSecrets(system, sources).map(({ message, ...rest }) => new KnownError("secret-unsafe", message, rest)),
  ];
}

/** A declared subnet that a network of somebody else's has already. */
function takenSubnets(observed: Observed, target: SystemSpec, owner: string): readonly KnownError[] {
  return target.objects.flatMap((declared) => {
    const subnet = parseSubnet(declared.fields.subnet ?? "");
    if (declared.object !== "network" || subnet === undefined) return [];
    for (const found of engineFor(observed, declared)?.networks ?? []) {
      // Ours that are declared were compared when the declaration was checked; ours that are not go before others are made.
      const leaves = found.name === declared.name || found.labels[labels.owner] === owner;
      const other = leaves
        ? undefined
        : found.subnets.find((each) => {
            const taken = parseSubnet(each.subnet);
            return taken !== undefined && subnetsOverlap(subnet, taken);
          });
      if (other === undefined) continue;
      const message = `network "${declared.name}": its subnet ${declared.fields.subnet} overlaps ${other.subnet} of the network "${found.name}", which is there already`;
      return [
        new KnownError("subnet-overlap", message, {
          where: declared.place,
          hint: "choose another subnet, or leave it out",
        }),
      ];
    }
    return [];
  });
}

/** A container of a declared name that is not this Lading's would be thrown away by `--replace`. */
function foreignContainers(observed: Observed, target: SystemSpec, owner: string): readonly KnownError[] {
  const problems: KnownError[] = [];
  const byName = new Map(
    observed.engines.map((engine) => [engine, new Map(engine.containers.map((each) => [each.name, each]))] as const),
  );
  for (const unit of target.units) {
    if (unit.start.kind !== "container") continue;
    const { name, engine } = unit.start.container;
    const seen = engineFor(observed, { user: unit.user, cli: unit.start.cli });
    const found = seen === undefined ? undefined : byName.get(seen)?.get(name);
    if (found === undefined || found.labels[labels.owner] === owner) continue;
    const hint = `remove or rename it (${engine} rm ${name}), or give the unit another name with \`provision\``;
    const message = `a container called "${name}" exists that this Lading did not make`;
    problems.push(new KnownError("name-taken", message, { where: unit.place, hint }));
  }
  return problems;
}

/** The ports of the host that our running containers have. */
function ownPorts({ engines, current }: Observed): ReadonlySet<string> {
  const running = new Set(
    engines.flatMap(({ containers }) =>
      containers.filter(({ state }) => state === "running").map((container) => container.labels[labels.unit]),
    ),
  );
  const ports = (current?.spec.units ?? []).filter((unit) => running.has(unit.name)).flatMap(hostPorts);
  return new Set(ports.flatMap((port) => portNumbers(port).map((number) => `${port.protocol} ${number}`)));
}

function portNumbers({ first, last }: HostPort): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A port that something else listens on would fail the start, after the old container is gone: found before. */
function takenPorts(observed: Observed, target: SystemSpec): readonly KnownError[] {
  const problems: KnownError[] = [];
  const own = ownPorts(observed);
  const listening = new Map<string, (typeof observed.ports)[number][]>();
  for (const each of observed.ports) {
    const key = `${each.protocol} ${each.port}`;
    listening.set(key, [...(listening.get(key) ?? []), each]);
  }
  for (const unit of target.units) {
    for (const port of hostPorts(unit)) {
      const taken = portNumbers(port)
        .map((number) => `${port.protocol} ${number}`)
        .filter((key) => !own.has(key))
        .flatMap((key) => listening.get(key) ?? [])
        .find(({ address }) => addressMatches(port.address, address));
      if (taken === undefined) continue;
      const hint = `find out who has it with: ss -lntup 'sport = :${taken.port}'`;
      const message = `"${unit.name}" publishes port ${taken.port}/${port.protocol}, which another program has`;
      problems.push(new KnownError("port-in-use", message, { where: unit.place, hint }));
    }
  }
  return problems;
}

/** The kernel prints IPv4 addresses as little-endian hexadecimal; all zeros is every address. */
function addressMatches(declared: string, listening: string): boolean {
  if (declared === "" || /^0+$/.test(listening)) return true;
  const hex = declared
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .reverse()
    .join("")
    .toUpperCase();
  return hex === listening;
}
