/**
 * Podman's API (podman-system-service(1)), served by a child of ours that ends by itself soon after it was last used: one
 * process that starts many containers costs half of a `podman run` for each. Whatever goes wrong between it and us is an
 * `Unavailable`: the command line then does the work.
 */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { KnownError } from "../base/index.ts";
import { type ChildProcess, existsSync, requestSocket, rmSync, spawn } from "../sys/index.ts";
import { answerDeadline, notPulled } from "./cli.ts";
import { type OverlookedDefaults, overlookedDefaults } from "./containers-conf.ts";
import type { TransferOptions } from "./engine.ts";
import { commandAs, type Identity, runtimeFolder, userEnvironment } from "./identity.ts";
import { type CreateBody, parseLimit, type ResourceLimit } from "./podman-create.ts";

/** Seconds without a request after which the service ends. */
const idlePeriod = 10;

/** Milliseconds that a service may take to come up. */
const startDeadline = 10_000;

/** Milliseconds that it may take to end. */
const closeDeadline = 5_000;

/** Milliseconds without a word after which a pull is taken for hung: the storing of a large layer is told by none. */
const pullSilence = 600_000;

/** Milliseconds in which Podman has cleaned up after a container by itself. */
const cleanupPeriod = 1_000;

/** With 4.3 the API took the defaults of containers.conf(5) for a container, as the command line does; 6 is unknown. */
const oldest = [4, 3] as const;
const tooNew = 6;

/** Services of this process so far: each has a socket of its own, also where several programs serve one user. */
let services = 0;

/** The service cannot be had, or broke off: nobody can say what it still did. */
export class Unavailable extends Error {}

export class PodmanService {
  readonly #identity: Identity;
  readonly #argv: readonly string[];
  /** Made by Podman for its user alone. */
  readonly #socket: string;
  #up: Promise<void> | undefined;
  #child: ChildProcess | undefined;
  #refusal: Unavailable | undefined;
  /** Of a container that is given none of its own. */
  #limits: readonly ResourceLimit[] = [];
  /** Names that are being given up: whoever may want one of them waits. */
  readonly #freeing = new Set<Promise<unknown>>();

  /** `argv` is the engine's program with the arguments that stand before every subcommand. */
  constructor(identity: Identity, argv: readonly string[]) {
    this.#identity = identity;
    this.#argv = argv;
    services += 1;
    const name = `lading-podman-${process.pid}-${services}.sock`;
    this.#socket = join(identity.uid === 0 ? "/run" : runtimeFolder(identity), name);
  }

  /** Creates and starts a container; resolves with its identifier. An earlier one of its name goes. */
  async run(body: CreateBody): Promise<string> {
    await this.#started();
    await Promise.allSettled(this.#freeing);
    // A rootless service overlooks these, up to Podman 5.
    const whole = { r_limits: this.#limits, ...body };
    const create = (): Promise<Answer> => this.#request("POST", "/containers/create", { body: whole });
    let made = await create();
    if (made.status >= 400 && /already in use/.test(made.text)) {
      await this.remove(String(body.name), 0);
      made = await create();
    }
    if (made.status >= 400) throw refusal("run", made);
    const { Id: id } = JSON.parse(made.text) as { readonly Id: unknown };
    // The service is the user's own: what it says is not believed.
    if (typeof id !== "string" || !/^[0-9a-f]{64}$/.test(id)) throw new Unavailable("Podman's API names no container");
    const started = await this.#request("POST", `/containers/${encodeURIComponent(id)}/start`);
    if (started.status < 400) return id;
    await this.remove(id, 0);
    throw refusal("run", started);
  }

  /** Ends a container after `grace` seconds at most; one that is gone already is no failure. */
  async remove(name: string, grace: number): Promise<void> {
    const url = `/containers/${encodeURIComponent(name)}?force=true&ignore=true&v=true&timeout=${grace}`;
    const removed = await this.#request("DELETE", url, { deadline: answerDeadline() + grace * 1000 });
    if (removed.status >= 400 && removed.status !== 404) throw refusal("rm", removed);
  }

  /**
   * Frees the name of a container that ended at once, and sees to it that nothing of it is left: Podman cleans up by
   * itself, which takes far longer, unless conmon was killed. Whatever takes its place comes first.
   */
  async discard(id: string): Promise<void> {
    const freed = this.#request("POST", `/containers/${id}/rename?name=ended-${id.slice(0, 12)}`);
    this.#freeing.add(freed);
    try {
      // Its name may be gone already, with the container: Podman removes it as well.
      await freed;
    } finally {
      this.#freeing.delete(freed);
    }
    await pause(cleanupPeriod, undefined, { ref: false });
    await this.remove(id, 0);
  }

  /** Gets an image from its registry. In Docker's API Podman tells of bytes; in its own, of layers alone. */
  async pull(reference: string, { signal, onProgress }: TransferOptions): Promise<void> {
    await this.#started();
    const layers = new Map<string, { readonly done: number; readonly total: number }>();
    let failure: string | undefined;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), pullSilence);
    try {
      const url = `/v1.40/images/create?fromImage=${encodeURIComponent(reference)}`;
      const stop = AbortSignal.any([silence.signal, ...(signal ? [signal] : [])]);
      const message = await requestSocket(this.#socket, { method: "POST", url, signal: stop });
      for await (const line of createInterface({ input: message })) {
        timer.refresh();
        const { id, status, progressDetail, error, message: refused } = JSON.parse(line) as PullLine;
        failure = error ?? refused ?? failure;
        if (id === undefined) continue;
        // Bytes are told of once a second.
        if (status === "Pulling fs layer") onProgress?.({ waitsFor: `layer ${id}` });
        if (status !== "Downloading") continue;
        layers.set(id, { done: Number(progressDetail?.current) || 0, total: Number(progressDetail?.total) || 0 });
        const sum = (figure: "done" | "total"): number =>
          [...layers.values()].reduce((all, layer) => all + layer[figure], 0);
        onProgress?.({ done: sum("done"), total: sum("total") });
      }
      if (failure === undefined && (message.statusCode ?? 0) >= 400) throw new Error(`status ${message.statusCode}`);
    } catch (error) {
      signal?.throwIfAborted();
      throw new Unavailable("Podman's API broke off", { cause: error });
    } finally {
      clearTimeout(timer);
    }
    if (failure !== undefined) throw notPulled(reference, failure);
  }

  /** Ends the service, once it has answered what it was asked. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), closeDeadline);
    await ended;
    clearTimeout(kill);
  }

  async #request(method: string, url: string, options: RequestOptions = {}): Promise<Answer> {
    await this.#started();
    return this.#ask(method, url, options);
  }

  #started(): Promise<void> {
    this.#up ??= this.#start().catch((error: unknown) => {
      this.#up = undefined;
      throw error;
    });
    return this.#up;
  }

  async #ask(method: string, url: string, { body, deadline = answerDeadline() }: RequestOptions = {}): Promise<Answer> {
    try {
      const message = await requestSocket(this.#socket, {
        ...{ method, url: `/v4.0.0/libpod${url}`, signal: AbortSignal.timeout(deadline) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(chunk as Buffer);
      const version = String(message.headers["libpod-api-version"] ?? "");
      return { status: message.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8"), version };
    } catch (error) {
      // One that hangs would keep everything that comes after it waiting as well.
      this.#child?.kill("SIGKILL");
      throw new Unavailable("Podman's API broke off", { cause: error });
    }
  }

  async #start(): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#limits = this.#defaultLimits();
    rmSync(this.#socket, { force: true });
    const service = ["system", "service", "--time", String(idlePeriod), `unix://${this.#socket}`];
    const [program = "", ...args] = commandAs(this.#identity, [...this.#argv, ...service]);
    const child = spawn(program, args, { cwd: "/", env: userEnvironment(this.#identity), stdio: "ignore" });
    child.unref();
    this.#child = child;
    let ended = false;
    const forget = (): void => {
      ended = true;
      if (this.#child !== child) return;
      this.#up = undefined;
      rmSync(this.#socket, { force: true });
    };
    child.once("exit", forget);
    child.once("error", forget);
    for (let waited = 0; waited < startDeadline && !ended; waited += 5) {
      if (existsSync(this.#socket)) return this.#requireKnown();
      await pause(5);
    }
    child.kill("SIGKILL");
    throw new Unavailable("Podman's API does not come up");
  }

  #defaultLimits(): readonly ResourceLimit[] {
    let defaults: OverlookedDefaults;
    try {
      defaults = overlookedDefaults(this.#identity);
    } catch (error) {
      throw new Unavailable("containers.conf cannot be read", { cause: error });
    }
    if (defaults.proxies) throw new Unavailable("the command line passes proxies on to containers");
    return defaults.limits.map((limit) => {
      const parsed = parseLimit(limit);
      if (parsed === undefined) throw new Unavailable(`containers.conf has the limit "${limit}"`);
      return parsed;
    });
  }

  /** This Podman's API is not asked again. */
  #refuse(reason: string): Unavailable {
    this.#child?.kill("SIGTERM");
    this.#refusal = new Unavailable(reason);
    return this.#refusal;
  }

  async #requireKnown(): Promise<void> {
    const { version } = await this.#ask("GET", "/_ping");
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major >= tooNew || major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
      throw this.#refuse(`Podman ${version}'s API is not known to make the same containers as its command line`);
  }
}

interface RequestOptions {
  readonly body?: CreateBody;
  /** Milliseconds. */
  readonly deadline?: number;
}

/** A line of Docker's API while an image is pulled. */
interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
  /** Why nothing was begun. */
  readonly message?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly version: string;
}

/** The service's own words for what it would not do. */
function refusal(verb: string, { text, status }: Answer): KnownError {
  let words = text.trim();
  try {
    words = (JSON.parse(text) as { readonly message?: string }).message ?? words;
  } catch {
    // Not its usual JSON: what it said is told as it is.
  }
  return new KnownError("engine-failed", `podman ${verb} failed: ${words || `status ${status}`}`, {
    hint: "`lading doctor` checks what an engine needs",
  });
}
