/**
 * The supervisor: holds the machine's state, carries out its effects, and turns ends, requests and time into events.
 * Containers are detached, so its death ends nothing; when it comes back it asks the engine what runs and adopts it.
 */
import { availableParallelism } from "node:os";
import { KnownError, messageOf, type Paths } from "../base/index.ts";
import type { Health } from "../engine/index.ts";
import { adopt } from "./adopt.ts";
import { Alarm } from "./alarm.ts";
import { DisabledUnits } from "./disabled.ts";
import { Ends } from "./ends.ts";
import { EventLog } from "./event-log.ts";
import { HealthWatch } from "./health-watch.ts";
import { LogRotation } from "./log-rotation.ts";
import { type Effect, type Event, step } from "./machine.ts";
import { reportOf, type StatusReport, type UnitHistory, type UnitReport } from "./report.ts";
import { type Log, Runner, StartFailure } from "./runner.ts";
import { isSettled } from "./settle.ts";
import { Slots } from "./slots.ts";
import { type Running, StateFiles } from "./state-file.ts";
import { Timers } from "./timers.ts";
import { logPath, rotatedLogs } from "./unit-log.ts";
import { healthOf, isWork, machineUnit, type UnitSet, type UnitSpec } from "./unit-spec.ts";
import { describeExit, type ExitInfo, isActive, type MachineState, type UnitState } from "./unit-state.ts";
import { Unready } from "./unready.ts";

/** Seconds between looks at whether what should run does: the net below the watch of exit files. */
const livenessInterval = 1;

export class Supervisor {
  readonly #paths: Paths;
  readonly #files: StateFiles;
  readonly #disabled: DisabledUnits;
  readonly #runner: Runner;
  readonly #log: Log;
  #state: MachineState = new Map();
  #generation = 0;
  /** Definitions by digest: of what runs, and of what is about to. */
  readonly #specs = new Map<string, UnitSpec>();
  readonly #running = new Map<string, Running>();
  readonly #ends: Ends;
  readonly #timers: Timers;
  readonly #rotation: LogRotation;
  readonly #health: HealthWatch;
  readonly #ending = new Set<string>();
  /** Gone when last looked at: the engine tells how it ended a moment after that. */
  #gone: ReadonlySet<Running> = new Set();
  readonly #unready: Unready;
  /** Work that was told to end before it was done. */
  readonly #calledOff = new WeakMap<Running, Promise<void>>();
  /** Changes of units, for whoever listens. */
  readonly events: EventLog = new EventLog(`${process.pid}-${Date.now()}`);
  /** Twice as many at once as there are processors, for an engine also waits for locks and the disk. */
  readonly #slots = new Slots(2 * availableParallelism());
  readonly #alarm = new Alarm((now) => this.#dispatch({ type: "timer" }, now));
  #liveness: NodeJS.Timeout | undefined;

  constructor(paths: Paths, log: Log) {
    this.#paths = paths;
    this.#log = log;
    this.#files = new StateFiles(paths.supervisor);
    this.#disabled = new DisabledUnits(paths);
    this.#runner = new Runner({ paths, log, onExit: (name, pid, exit) => this.#programEnded(name, pid, exit) });
    this.#rotation = new LogRotation(log);
    this.#unready = new Unready({
      wait: (spec, running, signal) => {
        const health = (): Health | null => this.#health.health(spec.name);
        return this.#runner.ready(spec, { health, logStart: running?.logStart ?? 0, signal });
      },
      end: (spec, running) => this.#endUnready(spec, running),
      onReady: (name) => this.#dispatch({ type: "started", name }),
      onFailed: (name, failure) => this.#dispatch({ type: "start-failed", name, ...failure }),
    });
    this.#timers = new Timers({
      paths,
      onDue: (name) => this.#runDue(name),
      onProblem: (message) => log("error", message),
    });
    this.#ends = new Ends(log, (id) => {
      const name = [...this.#running].find(([, running]) => running.id === id)?.[0];
      if (name !== undefined) this.#noteEnd(name);
    });
    this.#health = new HealthWatch({
      check: (name, timeout) => this.#runner.health(this.spec(name), timeout),
      onChange: (name, health) => this.#healthChanged(name, health),
    });
  }

  /** Takes up what an earlier supervisor left, then puts `set` in force. */
  async recover(set: UnitSet): Promise<void> {
    const saved = this.#files.load((path) =>
      this.#log("warn", `a state file could not be read; it is kept as ${path}`),
    );
    const containers = await this.#runner.ownContainers([...saved.map((each) => each.spec), ...set.units]);
    // What ends from now on is seen, also before it is taken up.
    this.#ends.watch(this.#runner.engines());
    const exitStatus = (spec: UnitSpec, id: string | null): Promise<ExitInfo> => this.#exitStatus(spec, id, false);
    const adopted = await adopt({ saved, units: set.units, containers, exitStatus });
    for (const { spec, running } of adopted) {
      this.#specs.set(spec.digest, spec);
      if (running !== null) this.#running.set(spec.name, running);
    }
    this.#state = new Map(adopted.map(({ spec, state }) => [spec.name, state]));
    for (const { spec, state, running } of adopted) {
      this.#save(spec.name);
      if (state.status === "running" || state.status === "starting") this.#watchHealth(spec.name, state.since);
      if (state.status === "starting" && spec.ready !== undefined) void this.#unready.watch(spec, running);
    }
    this.load(set);
    for (const [name, running] of this.#running) if (this.#ends.hasEnded(running)) this.#noteEnd(name);
    this.#liveness = setInterval(() => this.#checkLiveness(), livenessInterval * 1000);
  }

  /** How what ran for a unit ended; `justNow`: its end was noticed a moment ago. */
  async #exitStatus(spec: UnitSpec, id: string | null, justNow: boolean): Promise<ExitInfo> {
    if (spec.start.kind !== "container" || id === null) return { status: null, signal: null };
    return this.#ends.find(await this.#runner.engine(spec.start.cli, spec), id, { justNow });
  }

  /** Puts a generation's units in force. */
  load(set: UnitSet): void {
    this.#generation = set.generation;
    for (const unit of set.units) this.#specs.set(unit.digest, unit);
    const disabled = set.units.map(({ name }) => name).filter((name) => this.#disabled.has(name));
    this.#dispatch({ type: "load", units: set.units.map(machineUnit), disabled });
    const scheduled = set.units.flatMap(({ name, schedule }) =>
      schedule === undefined ? [] : ([[name, schedule]] as const),
    );
    this.#timers.load(new Map(scheduled));
  }

  /** A scheduled unit's time has come. */
  #runDue(name: string): void {
    const at = this.#state.get(name);
    if (at === undefined || !at.enabled) return;
    if (isActive(at)) this.#log("warn", `${name}: still ${at.status}; the run that is due is left out`);
    else this.#dispatch({ type: "start", name });
  }

  start(name: string): void {
    const unit = this.resolve(name);
    if (this.#state.get(unit)?.enabled === false) {
      throw new KnownError("unit-disabled", `${unit} is disabled`, { hint: `first: lading enable ${unit}` });
    }
    this.#dispatch({ type: "start", name: unit });
  }

  /** Lets a unit be started again. */
  enable(name: string): void {
    this.#setEnabled(this.resolve(name), "enable");
  }

  /** From now on nothing starts the unit; where it runs, it goes on. */
  disable(name: string): void {
    this.#setEnabled(this.resolve(name), "disable");
  }

  #setEnabled(name: string, type: "enable" | "disable"): void {
    this.#disabled.set(name, type === "disable");
    this.#dispatch({ type, name });
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

  #specOf(unit: string): UnitSpec | undefined {
    return this.#specs.get(this.#state.get(unit)?.unit.digest ?? "");
  }

  /** The definition that is in force for a unit. */
  spec(name: string): UnitSpec {
    const spec = this.#specOf(this.resolve(name));
    if (spec === undefined) throw new Error(`no definition of ${name}`);
    return spec;
  }

  logPath(name: string): string {
    return logPath(this.#paths, this.spec(name));
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

  /** One unit, with its last changes. */
  unit(name: string): UnitHistory {
    const unit = this.resolve(name);
    return { version: 1, ...this.#report(unit), history: this.#state.get(unit)?.history ?? [] };
  }

  #isSettled(): boolean {
    return this.#slots.isIdle && this.#ending.size === 0 && isSettled(this.#state);
  }

  #report(name: string): UnitReport {
    const at = this.#state.get(name);
    if (at === undefined) throw new Error(`no unit ${name}`);
    return reportOf(at, {
      spec: this.#specs.get(at.unit.digest),
      running: this.#running.get(name),
      health: this.#health.health(name),
      nextRun: this.#timers.next(name),
    });
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
  async stopAll(signal: AbortSignal = new AbortController().signal): Promise<void> {
    for (const name of this.#state.keys()) this.#dispatch({ type: "stop", name });
    await this.settled(signal);
  }

  async close(): Promise<void> {
    clearInterval(this.#liveness);
    this.#alarm.close();
    this.#ends.close();
    this.#health.close();
    this.#timers.close();
    await this.#runner.close();
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

  #dispatch(event: Event, now: number = Date.now()): void {
    const before = this.#state;
    const [after, effects] = step(before, event, now);
    this.#state = after;
    for (const [name, at] of after) {
      if (before.get(name) === at) continue;
      // The intent is on disk before the deed is begun.
      this.#save(name);
      if (before.get(name)?.status !== at.status) this.#tell(name, at);
    }
    for (const effect of effects) this.#perform(effect);
    this.#callOff();
  }

  #tell(name: string, at: UnitState): void {
    const level = at.status === "failed" ? "error" : "info";
    this.#log(level, `${name}: ${at.status}${at.reason === null ? "" : `: ${at.reason}`}`);
    this.events.add(this.#report(name));
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "wake":
        return this.#alarm.set(effect.at);
      case "forget":
        this.#files.forget(effect.name);
        return void this.#running.delete(effect.name);
      case "start":
        return this.#slots.add(() => this.#start(effect.name, effect.digest));
      case "stop":
        return this.#slots.add(() => this.#stop(effect.name));
    }
  }

  async #start(name: string, digest: string): Promise<void> {
    const spec = this.#specs.get(digest);
    if (spec === undefined) throw new Error(`no definition ${digest}`);
    try {
      const running = await this.#runner.start(spec);
      if (running !== null) this.#running.set(name, running);
      this.#ends.watch(this.#runner.engines());
      const before = this.#state.get(name);
      if (isWork(spec)) this.#callOff();
      else if (spec.ready !== undefined) void this.#unready.watch(spec, running);
      else this.#dispatch({ type: "started", name });
      // The next supervisor must know of it, also where it is not up for long: a change was saved with it.
      if (this.#state.get(name) === before) this.#save(name);
      this.#watchHealth(name, Date.now());
      if (running !== null && this.#ends.hasEnded(running)) this.#noteEnd(name);
    } catch (error) {
      const exit = error instanceof StartFailure ? error.exit : null;
      this.#dispatch({ type: "start-failed", name, reason: messageOf(error), exit });
    }
  }

  /** Ends what is starting, and is not wanted any more. */
  #callOff(): void {
    for (const [name, { status, wanted, unit }] of this.#state) {
      if (status !== "starting" || wanted !== "down") continue;
      this.#unready.callOff(name);
      const spec = this.#specs.get(unit.digest);
      const running = this.#running.get(name);
      if (spec === undefined || running === undefined || !isWork(spec) || this.#calledOff.has(running)) continue;
      const stopped = this.#runner.stop(spec, running).catch((error: unknown) => {
        this.#calledOff.delete(running);
        this.#log("error", `${name} could not be ended: ${messageOf(error)}`);
      });
      this.#calledOff.set(running, stopped);
    }
  }

  async #endUnready(spec: UnitSpec, running: Running | null): Promise<void> {
    this.#health.forget(spec.name);
    await this.#runner
      .stop(spec, running)
      .catch((error: unknown) => this.#log("warn", `${spec.name} could not be ended: ${messageOf(error)}`));
    this.#running.delete(spec.name);
  }

  async #stop(name: string): Promise<void> {
    const spec = this.#specOf(name);
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
    const health = healthOf(this.spec(name));
    const status = this.#state.get(name)?.status;
    if (health !== undefined && (status === "running" || status === "starting"))
      this.#health.watch(name, health, since);
  }

  /** An unhealthy unit is done with what its declaration says. */
  #healthChanged(name: string, health: Health): void {
    this.#log(health === "unhealthy" ? "error" : "info", `${name}: ${health}`);
    const at = this.#state.get(name);
    if (at === undefined) return;
    this.#tell(name, at);
    const action = health === "unhealthy" ? healthOf(this.spec(name))?.onFailure : undefined;
    const reason = "its health check failed";
    if (action === "restart" || action === "stop") this.#dispatch({ type: action, name, reason });
    else if (action === "kill") {
      void this.#runner
        .kill(this.spec(name), this.#running.get(name) ?? null)
        .catch((error: unknown) => this.#log("error", `${name} could not be killed: ${messageOf(error)}`));
    }
  }

  #checkLiveness(): void {
    try {
      this.#ends.watch(this.#runner.engines());
      const logs = rotatedLogs(this.#paths, this.#running, (name) => this.#specOf(name));
      this.#runner.times.look(logs.flatMap(({ path, container }) => (container === undefined ? [path] : [])));
      this.#rotation.look(logs, (path) => this.#runner.times.hasGrown(path));
      const gone = [...this.#running].filter(([, running]) => this.#runner.isGone(running));
      for (const [name, running] of gone) if (this.#gone.has(running)) this.#noteEnd(name);
      this.#gone = new Set(gone.map(([, running]) => running));
    } catch (error) {
      // Nothing was learned, as without a descriptor to spare: the next look may see more.
      this.#log("error", `what runs could not be looked at: ${messageOf(error)}`);
    }
  }

  /** A container's process is gone: finds out how it ended, and says so once. */
  #noteEnd(name: string): void {
    const running = this.#running.get(name);
    const at = this.#state.get(name);
    const spec = this.#specOf(name);
    if (running === undefined || at === undefined || spec === undefined || this.#ending.has(name)) return;
    const isOpen = at.status === "running" || this.#unready.has(name) || (at.status === "starting" && isWork(spec));
    if (!isOpen) return;
    this.#ending.add(name);
    this.#health.forget(name);
    const find = async (): Promise<void> => {
      try {
        const exit = await this.#exitStatus(spec, running.id, true);
        // Whoever ends it takes away what was made for it, which its successor has anew.
        await this.#calledOff.get(running);
        if (this.#running.get(name) !== running) return;
        if (running.id !== null) this.#ends.forget(running.id);
        if (this.#unready.has(name)) this.#unready.ended(name, exit);
        else this.#ended(name, exit);
      } finally {
        this.#ending.delete(name);
      }
      // The next start takes the name all the same; this container is known by its identifier.
      if (running.id !== null) await this.#runner.removeLeft(spec, running.id);
    };
    // What cannot be found out now is looked for again at the next look.
    void find().catch((error: unknown) => {
      this.#log("error", `how ${name} ended could not be found out: ${messageOf(error)}`);
      setTimeout(() => this.#noteEnd(name), livenessInterval * 1000).unref();
    });
  }

  #programEnded(name: string, pid: number, exit: ExitInfo): void {
    if (this.#running.get(name)?.process?.pid !== pid) return;
    if (this.#unready.has(name)) return this.#unready.ended(name, exit);
    this.#ended(name, exit);
  }

  /** What ran for a unit is gone; work that is done has ended as it should. */
  #ended(name: string, exit: ExitInfo): void {
    const status = this.#state.get(name)?.status;
    if (status !== "running" && status !== "starting") return;
    const running = this.#running.get(name);
    const calledOff = running !== undefined && this.#calledOff.has(running);
    this.#running.delete(name);
    if (status === "running") this.#dispatch({ type: "exited", name, exit });
    else if (exit.status === 0 && !calledOff) this.#dispatch({ type: "started", name });
    else this.#dispatch({ type: "start-failed", name, reason: describeExit(exit), exit, calledOff });
  }
}
