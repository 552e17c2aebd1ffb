/** Several transfers at once that stand and fall together. */
import { KnownError } from "../base/index.ts";

/** What stops transfers: the caller's signal, or `stop`, when one of them fails. */
export function stoppable(outer: AbortSignal | undefined): {
  readonly stop: AbortController;
  readonly signal: AbortSignal;
} {
  const stop = new AbortController();
  return { stop, signal: outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]) };
}

/** Gives each of `items` to `work`, several at a time. The first error stops the others, and is thrown once they ended. */
export async function together<T, R>(
  items: Iterable<T>,
  {
    parallel,
    stop,
    work,
  }: {
    readonly parallel: number;
    readonly stop: AbortController;
    readonly work: (item: T) => Promise<R>;
  },
): Promise<readonly R[]> {
  const queue = [...items].entries();
  const results: R[] = [];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    try {
      // One iterator for all: each takes what is next.
      for (const [index, item] of queue) results[index] = await work(item);
    } catch (error) {
      failures.push(error);
      stop.abort(new KnownError("interrupted", "another transfer failed"));
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
