/** What every command has: where things are, how it prints, and how it ends. */
import { isAbsolute, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { type ErrorReport, formatError, KnownError, type Paths, pathsFor } from "../base/index.ts";
import type { Host, Loaded } from "../system/index.ts";
import { errorStyle, hasColours } from "./error-style.ts";
import type { SourceLines } from "./source-lines.ts";

/** Exit codes, as DESIGN has them. */
export const exitCodes = { done: 0, failed: 1, usage: 2, notRunning: 3, wouldChange: 4 } as const;

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly root?: string;
  /** Seconds that a declaration may take. */
  readonly deadline?: string;
}

export interface Context {
  readonly paths: Paths;
  readonly json: boolean;
  /** The command's own file. */
  readonly self: string;
  /** Whether the output goes to a terminal. */
  readonly isTerminal: boolean;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Prints a result. */
  readonly print: (text: string) => void;
  /** Prints a part of something large, and resolves once the reader has taken it. */
  readonly printPart: (text: string) => Promise<void>;
  /** Tells of progress, on stderr. */
  readonly progress: (text: string) => void;
  /** Tells of what is not wrong but worth a look, on stderr. */
  readonly warn: (warnings: readonly ErrorReport[]) => void;
  readonly paint: (style: keyof typeof styles, text: string) => string;
  readonly load: (file: string) => Promise<Loaded>;
  readonly host: () => Promise<Host>;
  readonly confirm: (question: string) => Promise<void>;
}

const styles = { bold: "1", red: "31", green: "32", yellow: "33", dim: "2" } as const;

/** A command's answer: what it exits with. */
export type Answer = Promise<number | undefined>;

export function makeContext(options: CommonOptions, sources: SourceLines): Context {
  const uid = process.getuid?.() ?? 0;
  const paths = pathsFor({ uid, root: options.root, environment: process.env });
  const json = options.json === true;
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => abort.abort(new KnownError("interrupted", "interrupted")));
  }
  const colours = hasColours(process.stdout);
  const deadline = options.deadline === undefined ? 30 : Number(options.deadline);
  if (!(deadline > 0)) throw new KnownError("usage", `--deadline takes seconds, not "${options.deadline}"`);
  const self = fileURLToPath(new URL("../cli/main.js", import.meta.url));
  return {
    paths,
    json,
    isTerminal: process.stdout.isTTY === true,
    self,
    signal: abort.signal,
    print: (text) => void process.stdout.write(`${text}\n`),
    printPart: (text) => new Promise((resolve) => process.stdout.write(text, () => resolve())),
    progress: (text) => void process.stderr.write(`${text}\n`),
    warn: (warnings) => {
      // With --json, stderr is for errors as data.
      if (json) return;
      const style = errorStyle(sources);
      for (const each of warnings) process.stderr.write(`${formatError(each, "warning", style)}\n`);
    },
    paint: (style, text) => (colours ? `\u001b[${styles[style]}m${text}\u001b[0m` : text),
    load: async (file) => {
      const { loadDeclaration } = await import("../load/index.ts");
      sources.open();
      return loadDeclaration(resolve(file), { storeDir: paths.store, owner: paths.owner, deadline });
    },
    host: async () => {
      const { Host } = await import("../system/index.ts");
      const argv = [process.execPath, self, "daemon", ...(options.root === undefined ? [] : ["--root", options.root])];
      const onProgress = (message: string): void => void process.stderr.write(`${message}\n`);
      return new Host({ paths, daemonArgv: argv, signal: abort.signal, onProgress });
    },
    confirm: async (question) => {
      if (process.stdin.isTTY !== true) {
        const hint = "look at the plan first, then say --yes";
        throw new KnownError("confirmation-needed", "there is no terminal to confirm on", { hint });
      }
      const prompt = createInterface({ input: process.stdin, output: process.stderr });
      try {
        const answer = await prompt.question(`${question} [y/N] `, { signal: abort.signal });
        if (!/^y(es)?$/i.test(answer.trim())) throw new KnownError("interrupted", "not confirmed; nothing was changed");
      } finally {
        prompt.close();
      }
    },
  };
}

/** Refuses paths under --root that would be taken for the host's own. */
export function requireAbsoluteRoot(root: string | undefined): void {
  if (root !== undefined && !isAbsolute(root))
    throw new KnownError("usage", `--root takes an absolute path, not "${root}"`);
}

/** The names of an option that takes several, separated by commas. */
export function names(option: string | undefined): readonly string[] {
  return option === undefined ? [] : option.split(",").filter((name) => name !== "");
}

/** Lines up columns by the widest cell; the last column is left as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no room.
  const width = (cell: string): number => cell.replaceAll(/\u001b\[\d+m/g, "").length;
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, index) => Math.max(all[index] ?? 0, width(cell))),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - width(cell))))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
