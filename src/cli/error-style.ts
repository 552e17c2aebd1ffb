/** What stderr can show: colours and a width, by the terminal and by what the environment asks for. */
import type { ErrorStyle } from "../base/index.ts";
import type { SourceLines } from "./source-lines.ts";

/** FORCE_COLOR before NO_COLOR, as Node has it; then whether the stream is a terminal that can. */
export function hasColours(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = environment;
  if (force !== undefined) return force !== "0" && force !== "false";
  return stream.isTTY === true && !no && term !== "dumb";
}

const colours = { error: "1;31", warning: "1;33", place: "1", source: "2", mark: "1;31", note: "36" } as const;

/** How errors look on this process's stderr. */
export function errorStyle(sources: SourceLines): ErrorStyle {
  const coloured = hasColours(process.stderr);
  return {
    sourceLine: (file, line) => sources.line(file, line),
    width: (process.stderr.isTTY === true ? process.stderr.columns : undefined) ?? 120,
    paint: (paint, text) => (coloured ? `\u001b[${colours[paint]}m${text}\u001b[0m` : text),
  };
}
