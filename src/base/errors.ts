/**
 * The one error class that a user can meet, and how several are carried at once.
 *
 * A `KnownError` has a stable code from `codes.ts`, a message that names the offending value, a hint that says what to
 * do, and the place in the user's file. Anything else that is thrown is a bug in Lading and is shown as one.
 */
import type { FindingCode } from "./codes.ts";
import type { Place } from "./place.ts";

/** What a problem carries beside its message. */
export interface ErrorDetails {
  /** What the reader should do next, as one sentence or one command. */
  readonly hint?: string | undefined;
  /** Where in the user's file the value stands. */
  readonly where?: Place | undefined;
  /** A second place that takes part, such as the first use of a name. */
  readonly also?: Place | undefined;
  readonly cause?: unknown;
}

/** An error that is the user's to mend, with a stable code. */
export class KnownError extends Error {
  readonly code: FindingCode;
  readonly hint: string | undefined;
  readonly where: Place | undefined;
  readonly also: Place | undefined;

  constructor(code: FindingCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "KnownError";
    this.code = code;
    this.hint = details.hint;
    this.where = details.where;
    this.also = details.also;
  }
}

/** Several problems of one declaration, reported together. */
export class Problems extends Error {
  readonly problems: readonly (KnownError | Problems)[];

  constructor(problems: readonly (KnownError | Problems)[]) {
    super(`${problems.length} ${problems.length === 1 ? "problem" : "problems"}`);
    this.name = "Problems";
    this.problems = problems;
  }
}

/** The text of whatever was thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error of the system carries this `errno` name, such as "ENOENT". */
export function hasErrno(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && "code" in error && names.includes(String(error.code));
}
