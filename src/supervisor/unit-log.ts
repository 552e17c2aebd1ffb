/** Where a unit's output goes, who may write it, and how much of it is kept. */
import { dirname, join } from "node:path";
import { hasErrno, KnownError, type Paths } from "../base/index.ts";
import { type Identity, optionValues } from "../engine/index.ts";
import {
  closeSync,
  constants,
  diskError,
  ensureFolder,
  fchownSync,
  fstatSync,
  lchownSync,
  openSync,
} from "../sys/index.ts";
import type { RotatedLog } from "./log-rotation.ts";
import type { Running } from "./state-file.ts";
import { defaultLogLimits, type UnitSpec } from "./unit-spec.ts";

/** Where a unit's output goes: that of another user's container lies in a folder of that user's, whose conmon writes it. */
export function logPath(paths: Paths, unit: Pick<UnitSpec, "name" | "logFile" | "user" | "start">): string {
  const folder = unit.user !== null && unit.start.kind === "container" ? join(paths.logs, unit.user) : paths.logs;
  return unit.logFile ?? join(folder, `${unit.name}.log`);
}

/**
 * Opens a log that may lie in a folder of an unprivileged user. A link there could point at any file of the host, so
 * none is followed: open(2), O_NOFOLLOW.
 */
function openLog(path: string): { readonly descriptor: number; readonly made: boolean } {
  const append = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return { descriptor: openSync(path, append | constants.O_CREAT | constants.O_EXCL, 0o640), made: true };
  } catch (error) {
    if (!hasErrno(error, "EEXIST")) throw diskError(error, path);
  }
  const refuse = (what: string): KnownError =>
    new KnownError("read-only", `the log ${path} is ${what}`, { hint: "remove it, or declare another logFile" });
  let descriptor: number;
  try {
    descriptor = openSync(path, append);
  } catch (error) {
    if (hasErrno(error, "ELOOP")) throw refuse("a symbolic link, which is not followed");
    // A FIFO that nobody reads.
    if (hasErrno(error, "ENXIO")) throw refuse("no file");
    throw diskError(error, path);
  }
  if (fstatSync(descriptor).isFile()) return { descriptor, made: false };
  closeSync(descriptor);
  throw refuse("no file");
}

/** Opens the log for appending; one that is new belongs to whoever writes it. Its caller closes it. */
export function openUnitLog(paths: Paths, unit: UnitSpec, identity: Identity): number {
  const path = logPath(paths, unit);
  const isForeign = process.getuid?.() === 0 && identity.uid !== 0;
  // Only what lies in a folder of root's own can be given away: below a user's folder a link may stand in its place.
  const isOwnFolder = dirname(dirname(path)) === paths.logs;
  ensureFolder(isOwnFolder ? paths.logs : dirname(path));
  if (isOwnFolder) {
    ensureFolder(dirname(path), 0o750);
    if (isForeign) lchownSync(dirname(path), identity.uid, identity.gid);
  }
  const log = openLog(path);
  if (log.made && isForeign) fchownSync(log.descriptor, identity.uid, identity.gid);
  return log.descriptor;
}

/** The logs of what runs, and how much of each is kept. */
export function rotatedLogs(
  paths: Paths,
  running: ReadonlyMap<string, Running>,
  specOf: (unit: string) => UnitSpec | undefined,
): readonly RotatedLog[] {
  return [...running].flatMap(([name, { process }]): RotatedLog[] => {
    const unit = specOf(name);
    if (unit === undefined) return [];
    const { start } = unit;
    if (start.kind !== "program" && start.kind !== "container") return [];
    const isPodman = start.kind === "container" && start.cli.engine === "podman";
    // A log that the engine sends elsewhere is the engine's to keep.
    if (isPodman && (process === null || optionValues(start.container.options, "--log-driver").length > 0)) return [];
    const limits = unit.log ?? defaultLogLimits;
    return [{ path: logPath(paths, unit), limits, ...(isPodman && process !== null ? { container: process } : {}) }];
  });
}
