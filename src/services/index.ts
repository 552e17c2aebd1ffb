export { type Accounts, type AccountsInput, accountServiceType, userAccount, userGroup } from "./account.ts";
export type { UserAccount, UserAccountInput, UserGroup, UserGroupInput } from "./account.types.ts";
export { containersConf } from "./containers-conf.ts";
export type { ContainersConf, ContainersConfInput } from "./containers-conf.types.ts";
export { engineFileProblem } from "./engine-files.ts";
export { type EtcEntry, type EtcOptions, etcServiceType } from "./etc.ts";
export { logRotation } from "./log-rotation.ts";
export type { LogRotation, LogRotationInput } from "./log-rotation.types.ts";
export { accountName } from "./names.ts";
export {
  ociExtension,
  ociNetwork,
  ociService,
  ociServiceType,
  ociVolume,
} from "./oci.ts";
export type {
  OciExtension,
  OciExtensionInput,
  OciNetwork,
  OciNetworkInput,
  OciService,
  OciServiceInput,
  OciVolume,
  OciVolumeInput,
} from "./oci.types.ts";
export { ociAttachment } from "./oci-attachment.ts";
export type { OciAttachment, OciAttachmentInput } from "./oci-attachment.types.ts";
export { containerName, ociContainer } from "./oci-container.ts";
export type { OciContainer, OciContainerInput } from "./oci-container.types.ts";
export { ociHealth } from "./oci-health.ts";
export type { OciHealth, OciHealthInput } from "./oci-health.types.ts";
export { formatLimit, pamLimitsEntry, pamLimitsServiceType } from "./pam-limits.ts";
export type { PamLimitsEntry, PamLimitsEntryInput } from "./pam-limits.types.ts";
export { type HostProgram, profileServiceType } from "./profile.ts";
export { readiness } from "./readiness.ts";
export type { Readiness, ReadinessInput } from "./readiness.types.ts";
export { containerControllers, rootlessPodmanConfiguration, rootlessPodmanServiceType } from "./rootless-podman.ts";
export type { RootlessPodmanConfiguration, RootlessPodmanConfigurationInput } from "./rootless-podman.types.ts";
export { schedule } from "./schedule.ts";
export type { Schedule, ScheduleInput } from "./schedule.types.ts";
export { secret } from "./secret.ts";
export type { Secret, SecretInput } from "./secret.types.ts";
export { type Subids, subidRange, subidsServiceType } from "./subids.ts";
export type { SubidRange, SubidRangeInput } from "./subids.types.ts";
export type { ContainerUnit, ObjectsUnit, SupervisedUnit } from "./supervised-unit.ts";
export { supervisorServiceType } from "./supervisor.ts";
export { action, unit } from "./unit.ts";
export type { Action, ActionInput, Unit, UnitInput } from "./unit.types.ts";
