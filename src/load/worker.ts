/** The worker in which a declaration runs: whatever it does, the command that reads it stays in control. */
import { parentPort, workerData } from "node:worker_threads";
import { describeError, KnownError, reportsOf } from "../base/index.ts";
import type { CompileOptions } from "../system/index.ts";
import { evaluate, thrownBy } from "./evaluate.ts";
import type { WorkerAnswer } from "./load.ts";

const { file, options } = workerData as { readonly file: string; readonly options: CompileOptions };

function answerOf(error: unknown): WorkerAnswer {
  const reports = reportsOf(error);
  if (reports !== undefined) return { kind: "reports", reports };
  return { kind: "bug", message: error instanceof Error ? (error.stack ?? error.message) : describeError(error) };
}

async function answer(): Promise<WorkerAnswer> {
  try {
    return { kind: "compiled", compiled: await evaluate(file, options) };
  } catch (error) {
    return answerOf(error);
  }
}

/** What is thrown where nobody waits for it: a timer's function, or a promise that is left alone. */
function answerThrown(error: unknown): void {
  parentPort?.postMessage(answerOf(thrownBy(error)));
}
process.on("uncaughtException", answerThrown);
process.on("unhandledRejection", answerThrown);

/** Nothing is left to do, and still there is no answer: what the declaration awaits cannot come any more. */
process.on("beforeExit", () => {
  if (isAnswered) return;
  const hint = "look for an await of a promise that nothing settles";
  const message = `${file} waits for something that never comes`;
  parentPort?.postMessage(answerOf(new KnownError("declaration-timeout", message, { hint })));
});

let isAnswered = false;
const answered = await answer();
isAnswered = true;
parentPort?.postMessage(answered);
