/**
 * What was built becomes items: canonical, synced, recorded, and named last. A disk takes as long for one as for several, so
 * those that were finished while it was at work are committed together.
 */
import { join } from "node:path";
import { chmodSync, diskError, lstatSync, removeTree, renameSync, syncAll, utimesSync } from "../sys/index.ts";
import { type BuiltFacts, makeCanonical, writeOutput } from "./builders.ts";
import type { Derivation } from "./derivation.ts";
import { type ItemRecord, measureItem, storeTime } from "./item.ts";

/** A result that only lacks its name. */
export interface Finished {
  readonly out: string;
  readonly record: ItemRecord;
  /** All of its files and folders. */
  readonly paths: readonly string[];
}

/** Makes a build's result what it will be for ever. */
export function finish({ item, recipe }: Derivation, out: string, facts: BuiltFacts | undefined): Finished {
  const paths: string[] = [];
  makeCanonical(out, (path) => {
    if (lstatSync(path).isSymbolicLink()) return;
    utimesSync(path, storeTime, storeTime);
    paths.push(path);
  });
  const measured = measureItem(out, [...recipe.inputs, item], facts?.digests);
  return { out, paths, record: { version: 1, item, ...measured } };
}

export class Commits {
  readonly #dir: string;
  #waiting: Finished[] = [];
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Resolves when the item has its name. */
  add(finished: Finished): Promise<void> {
    this.#waiting.push(finished);
    this.#next ??= this.#last.then(() => {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#next = undefined;
      // What fails is told to those who wait for it; the next batch is none the worse.
      const committed = this.#commit(batch);
      this.#last = committed.catch(() => undefined);
      return committed;
    });
    return this.#next;
  }

  async #commit(batch: readonly Finished[]): Promise<void> {
    const records = batch.map(({ record }) => ({
      from: join(this.#dir, ".tmp", `${record.item}.${process.pid}.record`),
      to: join(this.#dir, ".items", record.item),
      text: `${JSON.stringify(record)}\n`,
    }));
    try {
      for (const { from, text } of records) writeOutput(from, text);
      await syncAll([...batch.flatMap(({ paths }) => paths), ...records.map(({ from }) => from)]);
      for (const { from, to } of records) renameSync(from, to);
      await syncAll([join(this.#dir, ".items")]);
      for (const { out, record } of batch) {
        const path = join(this.#dir, record.item);
        removeTree(path);
        renameReadOnly(out, path);
      }
      await syncAll([this.#dir]);
    } catch (error) {
      for (const { out } of batch) removeTree(out);
      for (const { from } of records) removeTree(from);
      throw diskError(error, this.#dir);
    }
  }
}

/** rename(2) of a folder updates its "..", which needs write permission on the folder itself, but for root. */
function renameReadOnly(from: string, to: string): void {
  if (!lstatSync(from).isDirectory()) return renameSync(from, to);
  chmodSync(from, 0o755);
  renameSync(from, to);
  chmodSync(to, 0o555);
}
