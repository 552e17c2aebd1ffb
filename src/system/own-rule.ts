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
  stringWhere,
} from "../record/index.ts";
import type { OwnRule, OwnRuleInput } from "./own-rule.types.ts";
import type { Finding, Rule, RuleCheck } from "./rules/index.ts";

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

function isFinding(value: unknown): value is Finding {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}

/** The declaration's rule as one like Lading's own: whatever its code does, it says so at its place. */
export function asRule(own: OwnRule): Rule {
  const failed = (message: string, where: Place | undefined): readonly Finding[] => {
    const hint = "a rule returns a list of { message, hint?, where?, also? }, empty where all is well";
    report(new KnownError("declaration-threw", `the rule "${own.name}" ${message}`, { where, hint }));
    return [];
  };
  return {
    code: `own/${own.name}`,
    weight: own.weight,
    check: (system) => {
      try {
        const found: unknown = own.check(system);
        return Array.isArray(found) && found.every(isFinding)
          ? found
          : failed("returned something else than a list of findings", placeOf(own));
      } catch (error) {
        return failed(`threw: ${messageOf(error)}`, placeOfError(error) ?? placeOf(own));
      }
    },
  };
}
