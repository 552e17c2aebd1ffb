/** The "pair" of records: `["A", "1"]`, an object's entry, or the joined string "A=1", all held as joined text. */
import { at, type Checked, type FieldType, type Issue, memberPath, pass, refuse } from "../record/index.ts";
import { isStagedText, joinText, type StagedText, stageableText } from "./file-like.ts";

/** A joined pair. */
export type Pair = string | StagedText;

/** What to write for a value that is no text. */
function hintFor(value: unknown): string | undefined {
  if (value === undefined)
    return 'a variable that is not set is undefined: write `process.env.NAME ?? ""`, or leave it out';
  if (value === null) return 'write "", or leave it out';
  return ["boolean", "number", "bigint"].includes(typeof value) ? `write "${value}"` : undefined;
}

/** A pair of which the value stands alone, at `path`. */
function checkEntry(separator: string, path: string, key: string | StagedText, value: unknown): Checked<Pair> {
  const checked = stageableText.check(value);
  return checked.ok
    ? pass(joinText(key, separator, checked.value))
    : { ok: false, issues: [{ path, expected: "a string", got: value, hint: hintFor(value) }] };
}

function checkPair(separator: string, value: unknown): Checked<Pair> {
  const expected = `a string such as "key${separator}value", or a pair [key, value] of strings or staged texts`;
  if (!Array.isArray(value)) {
    const checked = stageableText.check(value);
    return checked.ok ? checked : refuse(expected, value, value === undefined ? hintFor(value) : undefined);
  }
  const [key, member] = value;
  if (value.length !== 2 || !stageableText.check(key).ok) return refuse(expected, value);
  return checkEntry(separator, "[1]", key, member);
}

function under(path: string, checked: Checked<Pair>): Checked<Pair> {
  return checked.ok ? checked : { ok: false, issues: at(path, checked.issues) };
}

/** A list of pairs, or an object whose entries are the pairs; order and repetitions are kept. */
export function pairs(separator: "=" | ":"): FieldType<readonly Pair[]> {
  const expected = `a list of pairs "key${separator}value", or an object`;
  return {
    expected,
    ts: "Pairs",
    tsValue: "readonly (string | StagedText)[]",
    jsonSchema: {
      anyOf: [
        { type: "object", additionalProperties: { type: "string" } },
        {
          type: "array",
          items: {
            anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 2, maxItems: 2 }],
          },
        },
      ],
    },
    check: (value) => {
      if (typeof value !== "object" || value === null || isStagedText(value)) return refuse(expected, value);
      const members: readonly Checked<Pair>[] = Array.isArray(value)
        ? value.map((member, index) => under(`[${index}]`, checkPair(separator, member)))
        : Object.entries(value).map(([key, member]) => checkEntry(separator, memberPath(key), key, member));
      const joined: Pair[] = [];
      const issues: Issue[] = [];
      for (const checked of members) {
        if (checked.ok) joined.push(checked.value);
        else issues.push(...checked.issues);
      }
      return issues.length === 0 ? pass(Object.freeze(joined)) : { ok: false, issues };
    },
  };
}

/** What users may write where a record wants pairs. */
export type Pairs =
  | Readonly<Record<string, string | StagedText>>
  | readonly (string | StagedText | readonly [key: string | StagedText, value: string | StagedText])[];
