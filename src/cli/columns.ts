/** Text in columns of a terminal: wide characters take two, combining ones and colours none. */
import fastStringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** The columns that a text of one line takes. */
export function columnsIn(text: string): number {
  return fastStringWidth(text);
}

/** A text of one line within `columns`; one that is cut ends with an ellipsis. */
export function shorten(text: string, columns: number): string {
  if (columnsIn(text) <= columns) return text;
  if (columns < 1) return "";
  const [first = ""] = wrapAnsi(text, columns - 1, { hard: true, trim: false, wordWrap: false }).split("\n");
  return `${columns === 1 ? "" : first}…`;
}

/** The lines of a text within `columns`, broken between words where that is possible. */
export function wrap(text: string, columns: number): readonly string[] {
  return wrapAnsi(text, Math.max(1, columns), { hard: true }).split("\n");
}

/** A line within `columns`, gone on with below its own beginning; as it is where there is no bound. */
export function wrapLine(line: string, columns: number | undefined): string {
  if (columns === undefined || columnsIn(line) <= columns) return line;
  const indent = /^ */.exec(line)?.[0].slice(0, columns >> 1) ?? "";
  const [first = "", ...rest] = wrap(line.slice(indent.length), columns - indent.length - 2);
  return [`${indent}${first}`, ...rest.map((each) => `${indent}  ${each}`)].join("\n");
}
