/** Programs on a terminal of their own, as util-linux' script(1) makes one, and what such a terminal shows of their output. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { columnsIn } from "../src/cli/columns.ts";
import { main, type Scratch } from "./support.ts";

export interface OnTerminal {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all output so far and a function that types. */
  readonly onOutput?: (output: string, type: (keys: string) => void) => void;
}

export interface Shown {
  readonly status: number | null;
  /** As it was written. */
  readonly output: string;
  /** The lines that a reader sees at the end. */
  readonly lines: readonly string[];
}

/** Milliseconds after which a program is ended. */
const patience = 30_000;

/** Runs a line of sh on a terminal of this size. */
export function onTerminal(line: string, options: OnTerminal = {}): Promise<Shown> {
  const { columns = 80, rows = 24, env = {}, onOutput } = options;
  return new Promise((resolve, reject) => {
    const sized = `stty cols ${columns} rows ${rows}; ${line}`;
    const child = spawn("script", ["-qec", sized, "/dev/null"], {
      env: { PATH: process.env.PATH ?? "", HOME: "/root", TERM: "xterm", SHELL: "/bin/sh", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    const type = (keys: string): void => void child.stdin.write(keys);
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
      onOutput?.(output, type);
    });
    child.once("error", reject);
    // A program that waits for keys that never come must not hold up the tests.
    const timer = setTimeout(() => child.kill(), patience);
    child.once("close", (status) => {
      clearTimeout(timer);
      resolve({
        status,
        output,
        get lines() {
          return screenOf(output, columns);
        },
      });
    });
  });
}

/** Runs the built command on a terminal, with a state of its own below `scratch`. */
export function ladingOnTerminal(scratch: Scratch, args: string, options: OnTerminal = {}): Promise<Shown> {
  const env = { LADING_STATE: join(scratch.path, "state"), LADING_RUNTIME: join(scratch.path, "run"), ...options.env };
  return onTerminal(`cd ${scratch.path} && ${process.execPath} ${main} ${args}`, { ...options, env });
}

/** What a terminal shows of an output: line ends, wrapping, and the sequences that a live view uses. It has rows enough. */
export function screenOf(output: string, columns: number): readonly string[] {
  const rows: string[][] = [[]];
  let row = 0;
  let column = 0;
  const nextRow = (): void => {
    row += 1;
    column = 0;
    rows[row] ??= [];
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for.
  for (const [token, count, final] of output.matchAll(/\u001b\[([\d;]*)([A-Za-z])|./gsu)) {
    if (final === "F") {
      row = Math.max(0, row - Number(count || 1));
      column = 0;
    } else if (final === "G") column = Number(count || 1) - 1;
    else if (final === "J") {
      rows.length = row + 1;
      rows[row] = (rows[row] ?? []).slice(0, column);
    } else if (token === "\r") column = 0;
    else if (token === "\n") nextRow();
    else if (final !== "m") {
      if (final !== undefined) throw new Error(`nothing here should write ${JSON.stringify(token)}`);
      const width = columnsIn(token);
      if (column + width > columns) nextRow();
      const cells = rows[row] ?? [];
      for (let blank = cells.length; blank < column; blank += 1) cells[blank] = " ";
      cells[column] = token;
      if (width === 2) cells[column + 1] = "";
      column += width;
    }
  }
  return rows.map((cells) => cells.join("").trimEnd());
}
