/** What differs between two systems, in the words of a plan; what the host is like plays no part. Pure. */

import type { ImageSummary } from "../image/index.ts";
import type { ItemName, Reference } from "../store/index.ts";
import { imageDifferences, type LayerFiles, unitDifferences } from "./differences.ts";
import { lineChanges } from "./line-changes.ts";
import type { SystemSpec } from "./spec.ts";

export interface Difference {
  readonly kind: "added" | "removed" | "changed";
  readonly what: string;
  readonly details: readonly string[];
}

export interface DiffContext {
  readonly text: (source: Reference) => string | null;
  readonly image: (item: ItemName | null) => ImageSummary | undefined;
  readonly filesIn: LayerFiles;
}

/** Compares two lists by name; `details` says how two of one name differ, empty where they do not. */
function compare<T>(
  { what, before, after }: { readonly what: string; readonly before: readonly T[]; readonly after: readonly T[] },
  nameOf: (each: T) => string,
  details: (old: T, now: T) => readonly string[] = () => [],
): readonly Difference[] {
  const old = new Map(before.map((each) => [nameOf(each), each]));
  const now = new Map(after.map((each) => [nameOf(each), each]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name): readonly Difference[] => {
    const [was, is] = [old.get(name), now.get(name)];
    const about = name === "" ? what : `${what} ${name}`;
    if (was === undefined) return [{ kind: "added", what: about, details: [] }];
    if (is === undefined) return [{ kind: "removed", what: about, details: [] }];
    const lines = details(was, is);
    return lines.length === 0 ? [] : [{ kind: "changed", what: about, details: lines }];
  });
}

/** Fields of two plain records that differ. */
function fieldChanges(old: object, now: object): readonly string[] {
  const show = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) => {
    const [was, is] = [Reflect.get(old, key), Reflect.get(now, key)];
    return key === "place" || JSON.stringify(was) === JSON.stringify(is) ? [] : [`${key}: ${show(was)} → ${show(is)}`];
  });
}

/** Everything that differs, unit by unit and file by file. */
export function diffSystems(before: SystemSpec, after: SystemSpec, context: DiffContext): readonly Difference[] {
  const pair = <K extends keyof SystemSpec>(
    what: string,
    key: K,
  ): { what: string; before: SystemSpec[K]; after: SystemSpec[K] } => ({
    what,
    before: before[key],
    after: after[key],
  });
  const imageLines = (old: ItemName | null, now: ItemName | null): readonly string[] => {
    const [was, is] = [context.image(old), context.image(now)];
    if (old === now) return [];
    return is === undefined ? ["it is no longer here to be compared"] : imageDifferences(was, is, context.filesIn);
  };
  return [
    ...compare(pair("group", "groups"), ({ name }) => name, fieldChanges),
    ...compare(pair("user", "users"), ({ name }) => name, fieldChanges),
    ...compare(pair("subuid range of", "subuids"), ({ name }) => name, fieldChanges),
    ...compare(pair("subgid range of", "subgids"), ({ name }) => name, fieldChanges),
    ...compare(
      pair("file", "files"),
      ({ path }) => path,
      (old, now) =>
        old.source.ref === now.source.ref ? [] : lineChanges(context.text(old.source), context.text(now.source) ?? ""),
    ),
    ...compare(
      pair("image", "images"),
      ({ reference, user }) => `${reference}${user === null ? "" : ` for ${user}`}`,
      (old, now) => imageLines(old.item, now.item),
    ),
    ...compare(
      pair("", "objects"),
      ({ object, name }) => `${object} ${name}`,
      (old, now) => (old.digest === now.digest ? [] : fieldChanges(old.fields, now.fields)),
    ).map((each) => ({ ...each, what: each.what.trim() })),
    ...compare(
      pair("unit", "units"),
      ({ name }) => name,
      (old, now) => (old.digest === now.digest ? [] : unitDifferences(old, now)),
    ),
  ];
}
