/** Subordinate ids: reading /etc/subuid as people leave it, and placing new ranges beside what is there. Pure. */
import { KnownError, type Place } from "../base/index.ts";
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

function format({ name, start, count }: SubidEntry): string {
  return `${start}:${count} of ${name}`;
}

/** Two users with one range could act as each other in their containers: nothing is built on such a file. */
function requireApart(current: readonly SubidEntry[]): void {
  for (const [index, entry] of current.entries()) {
    const other = current.slice(0, index).find((each) => each.name !== entry.name && overlap(each, entry));
    if (other === undefined) continue;
    throw new KnownError("subid-conflict", `the ranges ${format(other)} and ${format(entry)} on this host overlap`, {
      hint: "take one of them away from its user with usermod --del-subuids and --del-subgids, and give it another",
    });
  }
}

/**
 * What is asked for, without repetitions: a range without a start only asks that the user have one, so one with a start
 * answers it. Two of one user that say different things are refused.
 */
function merge(requested: readonly SubidSpec[]): readonly SubidSpec[] {
  const merged: SubidSpec[] = [];
  for (const each of requested) {
    const specific = requested.some(({ name, start }) => name === each.name && start !== null);
    if (each.start === null && specific) continue;
    const same = merged.find(({ name, start }) => name === each.name && start === each.start);
    if (same === undefined) merged.push(each);
    else if (same.count !== each.count) {
      const message = `two ranges are asked for ${each.name}, of ${same.count} and of ${each.count} ids`;
      const hint = "declare one of them, or give both a start";
      throw new KnownError("subid-conflict", message, { where: each.place, also: same.place, hint });
    }
  }
  return merged;
}

/**
 * The ranges that must be added. A user who has one keeps it, for running containers depend on it; ranges with a start
 * come first, then the others by name, each after the highest range in use.
 */
export function allocateSubids(current: readonly SubidEntry[], requested: readonly SubidSpec[]): readonly SubidEntry[] {
  requireApart(current);
  const added: SubidEntry[] = [];
  const add = (entry: SubidEntry, where: Place | undefined): void => {
    const other = [...current, ...added].find((each) => overlap(each, entry));
    if (other !== undefined) {
      const hint = "leave out `start` to have the range placed after all others";
      throw new KnownError("subid-conflict", `the range ${format(entry)} overlaps ${format(other)}`, { where, hint });
    }
    if (entry.start < lowest || entry.start + entry.count - 1 > highest) {
      const hint = "use a smaller count, or free ranges that nobody needs";
      const message = `the range ${format(entry)} leaves ${lowest} to ${highest}`;
      throw new KnownError("subid-conflict", message, { where, hint });
    }
    added.push(entry);
  };
  const missing: SubidSpec[] = [];
  for (const each of merge(requested)) {
    const own = current.filter(({ name }) => name === each.name);
    if (own.length === 0) missing.push(each);
    else if (each.start !== null && !own.some(({ start, count }) => start === each.start && count >= each.count)) {
      const has = own.map(({ start, count }) => `${start}:${count}`).join(", ");
      const hint = "declare the range that the user has: containers that were made with it depend on it";
      const message = `${each.name} has the range ${has} on this host, not ${each.start}:${each.count}`;
      throw new KnownError("subid-conflict", message, { where: each.place, hint });
    }
  }
  for (const { name, start, count, place } of missing) if (start !== null) add({ name, start, count }, place);
  const generic = missing.filter((each) => each.start === null).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, count, place } of generic) {
    const start = Math.max(lowest, ...[...current, ...added].map((entry) => entry.start + entry.count));
    add({ name, start, count }, place);
  }
  return added;
}
