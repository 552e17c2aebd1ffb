/** The worker in which a declaration runs: whatever it does, the command that reads it stays in control. */
import { parentPort, workerData } from "node:worker_threads";
import { describeError, reportsOf } from "../base/index.ts";
import type { CompileOptions } from "../system/index.ts";
import { evaluate } from "./evaluate.ts";
import type { WorkerAnswer } from "./load.ts";

const { file, options } = workerData as { readonly file: string; readonly options: CompileOptions };

async function answer(): Promise<WorkerAnswer> {
  try {
    return { kind: "compiled", compiled: await evaluate(file, options) };
  } catch (error) {
    const reports = reportsOf(error);
    if (reports !== undefined) return { kind: "reports", reports };
    return { kind: "bug", message: error instanceof Error ? (error.stack ?? error.message) : describeError(error) };
  }
}

parentPort?.postMessage(await answer());
