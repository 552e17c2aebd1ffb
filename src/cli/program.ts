/** The command line: finds the command, runs it, prints what went wrong, and ends with the right code. */
import { Command, CommanderError } from "commander";
import { type ErrorReport, isErrorReport, KnownError } from "../base/index.ts";
import { commands } from "./commands.ts";
import { type CommonOptions, type Context, exitCodes, makeContext, requireAbsoluteRoot } from "./context.ts";
import { commandHelp, commonOptions, programHelp } from "./help.ts";
import { standingAfter } from "./interrupted.ts";
import { reportError } from "./report-error.ts";
import { SourceLines } from "./source-lines.ts";
import { layoutColumns } from "./terminal.ts";
import { version } from "./version.ts";

const surroundings = { environment: process.env };

/** What a report is made with: where things stand, and the lines of the sources. */
interface Surroundings {
  readonly context: Context | undefined;
  readonly sources: SourceLines;
}

/** What is not right with a command line, in one line; `verb` is the command that it is about. */
function usageError(error: CommanderError, verb: string | undefined): KnownError {
  const [first = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const problem = first.replaceAll("'", '"').replace(/\.$/, "").replace(". Expected", ", expected");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(more.find((line) => line !== "") ?? "")?.[1];
  const known = commands.some(({ name }) => name.split(" ")[0] === verb);
  const help = known ? `lading ${verb} --help` : "lading --help";
  return new KnownError("usage", `${problem}; ${meant === undefined ? `see \`${help}\`` : `did you mean "${meant}"?`}`);
}

/** The error as it is told: a usage error in our own words, an interruption with the reason behind it. */
function told(error: unknown): unknown {
  if (error instanceof CommanderError) return usageError(error, process.argv[2]);
  return error instanceof Error && error.name === "AbortError" && isErrorReport(error.cause) ? error.cause : error;
}

function withStanding(report: ErrorReport, context: Context | undefined): ErrorReport {
  if (report.code !== "interrupted" || report.hint !== undefined || context === undefined) return report;
  return { ...report, hint: standingAfter(context.paths, process.argv.slice(2)) };
}

function report(error: unknown, json: boolean, { context, sources }: Surroundings): number {
  // Help and the version are answers.
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
  if (error instanceof CommanderError && error.code === "commander.help") return exitCodes.usage;
  const all = process.argv[2] === "check" ? "--format json" : "--json";
  return reportError(told(error), { json, sources, all, complete: (each) => withStanding(each, context) });
}

function program(sources: SourceLines, onContext: (context: Context) => void): Command {
  const width = (): number => layoutColumns(process.stdout, surroundings);
  // Settings come first: commands take them over as they are made.
  const root = new Command("lading")
    .configureOutput({ getOutHelpWidth: width, getErrHelpWidth: width, outputError: () => undefined })
    .configureHelp({ minWidthToWrap: 10, subcommandTerm: (command) => command.name() })
    .description(
      "One TypeScript file declares a container host; lading checks it, builds it, switches to it and rolls it back.",
    )
    .version(version)
    .addHelpText("after", () => programHelp(width()))
    .enablePositionalOptions()
    .exitOverride();
  for (const entry of commands) {
    const { name, description, options = [], run } = entry;
    const command = root.command(name).description(description);
    for (const [flags, about] of [...options, ...commonOptions]) command.option(flags, about);
    command.addHelpText("after", () => commandHelp(entry));
    command.action(async (...given: unknown[]) => {
      const settings = given.at(-2) as CommonOptions & Record<string, unknown>;
      requireAbsoluteRoot(settings.root);
      const began = performance.now();
      const context = makeContext(settings, sources);
      onContext(context);
      process.exitCode = (await run(context, given.slice(0, -2) as never, settings as never)) ?? exitCodes.done;
      if (settings.verbose === true)
        context.progress(`lading ${command.name()} took ${((performance.now() - began) / 1000).toFixed(2)} s`);
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
  let context: Context | undefined;
  try {
    await program(sources, (made) => {
      context = made;
    }).parseAsync();
    context?.close();
  } catch (error) {
    context?.close();
    process.exitCode = report(error, process.argv.includes("--json"), { context, sources });
  }
}
