/**
 * One host as the commands see it: builds what a system needs, plans, switches, goes back, takes down. Everything slow
 * comes before the switch; the switch is a journalled transaction that ends at one rename.
 */
import { dirname, join } from "node:path";
import { digestOf, KnownError, type Paths, tracked } from "../base/index.ts";
import { ownIdentity } from "../engine/index.ts";
import { type ImageSummary, imageBuilders, readImage, readLayerFiles } from "../image/index.ts";
import { packageBuilders } from "../packages/index.ts";
import { type Derivation, type ItemName, Store, storeBuilders } from "../store/index.ts";
import { countSwitch, isUp } from "../supervisor/index.ts";
import {
  ensureFolder,
  existsSync,
  readdirSync,
  readFileSync,
  readTextIfExists,
  removeForGood,
  removeTree,
  rmSync,
  takeLock,
} from "../sys/index.ts";
import { execute, reloadReader } from "./execute.ts";
import { type Generation, Generations, type Origin } from "./generations.ts";
import { demandOf } from "./host-demand.ts";
import { hostNeeds, type Repair, repairWords } from "./host-needs.ts";
import { Journal } from "./journal.ts";
import { LedgerFileStore } from "./ledger.ts";
import { type Observed, observe, observeBasics, observeSupervisor } from "./observe.ts";
import { plan } from "./plan.ts";
import type { HostOptions, Planned } from "./planned.ts";
import type { PlanContext } from "./planner.ts";
import { allowReplacing, type Compiled, emptySystem, resolveImages, type SystemSpec, systemDigest } from "./spec.ts";
import { isUnit, type OnFailure, Switch } from "./switch.ts";
import { type Difference, diffSystems } from "./system-diff.ts";

/** Removes a file, and its folder when nothing else is in it. */
function removeWithEmptyFolder(path: string): void {
  removeForGood(path);
  const folder = dirname(path);
  if (existsSync(folder) && readdirSync(folder).length === 0) removeTree(folder);
}

const noAccounts = { users: [], groups: [] } as const;

export class Host {
  readonly store: Store;
  readonly generations: Generations;
  readonly #options: HostOptions;
  readonly #paths: Paths;
  readonly #ledger: LedgerFileStore;
  readonly #journal: Journal;
  readonly #switch: Switch;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#paths = options.paths;
    this.store = new Store(options.paths.store);
    this.generations = new Generations(options.paths);
    this.#ledger = new LedgerFileStore(options.paths);
    this.#journal = new Journal(options.paths);
    this.#switch = new Switch({
      ...{ options, store: this.store, generations: this.generations, ledger: this.#ledger, journal: this.#journal },
      context: (current, more) => this.#context(current, more),
      resolve: (spec, observed) => this.#resolve(spec, observed),
    });
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
    // What the current generation needs is safe as it is, and an apply that changes nothing writes nothing.
    const kept = new Set(this.generations.current()?.spec.roots);
    if (targets.some((item) => !kept.has(item))) this.store.hold(targets);
    await this.store.build(new Map(derivations.map((each) => [each.item, each])), targets, {
      builders: { ...storeBuilders, ...packageBuilders, ...imageBuilders },
      ...(signal === undefined ? {} : { signal }),
      onProgress,
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
    const digests = new Map(current.spec.units.map(({ name, digest }) => [name, digest]));
    const inPlace = status.units.every(
      (unit) => digests.get(unit.name) === unit.digest && (unit.wanted === "down" || isUp(unit)),
    );
    const { files } = this.#ledger.read();
    const filesAsWritten = files.every((file) => {
      const content = readTextIfExists(`${this.#paths.root}${file.path}`);
      return content !== undefined && digestOf(content) === file.written;
    });
    return inPlace && filesAsWritten;
  }

  /** What a boot takes away is put right again: runtime folders, devices, kernel parameters. What fails is told of. */
  async activate(onProblem: (error: unknown) => void): Promise<void> {
    const spec = this.generations.current()?.spec;
    if (spec === undefined) return;
    const demand = demandOf(spec, (await ownIdentity()).user);
    if (demand.users.length === 0 || process.getuid?.() !== 0) return;
    const view = await observeBasics(this.#paths, demand.users);
    for (const { state, repair } of hostNeeds(view, demand))
      if (state !== "ok" && repair !== null) await this.repair([repair]).catch(onProblem);
  }

  /** Records files that start the supervisor at boot, beside those of another init, so that `down` takes them away. */
  recordBoot(files: readonly string[]): void {
    this.#ledger.update(({ boot }) => ({ boot: [...new Set([...boot, ...files])] }));
  }

  /** Takes away what starts the supervisor at boot; returns what that was. */
  async removeBoot(): Promise<readonly string[]> {
    const files = this.#ledger.read().boot;
    for (const path of files) removeForGood(path);
    for (const path of files) await reloadReader(path);
    if (files.length > 0) this.#ledger.update(() => ({ boot: [] }));
    return files;
  }

  /** Carries out repairs that a plan would begin with. */
  async repair(repairs: readonly Repair[]): Promise<void> {
    const context = { paths: this.#paths, store: this.store, ledger: this.#ledger, signal: this.#options.signal };
    for (const each of repairs) {
      await tracked(this.#options.onProgress, { what: repairWords(each) }, () => execute(each, context));
    }
  }

  /** Finishes or undoes what a command that was killed had begun; returns what was done about it, in words. */
  recover(): Promise<string | undefined> {
    return this.#switch.recover();
  }

  /** Carries out a plan: afterwards its target is the current generation, or everything is as before. */
  async switchTo(
    planned: Planned,
    source: Origin | Generation,
    onFailure: OnFailure = "rollback",
  ): Promise<Generation> {
    const begin = Date.now();
    try {
      const generation = await this.#switch.to(planned, source, onFailure);
      countSwitch(this.#paths, "done", begin);
      return generation;
    } catch (error) {
      countSwitch(this.#paths, "failed", begin);
      throw error;
    }
  }

  /** Lets a supervisor that runs end, so that another takes its place; what it supervises goes on. */
  dismissSupervisor(): Promise<void> {
    return this.#switch.dismissSupervisor();
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

  /** Takes away what Lading made here, but for images. Volumes, and the homes that hold them, only when asked. */
  async takeDown({ plan: { steps, orphans }, observed }: Planned): Promise<void> {
    const context = { paths: this.#paths, store: this.store, ledger: this.#ledger, signal: undefined };
    const { onProgress } = this.#options;
    await tracked(onProgress, { what: "stopping everything" }, () =>
      this.#switch.endSupervision(observed.current?.spec ?? emptySystem),
    );
    // Podman's settings go last: what is removed before was made under them.
    const settingsLast = [...steps].sort(
      (a, b) => Number(a.deed.kind === "file-restore") - Number(b.deed.kind === "file-restore"),
    );
    for (const step of settingsLast.filter((each) => !isUnit(each))) {
      await tracked(onProgress, { what: step.what }, (tell) => execute(step.deed, { ...context, tell }));
    }
    for (const { logFile } of observed.current?.spec.units ?? [])
      if (logFile !== null) removeWithEmptyFolder(`${this.#paths.root}${logFile}`);
    await this.removeBoot();
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
    for (const name of ["daemon.log", "disabled.json", "switches.json", "timers.json"])
      rmSync(join(this.#paths.state, name), { force: true });
    if (!kept) removeTree(this.#paths.state);
    for (const folder of [this.#paths.runtime, this.#paths.secrets, this.#paths.notices]) removeTree(folder);
  }
}
