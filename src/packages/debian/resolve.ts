/**
 * Chooses the packages that a request leads to: those that apt would install into an empty root. Pure, and the same
 * whatever the order in which packages are asked for.
 */
import { KnownError, Problems } from "../../base/index.ts";
import { explainBroken } from "./explain.ts";
import { Marking } from "./marking.ts";
import { neededOf } from "./needed.ts";
import type { PackageVersion } from "./package-version.ts";
import { type PackageSource, Pool } from "./pool.ts";
import { isVersion } from "./version.ts";

export interface Selection {
  /** Names, each perhaps with `=` and a version. */
  readonly packages: readonly string[];
  readonly architecture: string;
  readonly recommends: boolean;
  readonly essential: boolean;
}

/** The chosen versions, by name. Throws when a name is unknown or the packages cannot be together. */
export function selectPackages(sources: readonly PackageSource[], selection: Selection): readonly PackageVersion[] {
  const asked = parsePackages(selection.packages);
  const pins = new Map([...asked].flatMap(([name, pin]) => (pin === undefined ? [] : [[name, pin] as const])));
  const pool = new Pool(sources, selection.architecture, pins);
  const names = new Set(namesOf(pool, [...asked.keys()]));
  if (selection.essential) for (const name of pool.basis()) names.add(name);
  const requested = [...names].sort();
  const marking = mark(pool, requested, selection.recommends);
  return [...neededOf(marking, pool, requested)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Marks the requested packages with all that they need; throws when they cannot be together. */
function mark(pool: Pool, requested: readonly string[], recommends: boolean): Marking {
  const marking = new Marking(pool, recommends);
  marking.request(requested);
  const broken = explainBroken(marking, pool, requested);
  if (broken === undefined) return marking;
  if (!recommends) throw broken;
  // What is only recommended stops nothing: it comes as far as it suits what is needed, or not at all.
  const bare = mark(pool, requested, false);
  const fuller = new Marking(pool, true);
  fuller.request(bare.installed().map(({ name }) => name));
  return explainBroken(fuller, pool, requested) === undefined ? fuller : bare;
}

function parsePackages(packages: readonly string[]): ReadonlyMap<string, string | undefined> {
  const asked = new Map<string, string | undefined>();
  for (const text of packages) {
    const [, name, pin] = /^([a-z0-9][a-z0-9+.-]*)(?:=(.*))?$/.exec(text) ?? [];
    if (name === undefined || (pin !== undefined && !isVersion(pin)))
      throw new KnownError("invalid-value", `"${text}" is no package: it should be a name, or name=version`);
    const before = asked.get(name);
    if (before !== undefined && pin !== undefined && before !== pin)
      throw new KnownError("fields-contradict", `the package "${name}" is asked for as ${before} and as ${pin}`);
    asked.set(name, pin ?? before);
  }
  return asked;
}

/** Names with a candidate; a name that only one package provides stands for that package. */
function namesOf(pool: Pool, asked: readonly string[]): readonly string[] {
  const problems: KnownError[] = [];
  const names = asked.flatMap((name) => {
    if (pool.candidate(name) !== undefined) return [name];
    const [only, ...others] = pool.providersOf(name);
    if (only !== undefined && others.length === 0) return [only.name];
    problems.push(unknownPackage(pool, name, only === undefined ? [] : [only, ...others]));
    return [];
  });
  const [first] = problems;
  if (first !== undefined) throw problems.length === 1 ? first : new Problems(problems);
  return names;
}

function unknownPackage(pool: Pool, name: string, providers: readonly PackageVersion[]): KnownError {
  if (providers.length > 0) {
    const choice = providers.map((provider) => provider.name).sort();
    const hint = `ask for one of ${choice.slice(0, 10).join(", ")}`;
    return new KnownError("package-not-found", `"${name}" is not a package: several packages provide it`, { hint });
  }
  const near = pool.nearestTo(name);
  const hint =
    near === undefined
      ? "look for it with `apt-cache search`, or add the suite or component that it is in"
      : `did you mean "${near}"?`;
  return new KnownError("package-not-found", `no archive has a package "${name}"`, { hint });
}
