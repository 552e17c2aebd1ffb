export type { PackageFacts } from "./debian/facts.ts";
export type { DebianArchive, DebianLock, DebianRequest, LockedPackage } from "./debian/locked.ts";
