/** A unit that did not come up, as an error that says why: the reason, and the last lines that it wrote. */
import { type ErrorDetails, KnownError, type Paths } from "../base/index.ts";
import { logPath, readyWithin, type UnitReport, type UnitSpec } from "../supervisor/index.ts";
import { lastLogLines } from "./logs.ts";

/** Keeps the unit's name, for whoever decides what becomes of it. */
export class UnitFailure extends KnownError {
  readonly unit: string;

  constructor(unit: string, message: string, details: ErrorDetails) {
    super("unit-failed", message, details);
    this.unit = unit;
  }
}

function reasonOf(report: UnitReport, spec: UnitSpec | undefined): string {
  if (report.health === "unhealthy") return "its health check fails";
  if (report.health === "starting" && spec !== undefined)
    return `its health check did not succeed within ${readyWithin(spec)} s`;
  return report.reason ?? `it is ${report.status}`;
}

export function unitFailure(paths: Paths, units: readonly UnitSpec[], report: UnitReport): KnownError {
  const spec = units.find((each) => each.name === report.name);
  const log = spec === undefined ? undefined : logPath(paths, spec);
  const lines = log === undefined ? [] : lastLogLines(log, 5).map((line) => line.text);
  const said = lines.length > 0 ? `; its last lines: ${lines.join(" | ")}` : "";
  const message = `"${report.name}" did not start: ${reasonOf(report, spec)}${said}`;
  const more = lines.length > 0 ? `; all that it wrote is in ${log}` : "";
  const hint = `mend the declaration and apply again; --on-failure says what becomes of such a switch${more}`;
  return new UnitFailure(report.name, message, { where: spec?.place, hint });
}
