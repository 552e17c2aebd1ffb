/** Which of the marked packages are needed: an attempt that came to nothing leaves some that only it had asked for. */
import type { Marking } from "./marking.ts";
import { isNegative, type PackageVersion } from "./package-version.ts";
import type { Pool } from "./pool.ts";

/** What the requested packages need or could use of what is installed; apt takes the rest back, but for essential ones. */
export function neededOf(marking: Marking, pool: Pool, requested: readonly string[]): readonly PackageVersion[] {
  const needed = new Map<string, PackageVersion>();
  const essential = marking.installed().filter((version) => version.essential || version.guarded);
  const queue = [...requested.flatMap((name) => pool.candidate(name) ?? []), ...essential];
  for (let version = queue.pop(); version !== undefined; version = queue.pop()) {
    if (needed.has(version.name) || !marking.isInstalled(version.name)) continue;
    needed.set(version.name, version);
    for (const need of version.needs)
      if (!isNegative(need))
        for (const relation of need.alternatives) queue.push(...marking.hits(version, relation, false));
  }
  return [...needed.values()];
}
