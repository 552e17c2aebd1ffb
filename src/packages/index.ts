export { packageBuilders } from "./builders.ts";
export { archiveUrl } from "./debian/archive.ts";
export { type Paragraph, parseParagraphs } from "./debian/control-fields.ts";
export { type DebFile, openDeb } from "./debian/deb-file.ts";
export { type ReadAt, readElfLibrary } from "./debian/elf.ts";
export { keptFiles, type LibraryFact, type PackageFacts } from "./debian/facts.ts";
export type { DebianLock, DebianRequest, LockedPackage } from "./debian/locked.ts";
export { mergeUsr } from "./debian/merged-usr.ts";
export { resolveDebian } from "./debian/resolve-debian.ts";
export { scriptFacts } from "./debian/scripts.ts";
export { securityUpdates } from "./debian/security-updates.ts";
export {
  type DeclaredGroup,
  type DeclaredUser,
  type GeneratedFile,
  generateSystemFiles,
  type SystemFilesOptions,
  type UnpackedPackage,
} from "./debian/system-files/index.ts";
export { debian, debianPackages, debianRelease, requestOf } from "./debian.ts";
export type {
  DebianPackages,
  DebianPackagesInput,
  DebianRelease,
  DebianReleaseInput,
} from "./debian.types.ts";
export { isLockedSet, type LockedSet, LockedSets, suiteDates } from "./locked-sets.ts";
export { type NpmPackage, npmArchiveUrl, npmRegistry } from "./npm/package-lock.ts";
export { isPlatformName, lowerNpmModules, lowerNpmTree, npmModules } from "./npm.ts";
export type { NpmModules, NpmModulesInput } from "./npm.types.ts";
export { formatRequest, setChanges } from "./set-changes.ts";
