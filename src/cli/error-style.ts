/** What stderr can show of errors: colours and a width, by the terminal and by what the environment asks for. */
import type { ErrorStyle } from "../base/index.ts";
import type { SourceLines } from "./source-lines.ts";
import { layoutColumns, takesColours } from "./terminal.ts";

const colours = { error: "1;31", warning: "1;33", place: "1", source: "2", mark: "1;31", note: "36" } as const;

/** Where nobody's terminal has to hold a line of a source. */
const wide = 120;

/** How errors look on this process's stderr. */
export function errorStyle(sources: SourceLines): ErrorStyle {
  const surroundings = { environment: process.env };
  const coloured = takesColours(process.stderr, surroundings);
  return {
    sourceLine: (file, line) => sources.line(file, line),
    width: layoutColumns(process.stderr, surroundings, wide),
    paint: (paint, text) => (coloured ? `\u001b[${colours[paint]}m${text}\u001b[0m` : text),
  };
}
