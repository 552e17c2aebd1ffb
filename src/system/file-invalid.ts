/** A managed file that its reader would refuse, as an error. */
import { KnownError, type Place } from "../base/index.ts";
import type { engineFileProblem } from "../services/index.ts";

export function fileInvalid(
  path: string,
  { message, line }: NonNullable<ReturnType<typeof engineFileProblem>>,
  where: Place | undefined,
): KnownError {
  const at = line === undefined ? "" : `, line ${line}`;
  const page = path.endsWith("policy.json") ? "containers-policy.json" : `containers-${path.split("/").at(-1)}`;
  const hint = `see man 5 ${page.replace("containers-containers", "containers")}`;
  return new KnownError("file-invalid", `${path}${at}: ${message}`, { where, hint });
}
