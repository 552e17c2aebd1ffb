/**
 * The repository's Markdown, taken apart: blocks of code with what their first line says of them, files that a page hides
 * in comments, headings, links, and names of files in backticks. `docs/writing.md` documents the notation.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support.ts";

export interface Block {
  readonly language: string;
  readonly code: string;
  /** Line of the opening fence. */
  readonly line: number;
  /** Words and `key="value"` pairs after the language; a word alone has the value "". */
  readonly marks: Readonly<Record<string, string>>;
}

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The text without blocks of code and comments; lines keep their numbers. */
  readonly prose: string;
}

const knownMarks = ["title", "faulty", "of", "status", "host", "network", "needs", "not-run"];

function parseMarks(info: string): Readonly<Record<string, string>> {
  const found = [...info.matchAll(/([\w-]+)(?:="([^"]*)"|=(\S+))?/g)];
  return Object.fromEntries(found.map(([, key = "", quoted, bare]) => [key, quoted ?? bare ?? ""]));
}

/** Marks that mean nothing, each with its place. */
export function unknownMarks({ path, blocks }: Page): readonly string[] {
  return blocks.flatMap(({ line, marks }) =>
    Object.keys(marks)
      .filter((key) => !knownMarks.includes(key))
      .map((key) => `${path}:${line}: ${key}`),
  );
}

/** Takes a page apart; a comment `<!-- file "NAME"` is a block that readers do not see. */
export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { readonly end: RegExp; readonly block: Omit<Block, "code">; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (open !== undefined) {
      if (open.end.test(line)) {
        blocks.push({ ...open.block, code: open.lines.map((each) => `${each}\n`).join("") });
        open = undefined;
      } else open.lines.push(line);
      prose.push("");
      continue;
    }
    const [, language, info] = /^```([\w-]*) *(.*)$/.exec(line) ?? [];
    const [, hidden] = /^<!-- file "([^"]+)"$/.exec(line) ?? [];
    const at = { line: index + 1 };
    if (language !== undefined) {
      const marks = parseMarks(info ?? "");
      open = { end: /^```$/, block: { ...at, language, marks }, lines: [] };
    } else if (hidden !== undefined) {
      const language = hidden.endsWith(".ts") ? "ts" : "";
      open = { end: /^-->$/, block: { ...at, language, marks: { title: hidden } }, lines: [] };
    }
    prose.push(open === undefined ? line : "");
  }
  if (open !== undefined) throw new Error(`${path}:${open.block.line}: this block does not end`);
  return { path, text, blocks, prose: prose.join("\n") };
}

/** Whether a page's examples are those of this notation. Pages of error codes have a shape of their own, and a test. */
export const hasExamples = ({ path }: Page): boolean => !path.startsWith("docs/errors/");

/** Every Markdown file of the repository, those not yet committed as well. */
export function readPages(): readonly Page[] {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
  const paths = execFileSync("git", list, { cwd: root, encoding: "utf8" }).trim().split("\n");
  return [...new Set(paths)].sort().map((path) => parsePage(path, readFileSync(join(root, path), "utf8")));
}

/** The anchor that GitHub gives a heading: lower case, no punctuation, a hyphen for each space. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

export function anchorsOf({ prose }: Page): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = [...prose.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = ""]) => {
    const anchor = anchorOf(heading);
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  return new Set(anchors);
}

/** Targets of links, without those that lead to other hosts. */
export function linksOf({ prose }: Page): readonly string[] {
  const text = prose.replace(/`[^`\n]*`/g, "`");
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** What stands between backticks, and in lines that are indented as code. */
export function inlineCodeOf({ prose }: Page): readonly string[] {
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...spans, ...[...prose.matchAll(/^ {4}(\S.*)$/gm)].map(([, code = ""]) => code)];
}
