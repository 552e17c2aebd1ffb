/** One version of a package, taken from its paragraph in a Packages file: what resolving and locking need of it. */
import { KnownError } from "../../base/index.ts";
import type { Paragraph } from "./control-fields.ts";
import type { LockedPackage } from "./locked.ts";
import { parseRelations, type Relation } from "./relations.ts";
import { isVersion } from "./version.ts";

/** In the order in which apt goes through them. */
const needFields = ["Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends", "Suggests"] as const;
const priorities = ["required", "important", "standard", "optional"];

/** One need: any of the alternatives meets it, or, for Conflicts and Breaks, violates it. */
export interface Need {
  readonly kind: (typeof needFields)[number];
  readonly alternatives: readonly Relation[];
}

/** What a lock says of it, and what decides whether it comes into one. */
export interface PackageVersion extends LockedPackage {
  readonly essential: boolean;
  /** What apt calls important: removing it needs a second confirmation. */
  readonly guarded: boolean;
  /** 1 is required; larger numbers matter less. */
  readonly priority: number;
  /** Whether `NAME:any` may stand for it. */
  readonly allowsAny: boolean;
  readonly needs: readonly Need[];
  readonly provides: readonly Relation[];
}

/** Conflicts and Breaks say what must not be there. */
export function isNegative(need: Need): boolean {
  return need.kind === "Conflicts" || need.kind === "Breaks";
}

/** `where` is the address of the index, for errors. */
export function readPackageVersion(paragraph: Paragraph, archive: number, where: string): PackageVersion {
  const name = paragraph.get("package") ?? "";
  const refuse = (problem: string): KnownError =>
    new KnownError("archive-invalid", `${where} says of the package "${name}" ${problem}`);
  const field = (key: string): string => {
    const value = paragraph.get(key.toLowerCase());
    if (value === undefined) throw refuse(`nothing under ${key}`);
    return value;
  };
  const version = field("Version");
  if (!isVersion(version)) throw refuse(`that its version is "${version}", which is none`);
  const sha256 = field("SHA256");
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw refuse(`that its SHA256 is "${sha256}"`);
  const size = Number(field("Size"));
  if (!Number.isSafeInteger(size) || size < 0) throw refuse(`that its size is "${field("Size")}"`);
  const path = field("Filename").replace(/^(?:\.\/)+/, "");
  if (!isPlainPath(path)) throw refuse(`that its file is "${path}", which is no path below the archive's root`);
  const relations = (key: string): readonly (readonly Relation[])[] =>
    parseRelations(paragraph.get(key.toLowerCase()) ?? "", `${where}: ${name} ${version}, ${key}`);
  const priority = priorities.indexOf(paragraph.get("priority") ?? "");
  return {
    name,
    version,
    architecture: field("Architecture"),
    sha256,
    size,
    path,
    archive,
    essential: isYes(paragraph.get("essential")),
    guarded: isYes(paragraph.get("important")) || isYes(paragraph.get("protected")),
    priority: priority < 0 ? priorities.length + 1 : priority + 1,
    allowsAny: paragraph.get("multi-arch") === "allowed",
    needs: needFields.flatMap((kind) => relations(kind).map((alternatives) => ({ kind, alternatives }))),
    provides: relations("Provides").flatMap(([relation]) => relation ?? []),
  };
}

function isYes(value: string | undefined): boolean {
  return value?.toLowerCase() === "yes";
}

/** Whether a path of an archive stays below its root, and means the same in an address. */
export function isPlainPath(path: string): boolean {
  return (
    /^[\x21-\x7e]+$/.test(path) &&
    !/[?#\\]/.test(path) &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}
