/** Resource limits of login sessions, as pam_limits reads them (limits.conf(5)). */
import { defineRecord, either, integer, oneOf, type RecordConstructor, string } from "../record/index.ts";
import { type ServiceType, serviceType } from "../service/index.ts";
import type { PamLimitsEntry, PamLimitsEntryInput } from "./pam-limits.types.ts";

/** One line of the limits file. */
export const pamLimitsEntry: RecordConstructor<PamLimitsEntryInput, PamLimitsEntry> = defineRecord(
  "pamLimitsEntry",
  "One line of the limits file.",
  {
    domain: { type: string, doc: "Whom it is for: a user, `@group`, or `*` for all." },
    type: { type: oneOf("soft", "hard", "both"), doc: "Which of the two limits it sets." },
    item: { type: string, doc: "What is limited, such as nofile." },
    value: { type: either(integer(0, Number.MAX_SAFE_INTEGER), oneOf("unlimited")), doc: "The limit." },
  },
);

/** The entry as a line of limits.conf. */
export function formatLimit(entry: PamLimitsEntry): string {
  return `${entry.domain}\t${entry.type === "both" ? "-" : entry.type}\t${entry.item}\t${entry.value}`;
}

/** Lines of the limits file. */
export const pamLimitsServiceType: ServiceType<readonly PamLimitsEntry[], readonly PamLimitsEntry[]> = serviceType<
  readonly PamLimitsEntry[],
  readonly PamLimitsEntry[],
  readonly PamLimitsEntry[]
>({
  name: "pam-limits",
  description: "Resource limits of login sessions.",
  compose: (contributions) => [...contributions].reverse().flat(),
  extend: (value, more: readonly PamLimitsEntry[]) => [...value, ...more],
  defaultValue: [],
});
