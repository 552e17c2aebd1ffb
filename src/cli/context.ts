/** What every command has: where things are, how it prints, and how it ends. */
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ErrorReport,
  formatError,
  formatRest,
  KnownError,
  type OnProgress,
  type Paths,
  pathsFor,
} from "../base/index.ts";
import type { Host, Loaded } from "../system/index.ts";
import { errorStyle } from "./error-style.ts";
import { openProgress } from "./progress.ts";
import type { SourceLines } from "./source-lines.ts";
import { columnsOf, takesColours } from "./terminal.ts";

export { exitCodes } from "./exit-codes.ts";
export { table } from "./table.ts";

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly root?: string;
  /** Seconds that a declaration may take. */
  readonly deadline?: string;
  /** Errors and results only. */
  readonly quiet?: boolean;
  /** Also the programs that are run, and how long things take. */
  readonly verbose?: boolean;
}

export interface Context {
  readonly paths: Paths;
  readonly json: boolean;
  /** The command's own file. */
  readonly self: string;
  /** Whether the output goes to a terminal. */
  readonly isTerminal: boolean;
  /** The columns of the terminal that the output goes to, at the moment; undefined where it goes elsewhere. */
  readonly columns: () => number | undefined;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Prints a result. */
  readonly print: (text: string) => void;
  /** Prints a part of something large, and resolves once the reader has taken it. */
  readonly printPart: (text: string) => Promise<void>;
  /** Tells of something on stderr, in a line that stays. */
  readonly progress: (text: string) => void;
  /** Tells of long work, on stderr. */
  readonly tell: OnProgress;
  /** Takes away what of the progress does not stay. */
  readonly close: () => void;
  /** Tells of what is not wrong but worth a look, on stderr: of `most` at most, and how many more there are. */
  readonly warn: (warnings: readonly ErrorReport[], most: number) => void;
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
  const quiet = options.quiet === true;
  const surroundings = { environment: process.env, stdout: process.stdout, stderr: process.stderr };
  const view = openProgress(surroundings, { quiet, json, verbose: options.verbose === true });
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      const running = view.running();
      const what = `stopping (${running.join(", ")}); once more ends at once, and the next command puts right what is left`;
      if (running.length > 0) view.tell({ what, state: "note" });
      abort.abort(new KnownError("interrupted", "interrupted"));
    });
  }
  const colours = takesColours(process.stdout, surroundings);
  const deadline = options.deadline === undefined ? 30 : Number(options.deadline);
  if (!(deadline > 0)) throw new KnownError("usage", `--deadline takes seconds, not "${options.deadline}"`);
  const self = fileURLToPath(new URL("../cli/main.js", import.meta.url));
  return {
    paths,
    json,
    isTerminal: process.stdout.isTTY === true,
    columns: () => columnsOf(process.stdout, surroundings),
    self,
    signal: abort.signal,
    print: (text) => view.around(() => process.stdout.write(`${text}\n`)),
    printPart: (text) => new Promise((resolve) => view.around(() => process.stdout.write(text, () => resolve()))),
    progress: (text) => view.tell({ what: text, state: "note" }),
    tell: view.tell,
    close: view.close,
    warn: (warnings, most) => {
      // With --json, stderr is for errors as data.
      if (json || quiet) return;
      const style = errorStyle(sources);
      const shown = warnings.slice(0, most).map((each) => formatError(each, "warning", style));
      const hidden = warnings.length - shown.length;
      if (hidden > 0) shown.push(formatRest(hidden, "warning", "`lading check --format json`"));
      for (const each of shown) view.around(() => process.stderr.write(`${each}\n`));
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
      return new Host({ paths, daemonArgv: argv, signal: abort.signal, onProgress: view.tell });
    },
    confirm: async (question) => {
      if (process.stdin.isTTY !== true) {
        const hint = "look at the plan first, then say --yes";
        throw new KnownError("confirmation-needed", "there is no terminal to confirm on", { hint });
      }
      const { createInterface } = await import("node:readline/promises");
      const prompt = createInterface({ input: process.stdin, output: process.stderr });
      // Ctrl-C and Ctrl-D are answers too; the prompt has them to itself.
      let isAnswered = false;
      const left = new Promise<string>((resolve) => {
        const leave = (): void => void (isAnswered || process.stderr.write("\n", () => resolve("")));
        prompt.once("SIGINT", () => prompt.close()).once("close", leave);
      });
      try {
        const asked = prompt.question(`${question} [y/N] `, { signal: abort.signal }).catch((error: unknown) => {
          // Node's own word for Ctrl-D.
          if (abort.signal.aborted) throw error;
          return "";
        });
        const answer = await Promise.race([asked, left]);
        isAnswered = true;
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
