/**
 * What a rule is: a pure function over the folded system that finds one kind of mistake. Each rule has a file of its own;
 * `index.ts` lists them. A declaration may bring rules of its own (`own-rule.ts`).
 */
import type { FindingCode, Place } from "../../base/index.ts";
import type { SystemSpec } from "../spec.ts";
import type { ContainerView } from "./container-view.ts";
import type { HostView } from "./host-view.ts";

/** What a rule found. */
export interface Finding {
  /** What is wrong, with the value that is. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The call that made what is wrong. */
  readonly where?: Place | undefined;
  /** The field of that call that is wrong, or those that it may be: the place is its own where the source shows it. */
  readonly field?: string | readonly string[] | undefined;
  /** A second place that takes part. */
  readonly also?: Place | undefined;
}

/** The folded system as rules see it. */
export interface CheckedSystem extends SystemSpec {
  /** The containers among the units, with what their options say. */
  readonly containers: readonly ContainerView[];
}

/**
 * How much a finding weighs. "refused": the system cannot be as declared, whatever the host. "error": it would go wrong on
 * a host such as this; whoever knows better suppresses it at its place. "warning": it works, and somebody will regret it.
 */
export type Weight = "refused" | "error" | "warning";

/** What a rule finds of a system; nothing where all is well. */
export type RuleCheck = (system: CheckedSystem) => readonly Finding[];

export interface Rule {
  readonly code: FindingCode;
  readonly weight: Weight;
  readonly check: RuleCheck;
}

/** A rule that asks this host, which is not always the one that is declared: only `check` runs it. */
export interface HostRule {
  readonly code: FindingCode;
  readonly weight: "error" | "warning";
  readonly check: (system: CheckedSystem, host: HostView) => readonly Finding[];
}
