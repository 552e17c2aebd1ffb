// Generated from the fields in schedule.ts by `npm run generate`.

/**
 * What `schedule({ … })` takes. When a unit is run: at the times of a calendar, or at an interval; exactly one of
 * them. It is never run twice at once: a time that comes while it runs is left out.
 */
export interface ScheduleInput {
  /**
   * Times, in cron's form (crontab(5)) or systemd's (systemd.time(7), without its last-day forms).
   * Takes a list, each element a calendar as cron has it ("30 2 * * *") or systemd ("daily", "Mon..Fri 08:30",
   * "*-*-01 03:00 Europe/Berlin").
   * @defaultValue `[]`
   */
  readonly calendar?: readonly string[] | undefined;
  /**
   * From the begin of a run to the next; the first comes one interval after it was declared.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue unset
   */
  readonly interval?: string | undefined;
  /**
   * Of calendars that name none; the host's where unset.
   * Takes a time zone such as Europe/Berlin.
   * @defaultValue unset
   */
  readonly timeZone?: string | undefined;
  /**
   * A run begins up to this much later, differently for each unit and time.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"0s"`
   */
  readonly jitter?: string | undefined;
  /**
   * Whether a time that was missed, because the machine or the supervisor did not run, is made up for, once.
   * @defaultValue `true`
   */
  readonly catchUp?: boolean | undefined;
}

/**
 * A checked, frozen `schedule`. When a unit is run: at the times of a calendar, or at an interval; exactly one of
 * them. It is never run twice at once: a time that comes while it runs is left out.
 */
export interface Schedule {
  /**
   * Times, in cron's form (crontab(5)) or systemd's (systemd.time(7), without its last-day forms).
   * Takes a list, each element a calendar as cron has it ("30 2 * * *") or systemd ("daily", "Mon..Fri 08:30",
   * "*-*-01 03:00 Europe/Berlin").
   * @defaultValue `[]`
   */
  readonly calendar: readonly string[];
  /**
   * From the begin of a run to the next; the first comes one interval after it was declared.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue unset
   */
  readonly interval?: string | undefined;
  /**
   * Of calendars that name none; the host's where unset.
   * Takes a time zone such as Europe/Berlin.
   * @defaultValue unset
   */
  readonly timeZone?: string | undefined;
  /**
   * A run begins up to this much later, differently for each unit and time.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"0s"`
   */
  readonly jitter: string;
  /**
   * Whether a time that was missed, because the machine or the supervisor did not run, is made up for, once.
   * @defaultValue `true`
   */
  readonly catchUp: boolean;
}
