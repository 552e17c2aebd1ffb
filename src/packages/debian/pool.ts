/**
 * All that is on offer: the indexes of every suite seen as one. Of each name one version is the candidate, the newest
 * one that is not held back by its release, or the one that was asked for.
 */
import { KnownError, nearest } from "../../base/index.ts";
import { NameOrder } from "./name-order.ts";
import type { PackageIndex } from "./package-index.ts";
import { type PackageVersion, readPackageVersion } from "./package-version.ts";
import { allows, type Relation } from "./relations.ts";
import { compareVersions } from "./version.ts";

/** One Packages file, of one suite and component. */
export interface PackageSource {
  readonly index: PackageIndex;
  /** Which of the request's archives it comes from. */
  readonly archive: number;
  /** How gladly its versions are taken: as apt does, those of releases such as backports only where no other has any. */
  readonly standing: number;
}

export class Pool {
  readonly architecture: string;
  readonly order: NameOrder;
  readonly #sources: readonly PackageSource[];
  readonly #pins: ReadonlyMap<string, string>;
  readonly #candidates = new Map<string, PackageVersion | undefined>();
  readonly #solutions = new Map<string, readonly PackageVersion[]>();

  /** `sources` in the order of the request; `pins` are versions by names. */
  constructor(sources: readonly PackageSource[], architecture: string, pins: ReadonlyMap<string, string> = new Map()) {
    this.#sources = sources;
    this.architecture = architecture;
    this.#pins = pins;
    this.order = new NameOrder(sources.map(({ index }) => index));
  }

  /** The version of a name that would be taken; undefined where no package has that name. */
  candidate(name: string): PackageVersion | undefined {
    if (!this.#candidates.has(name)) this.#candidates.set(name, this.#choose(name));
    return this.#candidates.get(name);
  }

  #choose(name: string): PackageVersion | undefined {
    const versions = this.#versionsOf(name);
    const pin = this.#pins.get(name);
    if (pin === undefined) return versions[0]?.version;
    const pinned = versions.find(({ version }) => compareVersions(version.version, pin) === 0);
    if (pinned === undefined && versions.length > 0) {
      const hint = `they have ${versions.map(({ version }) => version.version).join(", ")}`;
      throw new KnownError("package-not-found", `no archive has version ${pin} of the package "${name}"`, { hint });
    }
    return pinned?.version;
  }

  /** The best first; of equal ones that of the first source. */
  #versionsOf(name: string): readonly { readonly version: PackageVersion; readonly standing: number }[] {
    return this.#sources
      .flatMap(({ index, archive, standing }) =>
        index.startsOf(name).map((start) => ({
          version: readPackageVersion(index.read(start), archive, index.where),
          standing,
        })),
      )
      .filter(({ version: { architecture } }) => architecture === "all" || architecture === this.architecture)
      .sort((a, b) => b.standing - a.standing || compareVersions(b.version.version, a.version.version));
  }

  /** Candidates that meet a relation, by their name or by what they provide, in no particular order. */
  solutions(relation: Relation): readonly PackageVersion[] {
    const key = `${relation.name}:${relation.qualifier ?? ""} ${relation.operator ?? ""} ${relation.version ?? ""}`;
    let found = this.#solutions.get(key);
    if (found === undefined) {
      found = this.#search(relation);
      this.#solutions.set(key, found);
    }
    return found;
  }

  #search(relation: Relation): readonly PackageVersion[] {
    const { name, qualifier } = relation;
    const ofAny = qualifier === "any";
    // Everything here is of one architecture, and dpkg takes what is for all for its own.
    if (qualifier !== undefined && !ofAny && qualifier !== "native" && qualifier !== this.architecture) return [];
    const meant = ofAny ? "any" : this.architecture;
    const fits = (package_: PackageVersion): boolean => !ofAny || package_.allowsAny;
    const named = this.candidate(name);
    const found = named !== undefined && fits(named) && allows(relation, named.version) ? [named] : [];
    for (const owner of this.providersOf(name)) {
      const met = owner.provides.some(
        (provided) =>
          provided.name === name &&
          (provided.qualifier === undefined ? fits(owner) : provided.qualifier === meant) &&
          allows(relation, provided.version),
      );
      if (met && !found.includes(owner)) found.push(owner);
    }
    return found;
  }

  /** Candidates that provide a name. */
  providersOf(name: string): readonly PackageVersion[] {
    const owners = new Set(this.#sources.flatMap(({ index }) => index.providersOf(name)));
    return [...owners].flatMap((owner) => {
      const candidate = this.candidate(owner);
      return candidate?.provides.some((provided) => provided.name === name) ? [candidate] : [];
    });
  }

  /** Names of all packages that a working system cannot be without. */
  basis(): readonly string[] {
    const marks = ["Essential: yes", "Priority: required"];
    const names = new Set(this.#sources.flatMap(({ index }) => marks.flatMap((mark) => index.namesWithLine(mark))));
    return [...names].filter((name) => {
      const candidate = this.candidate(name);
      return candidate !== undefined && (candidate.essential || candidate.priority === 1);
    });
  }

  /** What somebody who wrote `name` may have meant. */
  nearestTo(name: string): string | undefined {
    return nearest(name, new Set(this.#sources.flatMap(({ index }) => [...index.names()])));
  }
}
