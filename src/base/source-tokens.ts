/**
 * The tokens of TypeScript source, as far as finding brackets, names and commas needs them: comments are left out, and a
 * string, a template or a regular expression is one token, whatever it holds. Source that is not well formed gives some
 * list of tokens, never an error.
 */

/** One token; `at` counts UTF-16 units from the beginning of the source. */
export interface Token {
  readonly kind: "name" | "string" | "other" | "punctuator";
  readonly text: string;
  readonly at: number;
}

const space = /\s+/uy;
const comment = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const name = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const number = /\.?\d[\w.]*/y;
const quoted = /"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?/y;
const expression = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\\\]\n]|\\.)*\])+\/[a-z]*/y;
const punctuator = /\.\.\.|=>|\?\.|[\s\S]/y;

/** After these a slash begins a regular expression, not a division. */
const beforeExpression = new Set(["return", "typeof", "case", "in", "of", "new", "delete", "void", "throw", "await"]);

function mayBeginExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "name") return beforeExpression.has(before.text);
  return before.kind === "punctuator" && !/[)\]}]/.test(before.text);
}

/** Where the template that begins at `start` ends; what stands in `${ }` is source again. */
function endOfTemplate(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== "`") {
    if (source[at] === "\\") at += 2;
    else if (source.startsWith("${", at)) at = scan(source, at + 2, "}").end;
    else at += 1;
  }
  return Math.min(at + 1, source.length);
}

/** The tokens from `start` on, up to the end or past a `closer` that nothing there has opened. */
function scan(source: string, start: number, closer?: string): { readonly tokens: Token[]; readonly end: number } {
  const tokens: Token[] = [];
  let at = start;
  let depth = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const take = (kind: Token["kind"], text: string | undefined): boolean => {
    if (text === undefined) return false;
    tokens.push({ kind, text, at });
    at += text.length;
    return true;
  };
  while (at < source.length) {
    const skipped = match(space) ?? match(comment);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (source[at] === "`") take("other", source.slice(at, endOfTemplate(source, at)));
    else if (take("string", match(quoted)) || take("name", match(name)) || take("other", match(number))) continue;
    else if (mayBeginExpression(tokens.at(-1)) && take("other", match(expression))) continue;
    else {
      const text = match(punctuator) ?? "";
      if (text === closer && depth === 0) return { tokens, end: at + 1 };
      if (text === "{") depth += 1;
      if (text === "}") depth -= 1;
      take("punctuator", text);
    }
  }
  return { tokens, end: at };
}

/** All tokens of a source file. */
export function tokensOf(source: string): readonly Token[] {
  return scan(source, 0).tokens;
}

/** Whether a token is this punctuator; a string or a name that looks like it is not. */
export function isPunctuator(token: Token | undefined, ...texts: readonly string[]): boolean {
  return token?.kind === "punctuator" && texts.includes(token.text);
}
