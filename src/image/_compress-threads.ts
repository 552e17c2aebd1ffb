/**
 * The threads that compress, one for each processor: made when there is a piece for them, and kept for the next layer.
 * While they have nothing to do they keep no process alive.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Piece } from "./compress-piece.ts";

/** More would hold more pieces in memory than they are worth. */
const threadCount = Math.min(availableParallelism(), 8);

/** Pieces that a thread has at a time: the next lies ready when one is done. */
const piecesEach = 2;

/** Pieces that the threads have at a time, all together. */
export const mostAtOnce: number = threadCount * piecesEach;

interface Job {
  readonly done: (bytes: Uint8Array) => void;
  readonly failed: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** In the order in which their pieces were sent. */
  readonly jobs: Job[];
}

const threads: Thread[] = [];

function makeThread(): Thread {
  const worker = new Worker(new URL("../image/compress-worker.js", import.meta.url));
  const thread: Thread = { worker, jobs: [] };
  worker.on("message", (bytes: Uint8Array) => {
    thread.jobs.shift()?.done(bytes);
    if (thread.jobs.length === 0) worker.unref();
  });
  const end = (error: unknown): void => {
    if (threads.includes(thread)) threads.splice(threads.indexOf(thread), 1);
    for (const job of thread.jobs.splice(0)) job.failed(error);
  };
  worker.on("error", end);
  worker.on("exit", () => end(new Error("a thread that compresses has ended")));
  threads.push(thread);
  return thread;
}

/** Compresses a piece, which must stay as it is until then. */
export function compressInThread(piece: Piece): Promise<Uint8Array> {
  const least = threads.toSorted((a, b) => a.jobs.length - b.jobs.length)[0];
  const isWorthOne = least === undefined || (least.jobs.length > 0 && threads.length < threadCount);
  const { worker, jobs } = isWorthOne ? makeThread() : least;
  return new Promise((done, failed) => {
    jobs.push({ done, failed });
    worker.ref();
    worker.postMessage(piece);
  });
}
