/** What is checked of containers, one by one and among each other, before anything runs. */
import { KnownError, parseSize } from "../base/index.ts";
import { optionValues } from "../engine/index.ts";
import { report } from "../record/index.ts";
import type { StartSpec, UnitSpec } from "../supervisor/index.ts";
import { type HostPort, parsePublished, portsClash } from "./ports.ts";

type ContainerStart = StartSpec & { readonly kind: "container" };

/** Reports published ports that are none, and ports of the host that two containers want. */
export function checkPorts(units: readonly UnitSpec[]): void {
  const taken: { readonly port: HostPort; readonly unit: UnitSpec }[] = [];
  for (const unit of units) {
    if (unit.start.kind !== "container") continue;
    for (const published of optionValues(unit.start.container.options, "-p")) {
      const parsed = parsePublished(published);
      if (parsed === undefined) {
        const message = `"${unit.name}" publishes "${published}", which is no port`;
        const hint = "expected [[address:]host:]container[/protocol], with ports or ranges from 1 to 65535";
        report(new KnownError("invalid-value", message, { where: unit.place, hint }));
      }
      const port = parsed?.host;
      if (port === undefined) continue;
      const other = taken.find((each) => portsClash(each.port, port));
      if (other !== undefined) {
        const message = `"${unit.name}" publishes ${published}, but "${other.unit.name}" has that port of the host already`;
        const hint = "choose another port of the host for one of them";
        report(new KnownError("port-published-twice", message, { where: unit.place, also: other.unit.place, hint }));
      }
      taken.push({ port, unit });
    }
  }
}

/** A `-v` value taken apart: `[source:]target[:options]`. */
export function parseVolume(volume: string): { readonly source: string | undefined; readonly target: string } {
  const [first = "", second] = volume.split(":");
  return second === undefined ? { source: undefined, target: first } : { source: first, target: second };
}

/** Where a container has something mounted: volumes, file systems in memory, and secrets. */
function mountTargets(start: ContainerStart): readonly string[] {
  const { options } = start.container;
  return [
    ...optionValues(options, "-v").map((volume) => parseVolume(volume).target),
    ...optionValues(options, "--tmpfs").map((value) => value.split(":")[0] ?? value),
    ...(start.secrets ?? []).filter((each) => each.as === "file").map((each) => each.target),
  ].map((target) => (target.length > 1 ? target.replace(/\/+$/, "") : target));
}

function checkMounts(unit: UnitSpec, start: ContainerStart): void {
  for (const volume of optionValues(start.container.options, "-v")) {
    const { source, target } = parseVolume(volume);
    const isSource = source === undefined || source.startsWith("/") || /^[a-zA-Z0-9][\w.-]*$/.test(source);
    if (target.startsWith("/") && isSource) continue;
    const message = `"${unit.name}" mounts "${volume}": ${isSource ? `"${target}" is not an absolute path` : `"${source}" is neither an absolute path nor the name of a volume`}`;
    const hint = "expected source:target[:options], where target is an absolute path in the container";
    report(new KnownError("invalid-value", message, { where: unit.place, hint }));
  }
  const targets = mountTargets(start);
  for (const [index, target] of targets.entries()) {
    if (targets.indexOf(target) === index) continue;
    const message = `"${unit.name}" mounts two things at ${target}`;
    report(
      new KnownError("mount-target-twice", message, { where: unit.place, hint: "the second would hide the first" }),
    );
  }
}

/** Pairs of options that cannot both hold. */
function checkContradictions(unit: UnitSpec, { container, secrets = [] }: ContainerStart): void {
  const { options } = container;
  const values = (name: string): readonly string[] => optionValues(options, name);
  const contradict = (message: string, hint: string): void =>
    report(new KnownError("fields-contradict", `"${unit.name}": ${message}`, { where: unit.place, hint }));
  const bare = (name: string): string => name.toUpperCase().replace(/^CAP_/, "");
  const dropped = new Set(values("--cap-drop").map(bare));
  for (const added of values("--cap-add")) {
    if (bare(added) !== "ALL" && dropped.has(bare(added)))
      contradict(`the capability ${bare(added)} is added and dropped`, "keep one of the two");
  }
  const modes = values("--network");
  const shared = modes.find((mode) => /^(?:host|none|container:.*|ns:.*)$/.test(mode));
  if (shared !== undefined && values("-p").length > 0 && shared !== "none")
    contradict(
      `ports are published, but its network is ${shared}`,
      "on another's network every port that it opens is reachable there; leave out `ports` or `network`",
    );
  if (shared === "none" && values("-p").length > 0)
    contradict("ports are published, but it has no network", "leave out `ports` or `network`");
  if (values("--userns").length > 0 && values("--uidmap").length + values("--gidmap").length > 0)
    contradict("it has userNamespace and a mapping of its own", "keep one of the two");
  const owned = secrets.find((each) => each.as === "file" && (each.uid !== 0 || each.gid !== 0));
  if (owned !== undefined && values("--userns").length + values("--uidmap").length > 0)
    contradict(
      `the secret "${owned.name}" has an owner, but its ids are mapped in another way`,
      "leave out the secret's uid and gid, or the mapping",
    );
  const [memory, swap, reservation] = ["--memory", "--memory-swap", "--memory-reservation"].map((name) =>
    parseSize(values(name)[0] ?? ""),
  );
  if (swap !== undefined && memory === undefined)
    contradict("memorySwap is declared without memory", "declare `memory` as well");
  if (memory !== undefined && swap !== undefined && swap < memory)
    contradict("memorySwap is less than memory", "it counts memory and swap together");
  if (memory !== undefined && reservation !== undefined && reservation > memory)
    contradict("memoryReservation is more than memory", "lower it");
}

/** Reports what is wrong with a container by itself. */
export function checkContainer(unit: UnitSpec): void {
  if (unit.start.kind !== "container") return;
  checkMounts(unit, unit.start);
  checkContradictions(unit, unit.start);
}
