/** Schedules: when a unit that does its work and ends is run. */
import { parseCalendar } from "../base/index.ts";
import { boolean, defineRecord, listOf, type RecordConstructor, stringWhere } from "../record/index.ts";
import { duration } from "./engine-values.ts";
import type { Schedule, ScheduleInput } from "./schedule.types.ts";

const calendar = stringWhere(
  'a calendar as cron has it ("30 2 * * *") or systemd ("daily", "Mon..Fri 08:30", "*-*-01 03:00 Europe/Berlin")',
  (text) => parseCalendar(text) !== undefined,
);

const timeZone = stringWhere("a time zone such as Europe/Berlin", (text) => parseCalendar("daily", text) !== undefined);

/** When a unit is run. */
export const schedule: RecordConstructor<ScheduleInput, Schedule> = defineRecord(
  "schedule",
  "When a unit is run: at the times of a calendar, or at an interval; exactly one of them. It is never run twice at once: a time that comes while it runs is left out.",
  {
    calendar: {
      type: listOf(calendar),
      default: [],
      doc: "Times, in cron's form (crontab(5)) or systemd's (systemd.time(7), without its last-day forms).",
    },
    interval: {
      type: duration,
      optional: true,
      doc: "From the begin of a run to the next; the first comes one interval after it was declared.",
    },
    timeZone: { type: timeZone, optional: true, doc: "Of calendars that name none; the host's where unset." },
    jitter: {
      type: duration,
      default: "0s",
      doc: "A run begins up to this much later, differently for each unit and time.",
    },
    catchUp: {
      type: boolean,
      default: true,
      doc: "Whether a time that was missed, because the machine or the supervisor did not run, is made up for, once.",
    },
  },
);
