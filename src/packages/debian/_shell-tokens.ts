/** The words and operators of a shell script (POSIX, Shell Command Language, 2.3), with where they stand in it. */

export interface Token {
  readonly kind: "word" | "operator" | "newline";
  /** As written; quotes are kept. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Thrown for what this parser does not understand. */
export class ShellProblem extends Error {}

const operators = [";;", "&&", "||", "<<-", "<<", ">>", ">&", "<&", "<>", ">|", ";", "&", "|", "(", ")", "<", ">"];

/** All tokens of a script. Comments and the text of here-documents are left out. */
export function shellTokens(script: string): readonly Token[] {
  const tokens: Token[] = [];
  const documents: { readonly end: string; readonly tabs: boolean }[] = [];
  let at = 0;
  while (at < script.length) {
    const char = script[at] ?? "";
    if (script.startsWith("\\\n", at)) at += 2;
    else if (char === " " || char === "\t" || char === "\r") at += 1;
    else if (char === "#") {
      while (at < script.length && script[at] !== "\n") at += 1;
    } else if (char === "\n") {
      tokens.push({ kind: "newline", text: "\n", start: at, end: at + 1 });
      at += 1;
      for (const document of documents.splice(0)) at = afterDocument(script, at, document);
    } else {
      const operator = operators.find((each) => script.startsWith(each, at));
      const end = operator === undefined ? afterWord(script, at) : at + operator.length;
      const before = tokens.at(-1);
      const text = script.slice(at, end);
      if (operator === undefined && before?.kind === "operator" && before.text.startsWith("<<"))
        documents.push({ end: text.replaceAll(/["'\\]/g, ""), tabs: before.text === "<<-" });
      tokens.push({ kind: operator === undefined ? "word" : "operator", text, start: at, end });
      at = end;
    }
  }
  return tokens;
}

function afterDocument(script: string, from: number, document: { end: string; tabs: boolean }): number {
  for (let at = from; at < script.length; ) {
    const newline = script.indexOf("\n", at);
    const end = newline === -1 ? script.length : newline;
    const line = script.slice(at, end);
    at = end + 1;
    if ((document.tabs ? line.replace(/^\t+/, "") : line) === document.end) return Math.min(at, script.length);
  }
  throw new ShellProblem("a here-document without an end");
}

/** Quotations and substitutions nested deeper than this are no maintainer's. */
const deepest = 60;

/** Where the word that begins at `from` ends. */
function afterWord(script: string, from: number): number {
  let at = from;
  while (at < script.length && !/[\s;&|()<>]/.test(script[at] ?? "")) at = afterPiece(script, at, 0);
  return at;
}

/** Where a quotation, a substitution or a plain character ends. */
function afterPiece(script: string, at: number, depth: number): number {
  if (depth > deepest) throw new ShellProblem("it is nested too deeply");
  const char = script[at];
  if (char === "\\") return Math.min(at + 2, script.length);
  if (char === "'" || char === "`") return after(script, at + 1, char);
  if (char === '"') {
    let inside = at + 1;
    while (inside < script.length && script[inside] !== '"') {
      inside = script[inside] === "'" ? inside + 1 : afterPiece(script, inside, depth + 1);
    }
    if (inside >= script.length) throw new ShellProblem("a quotation without an end");
    return inside + 1;
  }
  if (char === "$" && script[at + 1] === "{") return afterNested(script, at + 2, ["{", "}"], depth);
  if (char === "$" && script[at + 1] === "(") return afterNested(script, at + 2, ["(", ")"], depth);
  return at + 1;
}

function after(script: string, from: number, end: string): number {
  let at = from;
  while (at < script.length && script[at] !== end) at += end === "`" && script[at] === "\\" ? 2 : 1;
  if (at >= script.length) throw new ShellProblem("a quotation without an end");
  return at + 1;
}

function afterNested(script: string, from: number, [open, close]: readonly [string, string], depth: number): number {
  let level = 1;
  let at = from;
  while (at < script.length) {
    if (script[at] === open) level += 1;
    if (script[at] === close) level -= 1;
    if (level === 0) return at + 1;
    at = script[at] === open || script[at] === close ? at + 1 : afterPiece(script, at, depth + 1);
  }
  throw new ShellProblem("a substitution without an end");
}
