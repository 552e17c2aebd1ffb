/** How errors are printed for people and carried between threads and processes. */
import type { FindingCode } from "./codes.ts";
import { KnownError, messageOf, Problems } from "./errors.ts";
import { formatPlace, type Place } from "./place.ts";

/** A `KnownError` as plain data: what crosses a thread, a socket or `--json`. */
export interface ErrorReport {
  readonly code: FindingCode;
  readonly message: string;
  readonly hint?: string;
  readonly where?: Place;
  readonly also?: Place;
}

/** Control characters would let a hostile value repaint the terminal: they are shown as escapes. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1));
}

/** The message of an error and of its causes, joined by colons; no part is said twice. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && parts.length < 8; at = at instanceof Error ? at.cause : undefined) {
    const text = messageOf(at);
    if (!parts.some((part) => part.includes(text))) parts.push(text);
  }
  return parts.join(": ");
}

/** All known errors in what was thrown; undefined when it is a bug instead. */
export function reportsOf(error: unknown): readonly ErrorReport[] | undefined {
  if (error instanceof Problems) return error.problems.flatMap((problem) => reportsOf(problem) ?? []);
  if (!(error instanceof KnownError)) return undefined;
  return [
    {
      code: error.code,
      message: describeError(error),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.where === undefined ? {} : { where: error.where }),
      ...(error.also === undefined ? {} : { also: error.also }),
    },
  ];
}

export function isErrorReport(value: unknown): value is ErrorReport {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}

/** One error as the terminal shows it: `file:line:column: error CODE: message`, then the hint. */
export function formatError(report: ErrorReport, severity: "error" | "warning" = "error"): string {
  const place = report.where === undefined ? "" : `${formatPlace(report.where)}: `;
  const lines = [`${place}${severity} ${report.code}: ${printable(report.message)}`];
  if (report.also !== undefined) lines.push(`  also: ${formatPlace(report.also)}`);
  if (report.hint !== undefined) lines.push(`  hint: ${printable(report.hint)}`);
  return lines.join("\n");
}
