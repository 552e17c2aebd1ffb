/** Files and folders of the host that are mounted and are not there. */
import type { CheckedSystem, Finding, HostRule } from "./rule.ts";
import { mountedSources, type ObservedSources } from "./sources.ts";

/** What to do: a folder can be made, a socket or a device comes from whoever serves it, and a file from whoever writes it. */
function hintFor(source: string): string {
  if (/\.sock$|^\/(?:run|var\/run|dev)\//.test(source)) return "start what makes it first, or correct the path";
  if (/\.[a-z]\w{0,4}$/i.test(source)) return "put the file there first, or correct the path";
  return `make it first (mkdir -p ${source}), or mount a volume: a name instead of a path`;
}

/** A folder of the host that is mounted must be there: Docker would make it, as root's, and Podman would fail late. */
export function missingSources(system: CheckedSystem, sources: ObservedSources): readonly Finding[] {
  return mountedSources(system).flatMap(({ unit, source }) => {
    if (sources[source] !== null || system.files.some((file) => file.path === source)) return [];
    const message = `"${unit.name}" mounts ${source}, which does not exist`;
    return [{ message, hint: hintFor(source), where: unit.place }];
  });
}

export const volumeSources: HostRule = {
  code: "volume-source-missing",
  weight: "error",
  check: (system, { sources }) => missingSources(system, sources),
};
