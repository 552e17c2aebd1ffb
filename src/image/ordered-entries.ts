/**
 * What several placements put into one layer, as one list in the order of paths: each entry where it really stands, of a
 * path that several have the last, and the folders that they stand in. Lists are taken one entry at a time, so that a tree
 * of hundreds of thousands of files is never held.
 */
import type { TarEntry } from "../archive/index.ts";
import { KnownError } from "../base/index.ts";
import { byBytes } from "../store/index.ts";
import type { Below } from "./below.ts";

/** Entries in the order of their paths' bytes, one for each path. */
export interface EntryList<Entry> {
  readonly entries: Iterable<Entry>;
  /** Folders that these stand in, which may not be among them. */
  readonly parents: Iterable<string>;
}

/** The folders that a path lies in, the outermost first. */
export function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1))
    parents.push(path.slice(0, slash));
  return parents;
}

/** Few entries, in any order: each goes where the links below lead, and replaces one before it that stands there. */
export function settle<Entry extends TarEntry>(entries: Iterable<Entry>, below: Below): EntryList<Entry> {
  const settled = new Map<string, Entry>();
  for (const entry of entries) {
    const path = entry.path === "" ? "" : below.place(entry);
    if (path !== "") settled.set(path, path === entry.path ? entry : { ...entry, path });
  }
  const paths = [...settled.keys()].sort(byBytes);
  return {
    entries: paths.flatMap((path) => settled.get(path) ?? []),
    parents: new Set(paths.flatMap(parentsOf)),
  };
}

/** One list of several; the folders that they stand in come from below, or are made. */
export function* orderEntries<Entry extends TarEntry>(
  lists: readonly EntryList<Entry>[],
  below: Below,
): Generator<Entry | TarEntry> {
  const parents = [...new Set(lists.flatMap((list) => [...list.parents]))].sort(byBytes);
  const folders = parents.map(
    (path): TarEntry => below.parent(path) ?? { path, kind: "directory", mode: 0o755, uid: 0, gid: 0, size: 0 },
  );
  // Folders that something else stands in the place of.
  const covered = new Map<string, TarEntry>();
  for (const entry of merge<Entry | TarEntry>([folders, ...lists.map((list) => list.entries)], covered)) {
    if (covered.size > 0)
      for (const parent of parentsOf(entry.path)) {
        const cover = covered.get(parent);
        if (cover !== undefined) throw notInside(entry.path, cover);
      }
    yield entry;
  }
}

function notInside(path: string, parent: TarEntry): KnownError {
  const what = parent.kind === "symlink" ? `a link to ${parent.target}` : `a ${parent.kind}`;
  const hint = "a path cannot be a folder and something else; correct one of the targets";
  return new KnownError("image-invalid", `/${path} lies in /${parent.path}, which is ${what}`, { hint });
}

/** A list that is being read. */
interface Head<Entry> {
  readonly rank: number;
  readonly rest: Iterator<Entry>;
  entry: Entry;
}

/** Of entries for one path that of the last list comes out; `covered` gets it where it is no folder, and another was. */
function* merge<Entry extends TarEntry>(
  lists: readonly Iterable<Entry>[],
  covered: Map<string, TarEntry>,
): Generator<Entry> {
  // Most lists are about paths of their own: those that begin later wait, the next at the end.
  const waiting = lists
    .flatMap((list, rank): readonly Head<Entry>[] => {
      const rest = list[Symbol.iterator]();
      const { done, value } = rest.next();
      return done === true ? [] : [{ rank, rest, entry: value }];
    })
    .sort((a, b) => byBytes(b.entry.path, a.entry.path));
  let active: Head<Entry>[] = [];
  for (;;) {
    let least = leastOf(active);
    for (
      let next = waiting.at(-1);
      next !== undefined && (least === undefined || byBytes(next.entry.path, least) <= 0);
      next = waiting.at(-1)
    ) {
      least = next.entry.path;
      active.push(next);
      waiting.pop();
    }
    if (least === undefined) return;
    const same = active.length === 1 ? active : active.filter(({ entry }) => entry.path === least);
    const [first, ...others] = same;
    if (first === undefined) return;
    const winner = others.reduce((best, head) => (head.rank > best.rank ? head : best), first).entry;
    if (winner.kind !== "directory" && same.some(({ entry }) => entry.kind === "directory")) covered.set(least, winner);
    yield winner;
    for (const head of same) {
      const { done, value } = head.rest.next();
      if (done === true) active = active.filter((each) => each !== head);
      else head.entry = value;
    }
  }
}

function leastOf(heads: readonly { readonly entry: TarEntry }[]): string | undefined {
  let least: string | undefined;
  for (const { entry } of heads) if (least === undefined || byBytes(entry.path, least) < 0) least = entry.path;
  return least;
}
