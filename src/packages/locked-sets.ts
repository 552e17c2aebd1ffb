/** The sets of packages that a declaration asks for, and the answers that its lock has for them. */
import { canonicalJson } from "../base/index.ts";
import type { DebianArchive, DebianLock, DebianRequest, LockedPackage } from "./debian/locked.ts";

/** One request and its answer, as the lock file keeps them. */
export interface LockedSet extends DebianLock {
  readonly request: DebianRequest;
  /** Security updates of packages of this set, for images that take them by themselves (`grafts`). */
  readonly grafts: readonly LockedPackage[];
}

/** Whether a value is what a lock file says of packages: as far as a build relies on it. */
export function isLockedSet(value: unknown): value is LockedSet {
  const { request, packages, grafts } = (value ?? {}) as Partial<LockedSet>;
  const isText = (...texts: readonly unknown[]): boolean => texts.every((text) => typeof text === "string");
  const isPackage = (each: Partial<LockedPackage> | null): boolean =>
    isText(each?.name, each?.version, each?.architecture) &&
    /^[0-9a-f]{64}$/.test(each?.sha256 ?? "") &&
    Number.isSafeInteger(each?.size) &&
    // Below the archive's root, and no other address.
    /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[\w.+~:%/-]+\.u?deb$/.test(each?.path ?? "") &&
    request?.archives[each?.archive ?? -1] !== undefined;
  return (
    Array.isArray(request?.archives) &&
    request.archives.every(({ mirrors }) => Array.isArray(mirrors) && isText(...mirrors)) &&
    [packages, grafts].every((list) => Array.isArray(list) && list.every(isPackage))
  );
}

/** When each suite of an archive was made that these sets were taken from; of several, the newest. */
export function suiteDates(
  sets: readonly LockedSet[],
): (archive: Pick<DebianArchive, "mirrors">, suite: string) => Date | undefined {
  const dates = new Map<string, Date>();
  const keyOf = (mirrors: readonly string[] | undefined, suite: string): string => canonicalJson([mirrors, suite]);
  for (const { request, releases = [] } of sets)
    for (const { archive, suite, date } of releases) {
      const [key, made] = [keyOf(request.archives[archive]?.mirrors, suite), new Date(date)];
      const known = dates.get(key);
      if (!Number.isNaN(made.getTime()) && (known === undefined || known < made)) dates.set(key, made);
    }
  return ({ mirrors }, suite) => dates.get(keyOf(mirrors, suite));
}

/** Finds the answers to requests; remembers what was asked. */
export class LockedSets {
  readonly #sets: ReadonlyMap<string, LockedSet>;
  readonly #asked = new Map<string, DebianRequest>();

  constructor(sets: readonly LockedSet[]) {
    this.#sets = new Map(sets.map((set) => [canonicalJson(set.request), set]));
  }

  /** Every request that was made, each once. */
  get asked(): readonly DebianRequest[] {
    return [...this.#asked.values()];
  }

  find(request: DebianRequest): LockedSet | undefined {
    const key = canonicalJson(request);
    this.#asked.set(key, request);
    return this.#sets.get(key);
  }

  /** How many sets have this very package: what many images share is worth a layer of its own. */
  uses({ sha256 }: LockedPackage): number {
    return [...this.#sets.values()].filter(({ packages }) => packages.some((each) => each.sha256 === sha256)).length;
  }
}
