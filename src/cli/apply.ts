/** `lading apply FILE`: build, plan, switch, wait. Everything slow comes before anything is touched. */
import { resolve } from "node:path";
import { KnownError, Problems } from "../base/index.ts";
import { ownIdentity } from "../engine/index.ts";
import { emptyPlan, type OnFailure, type ReviewedPlan, readPlanFile, requireReviewed } from "../system/index.ts";
import { type Answer, type Context, exitCodes, names } from "./context.ts";
import { type StrictOption, settleLoaded } from "./findings.ts";
import { remember } from "./in-force.ts";
import { printPlan } from "./show-plan.ts";

export interface ApplyOptions extends StrictOption {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly replaceVolume?: string;
  readonly message?: string;
  readonly onFailure?: string;
  /** A plan that was reviewed: exactly that is carried out. */
  readonly plan?: string;
}

const onFailures: readonly string[] = ["rollback", "stop", "keep"];

/** The option's value, of those that there are. */
export function onFailureOf(option: string = "rollback"): OnFailure {
  if (onFailures.includes(option)) return option as OnFailure;
  throw new KnownError("usage", `--on-failure takes ${onFailures.join(", ")}, not "${option}"`);
}

/** The declaration: the one that is named, or the one that the reviewed plan was made from. */
function declarationOf(file: string | undefined, reviewed: ReviewedPlan | undefined): string {
  if (file !== undefined) return resolve(file);
  if (reviewed !== undefined) return reviewed.source;
  throw new KnownError("usage", "apply takes a declaration, or --plan with a plan that was reviewed");
}

export async function run(context: Context, [given]: readonly (string | undefined)[], options: ApplyOptions): Answer {
  const since = Date.now();
  const onFailure = onFailureOf(options.onFailure);
  const reviewed = options.plan === undefined ? undefined : readPlanFile(options.plan);
  const file = declarationOf(given, reviewed);
  const compiled = await context.load(file);
  await settleLoaded(context, compiled, options);
  const host = await context.host();
  host.requireAuthority(compiled.spec);
  if (reviewed === undefined && (await host.isInForce(compiled))) {
    printPlan(context, emptyPlan);
    return exitCodes.done;
  }
  await using _lock = await host.lock(`lading apply ${given ?? options.plan}`);
  const recovered = await host.recover();
  if (recovered !== undefined) context.progress(recovered);
  await host.build(compiled.derivations, compiled.spec.roots);
  const replaceVolumes = reviewed?.replaceVolumes ?? names(options.replaceVolume);
  const planned = await host.plan(compiled.spec, { replaceVolumes });
  printPlan(context, planned.plan, { source: file, target: planned.target, replaceVolumes });
  if (planned.plan.problems.length > 0) throw new Problems(planned.plan.problems);
  if (reviewed !== undefined) requireReviewed(planned, reviewed);
  if (planned.plan.steps.length === 0) return exitCodes.done;
  if (options.dryRun === true) return exitCodes.wouldChange;
  if (options.yes !== true && reviewed === undefined) await context.confirm("Apply this plan?");
  const author = process.env.SUDO_USER ?? (await ownIdentity()).user;
  const origin = { source: file, sourceDigest: compiled.sourceDigest, author, message: options.message ?? null };
  const generation = await host.switchTo(planned, origin, onFailure);
  context.progress(`generation ${generation.number} is current`);
  if (compiled.inputs !== null) {
    const { number, spec } = generation;
    const managed = spec.files.map(({ path }) => `${context.paths.root}${path}`);
    const applied = { file, inputs: compiled.inputs, since, managed, generation: number };
    remember(context.paths, context.self, { ...applied, units: spec.units });
  }
  return exitCodes.done;
}
