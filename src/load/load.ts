/** Loads a declaration in a worker thread, within a deadline and a bound on memory. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type ErrorReport, KnownError, Problems } from "../base/index.ts";
import type { CompileOptions, Loaded } from "../system/index.ts";

export type WorkerAnswer =
  | { readonly kind: "compiled"; readonly compiled: Loaded }
  | { readonly kind: "reports"; readonly reports: readonly ErrorReport[] }
  | { readonly kind: "bug"; readonly message: string };

export interface LoadOptions extends Omit<CompileOptions, "lock"> {
  /** Seconds that the declaration may take. */
  readonly deadline: number;
}

/** Evaluates the declaration in `file`; throws `Problems` with everything that is wrong with it. */
export async function loadDeclaration(file: string, { deadline, ...options }: LoadOptions): Promise<Loaded> {
  const worker = new Worker(new URL("../load/worker.js", import.meta.url), {
    workerData: { file, options },
    // What a declaration prints is for people: it must not mix with what the command prints for programs.
    stdout: true,
    // Most of what a declaration makes lives on: a young generation that holds it spares copying it about.
    resourceLimits: { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 64 },
  });
  worker.stdout.pipe(process.stderr, { end: false });
  const timer = new AbortController();
  try {
    const answer = await Promise.race([
      once(worker, "message").then(([message]) => message as WorkerAnswer),
      once(worker, "exit").then(() => "ended" as const),
      new Promise<"late">((resolve) => {
        const id = setTimeout(() => resolve("late"), deadline * 1000);
        timer.signal.addEventListener("abort", () => clearTimeout(id));
      }),
    ]);
    if (answer === "late") {
      const hint = "look for a loop that does not end, or for code that waits; --deadline SECONDS allows more time";
      throw new KnownError("declaration-timeout", `${file} did not finish within ${deadline} s`, { hint });
    }
    if (answer === "ended") {
      const hint = "a declaration must not end the process";
      throw new KnownError("declaration-threw", `${file} ended the process that reads it`, { hint });
    }
    return unwrap(answer);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
      const hint = "look for a list or a text that grows without end";
      throw new KnownError("declaration-threw", `${file} used more than 1 GiB of memory`, { hint });
    }
    throw error;
  } finally {
    timer.abort();
    // What follows need not wait for its memory to be given back.
    void worker.terminate();
  }
}

function unwrap(answer: WorkerAnswer): Loaded {
  switch (answer.kind) {
    case "compiled":
      return answer.compiled;
    case "reports":
      throw new Problems(answer.reports.map(({ code, message, ...details }) => new KnownError(code, message, details)));
    case "bug":
      throw new Error(answer.message);
  }
}
