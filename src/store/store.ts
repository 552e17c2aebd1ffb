/**
 * The store: items named by the hash of what made them. An item that has its name is complete and read-only.
 *
 *     DIR/HASH-name          the item
 *     DIR/.items/HASH-name   its record: digest, size, references
 *     DIR/.tmp/              builds in progress, and what a killed one left
 *     DIR/.sources/          digests of local files, for the next build
 *     DIR/.indexes/          indexes of archives, for the next lock
 *     DIR/.held/PID          what a command that runs needs beyond the generations
 *
 * Builders hold the store's lock shared, the collector alone, so neither can take what the other needs.
 */
import { join } from "node:path";
import { KnownError, type OnProgress, type ProgressStep, tracked } from "../base/index.ts";
import {
  ensureFolder,
  existsSync,
  isAlive,
  type ProcessId,
  processId,
  readdirSync,
  readJsonFile,
  readTextIfExists,
  removeTree,
  takeLock,
  writeFileAtomic,
} from "../sys/index.ts";
import { type Builder, runBuilder } from "./builders.ts";
import { Commits, type Finished, finish } from "./commits.ts";
import type { Derivation, Derivations, ItemName, Reference } from "./derivation.ts";
import { type ItemRecord, looksIntact, measureItem } from "./item.ts";
import { forgetDigests, keepDigests } from "./known-digests.ts";
import { Turns } from "./turns.ts";

/** Below the store's folder: indexes of archives, by their hashes, for the next time that something is locked. */
export const indexFolder = ".indexes";

/** Builds at a time: while one waits for a program or for the disk, another has the processor. */
const mostBuilds = 4;

export interface BuildOptions {
  readonly builders: Readonly<Record<string, Builder>>;
  readonly signal?: AbortSignal;
  /** Called when an item is about to be built; not for those that are there. */
  readonly onBuild?: (derivation: Derivation) => void;
  /** Hears of each build from its begin to its end. */
  readonly onProgress?: OnProgress | undefined;
}

export interface VerifyResult {
  readonly item: ItemName;
  readonly state: "intact" | "changed" | "missing";
}

export class Store {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  path(reference: ItemName | Reference): string {
    return typeof reference === "string" ? join(this.dir, reference) : join(this.dir, reference.ref) + reference.suffix;
  }

  record(item: ItemName): ItemRecord | undefined {
    const text = readTextIfExists(join(this.dir, ".items", item));
    return text === undefined ? undefined : (JSON.parse(text) as ItemRecord);
  }

  /** Whether an item is there and whole. One that was changed by hand is an error, never silently used. */
  has(item: ItemName): boolean {
    const record = this.record(item);
    if (record === undefined || !existsSync(this.path(item))) return false;
    if (!looksIntact(this.path(item), record.size)) throw this.#corrupt(item);
    return true;
  }

  #corrupt(item: ItemName): KnownError {
    const hint = "`lading store verify --repair` removes what was changed; it is built again when next needed";
    return new KnownError("store-corrupt", `${this.path(item)} was changed since it was built`, { hint });
  }

  /** Builds what is missing of `targets` and of what they need, inputs first. */
  async build(derivations: Derivations, targets: readonly ItemName[], options: BuildOptions): Promise<void> {
    ensureFolder(join(this.dir, ".items"));
    ensureFolder(join(this.dir, ".tmp"), 0o700);
    await using _lock = await takeLock(join(this.dir, ".lock"), { shared: true, wait: 600, purpose: "building" });
    const stop = new AbortController();
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const turns = new Turns(mostBuilds);
    const commits = new Commits(this.dir);
    const visits = new Map<ItemName, Promise<void>>();
    const need = async (item: ItemName): Promise<void> => {
      if (this.has(item)) return;
      const derivation = derivations.get(item);
      if (derivation === undefined) throw new Error(`no derivation for ${item}`);
      await Promise.all(derivation.recipe.inputs.map(visit));
      const built = await turns.with(() => {
        signal.throwIfAborted();
        options.onBuild?.(derivation);
        const about = { what: `building ${derivation.recipe.name}`, key: item };
        return tracked(options.onProgress, about, (tell) => this.#buildOne(derivation, { ...options, signal, tell }));
      });
      // Not in turn: while one waits for the disk, another is built.
      await commits.add(built);
      for (const [origin, source] of Object.entries(derivation.hashed))
        keepDigests(this.dir, derivation.origins[origin] ?? origin, source);
    };
    const visit = (item: ItemName): Promise<void> => {
      const known = visits.get(item) ?? need(item);
      visits.set(item, known);
      return known;
    };
    // The first that fails stops the rest; none is left behind at work.
    let failure: { readonly error: unknown } | undefined;
    const watch = (error: unknown): void => {
      failure ??= { error };
      stop.abort(error);
    };
    await Promise.all(targets.map((target) => visit(target).catch(watch)));
    await Promise.allSettled(visits.values());
    if (failure !== undefined) throw failure.error;
  }

  async #buildOne(
    derivation: Derivation,
    options: BuildOptions & { readonly tell: (step: ProgressStep) => void },
  ): Promise<Finished> {
    const { item, recipe } = derivation;
    const builder = options.builders[recipe.builder];
    if (builder === undefined) throw new Error(`no builder "${recipe.builder}"`);
    const out = join(this.dir, ".tmp", `${item}.${process.pid}`);
    removeTree(out);
    try {
      const facts = await runBuilder(builder, {
        name: recipe.name,
        item,
        args: recipe.args,
        inputs: recipe.inputs,
        origins: derivation.origins,
        hashed: derivation.hashed,
        out,
        storeDir: this.dir,
        signal: options.signal,
        tell: options.tell,
        pathOf: (reference) => this.path(reference),
      });
      return finish(derivation, out, facts);
    } catch (error) {
      removeTree(out);
      throw error;
    }
  }

  /** Keeps items, built or about to be, from the collector for as long as this process lives. */
  hold(items: readonly ItemName[]): void {
    const self = processId(process.pid);
    ensureFolder(join(this.dir, ".held"), 0o700);
    writeFileAtomic(join(this.dir, ".held", String(process.pid)), JSON.stringify({ process: self, items }));
  }

  /** What commands that still run hold; what others left is swept. */
  #held(): readonly ItemName[] {
    const folder = join(this.dir, ".held");
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).filter((name) => /^\d+$/.test(name));
    return names.flatMap((name) => {
      const path = join(folder, name);
      const hint = "it was written whole, so something else damaged it; remove it when no other command runs";
      const refuse = (problem: string): KnownError =>
        new KnownError("state-corrupt", `${path} is damaged: ${problem}`, { hint });
      const { process: holder, items } = (readJsonFile(path, refuse) ?? {}) as {
        readonly process?: ProcessId;
        readonly items?: readonly ItemName[];
      };
      if (holder !== undefined && isAlive(holder)) return items ?? [];
      removeTree(path);
      return [];
    });
  }

  /** The items with everything that they name, directly or not. */
  closure(items: Iterable<ItemName>): ReadonlySet<ItemName> {
    const closure = new Set<ItemName>();
    const queue = [...items];
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      if (closure.has(item)) continue;
      closure.add(item);
      queue.push(...(this.record(item)?.references ?? []));
    }
    return closure;
  }

  /** All items by name. */
  items(): readonly ItemName[] {
    if (!existsSync(this.dir)) return [];
    return readdirSync(this.dir)
      .filter((name) => !name.startsWith("."))
      .sort() as ItemName[];
  }

  /** Deletes what is not in the closure of `roots`; returns what was, or would be, deleted. */
  async collect(roots: Iterable<ItemName>, dryRun = false): Promise<readonly { item: ItemName; size: number }[]> {
    if (!existsSync(this.dir)) return [];
    await using _lock = await takeLock(join(this.dir, ".lock"), { wait: 600, purpose: "collecting garbage" });
    const keep = this.closure([...roots, ...this.#held()]);
    const dead = this.items().filter((item) => !keep.has(item));
    const deleted = dead.map((item) => ({ item, size: this.record(item)?.size ?? 0 }));
    if (dryRun) return deleted;
    for (const item of dead) this.#remove(item);
    forgetDigests(this.dir);
    removeTree(join(this.dir, indexFolder));
    // No build runs while the lock is held: what lies here was left by one that was killed.
    for (const name of existsSync(join(this.dir, ".tmp")) ? readdirSync(join(this.dir, ".tmp")) : []) {
      removeTree(join(this.dir, ".tmp", name));
    }
    return deleted;
  }

  #remove(item: ItemName): void {
    removeTree(this.path(item));
    removeTree(join(this.dir, ".items", item));
  }

  /** Hashes every item again; with `repair`, removes those that are not what they were. */
  async verify(repair = false): Promise<readonly VerifyResult[]> {
    if (!existsSync(this.dir)) return [];
    await using _lock = await takeLock(join(this.dir, ".lock"), { wait: 600, purpose: "verifying the store" });
    return this.items().map((item) => {
      const record = this.record(item);
      const state =
        record === undefined
          ? "missing"
          : looksIntact(this.path(item), record.size) && measureItem(this.path(item), []).digest === record.digest
            ? "intact"
            : "changed";
      if (repair && state !== "intact") this.#remove(item);
      return { item, state };
    });
  }
}
