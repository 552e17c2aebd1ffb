/** Files under /etc that Lading manages. */
import { normalize } from "node:path";
import { capturePlace, KnownError, type Place } from "../base/index.ts";
import { report } from "../record/index.ts";
import { type ServiceType, serviceType } from "../service/index.ts";
import type { FileLike, StagedText } from "../store/index.ts";

export interface EtcOptions {
  /** Where it was declared, for content that has no place of its own. */
  readonly place?: Place | undefined;
  /** The file is for hosts whose init is systemd, and not written on others. */
  readonly onlyUnder?: "systemd";
}

/** A path below /etc, and what the file holds. */
export type EtcEntry = readonly [path: string, content: string | StagedText | FileLike, options?: EtcOptions];

function checkEntries(entries: readonly EtcEntry[]): readonly EtcEntry[] {
  const seen = new Set<string>();
  for (const [path] of entries) {
    const normal = normalize(path);
    if (seen.has(normal)) {
      report(new KnownError("duplicate-file", `duplicate "${normal}" entry for /etc`, { where: capturePlace() }));
    }
    if (normal.startsWith("/") || normal.startsWith("..")) {
      const hint = "the path is relative to /etc, such as containers/policy.json";
      report(
        new KnownError("invalid-value", `etc: "${path}" is not a path below /etc`, { hint, where: capturePlace() }),
      );
    }
    seen.add(normal);
  }
  return entries.map(([path, ...rest]) => [normalize(path), ...rest] as const);
}

/** Files under /etc. */
export const etcServiceType: ServiceType<readonly EtcEntry[], readonly EtcEntry[]> = serviceType<
  readonly EtcEntry[],
  readonly EtcEntry[],
  readonly EtcEntry[]
>({
  name: "etc",
  description: "Files under /etc.",
  compose: (contributions) => [...contributions].reverse().flat(),
  extend: (value, more: readonly EtcEntry[]) => checkEntries([...value, ...more]),
  defaultValue: [],
});
