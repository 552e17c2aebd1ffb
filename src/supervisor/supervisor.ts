/**
 * The supervisor: holds the machine's state, carries out its effects, and turns what happens in the world (ends of
 * containers and programs, requests, time) into events. Containers are detached, so its death ends nothing; when it
 * comes back it asks the engine what runs and adopts it.
 */
import { availableParallelism } from "node:os";
import { KnownError, messageOf, type Paths } from "../base/index.ts";
import { type Engine, type EngineContainer, type Health, labels } from "../engine/index.ts";
import { isAlive, processId } from "../sys/index.ts";
import { Ends } from "./ends.ts";
import { HealthWatch } from "./health-watch.ts";
import {
  type Effect,
  type Event,
  type ExitInfo,
  freshUnit,
  isSettled,
  type MachineState,
  type MachineUnit,
  step,
  type UnitState,
} from "./machine.ts";
import { type Log, Runner, StartFailure } from "./runner.ts";
import { type Running, type SavedUnit, StateFiles } from "./state-file.ts";
import type { UnitSet, UnitSpec } from "./unit-spec.ts";

/** One unit as `status` shows it. */
export interface UnitReport extends Omit<UnitState, "unit" | "next"> {
  readonly name: string;
  readonly provision: readonly string[];
  readonly requirement: readonly string[];
  readonly documentation: string;
  readonly kind: UnitSpec["start"]["kind"];
  readonly digest: string;
  readonly image: string | null;
  readonly pid: number | null;
  readonly containerId: string | null;
  /** Null where no health check is declared, or nothing runs. */
  readonly health: Health | null;
}

export interface StatusReport {
  readonly version: 1;
  readonly generation: number;
  readonly pid: number;
  readonly settled: boolean;
  readonly units: readonly UnitReport[];
}

/** Seconds between looks at whether what should run does: the net below the watch of exit files. */
const livenessInterval = 1;

function machineUnit(spec: UnitSpec): MachineUnit {
  const { name, provision, requirement, restartWith = [], digest, oneShot, autoStart } = spec;
  const { respawn, respawnLimit, respawnDelay } = spec;
  return { name, provision, requirement, restartWith, digest, oneShot, respawn, respawnLimit, respawnDelay, autoStart };
}

export class Supervisor {
  readonly #files: StateFiles;
  readonly #runner: Runner;
  readonly #log: Log;
  readonly #owner: string;
  #state: MachineState = new Map();
  #generation = 0;
  /** Definitions by digest: of what runs, and of what is about to. */
  readonly #specs = new Map<string, UnitSpec>();
  readonly #running = new Map<string, Running>();
  readonly #ends: Ends;
  readonly #health: HealthWatch;
  readonly #ending = new Set<string>();
  readonly #listeners = new Set<(report: UnitReport) => void>();
  readonly #queue: (() => Promise<void>)[] = [];
  #busy = 0;
  #wake: NodeJS.Timeout | undefined;
  #liveness: NodeJS.Timeout | undefined;

  constructor(paths: Paths, log: Log) {
    this.#owner = paths.owner;
    this.#log = log;
    this.#files = new StateFiles(paths.supervisor);
    this.#runner = new Runner({ paths, log, onExit: (name, pid, exit) => this.#programEnded(name, pid, exit) });
    this.#ends = new Ends(log, (id) => {
      const name = [...this.#running].find(([, running]) => running.id === id)?.[0];
      if (name !== undefined) this.#noteEnd(name);
    });
    this.#health = new HealthWatch({
      check: async (name, timeout) => (await this.#runner.engineOf(this.spec(name))).health(name, timeout),
      onChange: (name, health) => this.#healthChanged(name, health),
    });
  }

  /** Takes up what an earlier supervisor left, then puts `set` in force. */
  async recover(set: UnitSet): Promise<void> {
    const saved = this.#files.load((path) =>
      this.#log("warn", `a state file could not be read; it is kept as ${path}`),
    );
    const state = new Map<string, UnitState>();
    const containers = await this.#engineView([...saved.map((each) => each.spec), ...set.units]);
    for (const each of saved) state.set(each.spec.name, await this.#adopt(each, containers));
    for (const spec of set.units) {
      const found = containers.get(spec.name);
      if (state.has(spec.name) || found === undefined || found.labels[labels.spec] !== spec.digest) continue;
      // The state file is lost, but the container carries the digest of this very definition.
      this.#remember(spec, found);
      state.set(spec.name, { ...freshUnit(machineUnit(spec), Date.now()), status: "running" });
    }
    this.#state = state;
    for (const name of state.keys()) this.#save(name);
    for (const [name, { status, since }] of state) if (status === "running") this.#watchHealth(name, since);
    this.load(set);
    this.#liveness = setInterval(() => this.#checkLiveness(), livenessInterval * 1000);
  }

  /** Our containers that the engines know, by unit. An engine that does not answer is told of and taken as empty. */
  async #engineView(specs: readonly UnitSpec[]): Promise<ReadonlyMap<string, EngineContainer>> {
    const engines = new Set<Engine>();
    for (const spec of specs) {
      if (spec.start.kind !== "container") continue;
      const engine = await this.#runner.engine(spec.start.cli, spec).catch(() => undefined);
      if (engine !== undefined) engines.add(engine);
    }
    const found = new Map<string, EngineContainer>();
    for (const engine of engines) {
      try {
        for (const each of await engine.containers()) {
          const unit = each.labels[labels.unit];
          if (unit !== undefined && each.labels[labels.owner] === this.#owner) found.set(unit, each);
        }
      } catch (error) {
        this.#log("error", `the engine of ${engine.identity.user} does not answer: ${messageOf(error)}`);
      }
    }
    return found;
  }

  #remember(spec: UnitSpec, container: EngineContainer): void {
    this.#specs.set(spec.digest, spec);
    this.#running.set(spec.name, { id: container.id, process: processId(container.pid) ?? null });
  }

  /** What a saved unit is now, by what the engine and the kernel say. */
  async #adopt(
    { spec, state, running }: SavedUnit,
    containers: ReadonlyMap<string, EngineContainer>,
  ): Promise<UnitState> {
    const before: UnitState = { ...state, unit: machineUnit(spec), next: null };
    this.#specs.set(spec.digest, spec);
    const container = containers.get(spec.name);
    const isCurrent = container !== undefined && container.labels[labels.spec] === spec.digest;
    if (spec.start.kind === "container" && isCurrent && container.state === "running") {
      this.#remember(spec, container);
      return { ...before, status: "running" };
    }
    // The kernel knows better than an engine that does not answer, or than no engine at all.
    if (running?.process && isAlive(running.process)) {
      this.#running.set(spec.name, running);
      return { ...before, status: "running" };
    }
    if (state.status === "done" || state.status === "failed" || state.status === "stopped") return before;
    if (state.status === "starting" || state.status === "stopping" || spec.start.kind === "none") {
      return { ...before, status: "stopped" };
    }
    // It was running and is not: it ended while nobody watched.
    const status = await this.#exitStatus(spec, running?.id ?? null);
    const [ended] = step(new Map([[spec.name, before]]), { type: "exited", name: spec.name, exit: status }, Date.now());
    return ended.get(spec.name) ?? before;
  }

  async #exitStatus(spec: UnitSpec, id: string | null): Promise<ExitInfo> {
    const seen = id === null ? undefined : this.#ends.seen(id);
    if (seen !== undefined) return seen;
    if (spec.start.kind !== "container" || id === null) return { status: null, signal: null };
    const engine = await this.#runner.engine(spec.start.cli, spec);
    const status = await engine.exitStatus(id).catch(() => undefined);
    return { status: status ?? null, signal: null };
  }

  /** Puts a generation's units in force. */
  load(set: UnitSet): void {
    this.#generation = set.generation;
    for (const unit of set.units) this.#specs.set(unit.digest, unit);
    this.#dispatch({ type: "load", units: set.units.map(machineUnit) });
  }

  start(name: string): void {
    this.#dispatch({ type: "start", name: this.resolve(name) });
  }

  stop(name: string): void {
    this.#dispatch({ type: "stop", name: this.resolve(name) });
  }

  restart(name: string): void {
    this.#dispatch({ type: "restart", name: this.resolve(name) });
  }

  /** The unit that provides a name. */
  resolve(name: string): string {
    for (const { unit } of this.#state.values()) if (unit.provision.includes(name)) return unit.name;
    const hint = `the units are ${[...this.#state.keys()].sort().join(", ") || "none"}`;
    throw new KnownError("unknown-unit", `no unit is called "${name}"`, { hint });
  }

  /** The definition that is in force for a unit. */
  spec(name: string): UnitSpec {
    const spec = this.#specs.get(this.#state.get(this.resolve(name))?.unit.digest ?? "");
    if (spec === undefined) throw new Error(`no definition of ${name}`);
    return spec;
  }

  get runner(): Runner {
    return this.#runner;
  }

  status(): StatusReport {
    return {
      version: 1,
      generation: this.#generation,
      pid: process.pid,
      settled: this.#isSettled(),
      units: [...this.#state.keys()].map((name) => this.#report(name)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  #isSettled(): boolean {
    return this.#busy === 0 && this.#queue.length === 0 && this.#ending.size === 0 && isSettled(this.#state);
  }

  #report(name: string): UnitReport {
    const at = this.#state.get(name);
    if (at === undefined) throw new Error(`no unit ${name}`);
    const { unit, next: _, ...state } = at;
    const spec = this.#specs.get(unit.digest);
    const running = this.#running.get(name);
    return {
      ...state,
      name,
      provision: unit.provision,
      requirement: unit.requirement,
      documentation: spec?.documentation ?? "",
      kind: spec?.start.kind ?? "none",
      digest: unit.digest,
      image: spec?.start.kind === "container" ? (spec.start.imageId ?? spec.start.container.image) : null,
      pid: running?.process?.pid ?? null,
      containerId: running?.id ?? null,
      health: this.#health.health(name),
    };
  }

  /** Calls `listener` at each change of a unit, until the returned function is called. */
  onChange(listener: (report: UnitReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when nothing is on its way any more. */
  settled(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.#isSettled() && !signal.aborted) return;
        clearInterval(timer);
        resolve();
      };
      const timer = setInterval(look, 20);
      look();
    });
  }

  /** Stops every unit, dependents first. */
  async stopAll(signal: AbortSignal): Promise<void> {
    for (const name of this.#state.keys()) this.#dispatch({ type: "stop", name });
    await this.settled(signal);
  }

  close(): void {
    clearInterval(this.#liveness);
    clearTimeout(this.#wake);
    this.#ends.close();
    this.#health.close();
  }

  #save(name: string): void {
    const at = this.#state.get(name);
    const spec = at === undefined ? undefined : this.#specs.get(at.unit.digest);
    if (at === undefined || spec === undefined) return;
    try {
      this.#files.save(spec, at, this.#running.get(name) ?? null);
    } catch (error) {
      // A full disk must not end what runs: the state is kept in memory and written at the next change.
      this.#log("error", `the state of ${name} could not be written: ${messageOf(error)}`);
    }
  }

  #dispatch(event: Event): void {
    const before = this.#state;
    const [after, effects] = step(before, event, Date.now());
    this.#state = after;
    for (const [name, at] of after) {
      if (before.get(name) === at) continue;
      // The intent is on disk before the deed is begun.
      this.#save(name);
      if (before.get(name)?.status !== at.status) this.#tell(name, at);
    }
    for (const effect of effects) this.#perform(effect);
  }

  #tell(name: string, at: UnitState): void {
    const level = at.status === "failed" ? "error" : "info";
    this.#log(level, `${name}: ${at.status}${at.reason === null ? "" : `: ${at.reason}`}`);
    const report = this.#report(name);
    for (const listener of this.#listeners) listener(report);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "wake":
        clearTimeout(this.#wake);
        this.#wake = setTimeout(() => this.#dispatch({ type: "timer" }), Math.max(0, effect.at - Date.now()));
        return;
      case "forget":
        this.#files.forget(effect.name);
        this.#running.delete(effect.name);
        return;
      case "start":
        return this.#enqueue(() => this.#start(effect.name, effect.digest));
      case "stop":
        return this.#enqueue(() => this.#stop(effect.name));
    }
  }

  /** Twice as many at once as there are processors, for an engine's command also waits for locks and the disk. */
  #enqueue(work: () => Promise<void>): void {
    this.#queue.push(work);
    const next = (): void => {
      const work = this.#busy < 2 * availableParallelism() ? this.#queue.shift() : undefined;
      if (work === undefined) return;
      this.#busy += 1;
      void work().finally(() => {
        this.#busy -= 1;
        next();
      });
    };
    next();
  }

  async #start(name: string, digest: string): Promise<void> {
    const spec = this.#specs.get(digest);
    if (spec === undefined) throw new Error(`no definition ${digest}`);
    try {
      const running = await this.#runner.start(spec);
      if (running !== null) this.#running.set(name, running);
      this.#ends.watch(this.#runner.engines());
      this.#dispatch({ type: "started", name });
      this.#watchHealth(name, Date.now());
      if (running?.id && running.process === null) this.#noteEnd(name);
    } catch (error) {
      const exit = error instanceof StartFailure ? error.exit : null;
      this.#dispatch({ type: "start-failed", name, reason: messageOf(error), exit });
    }
  }

  async #stop(name: string): Promise<void> {
    const spec = this.#specs.get(this.#state.get(name)?.unit.digest ?? "");
    const running = this.#running.get(name) ?? null;
    this.#health.forget(name);
    try {
      if (spec !== undefined) await this.#runner.stop(spec, running);
      const exit = running?.id ? (this.#ends.seen(running.id) ?? null) : null;
      this.#running.delete(name);
      if (running?.id) this.#ends.forget(running.id);
      this.#dispatch({ type: "stopped", name, exit });
    } catch (error) {
      this.#dispatch({ type: "stop-failed", name, reason: messageOf(error) });
    }
  }

  #watchHealth(name: string, since: number): void {
    const { start } = this.spec(name);
    if (start.kind === "container" && start.health !== undefined && this.#state.get(name)?.status === "running")
      this.#health.watch(name, start.health, since);
  }

  /** An unhealthy container is done with what its declaration says. */
  #healthChanged(name: string, health: Health): void {
    this.#log(health === "unhealthy" ? "error" : "info", `${name}: ${health}`);
    const at = this.#state.get(name);
    const { start } = this.spec(name);
    if (at === undefined || start.kind !== "container") return;
    this.#tell(name, at);
    const action = health === "unhealthy" ? start.health?.onFailure : undefined;
    const reason = "its health check failed";
    if (action === "restart" || action === "stop") this.#dispatch({ type: action, name, reason });
    else if (action === "kill") {
      void this.#runner
        .engineOf(this.spec(name))
        .then((engine) => engine.kill(start.container.name))
        .catch((error: unknown) => this.#log("error", `${name} could not be killed: ${messageOf(error)}`));
    }
  }

  #checkLiveness(): void {
    this.#ends.watch(this.#runner.engines());
    for (const [name, running] of this.#running) {
      if (running.process !== null && !isAlive(running.process)) this.#noteEnd(name);
    }
  }

  /** A container's process is gone: finds out how it ended, and says so once. */
  #noteEnd(name: string): void {
    const running = this.#running.get(name);
    const at = this.#state.get(name);
    if (running === undefined || at?.status !== "running" || this.#ending.has(name)) return;
    const spec = this.#specs.get(at.unit.digest);
    if (spec === undefined) return;
    this.#ending.add(name);
    this.#health.forget(name);
    void (async () => {
      try {
        const exit = await this.#exitStatus(spec, running.id);
        if (spec.start.kind === "container") {
          // The name must be free before the next start.
          const engine = await this.#runner.engine(spec.start.cli, spec);
          await engine.removeContainer(spec.start.container.name, 0).catch((error: unknown) => {
            this.#log("warn", `${name}: what is left of the container could not be removed: ${messageOf(error)}`);
          });
        }
        if (this.#running.get(name) !== running) return;
        this.#running.delete(name);
        if (running.id !== null) this.#ends.forget(running.id);
        this.#dispatch({ type: "exited", name, exit });
      } finally {
        this.#ending.delete(name);
      }
    })();
  }

  #programEnded(name: string, pid: number, exit: ExitInfo): void {
    if (this.#running.get(name)?.process?.pid !== pid) return;
    if (this.#state.get(name)?.status !== "running") return;
    this.#running.delete(name);
    this.#dispatch({ type: "exited", name, exit });
  }
}
