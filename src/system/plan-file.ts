/**
 * Plans as files: what `plan --json` prints, and `apply --plan` carries out. The file does not hold what to do, for then it
 * could be forged; it holds what was shown, and a digest of all that would be done. `apply` plans again and goes on only
 * where nothing is otherwise.
 */
import { digestOfJson, KnownError } from "../base/index.ts";
import { readJsonFile } from "../sys/index.ts";
import type { Planned } from "./planned.ts";
import type { Plan, Step } from "./planner.ts";
import { type SystemSpec, systemDigest } from "./spec.ts";

/** What a plan was made from. */
export interface PlanOrigin {
  /** The declaration's file, absolute. */
  readonly source: string;
  readonly target: SystemSpec;
  readonly replaceVolumes: readonly string[];
}

/** What `apply --plan` needs of the file. */
export interface ReviewedPlan {
  readonly source: string;
  readonly basis: string;
  readonly replaceVolumes: readonly string[];
  readonly steps: readonly { readonly what: string; readonly details: readonly string[] }[];
}

function shownStep({ deed, what, why, record, fields, details, interrupts, seconds, canUndo, where }: Step): object {
  const shown = { kind: deed.kind, what, why, record, fields, details, interrupts, seconds, canUndo };
  return { ...shown, ...(where === undefined ? {} : { where }) };
}

/** Of everything that carrying out the plan does, and of what it was shown with. */
function basisOf({ steps }: Plan, target: SystemSpec): string {
  return digestOfJson({ target: systemDigest(target), steps: steps.map(({ where: _, ...step }) => step) });
}

/** A plan for `--json`, version 1 (docs/plan.schema.json). What a deed holds is the executor's business and not shown. */
export function planJson(plan: Plan, origin?: PlanOrigin): object {
  const { steps, orphans, foreign, notes, problems } = plan;
  return {
    version: 1,
    ...(origin === undefined
      ? {}
      : { source: origin.source, basis: basisOf(plan, origin.target), replaceVolumes: origin.replaceVolumes }),
    steps: steps.map(shownStep),
    orphans,
    foreign,
    notes,
    problems: problems.length,
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Reads a plan that `plan --json` printed. */
export function readPlanFile(path: string): ReviewedPlan {
  const hint = "make it with: lading plan FILE --json > plan.json";
  const refuse = (problem: string): KnownError =>
    new KnownError("plan-invalid", `${path} is no plan: ${problem}`, { hint });
  const found = readJsonFile(path, refuse);
  if (found === undefined) throw new KnownError("file-missing", `there is no file ${path}`, { hint });
  const { version, source, basis, replaceVolumes, steps } = found as Partial<
    Record<keyof ReviewedPlan | "version", unknown>
  >;
  if (version !== 1) throw refuse(`its version is ${JSON.stringify(version)}, not 1`);
  if (typeof source !== "string" || typeof basis !== "string") throw refuse("it has no source and basis");
  if (!isTexts(replaceVolumes)) throw refuse("its replaceVolumes are no list of names");
  const isStep = (step: unknown): step is ReviewedPlan["steps"][number] =>
    typeof step === "object" && step !== null && "details" in step && isTexts(step.details);
  if (!Array.isArray(steps) || !steps.every(isStep)) throw refuse("its steps are not those of a plan");
  return { source, basis, replaceVolumes, steps };
}

/** Refuses where what would be done now is not what was reviewed. */
export function requireReviewed({ plan, target }: Planned, reviewed: ReviewedPlan): void {
  if (basisOf(plan, target) === reviewed.basis) return;
  const shown = (steps: ReviewedPlan["steps"]): readonly string[] =>
    steps.map(({ what, details }) => [what, ...details].join("; "));
  const [then, now] = [shown(reviewed.steps), shown(plan.steps)];
  const differ = [
    ...now.filter((each) => !then.includes(each)).map((each) => `now ${each}`),
    ...then.filter((each) => !now.includes(each)).map((each) => `no longer ${each}`),
  ];
  const message = `the host or the declaration changed since the plan was made: ${differ.slice(0, 5).join(", ") || "the system itself"}`;
  throw new KnownError("plan-outdated", message, { hint: "make the plan again, and review what is new" });
}
