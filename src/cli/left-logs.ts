/**
 * Logs of units that the generation in force does not have: a switch that was undone leaves those of the units that it
 * started, and so does a unit that is declared no more. They lie where a unit's log lies that declares no `logFile`, and
 * are there until `lading down`.
 */
import { basename, join } from "node:path";
import { isName, type Paths } from "../base/index.ts";
import { existsSync, readdirSync } from "../sys/index.ts";

/** The log of the supervisor's own folder, then those of users' containers. */
function leftLogs(paths: Paths): readonly string[] {
  if (!existsSync(paths.logs)) return [];
  // A link could point at any file: what is no file of its own here is nobody's log.
  const logsIn = (folder: string): readonly string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() && entry.name.endsWith(".log") ? [join(folder, entry.name)] : [],
    );
  const folders = readdirSync(paths.logs, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...logsIn(paths.logs), ...folders.flatMap(({ name }) => logsIn(join(paths.logs, name)))];
}

/** The log that a unit of this name left; undefined where there is none. */
export function leftLog(paths: Paths, name: string): string | undefined {
  return isName(name) ? leftLogs(paths).find((path) => basename(path) === `${name}.log`) : undefined;
}

/** The names of the units that left a log. */
export function namesOfLeftLogs(paths: Paths): readonly string[] {
  return leftLogs(paths).map((path) => basename(path, ".log"));
}
