/** What a host is opened with, and a plan together with what it was made from. */
import type { OnProgress, Paths } from "../base/index.ts";
import type { Observed } from "./observe.ts";
import type { Plan } from "./planner.ts";
import type { SystemSpec } from "./spec.ts";

export interface HostOptions {
  readonly paths: Paths;
  /** The command that runs the supervisor. */
  readonly daemonArgv: readonly string[];
  readonly signal?: AbortSignal;
  /** Hears of each long step. */
  readonly onProgress?: OnProgress;
}

/** A plan with what it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly target: SystemSpec;
  readonly observed: Observed;
}
