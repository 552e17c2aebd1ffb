/** Carries out what the state machine decides: starts and stops one unit, and says how it went. */

import { KnownError, messageOf, type Paths, shellLine } from "../base/index.ts";
import {
  commandAs,
  type Engine,
  type EngineCli,
  type EngineContainer,
  type EngineObject,
  ensureRuntimeFolder,
  findIdentity,
  type Health,
  type Identity,
  labels,
  openEngine,
  ownIdentity,
  runArgv,
  runAs,
  type StartOptions,
  userEnvironment,
  withGroup,
} from "../engine/index.ts";
import {
  type ChildProcess,
  closeSync,
  fstatSync,
  isAlive,
  lastWords,
  type ProcessId,
  processId,
  spawn,
  startTimeOf,
} from "../sys/index.ts";
import { LogTimes } from "./log-times.ts";
import { Notices, noticeArguments } from "./notices.ts";
import { awaitReady } from "./readiness.ts";
import { provideSecrets, secretArguments, withdrawSecrets } from "./secrets.ts";
import type { Running } from "./state-file.ts";
import { logPath, openUnitLog } from "./unit-log.ts";
import type { ObjectItem, StartSpec, UnitSpec } from "./unit-spec.ts";
import type { ExitInfo } from "./unit-state.ts";

/** A start that failed, with the exit of what was tried. */
export class StartFailure extends Error {
  readonly exit: ExitInfo | null;

  constructor(reason: string, exit: ExitInfo | null = null) {
    super(reason);
    this.exit = exit;
  }
}

export type Log = (level: "info" | "warn" | "error", message: string) => void;

export interface RunnerOptions {
  readonly paths: Paths;
  readonly log: Log;
  /** A program of ours ended; containers are watched elsewhere. */
  readonly onExit: (name: string, process: number, exit: ExitInfo) => void;
}

/** What an engine is told of a unit's container. */
function containerOf(
  paths: Paths,
  unit: UnitSpec,
  start: StartSpec & { kind: "container" },
): Pick<StartOptions, "container" | "image" | "own"> {
  const notices = noticeArguments(paths, unit);
  const secrets = secretArguments(paths, unit.name, start.secrets ?? []);
  return {
    container: {
      ...start.container,
      options: [...start.container.options, ...notices.environment.flatMap((each) => ["--env", each])],
    },
    image: start.imageId ?? start.container.image,
    own: {
      labels: { [labels.owner]: paths.owner, [labels.unit]: unit.name, [labels.spec]: unit.digest },
      logFile: logPath(paths, unit),
      mounts: [...secrets.mounts, ...notices.mounts],
      variables: secrets.variables,
    },
  };
}

/** The whole command that starts a container. */
export function containerArgv(
  paths: Paths,
  unit: UnitSpec,
  start: StartSpec & { kind: "container" },
): readonly string[] {
  const { container, image, own } = containerOf(paths, unit, start);
  return runArgv(start.cli, container, image, own);
}

/** Variables as an object; a name without a value is none. */
function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs
      .filter((pair) => pair.includes("="))
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

/** The command that runs a unit's program: its limits are set while that is allowed, its umask last. */
function programArgv(identity: Identity, start: StartSpec & { kind: "program" }): readonly string[] {
  const { argv, groups, umask, limits = [] } = start;
  const masked = umask === undefined ? argv : ["sh", "-c", 'umask "$0" && exec "$@"', umask.toString(8), ...argv];
  const own = commandAs(identity, masked, groups);
  const flags = limits.map((limit) => `--${limit.replaceAll("-1", "unlimited")}`);
  return flags.length === 0 ? own : ["prlimit", ...flags, "--", ...own];
}

function signalGroup(leader: ProcessId, name: NodeJS.Signals): void {
  try {
    // The leader must still be ours: process numbers are used again.
    if (isAlive(leader)) process.kill(-leader.pid, name);
  } catch {
    // It ended between the look and the signal, or cannot be looked at now.
  }
}

/** Milliseconds for which the answer about an account holds: as long as many units start at once. */
const identityPeriod = 1_000;

export class Runner {
  readonly #options: RunnerOptions;
  readonly #engines = new Map<string, Engine>();
  readonly #identities = new Map<string, Promise<Identity>>();
  readonly #notices: Notices;
  /** Programs that are children of ours: the kernel tells of their ends. */
  readonly #children = new Set<number>();
  /** When the lines came that programs, and Docker's clients, write themselves. */
  readonly times: LogTimes = new LogTimes();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#notices = new Notices(options.paths);
  }

  /** Whom a unit runs as. Others' accounts come and go: what was learned of them is soon asked again. */
  identity(unit: Pick<UnitSpec, "user" | "group">): Promise<Identity> {
    const key = JSON.stringify([unit.user, unit.group]);
    const known = this.#identities.get(key);
    if (known !== undefined) return known;
    const found = this.#findIdentity(unit);
    this.#identities.set(key, found);
    const forget = (): void => void this.#identities.delete(key);
    const isOwn = unit.user === null && unit.group === null;
    if (!isOwn) setTimeout(forget, identityPeriod).unref();
    // What could not be learned, as without a process to spare, is asked again.
    else void found.catch(forget);
    return found;
  }

  async #findIdentity({ user, group }: Pick<UnitSpec, "user" | "group">): Promise<Identity> {
    const found = user === null ? await ownIdentity() : await findIdentity(user);
    if (found === undefined) throw new KnownError("unknown-user", `this host has no user "${user}"`);
    if (group === null) return found;
    const joined = await withGroup(found, group);
    if (joined === undefined) throw new KnownError("unknown-user", `this host has no group "${group}"`);
    return joined;
  }

  async engine(cli: EngineCli, unit: Pick<UnitSpec, "user" | "group">): Promise<Engine> {
    const identity = await this.identity(unit);
    const key = JSON.stringify([cli, identity]);
    const known = this.#engines.get(key) ?? openEngine(cli, identity, { service: true });
    this.#engines.set(key, known);
    return known;
  }

  /** Every engine in use. */
  engines(): Iterable<Engine> {
    return this.#engines.values();
  }

  /** Our containers that the engines know, by unit. An engine that does not answer is told of and taken as empty. */
  async ownContainers(specs: readonly UnitSpec[]): Promise<ReadonlyMap<string, EngineContainer>> {
    /** What each engine's containers write to: another engine knows nothing of them. */
    const logs = new Map<Engine, Set<string>>();
    for (const spec of specs) {
      if (spec.start.kind !== "container") continue;
      const engine = await this.engine(spec.start.cli, spec).catch(() => undefined);
      if (engine === undefined) continue;
      const own = logs.get(engine) ?? new Set();
      logs.set(engine, own.add(logPath(this.#options.paths, spec)));
    }
    const found = new Map<string, EngineContainer>();
    for (const engine of logs.keys()) {
      try {
        const { containers, ended } = await engine.recover(logs.get(engine) ?? new Set());
        for (const id of ended)
          this.#options.log("warn", `a container that ${engine.cli.cli} had lost was ended: ${id}`);
        for (const each of containers) {
          const unit = each.labels[labels.unit];
          if (unit === undefined || each.labels[labels.owner] !== this.#options.paths.owner) continue;
          // What is left of one that ended has the same label.
          if (found.get(unit)?.state !== "running") found.set(unit, each);
        }
      } catch (error) {
        this.#options.log("error", `the engine of ${engine.identity.user} does not answer: ${messageOf(error)}`);
      }
    }
    return found;
  }

  /** Removes what is left of a container that ended; what cannot be removed is told of. */
  async removeLeft(unit: UnitSpec, id: string): Promise<void> {
    const engine = await this.engineOf(unit);
    await engine.discard(id).catch((error: unknown) => {
      this.#options.log(
        "warn",
        `${unit.name}: what is left of the container could not be removed: ${messageOf(error)}`,
      );
    });
  }

  /** Ends what runs for the supervisor alone. */
  async close(): Promise<void> {
    this.times.close();
    await Promise.all([...this.#engines.values()].map((each) => each.close()));
  }

  /** The engine of a unit that is a container. */
  async engineOf(unit: UnitSpec): Promise<Engine> {
    if (unit.start.kind !== "container") throw new Error(`${unit.name} is no container`);
    return this.engine(unit.start.cli, unit);
  }

  async start(unit: UnitSpec): Promise<Running | null> {
    const { start } = unit;
    switch (start.kind) {
      case "none":
        return null;
      case "objects": {
        const engine = await this.engine(start.cli, unit);
        const there = await engine.objects(start.object);
        if (start.object === "network") await this.#dropNetworks(unit, engine, there, start.items);
        for (const item of start.items) {
          const found = there.find((each) => each.name === item.name);
          await this.#ensureObject(unit, engine, start.object, item, found);
        }
        return null;
      }
      case "container":
        return this.#listening(unit, this.#startContainer(unit, start));
      case "program":
        return this.#listening(unit, this.#startProgram(unit, start));
    }
  }

  /** Nobody listens for a unit whose start failed. */
  async #listening<T>(unit: UnitSpec, started: Promise<T>): Promise<T> {
    try {
      return await started;
    } catch (error) {
      this.#notices.close(unit.name);
      throw error;
    }
  }

  /** Networks of ours that nothing declares any more go first: another may be about to take their addresses. */
  async #dropNetworks(
    unit: UnitSpec,
    engine: Engine,
    there: readonly EngineObject[],
    items: readonly ObjectItem[],
  ): Promise<void> {
    for (const { name, labels: found } of there) {
      if (found[labels.owner] !== this.#options.paths.owner || items.some((item) => item.name === name)) continue;
      await engine.removeObject("network", name).catch((error: unknown) => {
        this.#options.log("warn", `${unit.name}: ${name} is declared no more, and stays for now: ${messageOf(error)}`);
      });
    }
  }

  /** Makes a network or volume that is missing; one of ours that was made otherwise is made anew where that may be. */
  async #ensureObject(
    unit: UnitSpec,
    engine: Engine,
    object: "network" | "volume",
    item: ObjectItem,
    found: EngineObject | undefined,
  ): Promise<void> {
    if (found !== undefined) {
      const made = found.labels[labels.spec];
      const own = found.labels[labels.owner] === this.#options.paths.owner;
      const replace = own && made !== undefined && made !== item.digest && (object === "network" || item.mayReplace);
      if (!replace) return;
      this.#options.log("info", `${unit.name}: ${item.name} was made otherwise; making it anew`);
      await engine.removeObject(object, item.name);
    }
    if (engine.cli.verbose) this.#options.log("info", `${unit.name}: ${shellLine(item.argv)}`);
    await engine.createObject(item.argv);
  }

  async #startContainer(unit: UnitSpec, start: StartSpec & { kind: "container" }): Promise<Running> {
    const engine = await this.engine(start.cli, unit);
    const { identity } = engine;
    ensureRuntimeFolder(identity);
    const { paths } = this.#options;
    if (start.cli.verbose) this.#options.log("info", `${unit.name}: ${shellLine(containerArgv(paths, unit, start))}`);
    const values = await provideSecrets(paths, unit.name, start.secrets ?? [], engine);
    const environment = { ...environmentOf(start.hostEnvironment), ...values };
    await this.#notices.open(unit, identity);
    const descriptor = openUnitLog(this.#options.paths, unit, identity);
    const logStart = fstatSync(descriptor).size;
    try {
      const log = { descriptor, path: logPath(paths, unit) };
      const told = containerOf(paths, unit, start);
      const id = await engine.start({ ...told, environment, connect: start.connect ?? [], log });
      return { id, process: processId((await engine.processOf(id)) ?? 0) ?? null, logStart };
    } finally {
      closeSync(descriptor);
    }
  }

  async #startProgram(unit: UnitSpec, start: StartSpec & { kind: "program" }): Promise<Running | null> {
    const identity = await this.identity(unit);
    await this.#notices.open(unit, identity);
    const notices = noticeArguments(this.#options.paths, unit);
    const log = openUnitLog(this.#options.paths, unit, identity);
    const logStart = fstatSync(log).size;
    const [program = "", ...args] = programArgv(identity, start);
    let child: ChildProcess;
    try {
      // Its output goes straight to the file: it is not lost, and nothing breaks, when the supervisor dies.
      child = spawn(program, args, {
        cwd: start.directory,
        env: { ...userEnvironment(identity), ...environmentOf([...start.environment, ...notices.environment]) },
        stdio: ["ignore", log, log],
        detached: true,
      });
    } finally {
      closeSync(log);
    }
    const ended = new Promise<ExitInfo>((resolve) =>
      child.once("exit", (status, signal) => resolve({ status, signal })),
    );
    this.times.watch(logPath(this.#options.paths, unit));
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(new StartFailure(`cannot run ${start.argv[0]}: ${messageOf(error)}`)));
    });
    const pid = child.pid ?? 0;
    this.#children.add(pid);
    void ended.then((exit) => {
      this.#children.delete(pid);
      this.#options.onExit(unit.name, pid, exit);
    });
    return { id: null, process: processId(pid) ?? { pid, startTime: -1 }, logStart };
  }

  /** Whether what runs has ended without a word: that of a child comes by itself. */
  isGone({ process: found }: Running): boolean {
    return found !== null && !this.#children.has(found.pid) && !isAlive(found);
  }

  /** Waits until a unit that was started is ready: undefined, or what it still lacks at its deadline. */
  async ready(
    unit: UnitSpec,
    { health, ...when }: { health: () => string | null; logStart: number; signal: AbortSignal },
  ): Promise<string | undefined> {
    if (unit.ready === undefined) return undefined;
    const identity = await this.identity(unit);
    const run = async (argv: readonly string[], signal: AbortSignal): Promise<string | undefined> => {
      const result = await runAs(identity, argv, { signal }).catch((error: unknown) => messageOf(error));
      if (typeof result === "string") return `${argv[0]}: ${result}`;
      return result.status === 0 ? undefined : `${argv[0]}: ${lastWords(result)}`;
    };
    // One that an earlier supervisor started is listened to from now on.
    if (!this.#notices.has(unit.name)) await this.#notices.open(unit, identity);
    const surroundings = { logFile: logPath(this.#options.paths, unit), run, health };
    try {
      const notices = (): readonly string[] => this.#notices.read(unit.name);
      return await awaitReady(unit.ready, { ...surroundings, notices }, when);
    } finally {
      this.#notices.close(unit.name);
    }
  }

  /** One look at a unit's health. */
  async health(unit: UnitSpec, timeout: number): Promise<Health> {
    const { start } = unit;
    if (start.kind === "container") return (await this.engineOf(unit)).health(start.container.name, timeout);
    if (start.kind !== "program" || start.health === undefined) return "healthy";
    const { argv } = start.health;
    const { status } = await runAs(await this.identity(unit), argv, { deadline: timeout, cwd: start.directory });
    return status === 0 ? "healthy" : "unhealthy";
  }

  /** Kills what runs for a unit, at once. */
  async kill(unit: UnitSpec, running: Running | null): Promise<void> {
    if (unit.start.kind === "container") return (await this.engineOf(unit)).kill(unit.start.container.name);
    if (running?.process) signalGroup(running.process, "SIGKILL");
  }

  /** Ends what runs for a unit, and resolves once it is gone. */
  async stop(unit: UnitSpec, running: Running | null): Promise<void> {
    if (unit.start.kind === "container") {
      const engine = await this.engine(unit.start.cli, unit);
      await engine.removeContainer(unit.start.container.name, unit.stopGrace);
      // An engine whose own files went away takes what runs for ended.
      if (running?.process && isAlive(running.process))
        await engine.endOrphans(new Set([logPath(this.#options.paths, unit)]));
      withdrawSecrets(this.#options.paths, unit.name);
      return;
    }
    const target = running?.process;
    if (unit.start.kind !== "program" || !target) return;
    signalGroup(target, unit.start.stopSignal ?? "SIGTERM");
    const isThere = (): boolean => {
      try {
        return startTimeOf(target.pid) === target.startTime;
      } catch {
        return true;
      }
    };
    for (let waited = 0; isThere(); waited += 20) {
      if (waited >= unit.stopGrace * 1000) signalGroup(target, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
