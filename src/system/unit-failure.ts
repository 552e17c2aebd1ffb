/** A unit that did not come up, as an error that says why: the reason, and the last lines that it wrote. */
import { KnownError, type Paths } from "../base/index.ts";
import { logPath, type UnitReport, type UnitSpec } from "../supervisor/index.ts";
import { lastLogLines } from "./logs.ts";

export function unitFailure(paths: Paths, units: readonly UnitSpec[], report: UnitReport): KnownError {
  const spec = units.find((each) => each.name === report.name);
  const lines = spec === undefined ? [] : lastLogLines(logPath(paths, spec), 5).map((line) => line.text);
  const said = lines.length > 0 ? `; its last lines: ${lines.join(" | ")}` : "";
  const message = `"${report.name}" did not start: ${report.reason ?? `it is ${report.status}`}${said}`;
  const hint = "nothing was kept of this switch; mend the declaration and apply again";
  return new KnownError("unit-failed", message, { where: spec?.place, hint });
}
