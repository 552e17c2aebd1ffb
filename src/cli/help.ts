/** What the help says below what commander makes of the table of commands. */

import { wrapLine } from "./columns.ts";
import type { CommandEntry } from "./command-entry.ts";
import { environmentVariables } from "./environment.ts";
import { exitMeanings } from "./exit-codes.ts";
import { table } from "./table.ts";

/** Options that every command takes. */
export const commonOptions: readonly (readonly [flags: string, description: string])[] = [
  ["--json", "print JSON, in a documented and versioned shape"],
  ["-q, --quiet", "print errors and results only: no progress, no warnings"],
  ["--verbose", "also tell of each program that is run, and how long things take"],
  ["--root <dir>", "put every path of the host under this folder"],
  ["--deadline <seconds>", "how long the declaration may take, in seconds (default: 30)"],
];

/** A command's examples, the plainest first. */
export function examplesOf({ example, examples = [] }: CommandEntry): readonly string[] {
  return [example, ...examples];
}

export function commandHelp(entry: CommandEntry): string {
  const lines = examplesOf(entry).map((line) => `  $ ${line}`);
  return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.join("\n")}`;
}

/** For `lading --help`: examples, exit codes and environment variables. */
export function programHelp(columns: number): string {
  const rows = (list: readonly (readonly [string | number, string])[]): string =>
    table(
      list.map(([name, meaning]) => [`  ${name}`, meaning]),
      columns,
    );
  return [
    "\nExamples:\n  $ lading init my-host\n  $ lading plan host.ts\n  $ lading apply host.ts\n  $ lading status\n  $ lading rollback",
    `Exit codes:\n${rows(exitMeanings)}`,
    `Environment:\n${rows(environmentVariables)}`,
    wrapLine("`lading COMMAND --help` and `lading man COMMAND` say more of each command.", columns),
  ].join("\n\n");
}
