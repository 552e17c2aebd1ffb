/**
 * Security updates of packages that are locked: newer versions of the same packages from suites of security updates, taken
 * by name and without resolving again. What such an update needs anew is not taken: it is refused.
 */
import { KnownError } from "../../base/index.ts";
import { type ArchiveOptions, readSuites } from "./archive.ts";
import { type DebianRequest, type LockedPackage, lockedOf } from "./locked.ts";
import type { PackageVersion } from "./package-version.ts";
import { Pool } from "./pool.ts";
import { allows } from "./relations.ts";
import { compareVersions } from "./version.ts";

/** Debian's name for suites of security updates. */
const isSecurity = (suite: string): boolean => suite.endsWith("-security");

/** The updates of `packages`, by name; those without one are not among them. */
export async function securityUpdates(
  request: DebianRequest,
  packages: readonly LockedPackage[],
  options: ArchiveOptions,
): Promise<readonly LockedPackage[]> {
  const suites = await readSuites(request, options);
  const poolOf = (chosen: typeof suites): Pool =>
    new Pool(
      chosen.flatMap(({ sources }) => sources),
      request.architecture,
    );
  const security = poolOf(suites.filter(({ release }) => isSecurity(release.suite)));
  const updates = packages.flatMap((locked): readonly PackageVersion[] => {
    const found = security.candidate(locked.name);
    return found !== undefined && compareVersions(found.version, locked.version) > 0 ? [found] : [];
  });
  const versions = new Map([...packages, ...updates].map(({ name, version }) => [name, version]));
  const all = poolOf(suites);
  for (const update of updates) requireMet(update, versions, all);
  return updates.map(lockedOf);
}

/** Refuses an update that needs what is not locked. */
function requireMet(update: PackageVersion, versions: ReadonlyMap<string, string>, pool: Pool): void {
  for (const { kind, alternatives } of update.needs) {
    if (kind !== "Depends" && kind !== "Pre-Depends") continue;
    const isMet = alternatives.some(
      (relation) =>
        (versions.has(relation.name) && allows(relation, versions.get(relation.name))) ||
        pool.solutions(relation).some(({ name }) => versions.has(name)),
    );
    if (isMet) continue;
    const hint = "resolve anew: lading lock FILE --update";
    const names = alternatives.map(({ name }) => name).join(" or ");
    throw new KnownError(
      "packages-unsatisfiable",
      `the security update ${update.name} ${update.version} needs ${names}, which is not locked`,
      { hint },
    );
  }
}
