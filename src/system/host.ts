/**
 * One host as the commands see it: builds what a system needs, plans, switches, goes back, takes down. Everything slow
 * comes before the switch; the switch is a journalled transaction that ends at one rename.
 */
import { dirname, join } from "node:path";
import { digestOf, KnownError, type Paths, Problems } from "../base/index.ts";
import { labels } from "../engine/index.ts";
import { type ImageSummary, imageBuilders, readImage, readLayerFiles } from "../image/index.ts";
import { type Derivation, type ItemName, Store, storeBuilders } from "../store/index.ts";
import { isUp, readyWithin, type StatusReport, SupervisorClient, type UnitReport } from "../supervisor/index.ts";
import {
  ensureFolder,
  existsSync,
  readdirSync,
  readFileSync,
  readTextIfExists,
  removeTree,
  rmSync,
  takeLock,
} from "../sys/index.ts";
import { execute } from "./execute.ts";
import { type Generation, Generations, type Origin } from "./generations.ts";
import { type Repair, repairWords } from "./host-needs.ts";
import { Journal, type JournalEntry } from "./journal.ts";
import { LedgerFileStore } from "./ledger.ts";
import { engineOf, enginesOf, type Observed, observe, observeSupervisor } from "./observe.ts";
import { plan } from "./plan.ts";
import type { Plan, PlanContext, Step } from "./planner.ts";
import { allowReplacing, type Compiled, emptySystem, resolveImages, type SystemSpec, systemDigest } from "./spec.ts";
import { startSupervisor } from "./start-supervisor.ts";
import { type Difference, diffSystems } from "./system-diff.ts";
import { UnitFailure, unitFailure } from "./unit-failure.ts";

export interface HostOptions {
  readonly paths: Paths;
  /** The command that runs the supervisor. */
  readonly daemonArgv: readonly string[];
  readonly signal?: AbortSignal;
  /** Hears of each long step as it begins. */
  readonly onProgress?: (message: string) => void;
}

/** What becomes of a switch whose units do not come up: the generation before is brought back, or not. */
export type OnFailure = "rollback" | "stop" | "keep";

/** A plan with what it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly target: SystemSpec;
  readonly observed: Observed;
}

/** Removes a file, and its folder when nothing else is in it. */
function removeWithEmptyFolder(path: string): void {
  rmSync(path, { force: true });
  const folder = dirname(path);
  if (existsSync(folder) && readdirSync(folder).length === 0) removeTree(folder);
}

/** Milliseconds that what was started must stay up before a switch counts as done. */
const stablePeriod = 500;

/** Milliseconds between looks at the health of what was started. */
const healthPoll = 100;

/** Steps that take something away wait until nothing needs it. */
function isLate({ deed: { kind } }: Step): boolean {
  return ["object-remove", "sysctl-restore", "linger-end", "user-remove", "group-remove"].includes(kind);
}

/** Steps that the supervisor carries out, and those that are nothing but the new generation. */
function isUnit({ deed: { kind } }: Step): boolean {
  return (
    kind.startsWith("unit-") || kind === "supervisor-start" || kind === "generation-record" || kind === "object-replace"
  );
}

/** An error beside another one: a bug keeps its own words. */
function asKnown(error: unknown): KnownError | Problems {
  if (error instanceof KnownError || error instanceof Problems) return error;
  throw error;
}

const noAccounts = { users: [], groups: [] } as const;

export class Host {
  readonly store: Store;
  readonly generations: Generations;
  readonly #options: HostOptions;
  readonly #paths: Paths;
  readonly #ledger: LedgerFileStore;
  readonly #journal: Journal;
  readonly #client: SupervisorClient;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#paths = options.paths;
    this.store = new Store(options.paths.store);
    this.generations = new Generations(options.paths);
    this.#ledger = new LedgerFileStore(options.paths);
    this.#journal = new Journal(options.paths);
    this.#client = new SupervisorClient(options.paths.socket);
  }

  /** Only one command changes a host at a time; the kernel keeps the lock. */
  lock(purpose: string): Promise<AsyncDisposable> {
    ensureFolder(this.#paths.state);
    return takeLock(join(this.#paths.state, "lock"), { purpose });
  }

  /** Refuses a whole host to whoever is not root, before anything is built for it. */
  requireAuthority({ kind }: SystemSpec): void {
    if (kind === "home" || process.getuid?.() === 0) return;
    const hint = "run the command as root, or declare a homeEnvironment";
    throw new KnownError("needs-root", "an operatingSystem can only be switched by root", { hint });
  }

  /** Builds `targets` and what they need. */
  async build(derivations: readonly Derivation[], targets: readonly ItemName[]): Promise<void> {
    const { signal, onProgress } = this.#options;
    await this.store.build(new Map(derivations.map((each) => [each.item, each])), targets, {
      builders: { ...storeBuilders, ...imageBuilders },
      ...(signal === undefined ? {} : { signal }),
      onBuild: (derivation) => onProgress?.(`building ${derivation.recipe.name}`),
    });
  }

  /** What an image of the store is; undefined while it is not built. */
  image(item: ItemName | null): ImageSummary | undefined {
    return item !== null && this.store.record(item) !== undefined ? readImage(this.store.path(item)) : undefined;
  }

  /** What differs between two generations. */
  diff(from: number, to: number): readonly Difference[] {
    const [before, after] = [from, to].map((number) => this.generations.require(number).spec) as [
      SystemSpec,
      SystemSpec,
    ];
    return diffSystems(before, after, {
      text: (source) => readTextIfExists(this.store.path(source)) ?? null,
      image: (item) => this.image(item),
      filesIn: (item) => readLayerFiles(this.store.path(item)),
    });
  }

  #context(current: Generation | null, more: Partial<PlanContext> = {}): PlanContext {
    return {
      content: (source) => readFileSync(this.store.path(source)),
      image: (image) => this.image(image.item),
      imageBefore: (reference) => {
        const before = current?.spec.images.find((each) => each.reference === reference);
        return this.image(before?.item ?? null);
      },
      filesIn: (item) => readLayerFiles(this.store.path(item)),
      withVolumes: false,
      replaceVolumes: [],
      removeAccounts: noAccounts,
      owner: this.#paths.owner,
      ...more,
    };
  }

  /** Plans the way to a system whose items are built. */
  async plan(spec: SystemSpec, more: Partial<PlanContext> = {}): Promise<Planned> {
    const observed = await observe(this.#paths, spec);
    const target = allowReplacing(this.#resolve(spec, observed), more.replaceVolumes ?? []);
    return { plan: plan(observed, target, this.#context(observed.current, more)), target, observed };
  }

  /** Names each container's image by identifier: built ones by what was built, others by what the engine has. */
  #resolve(spec: SystemSpec, observed: Pick<Observed, "engines">): SystemSpec {
    return resolveImages(spec, (reference) => {
      const image = spec.images.find((each) => each.reference === reference);
      return (
        this.image(image?.item ?? null)?.id ??
        observed.engines.map((each) => each.images[reference]).find((id) => id !== undefined)
      );
    });
  }

  /**
   * The answer for a system that is in force already, found without asking any engine: the declaration is that of the
   * current generation, the supervisor has every unit where it belongs, and no managed file changed.
   */
  async isInForce({ spec }: Compiled): Promise<boolean> {
    const current = this.generations.current();
    if (current === undefined || this.#journal.read() !== undefined) return false;
    const idOf = (reference: string): string | undefined => {
      const unit = current.spec.units.find(
        ({ start }) => start.kind === "container" && start.container.image === reference,
      );
      return unit?.start.kind === "container" ? (unit.start.imageId ?? undefined) : undefined;
    };
    if (systemDigest(resolveImages(spec, idOf)) !== current.digest) return false;
    const status = await observeSupervisor(this.#paths);
    if (status === null || !status.settled || status.units.length !== current.spec.units.length) return false;
    const inPlace = status.units.every((unit) => {
      const declared = current.spec.units.find((each) => each.name === unit.name);
      return declared?.digest === unit.digest && (unit.wanted === "down" || isUp(unit));
    });
    const { files } = this.#ledger.read();
    const filesAsWritten = files.every((file) => {
      const content = readTextIfExists(`${this.#paths.root}${file.path}`);
      return content !== undefined && digestOf(content) === file.written;
    });
    return inPlace && filesAsWritten;
  }

  /** Carries out repairs that a plan would begin with. */
  async repair(repairs: readonly Repair[]): Promise<void> {
    const context = { paths: this.#paths, store: this.store, ledger: this.#ledger, signal: this.#options.signal };
    for (const each of repairs) {
      this.#options.onProgress?.(repairWords(each));
      await execute(each, context);
    }
  }

  /** Finishes or undoes what a command that was killed had begun; returns what was done about it, in words. */
  async recover(): Promise<string | undefined> {
    const entry = this.#journal.read();
    if (entry === undefined) return undefined;
    if (entry.to !== null && this.generations.current()?.number === entry.to) {
      this.#journal.clear();
      return `an interrupted switch to generation ${entry.to} had been done; its last step was finished`;
    }
    await this.#undo(entry);
    return `an interrupted switch${entry.to === null ? "" : ` to generation ${entry.to}`} was undone`;
  }

  /** Carries out a plan: afterwards its target is the current generation, or everything is as before. */
  async switchTo(
    planned: Planned,
    source: Origin | Generation,
    onFailure: OnFailure = "rollback",
  ): Promise<Generation> {
    const { observed } = planned;
    const entry: JournalEntry = {
      version: 1,
      from: observed.current?.number ?? null,
      to: null,
      isNew: false,
      users: observed.ledger.users,
      groups: observed.ledger.groups,
      hadVolumes:
        observed.ledger.retained.length > 0 ||
        observed.engines.some((each) =>
          each.volumes.some((volume) => volume.labels[labels.owner] === this.#paths.owner),
        ),
    };
    this.#journal.write(entry);
    try {
      const generation = await this.#carryOut(planned, source, entry);
      this.generations.setCurrent(generation.number);
      this.#journal.clear();
      return generation;
    } catch (error) {
      if (onFailure !== "rollback" && (await this.#keepFailed(error, onFailure))) throw error;
      await this.#undo(this.#journal.read() ?? entry).catch((second: unknown) => {
        throw new Problems([error, second].map(asKnown));
      });
      if (this.#options.signal?.aborted) {
        throw new KnownError("interrupted", "interrupted: what had been begun was undone", { cause: undefined });
      }
      throw error;
    }
  }

  /** Keeps a switch whose units failed, where that was asked for; any other failure is undone all the same. */
  async #keepFailed(error: unknown, onFailure: OnFailure): Promise<boolean> {
    const failures = error instanceof Problems ? error.problems : [];
    const units = failures.flatMap((each) => (each instanceof UnitFailure ? [each.unit] : []));
    const number = this.#journal.read()?.to ?? null;
    if (units.length === 0 || number === null) return false;
    if (onFailure === "stop") for (const unit of units) await this.#client.act("stop", unit);
    if (onFailure === "stop") await this.#client.settled();
    this.generations.setCurrent(number);
    this.#journal.clear();
    return true;
  }

  async #carryOut({ plan, target }: Planned, source: Origin | Generation, entry: JournalEntry): Promise<Generation> {
    const { signal, onProgress } = this.#options;
    const context = { paths: this.#paths, store: this.store, ledger: this.#ledger, signal };
    for (const step of plan.steps.filter((each) => !isLate(each) && !isUnit(each))) {
      signal?.throwIfAborted();
      onProgress?.(step.what);
      await execute(step.deed, context);
    }
    // What was pulled has an identifier only now.
    const pulled = plan.steps.some(({ deed }) => deed.kind === "image-pull");
    const final = pulled ? this.#resolve(target, await observe(this.#paths, target)) : target;
    const current = this.generations.current();
    // What differed was the host, not the declaration: that is the same generation, put right.
    const same = current?.digest === systemDigest(final) ? current : undefined;
    const existing = "number" in source ? source : same;
    const number = existing?.number ?? this.generations.nextNumber();
    this.#journal.write({ ...entry, to: number, isNew: existing === undefined });
    const generation = existing ?? this.generations.create(number, final, source);
    signal?.throwIfAborted();
    await this.#putInForce(generation, plan);
    for (const step of plan.steps.filter(isLate)) await execute(step.deed, context);
    return generation;
  }

  async #putInForce(generation: Generation, { steps }: Plan): Promise<void> {
    const { signal, onProgress } = this.#options;
    const touched = new Set(steps.flatMap(({ deed }) => ("unit" in deed ? [deed.unit] : [])));
    if (touched.size > 0) onProgress?.(`switching ${[...touched].join(", ")}`);
    if (
      touched.size === 0 &&
      !steps.some(({ deed }) => deed.kind === "supervisor-start") &&
      generation.spec.units.length === 0
    )
      return;
    await startSupervisor(this.#paths, this.#options.daemonArgv);
    await this.#client.load(this.generations.path(generation.number));
    for (const { deed } of steps) if (deed.kind === "unit-retry") await this.#client.act("start", deed.unit);
    await this.#client.settled(signal);
    await this.#awaitHealth(generation, touched);
    await this.#requireUp(await this.#client.settled(signal), generation, touched);
    const running = generation.spec.units.some(({ name, oneShot }) => touched.has(name) && !oneShot);
    if (!running) return;
    // What ends at once, with a bad argument or a missing file, must not pass for running.
    await new Promise((resolve) => setTimeout(resolve, stablePeriod));
    await this.#requireUp(await this.#client.settled(signal), generation, touched);
  }

  /** Waits until those that tell of their health have told of it, within what their declarations allow. */
  async #awaitHealth({ spec }: Generation, touched: ReadonlySet<string>): Promise<void> {
    const asked = spec.units.filter(
      ({ name, start }) => touched.has(name) && start.kind === "container" && start.health !== undefined,
    );
    const seconds = Math.max(0, ...asked.map(readyWithin));
    for (let waited = 0; waited < seconds * 1000; waited += healthPoll) {
      this.#options.signal?.throwIfAborted();
      const { units } = await this.#client.status();
      const unknown = units.filter(
        ({ name, health }) => health === "starting" && asked.some((each) => each.name === name),
      );
      if (unknown.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, healthPoll));
    }
  }

  async #requireUp(status: StatusReport, generation: Generation, touched: ReadonlySet<string>): Promise<void> {
    const isReady = (unit: UnitReport): boolean =>
      isUp(unit) && unit.health !== "unhealthy" && unit.health !== "starting";
    const down = status.units.filter((unit) => touched.has(unit.name) && unit.wanted === "up" && !isReady(unit));
    // What only waits for a failed unit says nothing new.
    const failed = down.filter((unit) => unit.status === "failed");
    if (down.length > 0)
      throw new Problems(
        (failed.length > 0 ? failed : down).map((unit) => unitFailure(this.#paths, generation.spec.units, unit)),
      );
  }

  /** Goes back to the generation that a journal entry names: what this switch made is taken away again. */
  async #undo(entry: JournalEntry): Promise<void> {
    const ledger = this.#ledger.read();
    const made = {
      users: ledger.users.filter((each) => !entry.users.includes(each)),
      groups: ledger.groups.filter((each) => !entry.groups.includes(each)),
    };
    const from = entry.from === null ? undefined : this.generations.read(entry.from);
    const isWritten = entry.to !== null && this.generations.numbers().includes(entry.to);
    const unfinished = isWritten ? this.generations.read(entry.to).spec : undefined;
    const observed = await observe(this.#paths, from?.spec ?? unfinished ?? emptySystem);
    const steps = plan(
      observed,
      from?.spec ?? emptySystem,
      this.#context(null, { removeAccounts: made, withVolumes: !entry.hadVolumes }),
    ).steps;
    const context = { paths: this.#paths, store: this.store, ledger: this.#ledger, signal: undefined };
    if (from === undefined) await this.#endSupervision(unfinished ?? emptySystem);
    else if ((await observeSupervisor(this.#paths)) !== null) {
      await this.#client.load(this.generations.path(from.number));
      await this.#client.settled();
    }
    for (const step of steps) if (!isUnit(step)) await execute(step.deed, context);
    if (entry.isNew && entry.to !== null) this.generations.remove(entry.to);
    this.#journal.clear();
  }

  /** Stops everything and the supervisor itself; containers that it did not know of are found by their label. */
  async #endSupervision(spec: SystemSpec): Promise<void> {
    if ((await observeSupervisor(this.#paths)) !== null) await this.#client.shutdown(true);
    for (let waited = 0; waited < 10_000 && (await observeSupervisor(this.#paths)) !== null; waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const { user, cli } of enginesOf(spec)) {
      const engine = await engineOf(user, cli);
      if (engine === undefined) continue;
      const left = await engine.containers().catch(() => []);
      for (const each of left)
        if (each.labels[labels.owner] === this.#paths.owner) await engine.removeContainer(each.name, 5);
    }
    removeTree(this.#paths.supervisor);
  }

  /** What `down` would do. */
  async planDown(withVolumes: boolean): Promise<Planned> {
    const { users, groups } = this.#ledger.read();
    const kind = process.getuid?.() === 0 ? "system" : "home";
    const removeAccounts = { users, groups };
    const planned = await this.plan({ ...emptySystem, kind }, { withVolumes, removeAccounts });
    // Nothing is recorded: the records go as well.
    const steps = planned.plan.steps.filter(({ deed }) => deed.kind !== "generation-record");
    return { ...planned, plan: { ...planned.plan, steps } };
  }

  /** Takes away everything that Lading made here. Volumes, and the homes that hold them, only when asked. */
  async takeDown({ plan: { steps, orphans }, observed }: Planned): Promise<void> {
    const context = { paths: this.#paths, store: this.store, ledger: this.#ledger, signal: undefined };
    this.#options.onProgress?.("stopping everything");
    await this.#endSupervision(observed.current?.spec ?? emptySystem);
    // Podman's settings go last: what is removed before was made under them.
    const settingsLast = [...steps].sort(
      (a, b) => Number(a.deed.kind === "file-restore") - Number(b.deed.kind === "file-restore"),
    );
    for (const { deed, what } of settingsLast) {
      if (isUnit({ deed } as Step)) continue;
      this.#options.onProgress?.(what);
      await execute(deed, context);
    }
    for (const { logFile } of observed.current?.spec.units ?? [])
      if (logFile !== null) removeWithEmptyFolder(`${this.#paths.root}${logFile}`);
    const kept = this.#ledger.read().retained.length > 0 || orphans.length > 0;
    for (const folder of [
      this.#paths.generations,
      this.#paths.logs,
      this.#paths.store,
      join(this.#paths.state, "journal"),
      join(this.#paths.state, "backups"),
    ]) {
      removeTree(folder);
    }
    rmSync(join(this.#paths.state, "daemon.log"), { force: true });
    if (!kept) removeTree(this.#paths.state);
    if (existsSync(this.#paths.runtime)) removeTree(this.#paths.runtime);
  }
}
