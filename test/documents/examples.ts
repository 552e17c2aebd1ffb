/** A page's examples as steps to be carried out in order, and what a page shows compared with what was printed. */
import type { Block, Page } from "./page.ts";

/** What `runner.mjs` does: it writes a file, or runs a command by a shell. */
export type Step = { readonly line: number } & (
  | { readonly write: string; readonly content: string }
  | {
      readonly run: string;
      /** The exit status that it must have. */
      readonly status: number;
      /** What the page shows of its output; undefined where it shows nothing. */
      readonly shows: string | undefined;
    }
);

export interface StepResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const isDeclaration = ({ language, code }: Block): boolean =>
  language === "ts" && /^export default /m.test(code);

/** The commands of a console block: lines after "$ ", each with the output below it, and lines that "\" continues. */
function commandsOf({ code, line, marks }: Block): readonly Step[] {
  const steps: { line: number; run: string; status: number; shows: string | undefined }[] = [];
  let continued = false;
  for (const [index, text] of code.trimEnd().split("\n").entries()) {
    const last = steps.at(-1);
    if (text.startsWith("$ ")) steps.push({ line: line + index + 1, run: text.slice(2), status: 0, shows: undefined });
    else if (last === undefined) throw new Error(`line ${line}: a console block begins with "$ "`);
    else if (continued) last.run += `\n${text}`;
    else last.shows = `${last.shows ?? ""}${text}\n`;
    continued = text.endsWith("\\") && (text.startsWith("$ ") || continued);
  }
  const last = steps.at(-1);
  if (last !== undefined && marks.status !== undefined) last.status = Number(marks.status);
  return steps;
}

function stepsOfBlock(block: Block): readonly Step[] {
  const { language, code, line, marks } = block;
  if (marks["not-run"] !== undefined) return [];
  const name = marks.title ?? (isDeclaration(block) ? "host.ts" : undefined);
  if (name !== undefined) {
    const check: Step = { line, run: `lading check ${name}`, status: 0, shows: undefined };
    return [
      { line, write: name, content: code },
      ...(isDeclaration(block) && marks.faulty === undefined ? [check] : []),
    ];
  }
  if (language === "console") return commandsOf(block);
  if (language === "sh") return [{ line, run: `set -eu\n${code}`, status: 0, shows: undefined }];
  return [];
}

/** The steps of a page; without a host, those that need none. */
export function stepsOf({ blocks }: Page, { host }: { readonly host: boolean }): readonly Step[] {
  return blocks.filter(({ marks }) => host || marks.host === undefined).flatMap(stepsOfBlock);
}

/** The host that a page needs: a plain user's home, or a whole host as root; undefined where it needs none. */
export function hostOf({ path, blocks }: Page): "user" | "root" | undefined {
  const hosts = new Set(blocks.flatMap(({ marks }) => (marks.host === undefined ? [] : [marks.host])));
  const [first, second] = hosts;
  if (second !== undefined) throw new Error(`${path}: one page runs on one kind of host`);
  if (first !== undefined && first !== "user" && first !== "root") throw new Error(`${path}: no host "${first}"`);
  return first;
}

/** Programs that a page's examples need beside Lading. */
export function programsOf({ blocks }: Page): readonly string[] {
  return blocks.flatMap(({ marks }) => marks.needs?.split(" ") ?? []);
}

export const needsNetwork = ({ blocks }: Page): boolean => blocks.some(({ marks }) => marks.network !== undefined);

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Spaces are as wide as a table makes them: any number of them counts as one. */
const tidy = (text: string): readonly string[] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim().replace(/ +/g, " "));

/** Whether `printed` is what a page shows: "…" stands for any text within a line, and alone on a line for any lines. */
export function matches(shown: string, printed: string): boolean {
  const lines = tidy(shown).map((line) =>
    line === "…" ? "(?:.*\\n)*?" : `${line.split("…").map(quote).join(".*")}\\n`,
  );
  return new RegExp(`^${lines.join("")}$`).test(`${tidy(printed).join("\n")}\n`);
}

/** What is wrong with a step's result, in words; undefined where all is well. */
export function complaint(path: string, step: Step, result: StepResult | undefined): string | undefined {
  const where = `${path}:${step.line}`;
  if (result === undefined) return `${where}: was not reached`;
  if ("write" in step) return undefined;
  const { status, stdout, stderr } = result;
  if (status !== step.status)
    return `${where}: ${step.run}\nexited with ${status} and not with ${step.status}:\n${stdout}${stderr}`;
  // Progress is told on standard error, and shown in no page; of a command that fails, what it says there is the point.
  const printed = status === 0 || status === 4 ? stdout : stdout + stderr;
  if (step.shows === undefined || matches(step.shows, printed)) return undefined;
  return `${where}: ${step.run}\nthe page shows:\n${step.shows}\nit printed:\n${printed}`;
}
