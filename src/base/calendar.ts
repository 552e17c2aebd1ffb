/**
 * Calendars as people write them: cron's five fields (crontab(5)), and systemd's OnCalendar forms (systemd.time(7)) such as
 * "daily", "Mon..Fri 08:30" and "*-*-01 03:00:00 Europe/Berlin". Both become patterns of one library, which knows time zones.
 */
import { createRequire } from "node:module";

const shorthands: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
  weekly: "Mon *-*-* 00:00:00",
  monthly: "*-*-01 00:00:00",
  quarterly: "*-01,04,07,10-01 00:00:00",
  semiannually: "*-01,07-01 00:00:00",
  yearly: "*-01-01 00:00:00",
  annually: "*-01-01 00:00:00",
};

const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** A part of a date or time, up to `most`: `*`, numbers, ranges with "..", steps with "/", and lists of these; as cron has it. */
function part(text: string, most: number): string | undefined {
  if (text === "*") return "*";
  const pieces = text.split(",").map((piece) => {
    const match = /^(?:(\d+)(?:\.\.(\d+))?|\*)(?:\/(\d+))?$/.exec(piece);
    if (match === null) return undefined;
    const [, from, to, step] = match;
    if (from === undefined) return step === undefined ? undefined : `*/${step}`;
    const first = Number(from);
    if (step === undefined) return to === undefined ? String(first) : `${first}-${Number(to)}`;
    return `${first}-${to === undefined ? most : Number(to)}/${step}`;
  });
  return pieces.includes(undefined) ? undefined : pieces.join(",");
}

/** "Mon", "Mon..Fri", "sat,sun" as cron's numbers. */
function weekdayPart(text: string): string | undefined {
  const pieces = text.split(",").map((piece) => {
    const [from = 0, to = from] = piece.toLowerCase().split("..").map(weekdayNumber);
    return from === 0 || to < from ? undefined : `${from}-${to}`;
  });
  return pieces.includes(undefined) ? undefined : pieces.join(",");
}

/** From 1 for Monday to 7; 0 for what is no weekday. */
function weekdayNumber(text: string): number {
  return 1 + weekdays.findIndex((day) => text === day || text === day.slice(0, 3));
}

/** A systemd form as a pattern: second, minute, hour, day, month, weekday, year. */
function systemdPattern(words: readonly string[]): string | undefined {
  const rest = [...words];
  const weekday = /^[a-z]/i.test(rest[0] ?? "") ? weekdayPart(rest.shift() ?? "") : "*";
  const date = rest[0]?.includes("-") ? (rest.shift() ?? "") : "*-*-*";
  const time = rest.shift() ?? "00:00:00";
  if (rest.length > 0 || weekday === undefined) return undefined;
  const [day, month, year = "*", ...noDate] = date.split("-").reverse();
  const [hour, minute, second = "00", ...noTime] = time.split(":");
  if (day === undefined || month === undefined || hour === undefined || minute === undefined) return undefined;
  const parts = [part(second, 59), part(minute, 59), part(hour, 23), part(day, 31), part(month, 12)];
  const years = part(year, 2199);
  if (noDate.length + noTime.length > 0 || parts.includes(undefined) || years === undefined) return undefined;
  return [...parts, weekday, years].join(" ");
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}

/** A calendar: knows the next time after any other. */
export interface Calendar {
  /** Milliseconds since 1970 of the first time after `after`; undefined when there is none. */
  next(after: number): number | undefined;
}

/** Loaded where the first calendar is read: most declarations have none. */
const library = (): typeof import("croner") => createRequire(import.meta.url)("croner");

/** Reads a calendar; undefined when it is none. `timeZone` holds where the text names none; the host's where unset. */
export function parseCalendar(text: string, timeZone?: string): Calendar | undefined {
  const words = text.trim().split(/\s+/);
  const last = words.at(-1) ?? "";
  const named =
    words.length > 1 && /^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(last) && isTimeZone(last) ? words.pop() : undefined;
  const isCron = words.length === 5 && !/[:.]/.test(text);
  const form = (shorthands[words.join(" ").toLowerCase()] ?? words.join(" ")).split(" ");
  const pattern = isCron ? `0 ${words.join(" ")} *` : systemdPattern(form);
  if (pattern === undefined) return undefined;
  try {
    const zone = named ?? timeZone;
    const { Cron } = library();
    // cron's rule of "day or weekday" is for cron alone.
    const cron = new Cron(pattern, {
      ...(zone === undefined ? {} : { timezone: zone }),
      domAndDow: !isCron,
      paused: true,
    });
    return { next: (after) => cron.nextRun(new Date(after))?.getTime() };
  } catch {
    return undefined;
  }
}
