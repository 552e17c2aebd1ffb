/** What the conditions of a script come to, where that is certain before it runs. */
import { expandWord } from "./_shell-words.ts";

/** Undefined where it is not certain. */
export type Certainty = boolean | undefined;

/** Whether a pattern of `case` fits. */
export function matches(pattern: string, subject: string | undefined): Certainty {
  if (pattern === "*") return true;
  const text = expandWord(pattern, new Map())?.join(" ");
  return text === undefined || subject === undefined ? undefined : text === subject;
}

/** What a test says, where that is certain; an installation's second argument is the empty text. */
export function decide(name: string, words: readonly (readonly string[] | undefined)[]): Certainty {
  if (words.some((word) => word === undefined)) return undefined;
  const fields = words.flatMap((word) => word ?? []);
  if (name === "true" || name === ":") return true;
  if (name === "false") return false;
  if (name === "dpkg" && fields[1] === "--compare-versions" && fields[2] === "") {
    // An empty version is older than any; to those that end in -nl, it is newer.
    const operator = fields[3] ?? "";
    if (operator.endsWith("-nl")) return operator.startsWith("g");
    if (operator === "lt" || operator === "le") return true;
    return ["gt", "ge", "eq"].includes(operator) ? false : undefined;
  }
  if (name !== "[" && name !== "test") return undefined;
  const tested = fields.slice(1, name === "[" ? -1 : undefined);
  const [a, b, c] = tested;
  if (tested.length === 1) return a !== "";
  if (tested.length === 2 && a === "-n") return b !== "";
  if (tested.length === 2 && a === "-z") return b === "";
  if (tested.length === 3 && (b === "=" || b === "==")) return a === c;
  if (tested.length === 3 && b === "!=") return a !== c;
  return undefined;
}
