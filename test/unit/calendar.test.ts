/** Calendars: cron's and systemd's forms, the latter against systemd's own answer. */
import { describe, expect, test } from "vitest";
import { parseCalendar } from "../../src/base/index.ts";
import { exec } from "../support.ts";

const base = Date.UTC(2026, 1, 27, 22, 58, 30);

function times(text: string, count: number, zone = "UTC"): readonly string[] {
  const calendar = parseCalendar(text, zone);
  const found: string[] = [];
  for (let at: number | undefined = base; found.length < count; ) {
    at = at === undefined ? undefined : calendar?.next(at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().slice(0, 19));
  }
  return found;
}

const systemd = await exec(["systemd-analyze", "--version"]).catch(() => ({ status: 1 }));
if (systemd.status !== 0) console.log("skipped: systemd's own answers: systemd-analyze is not installed");

describe.skipIf(systemd.status !== 0)("as systemd itself has it", () => {
  test.each([
    ...["minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually"],
    ...["Mon..Fri 08:30", "Sat,Sun *-*-* 10:00:00", "Friday..Sun 12:00", "*-*-01 03:00", "2027-*-29 00:00", "*-02-29"],
    ...[
      "*:0/15",
      "*:*:0/20",
      "08..17/3:00",
      "*-*-1..7 18:00:00",
      "Mon *-*-1..7 06:00",
      "*-05-03",
      "11:12:13",
      "Thu,Fri 2026-*-1,5 11:12:13",
    ],
    ...["daily Europe/Berlin", "*-*-* 02:30 America/New_York", "Wed 00:00 Asia/Tokyo"],
  ])("%s", async (text) => {
    const argv = ["systemd-analyze", "calendar", "--iterations=5", `--base-time=2026-02-27 22:58:30 UTC`, text];
    const { stdout, stderr, status } = await exec(argv, { env: { TZ: "UTC" } });
    expect(status, stderr).toBe(0);
    const expected = [...stdout.matchAll(/(?:Next elapse|Iter(?:ation|\.) #\d+): \w+ (\S+) (\S+) UTC/g)];
    expect(expected.length).toBeGreaterThan(0);
    expect(times(text, 5)).toEqual(expected.map(([, day, time]) => `${day}T${time}`));
  });

  test.each([
    "",
    "Funday",
    "25:00",
    "*-13-01",
    "12",
    "*-*-* 10:00:00 Nowhere/Land",
    "Mon Tue",
    "Fri..Mon 12:00",
    "*-*~01",
    "a b c d e",
  ])("%s is no calendar", (text) => expect(parseCalendar(text)).toBeUndefined());
});

test.each([
  ["30 2 * * *", ["2026-02-28T02:30:00", "2026-03-01T02:30:00"]],
  ["*/20 * * * *", ["2026-02-27T23:00:00", "2026-02-27T23:20:00"]],
  // Day of the month or weekday, as crontab(5) has it.
  ["0 0 1 * Mon", ["2026-03-01T00:00:00", "2026-03-02T00:00:00"]],
])("cron: %s", (text, expected) => expect(times(text, 2)).toEqual(expected));

test("a time zone holds across its clock change", () => {
  expect(times("*-03-28..30 12:00", 3, "Europe/Berlin")).toEqual([
    "2026-03-28T11:00:00",
    "2026-03-29T10:00:00",
    "2026-03-30T10:00:00",
  ]);
});
