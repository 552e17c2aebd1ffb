export type { ActionResult, Verb } from "./api.ts";
export { SupervisorClient } from "./client.ts";
export { rotatedOf } from "./log-rotation.ts";
export { LogNotes, partOf } from "./log-times.ts";
export type { StatusReport, UnitHistory, UnitReport } from "./report.ts";
export { containerArgv } from "./runner.ts";
export { countSwitch } from "./switch-results.ts";
export { logPath } from "./unit-log.ts";
export {
  type AccessSpec,
  type ActionSpec,
  type HealthSpec,
  healthOf,
  isWork,
  type LogLimits,
  type ObjectItem,
  type ProbeSpec,
  type ReadinessSpec,
  readyWithin,
  type ScheduleSpec,
  type SecretSpec,
  type StartSpec,
  type UnitSet,
  type UnitSpec,
} from "./unit-spec.ts";
export { type Change, describeExit, type ExitInfo, isUp, type UnitStatus } from "./unit-state.ts";
