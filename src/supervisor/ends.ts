/** Ends of containers as the engines tell of them: one watch an engine, and the exit statuses that were seen. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerEnd, Engine } from "../engine/index.ts";
import type { Log } from "./runner.ts";
import type { Running } from "./state-file.ts";
import type { ExitInfo } from "./unit-state.ts";

/** Ends that are remembered until somebody asks how a container ended. */
const mostSeen = 2_000;

/** Milliseconds before each further look for how a container ended. */
const laterLooks = [50, 200, 1_000];

/** A container's end as a unit's. */
export function exitOf({ status, outOfMemory }: ContainerEnd): ExitInfo {
  return { status, signal: null, ...(outOfMemory ? { outOfMemory } : {}) };
}

export class Ends {
  readonly #log: Log;
  readonly #onEnd: (id: string) => void;
  readonly #watches = new Map<Engine, () => void>();
  /** Engines whose watch broke off, and that nothing was heard of since. */
  readonly #lost = new Set<Engine>();
  /** Exit statuses by container: the engine forgets them soon after. */
  readonly #seen = new Map<string, ExitInfo>();

  constructor(log: Log, onEnd: (id: string) => void) {
    this.#log = log;
    this.#onEnd = onEnd;
  }

  /** Watches the engines that are not watched yet and have something to watch. */
  watch(engines: Iterable<Engine>): void {
    for (const engine of engines) {
      if (this.#watches.has(engine)) continue;
      const stop = engine.watchEnds(
        (id, end) => {
          this.#lost.delete(engine);
          this.#seen.set(id, exitOf(end));
          // Those of others' containers come as well, and nobody asks for them.
          const [oldest] = this.#seen.keys();
          if (this.#seen.size > mostSeen && oldest !== undefined) this.#seen.delete(oldest);
          this.#onEnd(id);
        },
        (reason) => {
          this.#watches.delete(engine);
          if (this.#lost.has(engine)) return;
          this.#lost.add(engine);
          this.#log("warn", `the ends of ${engine.identity.user}'s containers cannot be watched: ${reason}`);
        },
      );
      if (stop !== undefined) this.#watches.set(engine, stop);
    }
  }

  seen(id: string): ExitInfo | undefined {
    return this.#seen.get(id);
  }

  /** Whether a container ended before its unit could be told of it. */
  hasEnded({ id, process: found }: Pick<Running, "id" | "process">): boolean {
    return id !== null && (found === null || this.#seen.has(id));
  }

  /**
   * How a container ended: as was seen, or as its engine says. What has only just ended is asked for again a moment later:
   * a process may be gone before its engine has written down how it ended.
   */
  async find(engine: Engine, id: string, { justNow }: { readonly justNow: boolean }): Promise<ExitInfo> {
    for (const delay of justNow ? [0, ...laterLooks] : [0]) {
      await sleep(delay);
      const seen = this.#seen.get(id);
      if (seen !== undefined) return seen;
      const end = await engine.endOf(id).catch(() => undefined);
      if (end !== undefined) return exitOf(end);
    }
    return { status: null, signal: null };
  }

  forget(id: string): void {
    this.#seen.delete(id);
  }

  close(): void {
    for (const stop of this.#watches.values()) stop();
    this.#watches.clear();
  }
}
