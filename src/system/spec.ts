/** A declared system as plain data: what is left of a declaration once its functions have run. */
import { type Digest, digestOfJson, type Place } from "../base/index.ts";
import type { EngineCli, ObjectFields } from "../engine/index.ts";
import type { DebianRequest } from "../packages/index.ts";
import type { ServiceSummary } from "../service/index.ts";
import type { Derivation, ItemName, Reference } from "../store/index.ts";
import type { AccessSpec, UnitSpec } from "../supervisor/index.ts";
import type { Suppressions, Weighed } from "./rules/index.ts";

export interface GroupSpec {
  readonly name: string;
  readonly id: number | null;
  readonly system: boolean;
  readonly place?: Place;
}

export interface UserSpec {
  readonly name: string;
  readonly uid: number | null;
  readonly group: string;
  readonly supplementaryGroups: readonly string[];
  readonly comment: string;
  readonly home: string;
  readonly createHome: boolean;
  readonly shell: string;
  readonly system: boolean;
  /** An account of this name is taken as it is: only its existence is asked for. */
  readonly needed: boolean;
  readonly place?: Place;
}

export interface SubidSpec {
  readonly name: string;
  readonly start: number | null;
  readonly count: number;
  readonly place?: Place;
}

export interface FileSpec {
  /** Absolute on the host. */
  readonly path: string;
  readonly source: Reference;
  /** Only for hosts whose init is systemd. */
  readonly onlyUnder?: "systemd";
}

export interface ImageSpec {
  readonly reference: string;
  /** The store item of an image that Lading builds; null for one that is pulled. */
  readonly item: ItemName | null;
  /** The digest of the manifest that the lock file says, for one that is pulled. */
  readonly pin: string | null;
  /** The users whose engines need it, each with its engine; null is the owner of a home environment. */
  readonly user: string | null;
  readonly cli: EngineCli;
  readonly place?: Place;
}

export interface ObjectSpec {
  readonly object: "network" | "volume";
  readonly name: string;
  readonly fields: ObjectFields;
  /** Of the fields: what exists carries it as a label. */
  readonly digest: string;
  readonly user: string | null;
  readonly cli: EngineCli;
  readonly place?: Place;
}

export interface SystemSpec {
  readonly version: 1;
  readonly kind: "system" | "home";
  readonly hostName: string;
  readonly units: readonly UnitSpec[];
  readonly files: readonly FileSpec[];
  readonly groups: readonly GroupSpec[];
  readonly users: readonly UserSpec[];
  readonly subuids: readonly SubidSpec[];
  readonly subgids: readonly SubidSpec[];
  readonly limits: readonly string[];
  readonly programs: readonly { readonly program: string; readonly package: string }[];
  readonly images: readonly ImageSpec[];
  readonly objects: readonly ObjectSpec[];
  readonly access?: AccessSpec;
  /** Store items that the system needs at run time. */
  readonly roots: readonly ItemName[];
}

/** A system together with how to build what it needs. */
export interface Compiled {
  readonly spec: SystemSpec;
  readonly derivations: readonly Derivation[];
  /** What its images ask of archives of packages; answered by the lock file. */
  readonly requests: readonly DebianRequest[];
  /** What rules find of it that does not refuse it. */
  readonly findings: readonly Weighed[];
  /** What the system was folded from. */
  readonly services: readonly ServiceSummary[];
}

/** A compiled declaration, and the files that it came from; null where it may depend on more than files. */
export interface Loaded extends Compiled {
  readonly inputs: readonly string[] | null;
  /** Findings that it accepts, by comments in its sources. */
  readonly suppressions: Suppressions;
  /** Of the declaration's own code, with all that it imports. */
  readonly sourceDigest: string;
}

/** A system that declares nothing: what `down` switches to. */
export const emptySystem: SystemSpec = {
  version: 1,
  kind: "system",
  hostName: "localhost",
  units: [],
  files: [],
  groups: [],
  users: [],
  subuids: [],
  subgids: [],
  limits: [],
  programs: [],
  images: [],
  objects: [],
  roots: [],
};

/** What says nothing about what runs: places in files, and the user's word to replace. */
const asides: ReadonlySet<string> = new Set(["place", "mayReplace"]);

/** The digest of what a unit runs: what is only said of it may change without a restart. */
export function unitDigest(unit: Omit<UnitSpec, "digest" | "place">): Digest {
  const { documentation: _, actions: __, autoStart: ___, transient: ____, ...rest } = unit;
  const { ready: _____, schedule: ______, log: _______, ...running } = rest;
  return digestOfJson(running, asides);
}

/** The digest of a system: equal systems are one generation, wherever their files lie and however they are laid out. */
export function systemDigest(spec: SystemSpec): Digest {
  return digestOfJson(spec, asides);
}

/** The system with each container's image named by its identifier, so that a rebuilt image is another container. */
export function resolveImages(spec: SystemSpec, idOf: (reference: string) => string | undefined): SystemSpec {
  const units = spec.units.map((unit): UnitSpec => {
    if (unit.start.kind !== "container") return unit;
    const resolved = { ...unit, start: { ...unit.start, imageId: idOf(unit.start.container.image) ?? null } };
    const { digest: _, place: __, ...rest } = resolved;
    return { ...resolved, digest: unitDigest(rest) };
  });
  return { ...spec, units: linkUnits(units) };
}

/** The units, each with a digest that changes with those that it is replaced with, directly or not. */
function linkUnits(units: readonly UnitSpec[]): readonly UnitSpec[] {
  const providers = new Map(units.flatMap((unit) => unit.provision.map((name) => [name, unit] as const)));
  const known = new Map<UnitSpec, string>();
  const digestOfUnit = (unit: UnitSpec): string => {
    const before = known.get(unit);
    if (before !== undefined) return before;
    // Should it come round to itself, it counts by itself.
    known.set(unit, unit.digest);
    const leaders = (unit.restartWith ?? []).flatMap((name) => providers.get(name) ?? []);
    const digest = leaders.length === 0 ? unit.digest : digestOfJson([unit.digest, ...leaders.map(digestOfUnit)]);
    known.set(unit, digest);
    return digest;
  };
  return units.map((unit) => ({ ...unit, digest: digestOfUnit(unit) }));
}

/** The system with the user's word that these volumes may be made anew, without their data. */
export function allowReplacing(spec: SystemSpec, volumes: readonly string[]): SystemSpec {
  if (volumes.length === 0) return spec;
  const units = spec.units.map((unit): UnitSpec => {
    if (unit.start.kind !== "objects" || unit.start.object !== "volume") return unit;
    const items = unit.start.items.map((item) =>
      volumes.includes(item.name) ? { ...item, mayReplace: true as const } : item,
    );
    return { ...unit, start: { ...unit.start, items } };
  });
  return { ...spec, units };
}
