/**
 * What apt would mark for installation on a machine without packages: requested ones, and what they need, depth first.
 * This follows `pkgDepCache::MarkInstall` of apt 2.6 (apt-pkg/depcache.cc) decision by decision, because which of two
 * alternatives is taken depends on the order in which packages are met.
 *
 *     absent ──mark──▶ installed ──a later package that must be there conflicts──▶ absent, protected
 *        │                 │
 *        └──── a need cannot be met ────▶ absent, discarded: no candidate any more
 *
 * A protected package stays what it is: the requested ones, those that are the only way to meet a need of a protected
 * one, and, for as long as their needs are looked at, those that are being marked.
 */
import { isNegative, type Need, type PackageVersion } from "./package-version.ts";
import type { Pool } from "./pool.ts";
import type { Relation } from "./relations.ts";

/** Deeper chains of dependencies are refused; real ones stay below 100. */
const deepest = 1000;

/** The largest desktops take a few thousand; made-up conflicts could go on for ever. */
const mostMarks = 200_000;

export class Marking {
  readonly #pool: Pool;
  readonly #recommends: boolean;
  readonly #installed = new Set<string>();
  readonly #protected = new Set<string>();
  readonly #discarded = new Set<string>();
  #marks = 0;

  constructor(pool: Pool, recommends: boolean) {
    this.#pool = pool;
    this.#recommends = recommends;
  }

  /** Marks packages that have candidates, all of them before what they need. */
  request(names: readonly string[]): void {
    for (const name of names) {
      this.#protected.add(name);
      this.#mark(name, { follow: false, requested: true, depth: 0 });
    }
    for (const name of names) this.#mark(name, { follow: true, requested: true, depth: 0 });
  }

  isInstalled(name: string): boolean {
    return this.#installed.has(name);
  }

  installed(): readonly PackageVersion[] {
    return [...this.#installed].flatMap((name) => this.#pool.candidate(name) ?? []);
  }

  /** Needs of a package that must be met and are not. */
  brokenNeeds(version: PackageVersion): readonly Need[] {
    return version.needs.filter((need) => isCritical(need) && !this.#holds(version, need));
  }

  /** Installed packages that meet a relation of `owner`, or violate it. */
  hits(owner: PackageVersion, relation: Relation, negative: boolean): readonly PackageVersion[] {
    return this.#solutions(owner, relation, negative).filter(({ name }) => this.#installed.has(name));
  }

  #candidate(name: string): PackageVersion | undefined {
    return this.#discarded.has(name) ? undefined : this.#pool.candidate(name);
  }

  /** Candidates for a relation; a package never conflicts with itself. */
  #solutions(owner: PackageVersion, relation: Relation, negative: boolean): readonly PackageVersion[] {
    const found = this.#pool.solutions(relation);
    return negative ? found.filter(({ name }) => name !== owner.name) : found;
  }

  #holds(owner: PackageVersion, need: Need): boolean {
    const negative = isNegative(need);
    const hit = need.alternatives.some((relation) => this.hits(owner, relation, negative).length > 0);
    return hit !== negative;
  }

  #matters(need: Need): boolean {
    return isCritical(need) || (need.kind === "Recommends" && this.#recommends);
  }

  /** `follow`: what it needs is marked too. Returns whether the package can be installed. */
  #mark(name: string, how: { follow: boolean; requested: boolean; depth: number }): boolean {
    const { follow, requested, depth } = how;
    if (depth > deepest || ++this.#marks > mostMarks) return false;
    if (!requested && !this.#installed.has(name) && this.#protected.has(name)) return false;
    const version = this.#candidate(name);
    if (version === undefined) return false;
    const already = this.#protected.has(name);
    if (!already && this.#installed.has(name) && this.#isWhole(version)) return true;
    if (follow && !this.#canBeMet(version)) {
      if (!already) this.#giveUp(name);
      return false;
    }
    if (requested) this.#installed.add(name);
    const failEarly = !already && !requested;
    let failed = false;
    const open = follow ? this.#openNeeds(version, already) : [];
    if (follow && !this.#clearConflicts(version, open.filter(isNegative), already, requested)) {
      if (failEarly) return false;
      failed = true;
    }
    this.#installed.add(name);
    if (!follow) return !failed;
    this.#protected.add(name);
    try {
      const positive = open.filter((need) => !isNegative(need));
      if (!this.#markNeeds(version, positive, { already, requested, depth })) {
        if (failEarly) this.#giveUp(name);
        failed = true;
      }
    } finally {
      if (!already) this.#protected.delete(name);
    }
    return !failed;
  }

  #giveUp(name: string): void {
    this.#installed.delete(name);
    this.#discarded.add(name);
  }

  #isWhole(version: PackageVersion): boolean {
    return version.needs.every((need) => !this.#matters(need) || this.#holds(version, need));
  }

  /** Whether there is a candidate for every need, whatever else that candidate needs. */
  #canBeMet(version: PackageVersion): boolean {
    return version.needs.every(
      (need) =>
        !isCritical(need) ||
        isNegative(need) ||
        need.alternatives.some((relation) =>
          this.#pool.solutions(relation).some(({ name }) => !this.#discarded.has(name)),
        ),
    );
  }

  /** Those that do not hold yet; of a protected package all, as what it needs is to be protected too. */
  #openNeeds(version: PackageVersion, all: boolean): readonly Need[] {
    return version.needs.filter((need) => this.#matters(need) && (all || !this.#holds(version, need)));
  }

  /** Takes back what the package conflicts with; a protected package bars it for good. */
  #clearConflicts(owner: PackageVersion, conflicts: readonly Need[], bar: boolean, requested: boolean): boolean {
    let failed = false;
    for (const { alternatives } of conflicts)
      for (const { name } of this.#candidates(owner, alternatives, true)) {
        if (this.#installed.has(name) && this.#protected.has(name)) {
          failed = true;
          if (!bar && !requested) return false;
          continue;
        }
        this.#installed.delete(name);
        if (bar) {
          this.#discarded.add(name);
          this.#protected.add(name);
        }
      }
    return !failed;
  }

  #markNeeds(
    owner: PackageVersion,
    needs: readonly Need[],
    { already, requested, depth }: { already: boolean; requested: boolean; depth: number },
  ): boolean {
    const how = { follow: true, requested: false, depth: depth + 1 };
    let failed = false;
    for (const need of needs) {
      const critical = isCritical(need);
      if (this.#holds(owner, need)) {
        if (!already || !critical) continue;
        const [only, second] = this.#candidates(owner, need.alternatives, false);
        if (only === undefined || second !== undefined || this.#protected.has(only.name)) continue;
        this.#protected.add(only.name);
        if (!this.#mark(only.name, how)) failed = true;
        continue;
      }
      const candidates = this.#candidates(owner, need.alternatives, false);
      const found = candidates.some(({ name }) => {
        if (this.#candidate(name) === undefined) return false;
        if (already && critical && candidates.length === 1) {
          if (!this.#mark(name, { ...how, follow: false })) return false;
          this.#protected.add(name);
        }
        return this.#mark(name, how);
      });
      if (!found && critical) {
        failed = true;
        if (!already && !requested) break;
      }
    }
    return !failed;
  }

  /** All candidates for a need, the preferred ones first: from left to right, and in each alternative as apt sorts. */
  #candidates(owner: PackageVersion, alternatives: readonly Relation[], negative: boolean): readonly PackageVersion[] {
    const found = new Set<PackageVersion>();
    for (const relation of alternatives) {
      const solutions = this.#solutions(owner, relation, negative).filter(({ name }) => !this.#discarded.has(name));
      const sorted = solutions.length < 2 ? solutions : [...solutions].sort((a, b) => this.#prefer(relation, a, b));
      for (const version of sorted) found.add(version);
    }
    const barred = ({ name }: PackageVersion): boolean => this.#protected.has(name) && !this.#installed.has(name);
    return [...found].filter((version) => negative || !barred(version));
  }

  #prefer(relation: Relation, a: PackageVersion, b: PackageVersion): number {
    const rank = (version: PackageVersion): readonly number[] => [
      this.#protected.has(version.name) ? 0 : 1,
      // `NAME:any` is a name of its own, which nothing has.
      relation.qualifier !== "any" && version.name === relation.name ? 0 : 1,
      version.essential ? 0 : 1,
      version.guarded ? 0 : 1,
      version.priority,
    ];
    const left = rank(a);
    const right = rank(b);
    for (const [at, value] of left.entries()) if (value !== right[at]) return value - (right[at] ?? 0);
    return this.#pool.order.compare(b.name, a.name);
  }
}

/** A package does not work while such a need does not hold. */
export function isCritical(need: Need): boolean {
  return need.kind !== "Recommends" && need.kind !== "Suggests";
}
