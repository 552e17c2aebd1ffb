/** Files and folders of the host that are mounted and are not there. */
import type { CheckedSystem, Finding, HostRule } from "./rule.ts";
import { mountedSources, type ObservedSources } from "./sources.ts";

/** A folder of the host that is mounted must be there: Docker would make it, as root's, and Podman would fail late. */
export function missingSources(system: CheckedSystem, sources: ObservedSources): readonly Finding[] {
  return mountedSources(system).flatMap(({ unit, source }) => {
    if (sources[source] !== null || system.files.some((file) => file.path === source)) return [];
    const message = `"${unit.name}" mounts ${source}, which does not exist`;
    const hint = `make it first (mkdir -p ${source}), or mount a volume: a name instead of a path`;
    return [{ message, hint, where: unit.place }];
  });
}

export const volumeSources: HostRule = {
  code: "volume-source-missing",
  weight: "error",
  check: (system, { sources }) => missingSources(system, sources),
};
