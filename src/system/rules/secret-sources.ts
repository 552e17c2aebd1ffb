/** Files of secrets that are missing, or are none. */
import type { CheckedSystem, Finding, HostRule } from "./rule.ts";
import { type ObservedSources, secretFiles } from "./sources.ts";

/** A secret that others can read is none; one that is not there fails the start. */
export function unsafeSecrets(system: CheckedSystem, sources: ObservedSources): readonly Finding[] {
  return secretFiles(system).flatMap(({ unit, name, path, what }) => {
    const found = sources[path];
    const problem = (message: string, hint: string): readonly Finding[] => [
      { message: `${what} of the secret "${name}" ${message}`, where: unit.place, hint },
    ];
    if (found === undefined || found === null)
      return problem(
        `is missing: ${path}`,
        `put it there, readable by its owner only: install -m 600 /dev/null ${path}`,
      );
    if (!found.isFile) return problem(`is not a file: ${path}`, "name the file itself");
    if ((found.mode & 0o007) !== 0)
      return problem(`can be read by everybody: ${path} has mode ${found.mode.toString(8)}`, `chmod 600 ${path}`);
    return [];
  });
}

export const secretSources: HostRule = {
  code: "secret-unsafe",
  weight: "error",
  check: (system, { sources }) => unsafeSecrets(system, sources),
};
