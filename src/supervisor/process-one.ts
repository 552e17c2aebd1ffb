/**
 * What a supervisor owes as process 1, as in an image whose program it is: orphans are its children and must be taken away
 * once they have ended, what it is told by signals that are not its own goes on to its programs, and its end is everybody's.
 */
import { messageOf } from "../base/index.ts";
import { childrenThatEnded, reap } from "../sys/index.ts";
import type { Log } from "./runner.ts";
import type { Supervisor } from "./supervisor.ts";

/** Signals that mean something to a program, and nothing to a supervisor. */
const forwarded = ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Milliseconds between looks for orphans. */
const period = 500;

export class ProcessOne {
  readonly #supervisor: Supervisor;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  /** Ended when last looked at, by process and start. */
  #ended = new Set<string>();

  constructor(supervisor: Supervisor, log: Log) {
    this.#supervisor = supervisor;
    this.#log = log;
    for (const signal of forwarded) process.on(signal, () => this.#forward(signal));
    this.#timer = setInterval(() => void this.#takeAway().catch((error: unknown) => this.#giveUp(error)), period);
  }

  #forward(signal: NodeJS.Signals): void {
    for (const { name, pid } of this.#supervisor.status().units) {
      if (pid === null || this.#supervisor.spec(name).start.kind !== "program") continue;
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended.
      }
    }
  }

  /** Node waits for its own children at once: what is still there at the next look is nobody's. */
  async #takeAway(): Promise<void> {
    const ended = childrenThatEnded(process.pid);
    const keys = ended.map(({ pid, startTime }) => `${pid} ${startTime}`);
    for (const [index, { pid }] of ended.entries()) if (this.#ended.has(keys[index] ?? "")) await reap(pid);
    this.#ended = new Set(keys);
  }

  /** Remains that nobody takes away cost a process number each, and nothing else. */
  #giveUp(error: unknown): void {
    this.#log("error", `what orphans leave cannot be taken away: ${messageOf(error)}`);
    clearInterval(this.#timer);
  }

  /** Ends every unit, dependents first: the kernel kills whatever is left when process 1 ends. */
  async end(): Promise<void> {
    this.#log("info", "ending everything");
    await this.#supervisor.stopAll();
    clearInterval(this.#timer);
  }
}
