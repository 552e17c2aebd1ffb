// Generated from the fields in own-rule.ts by `npm run generate`.
import type { RuleCheck } from "../system/rules/index.ts";

/**
 * What `ownRule({ … })` takes. A rule of the declaration's own. What it finds is told, weighed and suppressed as what
 * Lading's own rules find, under the code own/NAME.
 */
export interface OwnRuleInput {
  /**
   * What its findings are called: their code is own/NAME.
   * Takes small letters, digits and '-'.
   */
  readonly name: string;
  /**
   * An error stops check, plan and apply; a warning is told.
   * @defaultValue `"error"`
   */
  readonly weight?: "error" | "warning" | undefined;
  /**
   * What finds: it gets the folded system, with its containers and what their options say, and returns what is wrong,
   * each with a message and best with `where` and a hint.
   * Takes a function from the folded system to a list of findings.
   */
  readonly check: RuleCheck;
}

/**
 * A checked, frozen `ownRule`. A rule of the declaration's own. What it finds is told, weighed and suppressed as what
 * Lading's own rules find, under the code own/NAME.
 */
export interface OwnRule {
  /**
   * What its findings are called: their code is own/NAME.
   * Takes small letters, digits and '-'.
   */
  readonly name: string;
  /**
   * An error stops check, plan and apply; a warning is told.
   * @defaultValue `"error"`
   */
  readonly weight: "error" | "warning";
  /**
   * What finds: it gets the folded system, with its containers and what their options say, and returns what is wrong,
   * each with a message and best with `where` and a hint.
   * Takes a function from the folded system to a list of findings.
   */
  readonly check: RuleCheck;
}
