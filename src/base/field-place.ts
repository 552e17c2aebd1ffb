/**
 * Where in a declaration's source one field of a record stands.
 *
 * A record knows the place of the call that made it. From there the source is followed: into the object that the call
 * is given, to the property, into lists and objects within it, and through `...spread` of what the same declaration
 * names, in this file or in one that it imports. What cannot be followed so is left at the last place that could: the
 * answer is never a guess at another value.
 */
import { dirname, resolve } from "node:path";
import { type Place, sourceOf } from "./place.ts";
import { isPunctuator, type Token, tokensOf } from "./source-tokens.ts";

/** A step into a value: the name of a property, or the index in a list. */
export type Step = string | number;

/** A file's tokens and the index of the one that is meant. */
interface Cursor {
  readonly file: string;
  readonly tokens: readonly Token[];
  readonly index: number;
}

const tokenCache = new Map<string, { readonly source: string; readonly tokens: readonly Token[] }>();

function tokensOfFile(file: string): readonly Token[] | undefined {
  const source = sourceOf(file);
  if (source === undefined) return undefined;
  const known = tokenCache.get(file);
  if (known?.source === source) return known.tokens;
  const tokens = tokensOf(source);
  tokenCache.set(file, { source, tokens });
  return tokens;
}

const move = (cursor: Cursor, index: number): Cursor => ({ ...cursor, index });

const tokenAt = ({ tokens, index }: Cursor): Token | undefined => tokens[index];

/** The index behind the bracket that closes the one at `index`; the end where none does. */
function behindBracket(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (let at = index; at < tokens.length; at += 1) {
    if (isPunctuator(tokens[at], "(", "[", "{")) depth += 1;
    if (isPunctuator(tokens[at], ")", "]", "}")) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return tokens.length;
}

/** The indexes at which the members of a bracket begin: the arguments of a call, the elements of a list, properties. */
function membersOf({ tokens, index }: Cursor): readonly number[] {
  const end = behindBracket(tokens, index) - 1;
  const members: number[] = [];
  let fresh = true;
  for (let at = index + 1; at < end; ) {
    if (isPunctuator(tokens[at], ",")) {
      fresh = true;
      at += 1;
      continue;
    }
    if (fresh) members.push(at);
    fresh = false;
    at = isPunctuator(tokens[at], "(", "[", "{") ? behindBracket(tokens, at) : at + 1;
  }
  return members;
}

/** The name that a property's first token spells. */
function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === "name") return token.text;
  return token?.kind === "string" ? token.text.slice(1, -1) : undefined;
}

/** Skips brackets around a value, so that `({ … })` is the object. */
function unwrapped(cursor: Cursor): Cursor {
  let { index } = cursor;
  while (isPunctuator(cursor.tokens[index], "(")) index += 1;
  return move(cursor, index);
}

/** The opening bracket of the call whose callee begins at the cursor: a name, or names joined by dots. */
function callBracket({ tokens, index }: Cursor): number | undefined {
  let at = index;
  if (tokens[at]?.kind !== "name") return undefined;
  at += 1;
  while (isPunctuator(tokens[at], ".", "?.") && tokens[at + 1]?.kind === "name") at += 2;
  return isPunctuator(tokens[at], "(") ? at : undefined;
}

/** Whether a literal that begins at the cursor is only the begin of an expression: what follows makes another value of it. */
function goesOn({ tokens, index }: Cursor): boolean {
  const end = behindBracket(tokens, index);
  return isPunctuator(tokens[end], ".", "?.", "[", "(", "?", "|", "&");
}

/** Where the property `key` of the object at the cursor begins; the last one counts, as it does when the code runs. */
function property(object: Cursor, key: string, depth: number): Cursor | undefined {
  for (const index of membersOf(object).toReversed()) {
    const first = object.tokens[index];
    if (isPunctuator(first, "...")) {
      const spread = objectOf(move(object, index + 1), depth + 1);
      // What cannot be looked into may have the property, and would win.
      if (spread === undefined || goesOn(spread)) return undefined;
      const found = property(spread, key, depth + 1);
      if (found !== undefined) return found;
    } else if (isPunctuator(first, "[")) return undefined;
    else if (nameOf(first) === key && isPunctuator(object.tokens[index + 1], ":", ",", "}", "(")) {
      return move(object, index);
    }
  }
  return undefined;
}

/** The object literal that a value is: itself, what a constructor of records is given, or what a name stands for. */
function objectOf(at: Cursor, depth: number): Cursor | undefined {
  // A name that is declared by itself ends here.
  if (depth > 8) return undefined;
  const value = unwrapped(at);
  if (isPunctuator(tokenAt(value), "{")) return value;
  const bracket = callBracket(value);
  if (bracket !== undefined) {
    // What any other function makes of its arguments is its own affair.
    const isConstructor = importOf(value)?.from === "lading" && bracket === value.index + 1;
    return isConstructor ? objectsOfCall(value, bracket, depth)[0] : undefined;
  }
  const declared = declarationOf(value);
  return declared === undefined ? undefined : objectOf(declared, depth + 1);
}

function objectsOfCall(call: Cursor, bracket: number, depth: number): readonly Cursor[] {
  return membersOf(move(call, bracket)).flatMap((index) => {
    const argument = unwrapped(move(call, index));
    // A call in an argument makes a record of its own, with a place of its own.
    const object = callBracket(argument) === undefined ? objectOf(argument, depth + 1) : undefined;
    return object === undefined ? [] : [object];
  });
}

/** The value of the constant that the name at the cursor stands for, here or in the file that it is imported from. */
function declarationOf(use: Cursor): Cursor | undefined {
  const { tokens, index } = use;
  // `a.b`, `a[b]` and `a()` are other values than `a`.
  if (tokens[index]?.kind !== "name" || isPunctuator(tokens[index + 1], ".", "?.", "[", "(")) return undefined;
  const name = tokens[index].text;
  const here = constant(use, name);
  if (here !== undefined || isParameter(tokens, name)) return here;
  const source = importOf(use);
  if (source === undefined) return undefined;
  const file = resolve(dirname(use.file), source.from);
  const there = tokensOfFile(file);
  return there === undefined ? undefined : constant({ file, tokens: there, index: 0 }, source.name);
}

/** The value of the only constant of a name; with two, or a parameter of that name, it takes scopes to say which is meant. */
function constant(file: Cursor, name: string): Cursor | undefined {
  const { tokens } = file;
  const starts = tokens.flatMap((token, index) =>
    token.text === "const" && tokens[index + 1]?.text === name ? [index + 2] : [],
  );
  const [start = 0] = starts;
  // Another variable of the name, in whatever scope, may be the one that is meant.
  const others = tokens.some(
    (token, index) => /^(?:let|var|function|class)$/.test(token.text) && tokens[index + 1]?.text === name,
  );
  if (others) return undefined;
  if (starts.length !== 1 || isParameter(tokens, name) || !isPunctuator(tokens[start], "=", ":")) return undefined;
  let at = start;
  // A type may stand between the name and its value.
  while (at < tokens.length && !isPunctuator(tokens[at], "=", ";")) {
    at = isPunctuator(tokens[at], "(", "[", "{") ? behindBracket(tokens, at) : at + 1;
  }
  return isPunctuator(tokens[at], "=") ? move(file, at + 1) : undefined;
}

/** Whether a name stands, anywhere in the file, where a function has its parameters. */
function isParameter(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token, index) => {
    if (token.kind === "name" && token.text === name && isPunctuator(tokens[index + 1], "=>")) return true;
    if (!isPunctuator(token, "(")) return false;
    const end = behindBracket(tokens, index);
    if (!isPunctuator(tokens[end], "=>", "{", ":")) return false;
    return tokens.slice(index, end).some((each) => each.kind === "name" && each.text === name);
  });
}

/** Which module the name at the cursor is imported from, and what it is called there. */
function importOf(use: Cursor): { readonly from: string; readonly name: string } | undefined {
  const { tokens } = use;
  const wanted = tokenAt(use)?.text;
  for (const [index, token] of tokens.entries()) {
    if (token.text !== "import" || !isPunctuator(tokens[index + 1], "{")) continue;
    const end = behindBracket(tokens, index + 1);
    const from = tokens[end]?.text === "from" ? nameOf(tokens[end + 1]) : undefined;
    for (const member of membersOf(move(use, index + 1))) {
      const name = tokens[member]?.text ?? "";
      const local = tokens[member + 1]?.text === "as" ? tokens[member + 2]?.text : name;
      if (local === wanted && from !== undefined) return { from, name };
    }
  }
  return undefined;
}

/** One step into the value at the cursor. */
function into(value: Cursor, step: Step): Cursor | undefined {
  const open = unwrapped(value);
  if (typeof step === "string") {
    const object = objectOf(open, 0);
    return object === undefined ? undefined : property(object, step, 0);
  }
  const list = tokenAt(open)?.kind === "name" ? declarationOf(open) : open;
  if (list === undefined || !isPunctuator(tokenAt(list), "[", "{") || goesOn(list)) return undefined;
  const members = membersOf(list).slice(0, step + 1);
  // What a spread adds is not counted in the source.
  if (members.some((index) => isPunctuator(list.tokens[index], "..."))) return undefined;
  const member = members[step];
  return member === undefined ? undefined : move(list, member);
}

/** The value of the property at the cursor; a name alone is its own value. */
function propertyValue(found: Cursor, step: Step): Cursor {
  return typeof step === "string" && isPunctuator(found.tokens[found.index + 1], ":")
    ? move(found, found.index + 2)
    : found;
}

/** The token of the call at a place. */
function atCall({ file, line, column }: Place): Cursor | undefined {
  const source = sourceOf(file);
  const tokens = tokensOfFile(file);
  if (source === undefined || tokens === undefined) return undefined;
  let start = 0;
  for (let count = 1; count < line; count += 1) start = source.indexOf("\n", start) + 1;
  const index = tokens.findLastIndex(({ at }) => at <= start + column - 1);
  return index === -1 ? undefined : { file, tokens, index };
}

function placeOfToken(cursor: Cursor): Place | undefined {
  const before = sourceOf(cursor.file)?.slice(0, tokenAt(cursor)?.at);
  if (before === undefined) return undefined;
  return {
    file: cursor.file,
    line: before.split("\n").length,
    column: before.length - before.lastIndexOf("\n"),
  };
}

/** Where a field stands, and the call that it reached the record by where that is elsewhere. */
export interface FieldPlaces {
  readonly where: Place | undefined;
  readonly also: Place | undefined;
}

/**
 * The place of what `path` leads to in the object that the call at `call` is given; of the deepest part that can be
 * found where not all of it can, and of the call where nothing can.
 */
export function fieldPlaces(call: Place | undefined, path: readonly Step[]): FieldPlaces {
  const [first, ...rest] = path;
  const start = call === undefined || first === undefined ? undefined : atCall(call);
  const bracket = start === undefined ? undefined : callBracket(start);
  const nothing = { where: call, also: undefined };
  if (start === undefined || bracket === undefined || first === undefined) return nothing;
  let found: Cursor | undefined;
  for (const object of objectsOfCall(start, bracket, 0)) found ??= property(object, String(first), 0);
  let deepest = found;
  let last = first;
  for (const step of rest) {
    found = found === undefined ? undefined : into(propertyValue(found, last), step);
    deepest = found ?? deepest;
    last = step;
  }
  const where = deepest === undefined ? undefined : placeOfToken(deepest);
  if (deepest === undefined || where === undefined) return nothing;
  const end = behindBracket(start.tokens, bracket);
  const isInside = deepest.file === start.file && deepest.index > start.index && deepest.index < end;
  return { where, also: isInside ? undefined : call };
}

/** As `fieldPlaces`, of which only the field's own place is wanted. */
export function fieldPlace(call: Place | undefined, ...path: readonly Step[]): Place | undefined {
  return fieldPlaces(call, path).where;
}
