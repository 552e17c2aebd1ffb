/**
 * Paragraphs of fields, as Release and Packages files, the control files of packages and dpkg's own are written:
 * deb822(5). Field names do not mind their case; a line that begins with a space or a tab goes on with the field before it.
 * Comments are for sources alone, and no file of these has them.
 */
import { KnownError } from "../../base/index.ts";

/** One paragraph: values by the lower-case names of their fields. A value keeps its line ends, but not its indentation. */
export type Paragraph = ReadonlyMap<string, string>;

/** All paragraphs of a text. `where` names the text in errors. */
export function parseParagraphs(text: string, where: string): readonly Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let fields = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split("\n")) {
    if (line.trim() === "") {
      if (fields.size > 0) paragraphs.push(fields);
      fields = new Map();
      last = undefined;
    } else if (line.startsWith(" ") || line.startsWith("\t")) {
      if (last === undefined) throw malformed(line, where, "it goes on with a field, and there is none before it");
      fields.set(last, `${fields.get(last)}\n${line.trim()}`);
    } else {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      if (colon < 1 || !/^(?![#-])[!-9;-~]+$/.test(name)) throw malformed(line, where, "a field is `Name: value`");
      if (fields.has(name)) throw malformed(line, where, "the paragraph has this field twice");
      fields.set(name, line.slice(colon + 1).trim());
      last = name;
    }
  }
  if (fields.size > 0) paragraphs.push(fields);
  return paragraphs;
}

/** The paragraph of a text that must hold exactly one. */
export function parseParagraph(text: string, where: string): Paragraph {
  const [paragraph, second] = parseParagraphs(text, where);
  if (paragraph === undefined || second !== undefined) {
    const found = paragraph === undefined ? "none" : "several";
    throw new KnownError("archive-invalid", `${where} should hold one paragraph of fields, and holds ${found}`);
  }
  return paragraph;
}

function malformed(line: string, where: string, rule: string): KnownError {
  const hint = "the archive serves something else than it should: try another mirror, or tell whoever keeps it";
  return new KnownError("archive-invalid", `${where} has the line "${line.slice(0, 80)}": ${rule}`, { hint });
}
