export { isAddress, isLoopback, isWithin, parseSubnet, type Subnet, subnetsOverlap } from "./addresses.ts";
export { type CertificatesLookup, certificatesOf } from "./certificates.ts";
export { type DownloadOptions, download, type FetchOptions, fetchBytes } from "./download.ts";
export * from "./files.ts";
export { filterThrough, findProgram } from "./filter.ts";
export { shrinkHeap } from "./heap.ts";
export { type Certificates, type HttpAnswer, type HttpBody, HttpClient, type HttpRequest } from "./http.ts";
export { hostUnxz } from "./liblzma.ts";
export { type LockOptions, takeLock } from "./lock.ts";
export { lookUp } from "./name-service.ts";
export { attributesOf, bindDatagramSocket, reap } from "./native.ts";
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
  onProgramEnd,
  type ProcessId,
  type RunOptions,
  type RunResult,
  run,
  runOrFail,
  spawn,
} from "./process.ts";
export { type ProxyLookup, proxyOf } from "./proxy.ts";
export * from "./sockets.ts";
