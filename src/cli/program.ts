/** The command line: finds the command, runs it, prints what went wrong, and ends with the right code. */
import { Command, CommanderError } from "commander";
import { describeError, formatErrors, isErrorReport, reportsOf } from "../base/index.ts";
import { commands } from "./commands.ts";
import { type CommonOptions, exitCodes, makeContext, requireAbsoluteRoot } from "./context.ts";
import { errorStyle } from "./error-style.ts";
import { SourceLines } from "./source-lines.ts";
import { version } from "./version.ts";

function report(error: unknown, json: boolean, sources: SourceLines): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const known =
    error instanceof Error && error.name === "AbortError" && isErrorReport(error.cause) ? error.cause : error;
  const reports = reportsOf(known);
  if (reports === undefined) {
    // A bug is Lading's own: its stack is what whoever mends it needs.
    process.stderr.write(
      `lading: this is a bug, please report it: ${error instanceof Error ? (error.stack ?? error.message) : describeError(error)}\n`,
    );
    return exitCodes.failed;
  }
  if (json) process.stderr.write(`${JSON.stringify({ version: 1, errors: reports }, null, 2)}\n`);
  else process.stderr.write(`${formatErrors(reports, errorStyle(sources))}\n`);
  if (reports.some((each) => each.code === "usage")) return exitCodes.usage;
  if (reports.some((each) => each.code === "interrupted")) return 130;
  return reports.some((each) => each.code === "daemon-not-running") ? exitCodes.notRunning : exitCodes.failed;
}

function program(sources: SourceLines): Command {
  const root = new Command("lading")
    .description(
      "One TypeScript file declares a container host; lading checks it, builds it, switches to it and rolls it back.",
    )
    .version(version)
    .showHelpAfterError("(lading --help lists the commands)")
    .enablePositionalOptions()
    .exitOverride();
  for (const { name, description, options = [], example, run } of commands) {
    const command = root
      .command(name)
      .description(description)
      .option("--json", "print JSON, in a documented and versioned shape")
      .option("--root <dir>", "put every path of the host under this folder")
      .option("--deadline <seconds>", "how long the declaration may take (default 30)")
      .addHelpText("after", `\nExample:\n  $ ${example}`)
      .exitOverride();
    for (const [flags, about] of options) command.option(flags, about);
    command.action(async (...given: unknown[]) => {
      const settings = given.at(-2) as CommonOptions & Record<string, unknown>;
      requireAbsoluteRoot(settings.root);
      process.exitCode =
        (await run(makeContext(settings, sources), given.slice(0, -2) as never, settings as never)) ?? exitCodes.done;
    });
  }
  return root;
}

/** Runs the command that the process was called with, and sets its exit code. */
export async function runProgram(): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough, as in `lading logs | head`.
    if (error.code === "EPIPE") process.exit(exitCodes.done);
    throw error;
  });
  const sources = new SourceLines();
  try {
    await program(sources).parseAsync();
  } catch (error) {
    process.exitCode = report(error, process.argv.includes("--json"), sources);
  }
}
