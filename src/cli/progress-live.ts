/**
 * Progress in place: below what stays, a line for each piece of work that goes on. The cursor stands below the last of them
 * and is never hidden, and no mode of the terminal is changed: whatever kills the process leaves a usable terminal behind.
 * Each picture is written at once, so that a multiplexer never shows half of one.
 */
import type { ProgressEvent } from "../base/index.ts";
import { columnsIn, shorten } from "./columns.ts";
import type { ProgressView, ViewOptions } from "./progress-plain.ts";
import { detailsOf, follow, formatSeconds, type Task, type Tasks } from "./progress-tasks.ts";

export interface LiveOptions extends ViewOptions {
  /** The terminal's size at the moment. */
  readonly columns: () => number;
  readonly rows: () => number;
}

/** Milliseconds between two pictures. */
const betweenPictures = 100;

/** Work that ends sooner leaves no time in its line. */
const worthATime = 1_000;

/** More lines would push away what the reader looks at. */
const mostLines = 8;

/** Up so many lines, to their beginning, and nothing from there on (ECMA-48: CPL, ED). */
function clearing(lines: number): string {
  return lines === 0 ? "" : `\u001b[${lines}F\u001b[J`;
}

export function liveView({ write, now, verbose, columns, rows }: LiveOptions): ProgressView {
  let tasks: Tasks = new Map();
  let drawn: readonly string[] = [];
  let drawnAt = 0;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const lineOf = (task: Task, time: number): string => {
    const details = detailsOf(task, time);
    const aside = `${details === "" ? "" : `${details}, `}${formatSeconds(time - task.since)}`;
    const room = columns() - 1;
    // What is done stays readable to half of the line; the figures get what they need.
    const what = shorten(task.what, Math.max(room >> 1, room - columnsIn(aside) - 2));
    return shorten(`${what}  ${aside}`, room);
  };
  const picture = (time: number): readonly string[] => {
    const most = Math.max(1, Math.min(mostLines, rows() - 2));
    const lines = [...tasks.values()].map((task) => lineOf(task, time));
    if (lines.length <= most) return lines;
    return [...lines.slice(0, most - 1), shorten(`and ${lines.length - most + 1} more`, columns() - 1)];
  };
  /** A terminal that was made narrower has wrapped what was drawn. */
  const drawnRows = (): number =>
    drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsIn(line) / columns())), 0);
  const draw = (above = ""): void => {
    const time = now();
    const lines = isClosed ? [] : picture(time);
    write(`${clearing(drawnRows())}${above}${lines.map((line) => `${line}\n`).join("")}`);
    drawn = lines;
    drawnAt = time;
    clearInterval(timer);
    timer = undefined;
    if (lines.length > 0) timer = setInterval(draw, betweenPictures).unref();
  };
  const endOf = ({ what, state, outcome, key = what }: ProgressEvent, before: Tasks, time: number): string => {
    const task = before.get(key);
    if (state === "note") return `${what}\n`;
    if (outcome !== undefined) return `${what}  ${outcome}\n`;
    if (task === undefined) return "";
    const took = time - task.since;
    if (state === "failed") return verbose ? `${what}: failed after ${formatSeconds(took)}\n` : "";
    return took >= worthATime || verbose ? `${what}  ${formatSeconds(took)}\n` : `${what}\n`;
  };
  return {
    tell: (event) => {
      const before = tasks;
      const time = now();
      tasks = follow(tasks, event, time);
      if (event.state !== "going") return draw(endOf(event, before, time));
      // What works without a pause lets no timer run: it draws as it tells.
      if (drawn.length === 0 || time - drawnAt >= betweenPictures) draw();
    },
    running: () => [...tasks.values()].map((task) => task.what),
    around: (other) => {
      if (drawn.length === 0) return other();
      write(clearing(drawnRows()));
      drawn = [];
      other();
      draw();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      if (drawn.length > 0) draw();
    },
  };
}
