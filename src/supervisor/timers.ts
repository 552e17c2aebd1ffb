/**
 * Runs units at their times. When each last ran is kept in a file, so that a time that was missed is known; a clock that was
 * set back or forth moves the next time and loses none: it is worked out anew at each look, from the last run.
 */
import { join } from "node:path";
import { type Calendar, digestOfJson, KnownError, messageOf, type Paths, parseCalendar } from "../base/index.ts";
import { readJsonFile, writeFileAtomic } from "../sys/index.ts";
import type { ScheduleSpec } from "./unit-spec.ts";

/** Milliseconds between looks, for the clock may be set. */
const lookInterval = 30_000;

export interface TimersOptions {
  readonly paths: Paths;
  /** A unit's time has come. */
  readonly onDue: (unit: string) => void;
  readonly onProblem: (message: string) => void;
}

interface Armed {
  readonly schedule: ScheduleSpec;
  readonly calendars: readonly Calendar[];
  /** When it last ran or was put in force: the next time is the first after this. */
  base: number;
}

export class Timers {
  readonly #path: string;
  readonly #options: TimersOptions;
  readonly #armed = new Map<string, Armed>();
  readonly #bases: Record<string, number>;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TimersOptions) {
    this.#options = options;
    this.#path = join(options.paths.state, "timers.json");
    const refuse = (problem: string): KnownError =>
      new KnownError("state-corrupt", `${this.#path} does not say when units last ran: ${problem}`, {
        hint: "remove it; then nothing counts as missed",
      });
    const { last = {} } = (readJsonFile(this.#path, refuse) ?? {}) as { readonly last?: unknown };
    if (typeof last !== "object" || last === null || Object.values(last).some((each) => typeof each !== "number"))
      throw refuse('"last" is no list of times');
    this.#bases = { ...(last as Record<string, number>) };
  }

  /** Puts these schedules in force, instead of those before. */
  load(schedules: ReadonlyMap<string, ScheduleSpec>): void {
    const now = Date.now();
    for (const name of this.#armed.keys()) if (!schedules.has(name)) this.#armed.delete(name);
    for (const [name, schedule] of schedules) {
      const before = this.#armed.get(name);
      const known = before?.base ?? this.#bases[name] ?? now;
      const isSame = before !== undefined && JSON.stringify(before.schedule) === JSON.stringify(schedule);
      const calendars = isSame
        ? before.calendars
        : schedule.calendars.flatMap((text) => parseCalendar(text, schedule.timeZone ?? undefined) ?? []);
      this.#armed.set(name, { schedule, calendars, base: isSame || schedule.catchUp ? known : now });
    }
    this.#save();
    this.look();
  }

  /** When a unit runs next, in milliseconds since 1970; null where it has no more times, or no schedule. */
  next(name: string): number | null {
    const armed = this.#armed.get(name);
    if (armed === undefined) return null;
    const { schedule, calendars, base } = armed;
    const times =
      schedule.interval === null ? calendars.flatMap((each) => each.next(base) ?? []) : [base + schedule.interval];
    if (times.length === 0) return null;
    const time = Math.min(...times);
    return time + jitterOf(name, time, schedule.jitter);
  }

  /** Runs what is due, and looks again when the next is. */
  look(): void {
    const now = Date.now();
    // A clock that was set back must not put the next time off.
    for (const armed of this.#armed.values()) armed.base = Math.min(armed.base, now);
    const due = [...this.#armed.keys()].filter((name) => (this.next(name) ?? Number.POSITIVE_INFINITY) <= now);
    for (const name of due) {
      const armed = this.#armed.get(name);
      if (armed !== undefined) armed.base = now;
    }
    // It is known to have run before it runs: a crash in between leaves a run out rather than doing it twice.
    if (due.length > 0) this.#save();
    for (const name of due) this.#options.onDue(name);
    clearTimeout(this.#timer);
    if (this.#armed.size === 0) return;
    const waits = [...this.#armed.keys()].map((name) => (this.next(name) ?? Number.POSITIVE_INFINITY) - Date.now());
    this.#timer = setTimeout(() => this.look(), Math.max(1, Math.min(lookInterval, ...waits)));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #save(): void {
    const last = Object.fromEntries([...this.#armed].map(([name, { base }]) => [name, base]));
    const unchanged = JSON.stringify(last) === JSON.stringify(this.#bases);
    if (unchanged) return;
    for (const name of Object.keys(this.#bases)) delete this.#bases[name];
    Object.assign(this.#bases, last);
    try {
      writeFileAtomic(this.#path, `${JSON.stringify({ version: 1, last })}\n`, 0o600);
    } catch (error) {
      this.#options.onProblem(`when units last ran could not be written: ${messageOf(error)}`);
    }
  }
}

/** The same for the same unit and time, whenever it is asked. */
function jitterOf(name: string, time: number, most: number): number {
  return most === 0 ? 0 : Number.parseInt(digestOfJson([name, time]).slice(-8), 16) % most;
}
