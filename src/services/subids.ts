/** Subordinate ids: what lets a plain user's container have users of its own (subuid(5), subgid(5)). */
import { defineRecord, integer, type RecordConstructor } from "../record/index.ts";
import { type ServiceType, serviceType } from "../service/index.ts";
import { accountName } from "./names.ts";
import type { SubidRange, SubidRangeInput } from "./subids.types.ts";

/** A range of subordinate ids. */
export const subidRange: RecordConstructor<SubidRangeInput, SubidRange> = defineRecord(
  "subidRange",
  "A range of subordinate ids that a user may map.",
  {
    name: { type: accountName, doc: "Whose range it is." },
    start: {
      type: integer(100_000, 2 ** 32 - 2),
      optional: true,
      doc: "Its first id; after the highest range in use where unset.",
    },
    count: { type: integer(1, 2 ** 32 - 100_001), default: 65_536, doc: "How many ids it has." },
  },
);

/** Ranges for users and for groups. */
export interface Subids {
  readonly subuids: readonly SubidRange[];
  readonly subgids: readonly SubidRange[];
}

/** Subordinate ids of the host's users. */
export const subidsServiceType: ServiceType<Partial<Subids>, Partial<Subids>> = serviceType<
  Partial<Subids>,
  Partial<Subids>,
  Partial<Subids>
>({
  name: "subids",
  description: "Ranges in /etc/subuid and /etc/subgid.",
  compose: (contributions) => [...contributions].reverse(),
  extend: (value, more: readonly Partial<Subids>[]) => ({
    subuids: [value, ...more].flatMap((each) => each.subuids ?? []),
    subgids: [value, ...more].flatMap((each) => each.subgids ?? []),
  }),
  defaultValue: {},
});
