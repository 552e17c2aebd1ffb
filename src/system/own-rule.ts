/** Rules that a declaration brings: a team's own conventions, checked beside Lading's. */
import { KnownError, messageOf, type Place, placeOfError } from "../base/index.ts";
import {
  defineRecord,
  type FieldType,
  oneOf,
  pass,
  placeOf,
  type RecordConstructor,
  refuse,
  report,
  showValue,
  stringWhere,
} from "../record/index.ts";
import type { OwnRule, OwnRuleInput } from "./own-rule.types.ts";
import { checkedSystem, type Finding, type Rule, type RuleCheck } from "./rules/index.ts";

const check: FieldType<RuleCheck> = {
  expected: "a function from the folded system to a list of findings",
  ts: "RuleCheck",
  jsonSchema: { description: "A function; only in TypeScript." },
  check: (value) => (typeof value === "function" ? pass(value as RuleCheck) : refuse(check.expected, value)),
};

export const ownRule: RecordConstructor<OwnRuleInput, OwnRule> = defineRecord(
  "ownRule",
  "A rule of the declaration's own. What it finds is told, weighed and suppressed as what Lading's own rules find, under the code own/NAME.",
  {
    name: {
      type: stringWhere("small letters, digits and '-'", (text) => /^[a-z][a-z0-9-]*$/.test(text)),
      doc: "What its findings are called: their code is own/NAME.",
    },
    weight: {
      type: oneOf("error", "warning"),
      default: "error",
      doc: "An error stops check, plan and apply; a warning is told.",
    },
    check: {
      type: check,
      doc: "What finds: it gets the folded system, with its containers and what their options say, and returns what is wrong, each with a message and best with `where` and a hint.",
    },
  },
);

const isWhole = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 1;

function placeFrom(value: unknown): Place | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { file, line, column } = value as Partial<Place>;
  return typeof file === "string" && isWhole(line) && isWhole(column) ? { file, line, column } : undefined;
}

/** A text on one line: what stands on the next would look like a finding of its own. */
function lineFrom(value: unknown): string | undefined {
  return typeof value === "string" ? value.replaceAll(/\s*\n\s*/g, " ") : undefined;
}

/** What a rule returned as a finding, copied; undefined where a part of it is not what it should be. */
function findingFrom(value: unknown): Finding | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { message, hint, where, also, field } = value as Partial<Record<keyof Finding, unknown>>;
  const copy: Finding = {
    message: lineFrom(message) ?? "",
    hint: lineFrom(hint),
    where: placeFrom(where),
    also: placeFrom(also),
    field: typeof field === "string" ? field : undefined,
  };
  const whole =
    typeof message === "string" &&
    [
      [hint, copy.hint],
      [where, copy.where],
      [also, copy.also],
      [field, copy.field],
    ].every(([given, taken]) => given === undefined || taken !== undefined);
  return whole ? copy : undefined;
}

/** The declaration's rule as one like Lading's own: whatever its code does, it says so at its place, and changes nothing. */
export function asRule(own: OwnRule): Rule {
  const failed = (message: string, where: Place | undefined): readonly Finding[] => {
    const hint = "a rule returns a list of { message, hint?, where?, field?, also? }, empty where all is well";
    report(new KnownError("declaration-threw", `the rule "${own.name}" ${message}`, { where, hint }));
    return [];
  };
  return {
    code: `own/${own.name}`,
    weight: own.weight,
    check: ({ containers: _, ...spec }) => {
      try {
        const found: unknown = own.check(checkedSystem(structuredClone(spec)));
        const findings = Array.isArray(found) ? Array.from(found, findingFrom) : [undefined];
        return findings.includes(undefined)
          ? failed("returned something else than a list of findings", placeOf(own))
          : (findings as readonly Finding[]);
      } catch (error) {
        return failed(`threw: ${showThrown(error)}`, placeOfError(error) ?? placeOf(own));
      }
    },
  };
}

/** What was thrown, which need be no error and may have no text. */
function showThrown(error: unknown): string {
  return error instanceof Error ? messageOf(error) : showValue(error);
}
