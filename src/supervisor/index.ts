export type { ActionResult } from "./api.ts";
export { SupervisorClient } from "./client.ts";
export { describeExit, type ExitInfo, isUp, type UnitStatus } from "./machine.ts";
export { containerArgv, logPath } from "./runner.ts";
export type { StatusReport, UnitReport } from "./supervisor.ts";
export {
  type ActionSpec,
  type HealthSpec,
  type ObjectItem,
  readyWithin,
  type SecretSpec,
  type StartSpec,
  type UnitSet,
  type UnitSpec,
} from "./unit-spec.ts";
