export { type CompileOptions, compileSystem } from "./compile.ts";
export { type Generation, Generations, readUnits } from "./generations.ts";
export { Host, type HostOptions, type Planned } from "./host.ts";
export { type LogLine, lastLogLines, parseLog } from "./logs.ts";
export { homeEnvironment, operatingSystem } from "./operating-system.ts";
export type {
  HomeEnvironment,
  HomeEnvironmentInput,
  OperatingSystem,
  OperatingSystemInput,
} from "./operating-system.types.ts";
export type { Plan, Step } from "./plan.ts";
export type { Compiled, Loaded, SystemSpec } from "./spec.ts";
