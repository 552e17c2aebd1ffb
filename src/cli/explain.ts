/** `lading explain [CODE]`: the page of an error code, or all codes in their groups. */
import { codeGroups, codes, type ErrorCode, KnownError, nearest } from "../base/index.ts";
import { readFileSync } from "../sys/index.ts";
import type { Answer, Context } from "./context.ts";

/** A part of a page, under its heading. */
interface Section {
  readonly title: string;
  readonly text: string;
}

/** The package carries its pages; they lie beside the folder that this runs from. */
function readPage(code: ErrorCode): string {
  return readFileSync(new URL(`../../docs/errors/${code}.md`, import.meta.url), "utf8");
}

function sectionsOf(page: string): readonly Section[] {
  const [, ...parts] = page.split(/^## /m);
  return parts.map((part) => {
    const [title = "", ...lines] = part.split("\n");
    return { title, text: lines.join("\n").trim() };
  });
}

/** A section without Markdown's fences: what stood between them is indented. */
function formatText(text: string): string {
  let isCode = false;
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const fence = /^```\w*(?: (\S+))?$/.exec(line);
    if (fence === null) lines.push(isCode && line !== "" ? `    ${line}` : line);
    else {
      isCode = !isCode;
      if (fence[1] !== undefined) lines.push(`  ${fence[1]}:`);
    }
  }
  return lines.join("\n");
}

function requireCode(given: string): ErrorCode {
  if (Object.hasOwn(codes, given)) return given as ErrorCode;
  const close = nearest(given, Object.keys(codes));
  const hint = close === undefined ? "`lading explain` lists the codes" : `did you mean "${close}"?`;
  throw new KnownError("usage", `no error has the code "${given}"`, { hint });
}

function explainCode(context: Context, code: ErrorCode): void {
  const sections = sectionsOf(readPage(code));
  const group = codeGroups.find((each) => each.codes.includes(code))?.title;
  if (context.json)
    return context.print(JSON.stringify({ version: 1, code, meaning: codes[code], group, sections }, null, 2));
  const parts = sections.map(({ title, text }) => `${context.paint("bold", title)}\n\n${formatText(text)}`);
  context.print([`${context.paint("bold", code)}: ${codes[code]}`, ...parts].join("\n\n"));
}

function listCodes(context: Context): void {
  if (context.json) {
    const groups = codeGroups.map(({ title, codes: members }) => ({
      title,
      codes: members.map((code) => ({ code, meaning: codes[code] })),
    }));
    return context.print(JSON.stringify({ version: 1, groups }, null, 2));
  }
  const width = Math.max(...Object.keys(codes).map(({ length }) => length));
  const parts = codeGroups.map(({ title, codes: members }) =>
    [context.paint("bold", title), ...members.map((code) => `  ${code.padEnd(width)}  ${codes[code]}`)].join("\n"),
  );
  context.print(parts.join("\n\n"));
}

export async function run(context: Context, [code]: readonly (string | undefined)[]): Answer {
  if (code === undefined) listCodes(context);
  else explainCode(context, requireCode(code));
  return undefined;
}
