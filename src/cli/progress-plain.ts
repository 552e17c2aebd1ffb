/** Progress as lines: for logs, for pipes, for screen readers. A line says what has begun; later ones how far it is. */
import type { ProgressEvent } from "../base/index.ts";
import { detailsOf, follow, formatSeconds, type Tasks } from "./progress-tasks.ts";

/** Shows progress. Everything else that is written to the same place goes through `around`. */
export interface ProgressView {
  readonly tell: (event: ProgressEvent) => void;
  /** What is going on, in words. */
  readonly running: () => readonly string[];
  /** Calls `write`, whose output stays. */
  readonly around: (write: () => void) => void;
  /** Takes away what does not stay. Nothing is shown afterwards. */
  readonly close: () => void;
}

export interface ViewOptions {
  readonly write: (text: string) => void;
  readonly now: () => number;
  /** Whether each end is told, with the time that it took. */
  readonly verbose: boolean;
}

/** Milliseconds between two lines about one piece of work. */
const betweenLines = 2_000;

export function plainView({ write, now, verbose }: ViewOptions): ProgressView {
  let tasks: Tasks = new Map();
  const told = new Map<string, { readonly at: number; readonly waitsFor: string | undefined }>();
  const tell = (event: ProgressEvent): void => {
    const { what, state, key = what } = event;
    const time = now();
    const before = tasks.get(key);
    tasks = follow(tasks, event, time);
    if (state === "note") return write(`${what}\n`);
    if (state !== "going") {
      told.delete(key);
      if (event.outcome !== undefined) write(`${what}  ${event.outcome}\n`);
      else if (verbose && before !== undefined)
        write(`${what}: ${state} after ${formatSeconds(time - before.since)}\n`);
      return;
    }
    const task = tasks.get(key);
    const last = told.get(key);
    if (task === undefined) return;
    const isNewWait = event.waitsFor !== undefined && event.waitsFor !== last?.waitsFor;
    if (last !== undefined && !isNewWait && time - last.at < betweenLines) return;
    told.set(key, { at: time, waitsFor: task.waitsFor });
    const details = detailsOf(task, time);
    if (last === undefined) write(`${what}\n`);
    if (details !== "" && (last !== undefined || isNewWait)) write(`${what}: ${details}\n`);
  };
  const running = (): readonly string[] => [...tasks.values()].map((task) => task.what);
  return { tell, running, around: (write) => write(), close: () => undefined };
}

/** Shows nothing, and knows what goes on all the same. */
export function silentView(): ProgressView {
  let tasks: Tasks = new Map();
  return {
    tell: (event) => {
      tasks = follow(tasks, event, 0);
    },
    running: () => [...tasks.values()].map((task) => task.what),
    around: (write) => write(),
    close: () => undefined,
  };
}
