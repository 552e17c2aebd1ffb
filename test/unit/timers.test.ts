/** Timers: what is due, what was missed, and clocks that are set. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pathsFor } from "../../src/base/index.ts";
import { Timers } from "../../src/supervisor/timers.ts";
import type { ScheduleSpec } from "../../src/supervisor/unit-spec.ts";
import { Scratch } from "../support.ts";

const start = Date.UTC(2026, 5, 10, 1, 59, 30);
const minute = 60_000;
const day = 24 * 60 * minute;

const at = (more: Partial<ScheduleSpec>): ScheduleSpec => ({
  ...{ calendars: [], timeZone: "UTC", interval: null, jitter: 0, catchUp: true },
  ...more,
});

describe("timers", () => {
  let scratch: Scratch;
  let ran: string[];
  let problems: string[];
  const open: Timers[] = [];

  beforeEach(() => {
    vi.useFakeTimers({ now: start });
    scratch = new Scratch();
    ran = [];
    problems = [];
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    vi.useRealTimers();
    scratch[Symbol.dispose]();
  });

  const timers = (schedules: Readonly<Record<string, ScheduleSpec>>): Timers => {
    for (const each of open.splice(0)) each.close();
    const made = new Timers({
      paths: { ...pathsFor({ environment: { HOME: scratch.path }, uid: 1000 }), state: scratch.path },
      onDue: (unit) => ran.push(`${unit} ${new Date().toISOString().slice(5, 19)}`),
      onProblem: (message) => problems.push(message),
    });
    open.push(made);
    made.load(new Map(Object.entries(schedules)));
    return made;
  };

  test("a calendar and an interval run at their times, each once", () => {
    const made = timers({ nightly: at({ calendars: ["*-*-* 02:00:00"] }), often: at({ interval: 20 * minute }) });
    expect(made.next("nightly")).toBe(Date.UTC(2026, 5, 10, 2));
    vi.advanceTimersByTime(50 * minute);
    expect(ran).toEqual(["nightly 06-10T02:00:00", "often 06-10T02:19:30", "often 06-10T02:39:30"]);
    expect(made.next("nightly")).toBe(Date.UTC(2026, 5, 11, 2));
    expect(made.next("unknown")).toBeNull();
  });

  test("what was missed while nobody ran is made up for once, or not at all", () => {
    const both = { kept: at({ calendars: ["daily"] }), left: at({ calendars: ["daily"], catchUp: false }) };
    timers(both);
    vi.setSystemTime(start + 3 * day);
    timers(both);
    vi.advanceTimersByTime(minute);
    expect(ran).toEqual(["kept 06-13T01:59:30"]);
    vi.advanceTimersByTime(day);
    expect(ran.slice(1)).toEqual(["kept 06-14T00:00:00", "left 06-14T00:00:00"]);
  });

  test("loading again, as a switch does, neither runs nor puts off anything", () => {
    const made = timers({ often: at({ interval: 10 * minute }) });
    vi.advanceTimersByTime(6 * minute);
    made.load(new Map([["often", at({ interval: 10 * minute })]]));
    vi.advanceTimersByTime(4 * minute);
    expect(ran).toEqual(["often 06-10T02:09:30"]);
    made.load(new Map());
    vi.advanceTimersByTime(day);
    expect(ran).toHaveLength(1);
  });

  test("another schedule without catching up begins now; with it, what it would have missed is made up for", () => {
    timers({ a: at({ calendars: ["weekly"], catchUp: false }), b: at({ calendars: ["weekly"] }) });
    vi.setSystemTime(start + 2 * day);
    timers({ a: at({ calendars: ["daily"], catchUp: false }), b: at({ calendars: ["daily"] }) });
    expect(ran).toEqual(["b 06-12T01:59:30"]);
  });

  test("a clock that is set forth or back a day loses no run and makes no storm of them", () => {
    timers({ often: at({ interval: 10 * minute }), nightly: at({ calendars: ["*-*-* 02:30"] }) });
    vi.advanceTimersByTime(11 * minute);
    expect(ran).toEqual(["often 06-10T02:09:30"]);
    vi.setSystemTime(Date.now() + day);
    vi.advanceTimersByTime(minute);
    expect(
      ran
        .slice(1)
        .map((each) => each.split(" ")[0])
        .sort(),
    ).toEqual(["nightly", "often"]);
    vi.setSystemTime(Date.now() - day);
    vi.advanceTimersByTime(11 * minute);
    expect(ran.slice(3).map((each) => each.split(" ")[0])).toEqual(["often"]);
  });

  test("jitter is the same for the same time, and within its bounds", () => {
    const made = timers({
      a: at({ calendars: ["daily"], jitter: minute }),
      b: at({ calendars: ["daily"], jitter: minute }),
    });
    const midnight = Date.UTC(2026, 5, 11);
    for (const name of ["a", "b"]) {
      const next = made.next(name) ?? 0;
      expect(next).toBeGreaterThanOrEqual(midnight);
      expect(next).toBeLessThan(midnight + minute);
      expect(made.next(name)).toBe(next);
    }
    expect(made.next("a")).not.toBe(made.next("b"));
  });

  test("a damaged file is one error that says what to do", () => {
    timers({ a: at({ interval: minute }) });
    expect(JSON.parse(readFileSync(`${scratch.path}/timers.json`, "utf8"))).toEqual({ version: 1, last: { a: start } });
    for (const text of ["", "[]", '{"last": 3}', '{"last": {"a": "x"}}']) {
      scratch.write({ "timers.json": text });
      expect(() => timers({}), text).toThrow(/timers\.json does not say when units last ran/);
    }
  });
});
