/** Units that were started and are not ready yet: each is waited for until it is, ends, is called off, or is late. */
import { messageOf } from "../base/index.ts";
import type { Running } from "./state-file.ts";
import type { UnitSpec } from "./unit-spec.ts";
import { describeExit, type ExitInfo } from "./unit-state.ts";

export interface UnreadyOptions {
  /** Resolves once the unit is ready, or with what it lacks at its deadline; throws the reason of an aborted signal. */
  readonly wait: (spec: UnitSpec, running: Running | null, signal: AbortSignal) => Promise<string | undefined>;
  /** Ends what runs for the unit. */
  readonly end: (spec: UnitSpec, running: Running | null) => Promise<void>;
  readonly onReady: (unit: string) => void;
  readonly onFailed: (unit: string, failure: Failure) => void;
}

interface Failure {
  readonly reason: string;
  readonly exit: ExitInfo | null;
  /** It was not wanted any more. */
  readonly calledOff: boolean;
}

/** Why a unit is waited for no more. */
class CalledOff extends Error {
  readonly exit: ExitInfo | null;

  constructor(reason: string, exit: ExitInfo | null) {
    super(reason);
    this.exit = exit;
  }
}

export class Unready {
  readonly #options: UnreadyOptions;
  readonly #waiting = new Map<string, AbortController>();

  constructor(options: UnreadyOptions) {
    this.#options = options;
  }

  has(unit: string): boolean {
    return this.#waiting.has(unit);
  }

  /** It is not wanted any more. */
  callOff(unit: string): void {
    this.#waiting.get(unit)?.abort(new CalledOff("it was stopped before it was ready", null));
  }

  /** What ran for it is gone. */
  ended(unit: string, exit: ExitInfo): void {
    this.#waiting.get(unit)?.abort(new CalledOff(`ended with ${describeExit(exit)} before it was ready`, exit));
  }

  /** Begins to wait. One that is not ready is ended. */
  async watch(spec: UnitSpec, running: Running | null): Promise<void> {
    const { name } = spec;
    const waiting = new AbortController();
    this.#waiting.set(name, waiting);
    let reason: string | undefined;
    try {
      reason = await this.#options.wait(spec, running, waiting.signal);
    } catch (error) {
      reason = messageOf(error);
    }
    // Its end, when it is ended here, says nothing new: it is waited for until then.
    if (reason !== undefined) await this.#options.end(spec, running);
    this.#waiting.delete(name);
    if (reason === undefined) return this.#options.onReady(name);
    const cause: unknown = waiting.signal.reason;
    const exit = cause instanceof CalledOff ? cause.exit : null;
    this.#options.onFailed(name, { reason, exit, calledOff: cause instanceof CalledOff && exit === null });
  }
}
