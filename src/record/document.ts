/** What is generated from record types: TypeScript interfaces, the reference page and the JSON Schema. */
import type { Json } from "../base/index.ts";
import type { Field, RecordType } from "./record.ts";

function pascal(type: RecordType): string {
  return `${type.name[0]?.toUpperCase()}${type.name.slice(1)}`;
}

function defaultText(field: Field): string {
  if (field.optional) return "unset";
  if (field.default === undefined) return "required";
  return typeof field.default === "object" && !Array.isArray(field.default)
    ? "see below"
    : JSON.stringify(field.default);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A comment that editors show: each paragraph, or tag, begins on a line of its own. */
function comment(paragraphs: readonly string[], indent: string): string {
  const [only = "", ...more] = paragraphs;
  if (more.length === 0 && indent.length + 7 + only.length <= 120) return `${indent}/** ${only} */`;
  const lines = paragraphs.flatMap((each) => wrap(each, 115 - indent.length));
  return [`${indent}/**`, ...lines.map((each) => `${indent} * ${each}`), `${indent} */`].join("\n");
}

/** What a type's own name says already: TypeScript shows it beside the comment. */
const saidByType =
  /^(?:a string|true or false|an? \w+|false|one of .*|a list, each element (?:a string|an? \w+|one of .*))$/;

/** What an editor shows of a field: its meaning, the form and unit of what it takes, its default. */
function fieldDoc(field: Field): readonly string[] {
  const shown = defaultText(field);
  const { expected } = field.type;
  const form = saidByType.test(expected) ? [] : [`Takes ${expected}.`];
  if (shown === "required") return [field.doc, ...form];
  const value = shown === "unset" ? "unset" : shown === "see below" ? "as said above" : `\`${shown}\``;
  return [field.doc, ...form, `@defaultValue ${value}`].map((each) => each.replaceAll("*/", "*\\/"));
}

/** The two interfaces of a record type: what users write, and what the record then holds. */
export function typescriptOf(type: RecordType): string {
  const member = (key: string, field: Field, input: boolean): string => {
    const mayLack = field.optional === true || (input && field.default !== undefined);
    const ts = input ? field.type.ts : (field.type.tsValue ?? field.type.ts);
    return `${comment(fieldDoc(field), "  ")}\n  readonly ${key}${mayLack ? "?" : ""}: ${ts}${mayLack ? " | undefined" : ""};`;
  };
  const block = (name: string, doc: string, input: boolean): string =>
    [
      comment([doc], ""),
      `export interface ${name} {`,
      ...Object.entries(type.fields).map(([key, field]) => member(key, field, input)),
      "}",
    ].join("\n");
  return [
    block(`${pascal(type)}Input`, `What \`${type.name}({ … })\` takes. ${type.doc}`, true),
    block(pascal(type), `A checked, frozen \`${type.name}\`. ${type.doc}`, false),
  ].join("\n\n");
}

/** The reference of a record type as Markdown. */
export function markdownOf(type: RecordType): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = Object.entries(type.fields).map(
    ([key, field]) => `| \`${key}\` | \`${cell(field.type.ts)}\` | ${cell(defaultText(field))} | ${cell(field.doc)} |`,
  );
  return [
    `## ${type.name}`,
    "",
    type.doc,
    "",
    "| field | type | default | meaning |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** One JSON Schema (draft 2020-12) with a definition for each record type. */
export function jsonSchemaOf(types: readonly RecordType[]): Json {
  const definition = (type: RecordType): Json => ({
    type: "object",
    description: type.doc,
    additionalProperties: false,
    required: Object.entries(type.fields)
      .filter(([, field]) => !field.optional && field.default === undefined)
      .map(([key]) => key),
    properties: Object.fromEntries(
      Object.entries(type.fields).map(([key, field]) => [
        key,
        {
          allOf: [field.type.jsonSchema],
          description: field.doc,
          ...(isPlain(field.default) ? { default: field.default } : {}),
        },
      ]),
    ),
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Lading's records",
    $defs: Object.fromEntries(types.map((type) => [type.name, definition(type)])),
  };
}

function isPlain(value: unknown): value is Json {
  return value !== undefined && (typeof value !== "object" || Array.isArray(value));
}
