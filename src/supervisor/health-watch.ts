/**
 * Asks running units for their health, each at its own interval, one check at a time. Failures count in a row, and not
 * within the start period; after `retries` of them the unit is unhealthy until a check succeeds.
 */
import type { Health } from "../engine/index.ts";
import type { HealthSpec } from "./unit-spec.ts";

export interface HealthOptions {
  /** Runs one check of a unit. */
  readonly check: (unit: string, timeout: number) => Promise<Health>;
  readonly onChange: (unit: string, health: Health) => void;
}

interface Watched {
  readonly spec: HealthSpec;
  readonly since: number;
  health: Health;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

export class HealthWatch {
  readonly #options: HealthOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Begins to ask; `since` is when the unit started, in milliseconds since 1970. */
  watch(unit: string, spec: HealthSpec, since: number): void {
    this.forget(unit);
    const watched: Watched = { spec, since, health: "starting", failures: 0, timer: undefined };
    this.#watched.set(unit, watched);
    this.#schedule(unit, watched);
  }

  forget(unit: string): void {
    clearTimeout(this.#watched.get(unit)?.timer);
    this.#watched.delete(unit);
  }

  /** Null for a unit whose health nobody asks for. */
  health(unit: string): Health | null {
    return this.#watched.get(unit)?.health ?? null;
  }

  close(): void {
    for (const unit of this.#watched.keys()) this.forget(unit);
  }

  #schedule(unit: string, watched: Watched): void {
    // Until it is known, it is asked more often: whoever waits for it should not wait for a whole interval.
    const delay = watched.health === "starting" ? Math.min(watched.spec.interval, 1_000) : watched.spec.interval;
    watched.timer = setTimeout(() => void this.#ask(unit, watched), delay);
  }

  async #ask(unit: string, watched: Watched): Promise<void> {
    const answer = await this.#options.check(unit, watched.spec.timeout).catch((): Health => "unhealthy");
    if (this.#watched.get(unit) !== watched) return;
    const next = this.#judge(watched, answer);
    const changed = next !== watched.health;
    watched.health = next;
    this.#schedule(unit, watched);
    if (changed) this.#options.onChange(unit, next);
  }

  #judge(watched: Watched, answer: Health): Health {
    if (answer === "healthy") {
      watched.failures = 0;
      return "healthy";
    }
    const young = watched.health === "starting" && Date.now() - watched.since < watched.spec.startPeriod;
    if (answer === "starting" || young) return watched.health;
    watched.failures += 1;
    return watched.failures >= watched.spec.retries ? "unhealthy" : watched.health;
  }
}
