/** How a command that failed says why, and with which code it ends. */
import { describeError, type ErrorReport, formatErrors, reportsOf } from "../base/index.ts";
import { errorStyle } from "./error-style.ts";
import { exitCodes } from "./exit-codes.ts";
import { mostFindings } from "./findings.ts";
import type { SourceLines } from "./source-lines.ts";

export interface ReportOptions {
  readonly json: boolean;
  readonly sources: SourceLines;
  /** The option with which the command tells of all errors, however many. */
  readonly all?: string;
  /** What is known beside the error. */
  readonly complete?: (report: ErrorReport) => ErrorReport;
}

/** Tells of an error on stderr; the exit code that it means. */
export function reportError(
  error: unknown,
  { json, sources, all = "--json", complete = (each) => each }: ReportOptions,
): number {
  const reports = reportsOf(error)?.map(complete);
  if (reports === undefined) {
    // A bug is Lading's own: its stack is what whoever mends it needs.
    process.stderr.write(
      `lading: this is a bug, please report it: ${error instanceof Error ? (error.stack ?? error.message) : describeError(error)}\n`,
    );
    return exitCodes.failed;
  }
  if (json) process.stderr.write(`${JSON.stringify({ version: 1, errors: reports }, null, 2)}\n`);
  else {
    const shown = formatErrors(reports, errorStyle(sources), { most: mostFindings, rest: all });
    process.stderr.write(`${shown}\n`);
  }
  if (reports.some((each) => each.code === "usage")) return exitCodes.usage;
  if (reports.some((each) => each.code === "interrupted")) return exitCodes.interrupted;
  return reports.some((each) => each.code === "daemon-not-running") ? exitCodes.notRunning : exitCodes.failed;
}
