/**
 * Findings that the declaration accepts, each at its place and with its reason: a comment on the line before, or on the same
 * line,
 *
 *     // lading-ignore image-unpinned: the vendor publishes no digests
 */
import { codes, type FindingCode, nearest, type Place, tokensOf } from "../../base/index.ts";
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

const comment = /\/\/\s*lading-ignore\b/;

/** Whether a place in a source is inside a string, a template or another token: what looks like a comment there is none. */
function insideToken(tokens: ReturnType<typeof tokensOf>, at: number): boolean {
  return tokens.some((token) => token.at <= at && at < token.at + token.text.length);
}

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
  const suppressions: Suppression[] = [];
  const invalid: Finding[] = [];
  if (!text.includes("lading-ignore")) return { suppressions, invalid };
  const tokens = tokensOf(text);
  const lines = text.split("\n");
  // The next line with code, for each: from the last line up.
  const nextCode = lines.map(() => -1);
  for (let index = lines.length - 2; index >= 0; index -= 1)
    nextCode[index] = /^\s*(?:\/\/.*)?\s*$/.test(lines[index + 1] ?? "") ? (nextCode[index + 1] ?? -1) : index + 1;
  let begin = 0;
  for (const [index, line] of lines.entries()) {
    const match = comment.exec(line);
    if (match !== null && !insideToken(tokens, begin + match.index)) {
      const where = { file, line: index + 1, column: match.index + 1 };
      const said = line.slice(match.index + match[0].length).trim();
      const cut = said.search(/[\s:]/);
      const code = cut === -1 ? said : said.slice(0, cut);
      const reason = cut === -1 ? "" : said.slice(cut).replace(/^[\s:]+/, "");
      const problem = problemOf(code, reason);
      const alone = line.slice(0, match.index).trim() === "";
      const next = nextCode[index] ?? -1;
      if (problem !== undefined) invalid.push({ ...problem, where });
      else
        suppressions.push({
          ...{ code: code as FindingCode, reason, where },
          line: alone && next !== -1 ? next + 1 : index + 1,
        });
    }
    begin += line.length + 1;
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
