/** What packages say of each other: Depends, Conflicts, Provides and their like, as deb-control(5) writes them. */
import { KnownError } from "../../base/index.ts";
import { compareVersions } from "./version.ts";

export type Operator = "<<" | "<=" | "=" | ">=" | ">>";

/** One name, perhaps with the versions that will do: `libc6 (>= 2.36)`, `python3:any`. */
export interface Relation {
  readonly name: string;
  /** Behind the colon: `any`, `native` or an architecture. */
  readonly qualifier: string | undefined;
  readonly operator: Operator | undefined;
  readonly version: string | undefined;
}

/** dpkg reads the two old operators as those that include equality. */
const operators: Readonly<Record<string, Operator>> = {
  "<<": "<<",
  "<=": "<=",
  "=": "=",
  ">=": ">=",
  ">>": ">>",
  "<": "<=",
  ">": ">=",
};
const relationPattern =
  /^([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([a-z0-9][a-z0-9-]*))?\s*(?:\(\s*([<>=]{1,2})\s*([A-Za-z0-9.+~:-]+)\s*\))?$/;

/** A field's relations: all of the outer list, of each inner list one. `where` names the package and field in errors. */
export function parseRelations(text: string, where: string): readonly (readonly Relation[])[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => part.split("|").map((alternative) => parseRelation(alternative.trim(), where)));
}

function parseRelation(text: string, where: string): Relation {
  const [, name, qualifier, sign, version] = relationPattern.exec(text) ?? [];
  const operator = sign === undefined ? undefined : operators[sign];
  if (name === undefined || (sign !== undefined && operator === undefined))
    throw new KnownError("archive-invalid", `${where}: "${text.slice(0, 80)}" names no package as dpkg expects it`);
  return { name, qualifier, operator, version };
}

/** Whether a version, of a package or of what it provides, will do. Without a version only "any version" is met. */
export function allows(relation: Relation, version: string | undefined): boolean {
  if (relation.operator === undefined || relation.version === undefined) return true;
  if (version === undefined) return false;
  const order = compareVersions(version, relation.version);
  switch (relation.operator) {
    case "<<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">=":
      return order >= 0;
    case ">>":
      return order > 0;
    default:
      return relation.operator satisfies never;
  }
}

export function formatRelation({ name, qualifier, operator, version }: Relation): string {
  const suffix = qualifier === undefined ? "" : `:${qualifier}`;
  return `${name}${suffix}${operator === undefined ? "" : ` (${operator} ${version})`}`;
}

export function formatAlternatives(alternatives: readonly Relation[]): string {
  return alternatives.map(formatRelation).join(" | ");
}
