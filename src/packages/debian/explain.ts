/** Says why packages cannot be installed together: the chain from what was asked to the need that nothing meets. */
import { KnownError } from "../../base/index.ts";
import type { Marking } from "./marking.ts";
import { isNegative, type Need, type PackageVersion } from "./package-version.ts";
import type { Pool } from "./pool.ts";
import { formatAlternatives, formatRelation, type Relation } from "./relations.ts";

const verbs = {
  "Pre-Depends": "depends on",
  Depends: "depends on",
  Conflicts: "conflicts with",
  Breaks: "breaks",
  Recommends: "recommends",
  Suggests: "suggests",
} as const satisfies Record<Need["kind"], string>;

/** The error for requested packages of which some need does not hold after `marking`; undefined when all do. */
export function explainBroken(marking: Marking, pool: Pool, requested: readonly string[]): KnownError | undefined {
  const broken = marking.installed().filter((version) => marking.brokenNeeds(version).length > 0);
  const absent = requested.some((name) => !marking.isInstalled(name));
  if (broken.length === 0 && !absent) return undefined;
  const search: Search = { marking, pool, requested, bars: barsOf(marking), reasons: new Map() };
  const reasons = requested.map((name) => reasonFor(search, name, [name]));
  const reason = reasons.find((text) => text !== undefined) ?? broken.map((version) => lastResort(search, version))[0];
  const hint = "ask for other packages or versions, or add the suite that has what is missing";
  const message = `the packages cannot be installed together: ${reason ?? "each can be, but not all of them"}`;
  return new KnownError("packages-unsatisfiable", message, { hint });
}

interface Search {
  readonly marking: Marking;
  readonly pool: Pool;
  readonly requested: readonly string[];
  readonly bars: readonly Bar[];
  /** What was found out of each name; while a name is looked at it counts as innocent, so that circles end. */
  readonly reasons: Map<string, string | undefined>;
}

/** Something that an installed package does not suffer beside it. */
interface Bar {
  readonly owner: PackageVersion;
  readonly need: Need;
  readonly relation: Relation;
}

function barsOf(marking: Marking): readonly Bar[] {
  return marking
    .installed()
    .flatMap((owner) =>
      owner.needs
        .filter(isNegative)
        .flatMap((need) => need.alternatives.map((relation) => ({ owner, need, relation }))),
    );
}

/** Why a package cannot be installed with what is; undefined when nothing speaks against it. */
function reasonFor(search: Search, name: string, chain: readonly string[]): string | undefined {
  const version = search.pool.candidate(name);
  if (version === undefined || search.reasons.has(name) || chain.length > 200) return search.reasons.get(name);
  search.reasons.set(name, undefined);
  const reason = clashOf(search, version, chain) ?? barOf(search, version, chain) ?? lackOf(search, version, chain);
  search.reasons.set(name, reason);
  return reason;
}

/** What it needs and cannot have. */
function lackOf(search: Search, version: PackageVersion, chain: readonly string[]): string | undefined {
  for (const need of version.needs) {
    if (need.kind !== "Depends" && need.kind !== "Pre-Depends") continue;
    const solutions = need.alternatives.flatMap((relation) => search.pool.solutions(relation));
    const reasons = solutions.map(({ name }) => reasonFor(search, name, [...chain, name]));
    if (reasons.includes(undefined)) continue;
    const line = `${chain.join(" → ")} ${verbs[need.kind]} ${formatAlternatives(need.alternatives)}`;
    return reasons[0] ?? `${line}: ${need.alternatives.map((relation) => absence(search.pool, relation)).join("; ")}`;
  }
  return undefined;
}

/** For what only marking found: the need that was left open. */
function lastResort(search: Search, version: PackageVersion): string | undefined {
  const [need] = search.marking.brokenNeeds(version);
  if (need === undefined) return undefined;
  return `${chainTo(search, version.name).join(" → ")} ${verbs[need.kind]} ${formatAlternatives(need.alternatives)}`;
}

function absence(pool: Pool, relation: Relation): string {
  const candidate = pool.candidate(relation.name);
  const providers = pool.providersOf(relation.name).map(({ name, version }) => `${name} ${version}`);
  if (candidate !== undefined) return `${formatRelation(relation)} is not met by ${candidate.version}`;
  if (providers.length > 0) return `${formatRelation(relation)} is not met by ${providers.slice(0, 5).join(", ")}`;
  return `no archive has ${relation.name}`;
}

/** What is installed although this package cannot be beside it. */
function clashOf(search: Search, owner: PackageVersion, chain: readonly string[]): string | undefined {
  for (const need of owner.needs.filter(isNegative))
    for (const relation of need.alternatives) {
      const [hit] = search.marking.hits(owner, relation, true);
      if (hit !== undefined) return clashLine(search, chain, need, relation, hit.name);
    }
  return undefined;
}

/** What is installed and does not suffer this package. */
function barOf(search: Search, version: PackageVersion, chain: readonly string[]): string | undefined {
  for (const { owner, need, relation } of search.bars)
    if (owner.name !== version.name && search.pool.solutions(relation).includes(version))
      return clashLine(search, chainTo(search, owner.name), need, relation, version.name, chain);
  return undefined;
}

function clashLine(
  search: Search,
  from: readonly string[],
  need: Need,
  relation: Relation,
  hit: string,
  to: readonly string[] = chainTo(search, hit),
): string {
  const asked = to.length > 1 ? `, which is needed by ${to.join(" → ")}` : ", which was asked for";
  const provided = relation.name === hit ? "" : ` (${hit})`;
  return `${from.join(" → ")} ${verbs[need.kind]} ${formatRelation(relation)}${provided}${asked}`;
}

/** The shortest way from something that was asked for to an installed package. */
function chainTo({ marking, pool, requested }: Search, target: string): readonly string[] {
  const queue = requested.map((name) => [name]);
  const seen = new Set(requested);
  for (const chain of queue) {
    const last = chain.at(-1) ?? "";
    if (last === target) return chain;
    const version = pool.candidate(last);
    for (const need of version?.needs ?? [])
      if (version !== undefined && !isNegative(need))
        for (const { name } of need.alternatives.flatMap((relation) => marking.hits(version, relation, false)))
          if (!seen.has(name)) {
            seen.add(name);
            queue.push([...chain, name]);
          }
  }
  return [target];
}
