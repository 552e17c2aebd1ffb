// Generated from the fields in schedule.ts by `npm run generate`.

/**
 * What `schedule({ … })` takes. When a unit is run: at the times of a calendar, or at an interval; exactly one of
 * them. It is never run twice at once: a time that comes while it runs is left out.
 */
export interface ScheduleInput {
  /** Times, in cron's form (crontab(5)) or systemd's (systemd.time(7), without its last-day forms). Default: `[]`. */
  readonly calendar?: readonly string[] | undefined;
  /** From the begin of a run to the next; the first comes one interval after it was declared. */
  readonly interval?: string | undefined;
  /** Of calendars that name none; the host's where unset. */
  readonly timeZone?: string | undefined;
  /** A run begins up to this much later, differently for each unit and time. Default: `"0s"`. */
  readonly jitter?: string | undefined;
  /**
   * Whether a time that was missed, because the machine or the supervisor did not run, is made up for, once. Default:
   * `true`.
   */
  readonly catchUp?: boolean | undefined;
}

/**
 * A checked, frozen `schedule`. When a unit is run: at the times of a calendar, or at an interval; exactly one of
 * them. It is never run twice at once: a time that comes while it runs is left out.
 */
export interface Schedule {
  /** Times, in cron's form (crontab(5)) or systemd's (systemd.time(7), without its last-day forms). Default: `[]`. */
  readonly calendar: readonly string[];
  /** From the begin of a run to the next; the first comes one interval after it was declared. */
  readonly interval?: string | undefined;
  /** Of calendars that name none; the host's where unset. */
  readonly timeZone?: string | undefined;
  /** A run begins up to this much later, differently for each unit and time. Default: `"0s"`. */
  readonly jitter: string;
  /**
   * Whether a time that was missed, because the machine or the supervisor did not run, is made up for, once. Default:
   * `true`.
   */
  readonly catchUp: boolean;
}
