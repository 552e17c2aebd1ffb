/**
 * A switch: the transaction that leads from one generation to another. What is slow comes first; then the journal says what
 * is begun, the steps are carried out, the supervisor gets the units, and one rename of `current` ends it. Whatever goes
 * wrong before that rename is undone: by planning the way back like any other way.
 */
import { KnownError, Problems, type ProgressStep, tracked } from "../base/index.ts";
import { labels } from "../engine/index.ts";
import type { Store } from "../store/index.ts";
import {
  healthOf,
  isUp,
  readyWithin,
  type StatusReport,
  SupervisorClient,
  type UnitReport,
} from "../supervisor/index.ts";
import { removeTree } from "../sys/index.ts";
import { execute } from "./execute.ts";
import type { Generation, Generations, Origin } from "./generations.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { LedgerFileStore } from "./ledger.ts";
import { engineOf, enginesOf, type Observed, observe, observeSupervisor } from "./observe.ts";
import { plan } from "./plan.ts";
import type { HostOptions, Planned } from "./planned.ts";
import type { Plan, PlanContext, Step } from "./planner.ts";
import { emptySystem, type SystemSpec, systemDigest } from "./spec.ts";
import { startSupervisor } from "./start-supervisor.ts";
import { UnitFailure, unitFailure } from "./unit-failure.ts";

/** What becomes of a switch whose units do not come up: the generation before is brought back, or not. */
export type OnFailure = "rollback" | "stop" | "keep";

/** Milliseconds that what was started must stay up before a switch counts as done. */
const stablePeriod = 300;

/** Milliseconds between looks at the health of what was started. */
const healthPoll = 100;

/** More at once would only share the same line and the same disk. */
const fetchesAtOnce = 3;

function isImage({ deed: { kind } }: Step): boolean {
  return kind === "image-load" || kind === "image-pull";
}

/** Images that can be had before anything is done, and those whose user or engine's settings are yet to be made. */
function imageSteps({ plan, observed }: Planned): { readonly early: readonly Step[]; readonly later: readonly Step[] } {
  const newSettings = plan.steps.some(
    ({ deed }) => deed.kind === "file-write" && deed.path.startsWith("/etc/containers/"),
  );
  const isEarly = ({ deed }: Step): boolean => {
    if (newSettings || (deed.kind !== "image-load" && deed.kind !== "image-pull")) return false;
    const { user, cli } = deed.image;
    return (
      user === null ||
      (observed.users[user] !== undefined && (cli.engine === "docker" || observed.users[user].hasRuntimeFolder))
    );
  };
  const images = plan.steps.filter(isImage);
  return { early: images.filter(isEarly), later: images.filter((step) => !isEarly(step)) };
}

/** Steps that take something away wait until nothing needs it. */
function isLate({ deed: { kind } }: Step): boolean {
  return ["object-remove", "sysctl-restore", "linger-end", "user-remove", "home-remove", "group-remove"].includes(kind);
}

/** Steps that the supervisor carries out, and those that are nothing but the new generation. */
export function isUnit({ deed: { kind } }: Step): boolean {
  return (
    kind.startsWith("unit-") || kind === "supervisor-start" || kind === "generation-record" || kind === "object-replace"
  );
}

/** An error beside another one: a bug keeps its own words. */
function asKnown(error: unknown): KnownError | Problems {
  if (error instanceof KnownError || error instanceof Problems) return error;
  throw error;
}

/** What a switch needs of its host. */
export interface SwitchHost {
  readonly options: HostOptions;
  readonly store: Store;
  readonly generations: Generations;
  readonly ledger: LedgerFileStore;
  readonly journal: Journal;
  readonly context: (current: Generation | null, more?: Partial<PlanContext>) => PlanContext;
  /** Names each container's image by its identifier. */
  readonly resolve: (spec: SystemSpec, observed: Pick<Observed, "engines">) => SystemSpec;
}

export class Switch {
  readonly #host: SwitchHost;
  readonly #client: SupervisorClient;

  constructor(host: SwitchHost) {
    this.#host = host;
    this.#client = new SupervisorClient(host.options.paths.socket);
  }

  /** Finishes or undoes what a command that was killed had begun; returns what was done about it, in words. */
  async recover(): Promise<string | undefined> {
    const entry = this.#host.journal.read();
    if (entry === undefined) return undefined;
    if (entry.to !== null && this.#host.generations.current()?.number === entry.to) {
      this.#host.journal.clear();
      return `an interrupted switch to generation ${entry.to} had been done; its last step was finished`;
    }
    await this.#undo(entry);
    return `an interrupted switch${entry.to === null ? "" : ` to generation ${entry.to}`} was undone`;
  }

  /** Carries out a plan: afterwards its target is the current generation, or everything is as before. */
  async to(planned: Planned, source: Origin | Generation, onFailure: OnFailure): Promise<Generation> {
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
          each.volumes.some((volume) => volume.labels[labels.owner] === this.#host.options.paths.owner),
        ),
    };
    // Slow, and nobody's loss when it fails: before anything is begun that would have to be undone.
    const { early } = imageSteps(planned);
    await this.#fetch(early);
    this.#host.journal.write(entry);
    try {
      const generation = await this.#carryOut(planned, source, entry);
      this.#host.generations.setCurrent(generation.number);
      this.#host.journal.clear();
      return generation;
    } catch (error) {
      if (onFailure !== "rollback" && (await this.#keepFailed(error, onFailure))) throw error;
      await this.#undo(this.#host.journal.read() ?? entry).catch((second: unknown) => {
        throw new Problems([error, second].map(asKnown));
      });
      if (this.#host.options.signal?.aborted) {
        throw new KnownError("interrupted", "what had been begun was undone");
      }
      throw error;
    }
  }

  #execute({ deed }: Step, signal: AbortSignal | undefined, tell?: (step: ProgressStep) => void): Promise<void> {
    const { options, store, ledger } = this.#host;
    return execute(deed, { paths: options.paths, store, ledger, signal, tell });
  }

  /** Carries out a step, and tells of it. */
  #carryOutStep(step: Step): Promise<void> {
    const { signal, onProgress } = this.#host.options;
    return tracked(onProgress, { what: step.what }, (tell) => this.#execute(step, signal, tell));
  }

  /** Loads and pulls images, a few at once; every one that fails is told of. */
  async #fetch(steps: readonly Step[]): Promise<void> {
    const { signal } = this.#host.options;
    const queue = [...steps];
    const errors: unknown[] = [];
    const work = async (): Promise<void> => {
      for (let step = queue.shift(); step !== undefined && !signal?.aborted; step = queue.shift()) {
        await this.#carryOutStep(step).catch((error: unknown) => errors.push(error));
      }
    };
    await Promise.all(Array.from({ length: fetchesAtOnce }, work));
    signal?.throwIfAborted();
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new Problems(errors.map(asKnown));
  }

  /** Keeps a switch whose units failed, where that was asked for; any other failure is undone all the same. */
  async #keepFailed(error: unknown, onFailure: OnFailure): Promise<boolean> {
    const failures = error instanceof Problems ? error.problems : [];
    const units = failures.flatMap((each) => (each instanceof UnitFailure ? [each.unit] : []));
    const number = this.#host.journal.read()?.to ?? null;
    if (units.length === 0 || number === null) return false;
    if (onFailure === "stop") for (const unit of units) await this.#client.act("stop", unit);
    if (onFailure === "stop") await this.#client.settled();
    this.#host.generations.setCurrent(number);
    this.#host.journal.clear();
    return true;
  }

  async #carryOut(planned: Planned, source: Origin | Generation, entry: JournalEntry): Promise<Generation> {
    const { plan, target } = planned;
    const { signal } = this.#host.options;
    for (const step of plan.steps.filter((each) => !isLate(each) && !isUnit(each) && !isImage(each))) {
      signal?.throwIfAborted();
      await this.#carryOutStep(step);
    }
    await this.#fetch(imageSteps(planned).later);
    // What was pulled has an identifier only now.
    const pulled = plan.steps.some(({ deed }) => deed.kind === "image-pull");
    const final = pulled ? this.#host.resolve(target, await observe(this.#host.options.paths, target)) : target;
    const current = this.#host.generations.current();
    // What differed was the host, not the declaration: that is the same generation, put right.
    const same = current?.digest === systemDigest(final) ? current : undefined;
    const existing = "number" in source ? source : same;
    const number = existing?.number ?? this.#host.generations.nextNumber();
    this.#host.journal.write({ ...entry, to: number, isNew: existing === undefined });
    const generation = existing ?? this.#host.generations.create(number, final, source);
    signal?.throwIfAborted();
    await this.#putInForce(generation, plan);
    for (const step of plan.steps.filter(isLate)) await this.#execute(step, signal);
    return generation;
  }

  async #putInForce(generation: Generation, { steps }: Plan): Promise<void> {
    const touched = new Set(steps.flatMap(({ deed }) => ("unit" in deed ? [deed.unit] : [])));
    if (
      touched.size === 0 &&
      !steps.some(({ deed }) => deed.kind === "supervisor-start") &&
      generation.spec.units.length === 0
    )
      return;
    const onProgress = touched.size > 0 ? this.#host.options.onProgress : undefined;
    await tracked(onProgress, { what: `switching ${[...touched].join(", ")}` }, (tell) =>
      this.#bringUp(generation, steps, touched, tell),
    );
  }

  async #bringUp(
    generation: Generation,
    steps: readonly Step[],
    touched: ReadonlySet<string>,
    tell: (step: ProgressStep) => void,
  ): Promise<void> {
    const { signal } = this.#host.options;
    await startSupervisor(this.#host.options.paths, this.#host.options.daemonArgv);
    await this.#client.load(this.#host.generations.path(generation.number));
    for (const { deed } of steps) if (deed.kind === "unit-retry") await this.#client.act("start", deed.unit);
    await this.#client.settled(signal, tell);
    await this.#awaitHealth(generation, touched, tell);
    await this.#requireUp(await this.#client.settled(signal), generation, touched);
    const running = generation.spec.units.some(({ name, oneShot }) => touched.has(name) && !oneShot);
    if (!running) return;
    // What ends at once, with a bad argument or a missing file, must not pass for running.
    await new Promise((resolve) => setTimeout(resolve, stablePeriod));
    await this.#requireUp(await this.#client.settled(signal), generation, touched);
  }

  /** Waits until those that tell of their health have told of it, within what their declarations allow. */
  async #awaitHealth(
    { spec }: Generation,
    touched: ReadonlySet<string>,
    tell: (step: ProgressStep) => void,
  ): Promise<void> {
    const asked = spec.units.filter((unit) => touched.has(unit.name) && healthOf(unit) !== undefined);
    const seconds = Math.max(0, ...asked.map(readyWithin));
    for (let waited = 0; waited < seconds * 1000; waited += healthPoll) {
      this.#host.options.signal?.throwIfAborted();
      const { units } = await this.#client.status();
      const unknown = units.filter(
        ({ name, health }) => health === "starting" && asked.some((each) => each.name === name),
      );
      if (unknown.length === 0) return;
      tell({ waitsFor: `${unknown.map(({ name }) => name).join(", ")} to be healthy` });
      await new Promise((resolve) => setTimeout(resolve, healthPoll));
    }
  }

  async #requireUp(status: StatusReport, generation: Generation, touched: ReadonlySet<string>): Promise<void> {
    const isReady = (unit: UnitReport): boolean =>
      isUp(unit) && unit.health !== "unhealthy" && unit.health !== "starting";
    const down = status.units.filter(
      (unit) => touched.has(unit.name) && unit.wanted === "up" && unit.enabled && !isReady(unit),
    );
    // What only waits for a failed unit says nothing new.
    const failed = down.filter((unit) => unit.status === "failed");
    if (down.length > 0)
      throw new Problems(
        (failed.length > 0 ? failed : down).map((unit) =>
          unitFailure(this.#host.options.paths, generation.spec.units, unit),
        ),
      );
  }

  /** Goes back to the generation that a journal entry names: what this switch made is taken away again. */
  #undo(entry: JournalEntry): Promise<void> {
    return tracked(this.#host.options.onProgress, { what: "undoing what had been begun" }, () => this.#goBack(entry));
  }

  async #goBack(entry: JournalEntry): Promise<void> {
    const ledger = this.#host.ledger.read();
    const made = {
      users: ledger.users.filter((each) => !entry.users.includes(each)),
      groups: ledger.groups.filter((each) => !entry.groups.includes(each)),
    };
    const from = entry.from === null ? undefined : this.#host.generations.read(entry.from);
    const isWritten = entry.to !== null && this.#host.generations.numbers().includes(entry.to);
    const unfinished = isWritten ? this.#host.generations.read(entry.to).spec : undefined;
    const observed = await observe(this.#host.options.paths, from?.spec ?? unfinished ?? emptySystem);
    const steps = plan(
      observed,
      from?.spec ?? emptySystem,
      this.#host.context(null, { removeAccounts: made, withVolumes: !entry.hadVolumes }),
    ).steps;
    if (from === undefined) await this.endSupervision(unfinished ?? emptySystem);
    else if ((await observeSupervisor(this.#host.options.paths)) !== null) {
      await this.#client.load(this.#host.generations.path(from.number));
      await this.#client.settled();
    }
    for (const step of steps) if (!isUnit(step)) await this.#execute(step, undefined);
    if (entry.isNew && entry.to !== null) this.#host.generations.remove(entry.to);
    this.#host.journal.clear();
  }

  /** Stops everything and the supervisor itself; containers that it did not know of are found by their label. */
  async endSupervision(spec: SystemSpec): Promise<void> {
    if ((await observeSupervisor(this.#host.options.paths)) !== null) await this.#client.shutdown(true);
    await this.#supervisorGone();
    for (const { user, cli } of enginesOf(spec)) {
      const engine = await engineOf(user, cli);
      if (engine === undefined) continue;
      const left = await engine.containers().catch(() => []);
      for (const each of left)
        if (each.labels[labels.owner] === this.#host.options.paths.owner) await engine.removeContainer(each.name, 5);
    }
    removeTree(this.#host.options.paths.supervisor);
  }

  /** Lets a supervisor that runs end, so that another takes its place; what it supervises goes on. */
  async dismissSupervisor(): Promise<void> {
    if ((await observeSupervisor(this.#host.options.paths)) === null) return;
    await this.#client.shutdown(false);
    await this.#supervisorGone();
  }

  async #supervisorGone(): Promise<void> {
    for (let waited = 0; waited < 10_000 && (await observeSupervisor(this.#host.options.paths)) !== null; waited += 20)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
