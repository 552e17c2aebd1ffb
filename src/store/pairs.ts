/** The "pair" of records: `["A", "1"]`, an object's entry, or the joined string "A=1", all held as joined text. */
import { at, type Checked, type FieldType, type Issue, pass, refuse } from "../record/index.ts";
import { isStagedText, joinText, type StagedText, stageableText } from "./file-like.ts";

/** A joined pair. */
export type Pair = string | StagedText;

function checkPair(separator: string, value: unknown): Checked<Pair> {
  const expected = `a string such as "key${separator}value", or a pair [key, value] of strings or staged texts`;
  if (!Array.isArray(value)) {
    const checked = stageableText.check(value);
    return checked.ok ? checked : refuse(expected, value);
  }
  const [key, member] = value;
  if (value.length !== 2 || !stageableText.check(key).ok || !stageableText.check(member).ok) {
    return refuse(expected, value);
  }
  return pass(joinText(key, separator, member));
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
      const members: readonly (readonly [string, unknown])[] = Array.isArray(value)
        ? value.map((member, index) => [`[${index}]`, member] as const)
        : Object.entries(value).map((entry) => [`.${entry[0]}`, entry] as const);
      const joined: Pair[] = [];
      const issues: Issue[] = [];
      for (const [path, member] of members) {
        const checked = checkPair(separator, member);
        if (checked.ok) joined.push(checked.value);
        else issues.push(...at(path, checked.issues));
      }
      return issues.length === 0 ? pass(Object.freeze(joined)) : { ok: false, issues };
    },
  };
}

/** What users may write where a record wants pairs. */
export type Pairs =
  | Readonly<Record<string, string | StagedText>>
  | readonly (string | StagedText | readonly [key: string | StagedText, value: string | StagedText])[];
