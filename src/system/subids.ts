/** Subordinate ids: reading /etc/subuid as people leave it, and placing new ranges beside what is there. Pure. */
import { KnownError } from "../base/index.ts";
import type { SubidSpec } from "./spec.ts";

export interface SubidEntry {
  readonly name: string;
  readonly start: number;
  readonly count: number;
}

/** Ids below belong to accounts. */
const lowest = 100_000;
const highest = 2 ** 32 - 2;

/** The ranges of a subuid file; comments, blank lines and lines that are no range are passed over, and kept in the file. */
export function parseSubids(text: string): readonly SubidEntry[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", start = "", count = "", ...rest] = line.split(":").map((part) => part.trim());
    if (name === "" || name.startsWith("#") || rest.length > 0 || !/^\d+$/.test(start) || !/^\d+$/.test(count))
      return [];
    return [{ name, start: Number(start), count: Number(count) }];
  });
}

function overlap(a: SubidEntry, b: SubidEntry): boolean {
  return a.start < b.start + b.count && b.start < a.start + a.count;
}

/**
 * The ranges that must be added. A user who has one keeps it; ranges with a start come first, then the others by name,
 * each after the highest range in use.
 */
export function allocateSubids(current: readonly SubidEntry[], requested: readonly SubidSpec[]): readonly SubidEntry[] {
  const added: SubidEntry[] = [];
  const add = (entry: SubidEntry, where: SubidSpec): void => {
    const other = [...current, ...added].find((each) => overlap(each, entry));
    const place = { where: where.place };
    if (other !== undefined) {
      const message = `the range ${entry.start}:${entry.count} of ${entry.name} overlaps ${other.start}:${other.count} of ${other.name}`;
      throw new KnownError("subid-conflict", message, {
        ...place,
        hint: "leave out `start` to have the range placed after all others",
      });
    }
    if (entry.start < lowest || entry.start + entry.count - 1 > highest) {
      const message = `the range ${entry.start}:${entry.count} of ${entry.name} leaves ${lowest} to ${highest}`;
      throw new KnownError("subid-conflict", message, {
        ...place,
        hint: "use a smaller count, or free ranges that nobody needs",
      });
    }
    added.push(entry);
  };
  const missing = requested.filter(({ name }) => !current.some((each) => each.name === name));
  const once = missing.filter(({ name }, index) => missing.findIndex((each) => each.name === name) === index);
  for (const each of once)
    if (each.start !== null) add({ name: each.name, start: each.start, count: each.count }, each);
  const generic = once.filter((each) => each.start === null).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const each of generic) {
    const start = Math.max(lowest, ...[...current, ...added].map((entry) => entry.start + entry.count));
    add({ name: each.name, start, count: each.count }, each);
  }
  return added;
}
