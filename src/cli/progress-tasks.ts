/** What goes on at the moment, followed through the events that tell of it, and as a line for people. Pure: time is given. */
import { formatSize, type ProgressEvent } from "../base/index.ts";

export interface Task {
  readonly what: string;
  /** Milliseconds since 1970, as all times here. */
  readonly since: number;
  readonly done: number | undefined;
  readonly total: number | undefined;
  readonly waitsFor: string | undefined;
  /** Bytes at earlier times, oldest first: what the rate is taken from. */
  readonly marks: readonly (readonly [at: number, done: number])[];
}

/** By key, in the order of their begin. */
export type Tasks = ReadonlyMap<string, Task>;

/** Milliseconds that a rate is taken over. */
const ratePeriod = 5_000;

/** Milliseconds between two marks. */
const betweenMarks = 500;

/** The tasks after an event. */
export function follow(tasks: Tasks, event: ProgressEvent, now: number): Tasks {
  const { what, state, key = what } = event;
  if (state === "note") return tasks;
  const next = new Map(tasks);
  if (state !== "going") {
    next.delete(key);
    return next;
  }
  const before = tasks.get(key);
  const done = event.done ?? before?.done;
  next.set(key, {
    what,
    since: before?.since ?? now,
    done,
    total: event.total ?? before?.total,
    waitsFor: event.waitsFor ?? before?.waitsFor,
    marks: done === undefined ? [] : marked(before?.marks ?? [], now, done),
  });
  return next;
}

function marked(marks: Task["marks"], now: number, done: number): Task["marks"] {
  const last = marks.at(-1);
  if (last !== undefined && now - last[0] < betweenMarks) return marks;
  // One from before the period stays, so that there is always something to compare with.
  const first = marks.findLastIndex(([at]) => now - at >= ratePeriod);
  return [...marks.slice(Math.max(0, first)), [now, done]];
}

/** Bytes a second; undefined while too little is known. */
export function rateOf({ marks, done = 0 }: Task, now: number): number | undefined {
  const [first] = marks;
  if (first === undefined || now - first[0] < betweenMarks) return undefined;
  return ((done - first[1]) * 1000) / (now - first[0]);
}

/** "3 s", "2 min 5 s". */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Bytes, rate and what is waited for; "" where none is known. */
export function detailsOf(task: Task, now: number): string {
  const { done, total, waitsFor } = task;
  const rate = rateOf(task, now);
  const bytes =
    done === undefined ? "" : total === undefined ? formatSize(done) : `${formatSize(done)} of ${formatSize(total)}`;
  return [
    bytes,
    rate === undefined ? "" : `${formatSize(Math.max(0, rate))}/s`,
    waitsFor === undefined ? "" : `waiting for ${waitsFor}`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}
