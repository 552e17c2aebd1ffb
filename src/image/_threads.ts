/**
 * Threads for work on bytes, one for each processor: made when there is a job for them, and kept for the next. While they
 * have nothing to do they keep no process alive.
 */
import { availableParallelism } from "node:os";
import { parentPort, Worker } from "node:worker_threads";
import { describeError, type ErrorReport, KnownError, reportsOf } from "../base/index.ts";

/** More would hold more in memory than they are worth. */
const threadCount = Math.min(availableParallelism(), 8);

/** Jobs that a thread has at a time: the next lies ready when one is done. */
const jobsEach = 2;

/** Jobs that the threads have at a time, all together. */
export const mostAtOnce: number = threadCount * jobsEach;

type Answer =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "reports"; readonly reports: readonly ErrorReport[] }
  | { readonly kind: "bug"; readonly message: string };

interface Waiting {
  readonly done: (value: never) => void;
  readonly failed: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** In the order in which their jobs were sent. */
  readonly waiting: Waiting[];
}

/** Threads that run one program, which answers each job with `answerJobs`. */
export class Threads<Job, Value> {
  readonly #program: URL;
  readonly #threads: Thread[] = [];

  constructor(program: URL) {
    this.#program = program;
  }

  /** Has a job done; what it shares with the thread must stay as it is until then. */
  run(job: Job): Promise<Value> {
    const least = this.#threads.toSorted((a, b) => a.waiting.length - b.waiting.length)[0];
    const isWorthOne = least === undefined || (least.waiting.length > 0 && this.#threads.length < threadCount);
    const { worker, waiting } = isWorthOne ? this.#start() : least;
    return new Promise<Value>((done, failed) => {
      waiting.push({ done, failed });
      worker.ref();
      worker.postMessage(job);
    });
  }

  #start(): Thread {
    // Most of what they use are buffers: a large nursery would only keep more that nobody needs any more.
    const worker = new Worker(this.#program, { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    const thread: Thread = { worker, waiting: [] };
    worker.on("message", (answer: Answer) => {
      const next = thread.waiting.shift();
      if (thread.waiting.length === 0) worker.unref();
      if (answer.kind === "done") next?.done(answer.value as never);
      else next?.failed(errorOf(answer));
    });
    const end = (error: unknown): void => {
      if (this.#threads.includes(thread)) this.#threads.splice(this.#threads.indexOf(thread), 1);
      for (const each of thread.waiting.splice(0)) each.failed(error);
    };
    worker.on("error", end);
    worker.on("exit", () => end(new Error("a thread ended before its work was done")));
    this.#threads.push(thread);
    return thread;
  }
}

function errorOf(answer: Exclude<Answer, { readonly kind: "done" }>): Error {
  if (answer.kind === "bug") return new Error(answer.message);
  const [first] = answer.reports;
  if (first === undefined) return new Error("a thread failed and did not say why");
  const { code, message, ...details } = first;
  return new KnownError(code, message, details);
}

/** The thread's own end: does one job after the other, in the order in which they come. */
export function answerJobs<Job, Value>(
  work: (job: Job) => Promise<Value>,
  /** Parts of the value that are handed over and not copied. */
  given: (value: Value) => readonly ArrayBuffer[] = () => [],
): void {
  let last = Promise.resolve();
  parentPort?.on("message", (job: Job) => {
    last = last.then(async () => {
      try {
        const value = await work(job);
        parentPort?.postMessage({ kind: "done", value } satisfies Answer, [...given(value)]);
      } catch (error) {
        const reports = reportsOf(error);
        const message = error instanceof Error ? (error.stack ?? error.message) : describeError(error);
        parentPort?.postMessage(
          (reports === undefined ? { kind: "bug", message } : { kind: "reports", reports }) satisfies Answer,
        );
      }
    });
  });
}
