/**
 * Records: typed, checked, frozen values made by a constructor.
 *
 * From one list of fields come the check at run time, the error texts, the TypeScript types, the reference page and the
 * JSON Schema. A record carries its type's name and the place of the call that made it, under symbols that every copy of
 * this package shares and that spreading leaves behind: `{ ...base, ports: [] }` is plain data until the constructor
 * has checked it again.
 */
import {
  byDistance,
  capturePlace,
  capturePlaces,
  fieldPlaces,
  KnownError,
  nearest,
  type Place,
  type Step,
} from "../base/index.ts";
import {
  at,
  type Checked,
  type FieldType,
  type Issue,
  memberPath,
  pass,
  refuse,
  type UnknownKey,
} from "./field-type.ts";
import { report } from "./problems.ts";
import { showValue } from "./show.ts";

/** A field's declaration. Without a default it is required, unless `optional`. */
export interface Field {
  readonly type: FieldType<unknown>;
  /** One or two sentences: meaning, unit, default where the value does not show it. */
  readonly doc: string;
  readonly default?: unknown;
  /** May be absent; the record then lacks the field. */
  readonly optional?: true;
  /** Normalises a checked value, or refuses it by returning the sentence that completes "expected …". */
  readonly sanitize?: (value: never) => Checked<unknown>;
}

export interface RecordType {
  readonly name: string;
  readonly doc: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** A hint for a key that others write where a field of this type says the same. */
  readonly foreign?: ((key: string) => string | undefined) | undefined;
}

/** A function that makes records of one type. */
export interface RecordConstructor<Input, Value> {
  (input: Input): Value;
  readonly recordType: RecordType;
}

const typeTag = Symbol.for("lading.record.type");
const placeTag = Symbol.for("lading.record.place");

/** Declares a record type and returns its constructor. */
export function defineRecord<Input, Value>(
  name: string,
  doc: string,
  fields: Readonly<Record<string, Field>>,
  foreign?: RecordType["foreign"],
): RecordConstructor<Input, Value> {
  const recordType: RecordType = { name, doc, fields, foreign };
  const construct = (input: Input): Value => {
    const place = capturePlace();
    const checked = checkRecord(recordType, input);
    if (!checked.ok) {
      // Where a function of the declaration makes the record, whoever called that may have passed what is wrong.
      const caller = capturePlaces(2)[1];
      for (const issue of checked.issues) report(problemOf(recordType, issue, { call: place, caller }));
    }
    return tagged(recordType, checked.ok ? checked.value : { ...(input as object) }, place) as Value;
  };
  return Object.assign(construct, { recordType });
}

/** Attaches the type's name and the place, and freezes. */
function tagged(type: RecordType, value: object, place: Place | undefined): object {
  Object.defineProperty(value, typeTag, { value: type.name });
  Object.defineProperty(value, placeTag, { value: place });
  return Object.freeze(value);
}

/** Whether a value was made by the constructor of this name, by whichever copy of the package. */
export function isRecord(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && Reflect.get(value, typeTag) === name;
}

/** The place of the constructor call that made a record. */
export function placeOf(value: unknown): Place | undefined {
  return typeof value === "object" && value !== null ? (Reflect.get(value, placeTag) as Place | undefined) : undefined;
}

/** The steps of an issue's path: `.labels["a.b"]` is two names, `.ports[1]` a name and an index. */
function stepsOf(path: string): readonly Step[] {
  return [...path.matchAll(/\.([^.[]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)].map(
    ([, name, index, quoted]) => name ?? (quoted === undefined ? Number(index) : (JSON.parse(quoted) as string)),
  );
}

/** How many fields a hint names. */
const shownFields = 12;

/** What to write instead of a key that is no field. */
function hintForUnknown({ key, fields, foreign }: UnknownKey): string {
  if (foreign !== undefined) return foreign;
  const close = nearest(key, fields);
  if (close !== undefined) return `did you mean "${close}"?`;
  if (fields.length <= shownFields) return `the fields are ${fields.join(", ")}`;
  const shown = byDistance(key, fields).slice(0, shownFields);
  return `the fields are ${shown.join(", ")} and ${fields.length - shownFields} more; docs/records.md has all`;
}

/** The call that makes a record, and the one that made that call. */
interface Calls {
  readonly call: Place | undefined;
  readonly caller: Place | undefined;
}

function problemOf(type: RecordType, issue: Issue, { call, caller }: Calls): KnownError {
  const [, field = "", rest = ""] = /^\.([^.[]*)(.*)$/s.exec(issue.path) ?? [];
  const { where, also = caller } = fieldPlaces(call, stepsOf(issue.path));
  const got = `expected ${issue.expected}, got ${showValue(issue.got)}`;
  if (field === "" && issue.unknownIn === undefined)
    return new KnownError("not-a-record", `${type.name}: ${got}`, { where, also });
  if (issue.unknownIn !== undefined) {
    const { name, key } = issue.unknownIn;
    const hint = hintForUnknown(issue.unknownIn);
    const holder = issue.path.slice(0, -memberPath(key).length);
    const inside = holder === "" ? "" : `${type.name}: field "${holder.slice(1)}": `;
    return new KnownError("unknown-field", `${inside}${name} has no field "${key}"`, { where, also, hint });
  }
  const hint = issue.hint ?? type.fields[field]?.doc;
  if (issue.got === undefined && rest === "") {
    const message = `${type.name}: the field "${field}" is missing: expected ${issue.expected}`;
    return new KnownError("missing-field", message, { where, also, hint });
  }
  return new KnownError("invalid-value", `${type.name}: field "${field}${rest}": ${got}`, { where, also, hint });
}

/** Checks an object of fields; issues carry paths that begin with the field's name. */
export function checkRecord(type: RecordType, input: unknown): Checked<Record<string, unknown>> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return refuse("an object with the record's fields", input);
  }
  const given = input as Readonly<Record<string, unknown>>;
  const value: Record<string, unknown> = {};
  const issues: Issue[] = [];
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(type.fields, key))
      issues.push({
        path: memberPath(key),
        expected: "no such field",
        got: given[key],
        unknownIn: { name: type.name, fields: Object.keys(type.fields), key, foreign: type.foreign?.(key) },
      });
  }
  for (const [key, field] of Object.entries(type.fields)) {
    const checked = checkField(field, Object.hasOwn(given, key) ? given[key] : undefined);
    if (!checked.ok) issues.push(...at(`.${key}`, checked.issues));
    else if (checked.value !== undefined) value[key] = checked.value;
  }
  return issues.length === 0 ? pass(value) : { ok: false, issues };
}

function checkField(field: Field, given: unknown): Checked<unknown> {
  if (given === undefined && field.default === undefined) {
    return field.optional ? pass(undefined) : refuse(field.type.expected, undefined);
  }
  const checked = field.type.check(given === undefined ? field.default : given);
  if (!checked.ok || field.sanitize === undefined) return checked;
  return field.sanitize(checked.value as never);
}

/** A field type that accepts records of one constructor, or an object of its fields, which is then checked. */
export function recordOf<Input, Value>(construct: RecordConstructor<Input, Value>): FieldType<Value> {
  const type = construct.recordType;
  const pascal = `${type.name[0]?.toUpperCase()}${type.name.slice(1)}`;
  const expected = `${/^[aeiou]/i.test(type.name) ? "an" : "a"} ${type.name}`;
  return {
    expected,
    ts: `${pascal}Input`,
    tsValue: pascal,
    jsonSchema: { $ref: `#/$defs/${type.name}` },
    check: (value) => {
      if (isRecord(value, type.name)) return pass(value as Value);
      if (typeof value !== "object" || value === null || Array.isArray(value) || Reflect.get(value, typeTag)) {
        return refuse(expected, value);
      }
      const checked = checkRecord(type, value);
      return checked.ok ? pass(tagged(type, checked.value, capturePlace()) as Value) : checked;
    },
  };
}
