/** /etc/localtime and /etc/timezone, as tzdata's script writes them. */
import { KnownError } from "../../../base/index.ts";
import { file, type GeneratedFile, link, type SystemFilesOptions } from "./types.ts";
import type { Union } from "./union.ts";

/** Nothing without tzdata, unless a zone is asked for: that is refused. */
export function timeZone(union: Union, { timeZone: zone }: SystemFilesOptions): readonly GeneratedFile[] {
  const name = zone ?? "Etc/UTC";
  const path = `/usr/share/zoneinfo/${name}`;
  const isKnown = /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(name) && union.has(path);
  if (!isKnown && zone !== undefined)
    throw new KnownError("system-files-invalid", `no package has the time zone ${JSON.stringify(zone)}`, {
      hint: "Zones are files below /usr/share/zoneinfo, which the package tzdata brings, such as Europe/Berlin.",
    });
  return isKnown ? [link("/etc/localtime", path), file("/etc/timezone", `${name}\n`)] : [];
}
