/** How errors are printed for people and carried between threads and processes. */
import type { FindingCode } from "./codes.ts";
import { KnownError, messageOf, Problems } from "./errors.ts";
import { formatPlace, type Place } from "./place.ts";
import { excerptOf } from "./source-excerpt.ts";

/** A `KnownError` as plain data: what crosses a thread, a socket or `--json`. */
export interface ErrorReport {
  readonly code: FindingCode;
  readonly message: string;
  readonly hint?: string;
  readonly where?: Place;
  readonly also?: Place;
}

/** Control characters, and those that turn the direction of text, would let a hostile value repaint the terminal: they are escaped. */
function escaped(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  return short === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : short;
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped);
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
  if (error instanceof Problems) return unique(error.problems.flatMap((problem) => reportsOf(problem) ?? []));
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

/** A list that a function makes may hold the same mistake many times: it is one. */
function unique(reports: readonly ErrorReport[]): readonly ErrorReport[] {
  const byText = new Map(reports.map((each) => [JSON.stringify(each), each] as const));
  return [...byText.values()];
}

export function isErrorReport(value: unknown): value is ErrorReport {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}

/** What colours tell apart. */
export type Paint = "error" | "warning" | "place" | "source" | "mark" | "note";

/** How errors are shown: what a terminal can do, and where source lines come from. */
export interface ErrorStyle {
  /** A line of a file, counted from 1; undefined where the file is gone or not what the place was taken from. */
  readonly sourceLine: (file: string, line: number) => string | undefined;
  /** Columns of the terminal; longer source lines are cut. */
  readonly width: number;
  readonly paint: (paint: Paint, text: string) => string;
}

/** No colours and no source. */
export const plainStyle: ErrorStyle = { sourceLine: () => undefined, width: 120, paint: (_, text) => text };

/** The source line of a place with a mark below its column; nothing where the line is not to be had. */
function sourceLines(place: Place, { sourceLine, width, paint }: ErrorStyle): readonly string[] {
  const line = sourceLine(place.file, place.line);
  const gutter = `  ${place.line} | `;
  const excerpt = line === undefined ? undefined : excerptOf(line, place.column, Math.max(20, width - gutter.length));
  if (excerpt === undefined) return [];
  const below = `${" ".repeat(gutter.length - 2)}| `;
  return [
    `${paint("source", gutter)}${excerpt.text}`,
    `${paint("source", below)}${" ".repeat(excerpt.indent)}${paint("mark", "^")}`,
  ];
}

/**
 * One error as the terminal shows it: `file:line:column: error CODE: message`, the source line, the second place with
 * its own line, then the hint. The first line's form is for editors and CI, and stays as it is.
 */
export function formatError(
  report: ErrorReport,
  severity: "error" | "warning" = "error",
  style: ErrorStyle = plainStyle,
): string {
  const { paint } = style;
  const place = report.where === undefined ? "" : `${paint("place", `${printable(formatPlace(report.where))}:`)} `;
  const lines = [`${place}${paint(severity, `${severity} ${report.code}:`)} ${printable(report.message)}`];
  if (report.where !== undefined) lines.push(...sourceLines(report.where, style));
  if (report.also !== undefined) {
    lines.push(
      `  ${paint("note", "also:")} ${printable(formatPlace(report.also))}`,
      ...sourceLines(report.also, style),
    );
  }
  if (report.hint !== undefined) lines.push(`  ${paint("note", "hint:")} ${printable(report.hint)}`);
  return lines.join("\n");
}

/** How much of what was found is shown to a person. */
export interface Shown {
  /** How many errors are shown. */
  readonly most: number;
  /** What tells the others as well, such as an option. */
  readonly rest: string;
}

/** The line that stands for findings which are not shown. */
export function formatRest(count: number, what: string, rest: string): string {
  return `and ${count} more ${what}${count === 1 ? "" : "s"}; ${rest} has all`;
}

/** All errors of a command, the first of them in full; after several, how many they are and where to read on. */
export function formatErrors(
  reports: readonly ErrorReport[],
  style: ErrorStyle = plainStyle,
  { most, rest }: Shown = { most: Number.POSITIVE_INFINITY, rest: "" },
): string {
  const shown = reports.slice(0, most).map((each) => formatError(each, "error", style));
  const [first] = reports;
  if (first === undefined || reports.length === 1) return shown.join("\n");
  const hidden = reports.length - shown.length;
  return [
    ...shown,
    ...(hidden === 0 ? [] : [formatRest(hidden, "error", rest)]),
    `${reports.length} problems; \`lading explain ${first.code}\` tells of the first, with examples`,
  ].join("\n");
}
