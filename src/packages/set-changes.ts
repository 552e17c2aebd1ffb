/** How the answer to a request changes, in words. */
import type { LockedPackage } from "./debian/locked.ts";
import type { LockedSet } from "./locked-sets.ts";

/** A name for a set of packages: where from, for what, and what was asked for. */
export function formatRequest({ archives, architecture, packages }: LockedSet["request"]): string {
  return `${archives[0]?.suites[0]} ${architecture}: ${packages.join(" ")}`;
}

function changesBetween(before: readonly LockedPackage[], after: readonly LockedPackage[]): readonly string[] {
  const versions = (list: readonly LockedPackage[]): ReadonlyMap<string, string> =>
    new Map(list.map(({ name, version }) => [name, version]));
  const [old, now] = [versions(before), versions(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [from, to] = [old.get(name), now.get(name)];
    if (from === to) return [];
    return [`${name}: ${from ?? "not there"} → ${to ?? "gone"}`];
  });
}

/** What is new, gone, or of another version; of a set that was not there, how much there is of it. */
export function setChanges(before: LockedSet | undefined, after: LockedSet): readonly string[] {
  const bytes = after.packages.reduce((sum, { size }) => sum + size, 0);
  const total = `${after.packages.length} packages, ${bytes} bytes to fetch`;
  if (before === undefined) return [total];
  const changed = changesBetween(before.packages, after.packages);
  const grafts = changesBetween(before.grafts, after.grafts).map((line) => `security update of ${line}`);
  return changed.length > 0 ? [...changed, ...grafts, total] : grafts;
}
