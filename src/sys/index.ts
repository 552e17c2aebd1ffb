export { isAddress, isWithin, parseSubnet, type Subnet, subnetsOverlap } from "./addresses.ts";
export * from "./files.ts";
export { type LockOptions, takeLock } from "./lock.ts";
export { bindDatagramSocket, reap } from "./native.ts";
export { notifySystemd, watchdogPeriod } from "./notify.ts";
export {
  bootId,
  type CommandLine,
  cgroupLayout,
  childrenOf,
  childrenThatEnded,
  commandLinesOf,
  hasProcesses,
  isAlive,
  listeningPorts,
  parentOf,
  processId,
  readLinkIfExists,
  rootPropagation,
  startTimeOf,
} from "./proc.ts";
export {
  type ChildProcess,
  hostPath,
  lastWords,
  type ProcessId,
  type RunOptions,
  type RunResult,
  run,
  runOrFail,
  spawn,
} from "./process.ts";
export * from "./sockets.ts";
