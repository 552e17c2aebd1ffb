/** Everything that a declaration can use: `import { operatingSystem, service, … } from "lading"`. */

export type {
  ImageAccount,
  ImageAccountInput,
  ImageManifest,
  ImageManifestInput,
  ManifestEntry,
  ManifestEntryInput,
  OciImage,
  OciImageInput,
  PackOptions,
  PackOptionsInput,
  SystemLike,
} from "./image/index.ts";
export {
  imageAccount,
  localTree,
  manifest,
  manifestEntry,
  npmApplication,
  ociImage,
  packOptions,
} from "./image/index.ts";
export type {
  DebianPackages,
  DebianPackagesInput,
  DebianRelease,
  DebianReleaseInput,
  NpmModules,
  NpmModulesInput,
} from "./packages/index.ts";
export { debian, debianPackages, debianRelease, npmModules } from "./packages/index.ts";
export { isRecord } from "./record/index.ts";
export {
  type Clause,
  type Extension,
  extension,
  type FoldContext,
  modifyServices,
  type Service,
  type ServiceType,
  type ServiceTypeOptions,
  service,
  serviceType,
  simpleService,
} from "./service/index.ts";
export type * from "./services/index.ts";
export {
  accountServiceType,
  action,
  containerName,
  containersConf,
  etcServiceType,
  logRotation,
  ociAttachment,
  ociContainer,
  ociExtension,
  ociHealth,
  ociNetwork,
  ociService,
  ociServiceType,
  ociVolume,
  pamLimitsEntry,
  pamLimitsServiceType,
  profileServiceType,
  readiness,
  rootlessPodmanConfiguration,
  rootlessPodmanServiceType,
  schedule,
  secret,
  subidRange,
  subidsServiceType,
  supervisorServiceType,
  unit,
  userAccount,
  userGroup,
} from "./services/index.ts";
export {
  computedFile,
  directoryUnion,
  type FileLike,
  type FileSource,
  fileAppend,
  fileUnion,
  type LocalFileOptions,
  localFile,
  mixedTextFile,
  type Pairs,
  plainFile,
  programFile,
  type Select,
  type Stageable,
  type StagedText,
  sh,
  text,
} from "./store/index.ts";
export type { HomeEnvironment, HomeEnvironmentInput, OperatingSystem, OperatingSystemInput } from "./system/index.ts";
export { homeEnvironment, operatingSystem } from "./system/index.ts";
