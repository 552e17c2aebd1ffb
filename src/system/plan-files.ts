/** Managed files, as steps: what differs is written, what was edited by hand is refused. Pure. */
import { digestOf, KnownError } from "../base/index.ts";
import { engineFileProblem } from "../services/index.ts";
import type { Reference } from "../store/index.ts";
import { fileInvalid } from "./file-invalid.ts";
import { isFromUs } from "./ledger.ts";
import { lineChanges } from "./line-changes.ts";
import type { Observed } from "./observe.ts";
import type { PlanContext, Planner } from "./planner.ts";
import type { FileSpec, SystemSpec } from "./spec.ts";

export function planFiles(planner: Planner, observed: Observed, target: SystemSpec, context: PlanContext): void {
  const files = target.files.filter(({ onlyUnder }) => onlyUnder === undefined || observed.host[onlyUnder]);
  for (const file of files) {
    const content = context.content(file.source);
    const wanted = digestOf(content);
    const problem = engineFileProblem(file.path.replace(/^\/etc\//, ""), content.toString("utf8"));
    if (problem !== undefined) planner.problems.push(fileInvalid(file.path, problem, undefined));
    const there = observed.files[file.path] ?? null;
    const found = there?.digest ?? null;
    const managed = observed.ledger.files.find((each) => each.path === file.path);
    const settled = managed === undefined || (managed.written === wanted && managed.replacing === undefined);
    if (found === wanted && settled) continue;
    if (managed !== undefined && !isFromUs(managed, found)) {
      planner.problems.push(drifted(file.path));
      continue;
    }
    const why =
      found === null
        ? "it does not exist"
        : managed === undefined
          ? "it has other content; what is there now is kept and put back later"
          : settled || found !== wanted
            ? "its declaration changed"
            : "writing it was interrupted";
    const keep = managed === undefined && found !== null;
    const details = there === null ? [] : lineChanges(there.text, content.toString("utf8"));
    planner.add({ kind: "file-write", ...pick(file), digest: wanted, keep }, `file ${file.path}`, why, { details });
  }
  for (const file of observed.ledger.files) {
    if (files.some((each) => each.path === file.path)) continue;
    const found = observed.files[file.path]?.digest ?? null;
    if (!isFromUs(file, found)) {
      planner.problems.push(drifted(file.path));
      continue;
    }
    const what = file.backup === null ? `remove ${file.path}` : `put back ${file.path}`;
    planner.add({ kind: "file-restore", file }, what, "nothing declares it any more");
  }
}

function pick({ path, source }: FileSpec): { path: string; source: Reference } {
  return { path, source };
}

function drifted(path: string): KnownError {
  const hint = "put the change into the declaration, or remove the file to have the declared one written";
  return new KnownError("file-drifted", `${path} was edited since Lading wrote it`, { hint });
}
