/**
 * What a field may hold. A field type checks a value, says in words what it expected, and knows how it is written in
 * TypeScript and in JSON Schema; everything that is generated from a record comes from here.
 */
import type { Json } from "../base/index.ts";

/** One thing that is wrong inside a value: `path` is "" for the value itself, or such as `[2]` or `.name`. */
export interface Issue {
  readonly path: string;
  readonly expected: string;
  readonly got: unknown;
  readonly hint?: string | undefined;
  /** Set where a record has no field of the name that the path ends in. */
  readonly unknownIn?: UnknownKey;
}

/** A key that is no field, and the record that does not have it. */
export interface UnknownKey {
  readonly name: string;
  readonly fields: readonly string[];
  readonly key: string;
  /** What the key is called here, where others spell it so. */
  readonly foreign: string | undefined;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** `In` is what the user may write, `T` what the record then holds. */
export interface FieldType<T> {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /** The type that users write, as TypeScript source. */
  readonly ts: string;
  /** The type that the record then holds, as TypeScript source; `ts` when absent. */
  readonly tsValue?: string;
  readonly jsonSchema: Json;
  readonly check: (value: unknown) => Checked<T>;
}

export function pass<T>(value: T): Checked<T> {
  return { ok: true, value };
}

export function refuse(expected: string, got: unknown, hint?: string): { ok: false; issues: readonly Issue[] } {
  return { ok: false, issues: [{ path: "", expected, got, hint }] };
}

/** The path of a member: `.name`, or `["a.b"]` where the key is no plain name. */
export function memberPath(key: string): string {
  return /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Puts the issues of a part under its path in the whole. */
export function at(path: string, issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) => ({ ...issue, path: `${path}${issue.path}` }));
}

function simple<T extends string | number | boolean>(
  ts: "string" | "number" | "boolean",
  expected: string,
  accepts: (value: T) => boolean = () => true,
  jsonSchema: Json = { type: ts },
): FieldType<T> {
  return {
    expected,
    ts,
    jsonSchema,
    check: (value) => (typeof value === ts && accepts(value as T) ? pass(value as T) : refuse(expected, value)),
  };
}

/** No text with a NUL in it can become an argument, a path or a variable. */
export const string: FieldType<string> = simple("string", "a string", (value) => !value.includes("\0"));
export const boolean: FieldType<boolean> = simple("boolean", "true or false");

/** A string that `accepts` approves; `expected` says which those are. */
export function stringWhere(expected: string, accepts: (text: string) => boolean): FieldType<string> {
  return simple("string", expected, (value: string) => !value.includes("\0") && accepts(value), {
    type: "string",
    description: expected,
  });
}

const signals = new Set(
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  ),
);
/** A signal's name, with or without SIG. */
export const signal: FieldType<string> = stringWhere("a signal such as SIGTERM or QUIT (signal(7))", (text) =>
  signals.has(text.replace(/^SIG/, "")),
);

/** An absolute path. */
export const absolutePath: FieldType<string> = stringWhere("an absolute path", (text) => text.startsWith("/"));

export function integer(minimum: number, maximum: number): FieldType<number> {
  const inside = (value: number): boolean => Number.isInteger(value) && value >= minimum && value <= maximum;
  const schema = { type: "integer", minimum, maximum };
  return simple("number", `a whole number from ${minimum} to ${maximum}`, inside, schema);
}

export function decimal(minimum: number, maximum: number): FieldType<number> {
  const inside = (value: number): boolean => value >= minimum && value <= maximum;
  return simple("number", `a number from ${minimum} to ${maximum}`, inside, { type: "number", minimum, maximum });
}

export function oneOf<const T extends string>(...values: readonly T[]): FieldType<T> {
  const list = values.map((value) => JSON.stringify(value)).join(", ");
  const expected = values.length === 1 ? list : `one of ${list}`;
  return {
    expected,
    ts: values.map((value) => JSON.stringify(value)).join(" | "),
    jsonSchema: { enum: values },
    check: (value) => {
      const found = values.find((candidate) => candidate === value);
      return found === undefined ? refuse(expected, value) : pass(found);
    },
  };
}

/** A list, each element checked; the issues of all elements are reported. */
export function listOf<T>(element: FieldType<T>): FieldType<readonly T[]> {
  const expected = `a list, each element ${element.expected}`;
  const bracket = (ts: string): string => `readonly ${/^\w+$/.test(ts) ? ts : `(${ts})`}[]`;
  return {
    expected,
    ts: bracket(element.ts),
    tsValue: bracket(element.tsValue ?? element.ts),
    jsonSchema: { type: "array", items: element.jsonSchema },
    check: (value) => {
      if (!Array.isArray(value)) return refuse(expected, value);
      const values: T[] = [];
      const issues: Issue[] = [];
      for (const [index, member] of value.entries()) {
        const checked = element.check(member);
        if (checked.ok) values.push(checked.value);
        else issues.push(...at(`[${index}]`, checked.issues));
      }
      return issues.length === 0 ? pass(Object.freeze(values)) : { ok: false, issues };
    },
  };
}

/** The first alternative that accepts; when none does, one issue that names them all. */
export function either<A, B>(first: FieldType<A>, second: FieldType<B>): FieldType<A | B> {
  const expected = `${first.expected}, or ${second.expected}`;
  return {
    expected,
    ts: `${first.ts} | ${second.ts}`,
    tsValue: `${first.tsValue ?? first.ts} | ${second.tsValue ?? second.ts}`,
    jsonSchema: { anyOf: [first.jsonSchema, second.jsonSchema] },
    check: (value) => {
      const one = first.check(value);
      if (one.ok) return one;
      const other = second.check(value);
      if (other.ok) return other;
      // A part that is wrong inside a list or record says more than "expected a list or …".
      const inner = [...one.issues, ...other.issues].filter((issue) => issue.path !== "");
      return inner.length > 0 ? { ok: false, issues: inner } : refuse(expected, value);
    },
  };
}

/** Exactly `false`: how a field says "none of it". */
export const no: FieldType<false> = {
  expected: "false",
  ts: "false",
  jsonSchema: { const: false },
  check: (value) => (value === false ? pass(false) : refuse("false", value)),
};

/** Changes how a type is spelled in TypeScript, where its values come from a record or a file-like. */
export function namedType<T>(type: FieldType<T>, ts: string, tsValue: string = ts): FieldType<T> {
  return { ...type, ts, tsValue };
}
