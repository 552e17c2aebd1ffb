/**
 * Findings that the declaration accepts, each at its place and with its reason: a comment on the line before, or on the same
 * line,
 *
 *     // lading-ignore image-unpinned: the vendor publishes no digests
 */
import { codes, type FindingCode, nearest, type Place } from "../../base/index.ts";
import type { Finding } from "./rule.ts";

export interface Suppression {
  readonly code: FindingCode;
  readonly reason: string;
  readonly where: Place;
  /** The line that it speaks of: its own, or the next one with code where the comment stands alone. */
  readonly line: number;
}

/** Comments that look like a suppression; those that are none are findings themselves. */
export interface Suppressions {
  readonly suppressions: readonly Suppression[];
  readonly invalid: readonly Finding[];
}

const comment = /\/\/\s*lading-ignore\b(.*)$/;

function problemOf(code: string, reason: string): { readonly message: string; readonly hint: string } | undefined {
  const expected = "expected: // lading-ignore CODE: reason";
  if (code === "") return { message: "a suppression without a code", hint: expected };
  if (!Object.hasOwn(codes, code) && !/^own\/[a-z]/.test(code)) {
    const close = nearest(code, Object.keys(codes));
    return {
      message: `a suppression of "${code}", which is no code`,
      hint: close === undefined ? "`lading explain` lists them" : `did you mean "${close}"?`,
    };
  }
  return reason === "" ? { message: `a suppression of ${code} without a reason`, hint: expected } : undefined;
}

/** The suppressions in a source file. */
export function suppressionsIn(file: string, text: string): Suppressions {
  const lines = text.split("\n");
  const suppressions: Suppression[] = [];
  const invalid: Finding[] = [];
  for (const [index, line] of lines.entries()) {
    const match = comment.exec(line);
    if (match === null) continue;
    const where = { file, line: index + 1, column: match.index + 1 };
    const [, code = "", reason = ""] = /^\s*([^\s:]*)\s*:?\s*(.*?)\s*$/.exec(match[1] ?? "") ?? [];
    const problem = problemOf(code, reason);
    if (problem !== undefined) {
      invalid.push({ ...problem, where });
      continue;
    }
    const alone = line.slice(0, match.index).trim() === "";
    const next = lines.findIndex((each, at) => at > index && !/^\s*(?:\/\/.*)?$/.test(each));
    suppressions.push({ code: code as FindingCode, reason, where, line: alone && next !== -1 ? next + 1 : index + 1 });
  }
  return { suppressions, invalid };
}

/** Whether a suppression speaks of a finding: of the line of its field, or of the call that the field belongs to. */
export function suppresses(
  { code, where, line }: Suppression,
  found: { readonly code: string; readonly where?: Place | undefined; readonly call?: Place | undefined },
): boolean {
  return (
    code === found.code && [found.where, found.call].some((each) => each?.file === where.file && each.line === line)
  );
}
