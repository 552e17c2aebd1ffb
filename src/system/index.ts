export { type BootFile, bootFile, type Init } from "./boot-files.ts";
export { compileSystem } from "./compile.ts";
export { reloadReader } from "./execute.ts";
export { Host } from "./host.ts";
export { type Demand, demandOf } from "./host-demand.ts";
export { hostNeeds, type Need, rangeNeeds } from "./host-needs.ts";
export {
  type LockFile,
  lockPath,
  type PinnedImage,
  pinChanges,
  pinnable,
  readLock,
  writeLock,
} from "./lock-file.ts";
export { type LogLine, LogReader, lastLogLines } from "./logs.ts";
export { observeBasics } from "./observe.ts";
export { homeEnvironment, operatingSystem } from "./operating-system.ts";
export type {
  HomeEnvironment,
  HomeEnvironmentInput,
  OperatingSystem,
  OperatingSystemInput,
} from "./operating-system.types.ts";
export { ownRule } from "./own-rule.ts";
export type { OwnRule, OwnRuleInput } from "./own-rule.types.ts";
export { type PlanOrigin, planJson, type ReviewedPlan, readPlanFile, requireReviewed } from "./plan-file.ts";
export type { HostOptions, Planned } from "./planned.ts";
export { emptyPlan, type Plan, type Step } from "./planner.ts";
export { inspectRemote } from "./remote-image.ts";
export {
  type CheckedSystem,
  checkedSystem,
  checkOnHost,
  type Finding,
  type Findings,
  hostRules,
  type RuleCheck,
  rules,
  type Suppressions,
  sift,
  suppressionsIn,
  unusedSuppressions,
  type Weighed,
} from "./rules/index.ts";
export type { Compiled, Loaded, SystemSpec } from "./spec.ts";
export type { OnFailure } from "./switch.ts";
export type { CompileOptions } from "./unit-writer.ts";
