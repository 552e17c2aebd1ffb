/** Collecting problems, so that a declaration hears about all of them and not only the first. */
import { KnownError, Problems } from "../base/index.ts";

let collector: KnownError[] | undefined;

/** Reports a problem to whoever collects; throws it when nobody does. */
export function report(problem: KnownError): void {
  if (collector === undefined) throw problem;
  collector.push(problem);
}

/**
 * Runs `body` and throws all the problems that it reported as one `Problems`. A known error that it throws is the last
 * of them; anything else thrown is passed on, unless there are problems that explain it.
 */
export async function collectingProblems<T>(body: () => T | Promise<T>): Promise<T> {
  if (collector !== undefined) return body();
  const found: KnownError[] = [];
  collector = found;
  try {
    const result = await body();
    if (found.length > 0) throw new Problems(found);
    return result;
  } catch (error) {
    if (error instanceof Problems && error.problems !== found) throw new Problems([...found, ...error.problems]);
    if (error instanceof KnownError) throw new Problems([...found, error]);
    throw found.length > 0 ? new Problems(found) : error;
  } finally {
    collector = undefined;
  }
}
