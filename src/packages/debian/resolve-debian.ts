/** The way from a request to a lock: reads the suites, chooses the packages, writes down both. */
import { type ArchiveOptions, readSuites } from "./archive.ts";
import { type DebianLock, type DebianRequest, lockedOf } from "./locked.ts";
import { selectPackages } from "./resolve.ts";

/** Finds the packages that a request leads to. Reads release files from the mirrors, indexes only where the cache lacks them. */
export async function resolveDebian(request: DebianRequest, options: ArchiveOptions): Promise<DebianLock> {
  const suites = await readSuites(request, options);
  const packages = selectPackages(
    suites.flatMap(({ sources }) => sources),
    request,
  );
  return {
    releases: suites.map(({ release }) => release),
    packages: packages.map(lockedOf),
  };
}
