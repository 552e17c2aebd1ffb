/**
 * File-likes: values that stand for a file or folder before it exists, and staged text, which may hold them. They are
 * plain frozen data; `lower.ts` turns them into derivations.
 */
import { dirname, resolve } from "node:path";
import { capturePlace, KnownError, type Place, shellQuote } from "../base/index.ts";
import { type FieldType, isRecord, namedType, pass, refuse, showValue } from "../record/index.ts";

const tag = Symbol.for("lading.file-like");
const stagedTag = Symbol.for("lading.staged-text");

/** Text with file-likes in it, each of which becomes a path in the store. Made by `text` or `sh`. */
export interface StagedText {
  readonly parts: readonly (string | FileLike)[];
  readonly place: Place | undefined;
}

/** Which entries of a tree are taken: called with the path below the tree, with "/" between its parts. */
export type Select = (path: string, kind: "file" | "directory" | "symlink") => boolean;

interface FileLikeKinds {
  "plain-file": { readonly content: string | Uint8Array };
  "local-file": { readonly path: string; readonly select: Select | undefined };
  "text-file": { readonly text: StagedText; readonly executable: boolean };
  "computed-file": { readonly script: StagedText; readonly environment: Readonly<Record<string, string>> };
  "file-append": { readonly base: FileLike; readonly suffix: string };
  union: { readonly entries: readonly (readonly [path: string, file: FileLike])[]; readonly merge: boolean };
}

type Common<K> = { readonly kind: K; readonly name: string; readonly place: Place | undefined };

/** A file or folder that does not exist yet, by its kind. */
export type FileLikeValue = { [K in keyof FileLikeKinds]: Common<K> & FileLikeKinds[K] }[keyof FileLikeKinds];

/** A file-like, or a record that can be lowered as one, such as an `ociImage`. */
export type FileLike = FileLikeValue | ImageLike | NpmModulesLike;

/** Images are file-likes too; their record is declared above this folder, so only its outline is known here. */
export interface ImageLike {
  readonly repository: string;
  readonly tag: string;
}

/** And so are the packages of an npm application. */
export interface NpmModulesLike {
  readonly lock: FileLike;
  readonly ignoreScripts: readonly string[];
}

/** Records that are file-likes too. */
const recordsThatLower = ["ociImage", "npmModules"];

function fileLike(value: FileLikeValue): FileLike {
  Object.defineProperty(value, tag, { value: true });
  return Object.freeze(value);
}

export function isFileLikeValue(value: unknown): value is FileLikeValue {
  return typeof value === "object" && value !== null && Reflect.get(value, tag) === true;
}

export function isFileLike(value: unknown): value is FileLike {
  return isFileLikeValue(value) || recordsThatLower.some((name) => isRecord(value, name));
}

export function isStagedText(value: unknown): value is StagedText {
  return typeof value === "object" && value !== null && Reflect.get(value, stagedTag) === true;
}

function staged(parts: readonly (string | FileLike)[]): StagedText {
  const value = { parts: Object.freeze(parts), place: capturePlace() };
  Object.defineProperty(value, stagedTag, { value: true });
  return Object.freeze(value);
}

/** A file with exactly this content. */
export function plainFile(name: string, content: string | Uint8Array): FileLike {
  return fileLike({ kind: "plain-file", name, content, place: capturePlace() });
}

/** How `localFile` reads: another name in the store, and which entries of a folder are taken. */
export interface LocalFileOptions {
  readonly name?: string;
  readonly select?: Select;
}

/** A file or folder of this machine; a relative path starts at the folder of the file that calls. */
export function localFile(path: string, options: LocalFileOptions = {}): FileLike {
  const place = capturePlace();
  if (typeof path !== "string") {
    const message = `localFile: the path is missing: expected a string, got ${showValue(path)}`;
    throw new KnownError("invalid-value", message, { where: place, hint: 'localFile("./site")' });
  }
  const absolute = resolve(place === undefined ? "." : dirname(place.file), path);
  const name = options.name ?? (absolute.split("/").at(-1) || "root");
  return fileLike({ kind: "local-file", name, path: absolute, select: options.select, place });
}

/** A text file that may name other file-likes by their paths in the store. */
export function mixedTextFile(name: string, content: StagedText | string): FileLike {
  const text = typeof content === "string" ? staged([content]) : content;
  return fileLike({ kind: "text-file", name, text, executable: false, place: capturePlace() });
}

/** An executable script, run by the host's /bin/sh. */
export function programFile(name: string, script: StagedText): FileLike {
  const text = staged(["#!/bin/sh\n", ...script.parts, "\n"]);
  return fileLike({ kind: "text-file", name, text, executable: true, place: capturePlace() });
}

/**
 * What a shell script leaves at `$out`. The script runs in a sandbox that holds busybox and the file-likes that it
 * names, and nothing else: no network, no home, no other environment.
 */
export function computedFile(
  name: string,
  script: StagedText,
  options: { readonly environment?: Readonly<Record<string, string>> } = {},
): FileLike {
  return fileLike({
    kind: "computed-file",
    name,
    script,
    environment: options.environment ?? {},
    place: capturePlace(),
  });
}

/** The file at `suffix` below a file-like: `fileAppend(tree, "/bin/serve")`. */
export function fileAppend(base: FileLike, suffix: string): FileLike {
  return fileLike({ kind: "file-append", name: "", base, suffix, place: capturePlace() });
}

/** A folder that holds each file-like under the path given for it. */
export function fileUnion(name: string, entries: readonly (readonly [path: string, file: FileLike])[]): FileLike {
  return fileLike({ kind: "union", name, entries, merge: false, place: capturePlace() });
}

/** A folder with the merged contents of several; a file that two of them have must be the same in both. */
export function directoryUnion(name: string, members: readonly FileLike[]): FileLike {
  const entries = members.map((member) => [".", member] as const);
  return fileLike({ kind: "union", name, entries, merge: true, place: capturePlace() });
}

/** What may be interpolated into staged text. */
export type Stageable = string | number | FileLike | StagedText;

function partsOf(value: unknown): readonly (string | FileLike)[] {
  if (isStagedText(value)) return value.parts;
  if (isFileLike(value)) return [value];
  return [String(value)];
}

/** Staged text: every interpolated file-like becomes its path in the store. */
export function text(strings: TemplateStringsArray, ...values: readonly Stageable[]): StagedText {
  return staged(strings.flatMap((string, index) => [string, ...(index < values.length ? partsOf(values[index]) : [])]));
}

/**
 * Staged shell code. Every interpolated value is one quoted word by construction, and a list is one word for each
 * element; staged code made by `sh` itself is put in as it is.
 */
export function sh(
  strings: TemplateStringsArray,
  ...values: readonly (Stageable | readonly Stageable[])[]
): StagedText {
  const quoted = (value: unknown): readonly (string | FileLike)[] => {
    if (isStagedText(value)) return value.parts;
    if (Array.isArray(value)) return value.flatMap((word, index) => [...(index > 0 ? [" "] : []), ...quoted(word)]);
    return isFileLike(value) ? [`"`, value, `"`] : [shellQuote(String(value))];
  };
  return staged(strings.flatMap((string, index) => [string, ...(index < values.length ? quoted(values[index]) : [])]));
}

const fileLikeSchema = { type: "object", description: "a file-like, such as localFile(…)" };

/** A field that holds a file-like. */
export const fileLikeType: FieldType<FileLike> = {
  expected: "a file-like, such as plainFile(…) or localFile(…)",
  ts: "FileLike",
  jsonSchema: fileLikeSchema,
  check: (value) => (isFileLike(value) ? pass(value) : refuse(fileLikeType.expected, value)),
};

/** A field that holds a string or staged text. */
export const stageableText: FieldType<string | StagedText> = {
  expected: "a string or staged text",
  ts: "string | StagedText",
  jsonSchema: { type: "string" },
  check: (value) =>
    isStagedText(value) || (typeof value === "string" && !value.includes("\0"))
      ? pass(value)
      : refuse(stageableText.expected, value),
};

/** What Compose's `configs` take: the text itself, or the path of a file, as `localFile` reads it. */
export type FileSource = { readonly content: string | StagedText } | { readonly file: string };

/** The text or file that a `FileSource` means; undefined where the value is none. */
function fromFileSource(value: unknown): string | StagedText | FileLike | undefined {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return undefined;
  const { content, file } = value as { readonly content?: unknown; readonly file?: unknown };
  if (typeof file === "string") return localFile(file);
  return stageableText.check(content).ok ? (content as string | StagedText) : undefined;
}

/** The content of a declared file: a string, staged text, a file-like, or what Compose's `configs` take. */
export const fileContent: FieldType<string | StagedText | FileLike> = namedType(
  {
    expected: "the file's text, staged text, a file-like, { content: text } or { file: path }",
    ts: "",
    jsonSchema: { anyOf: [{ type: "string" }, fileLikeSchema] },
    check: (value) => {
      if (isFileLike(value) || stageableText.check(value).ok) return pass(value as string);
      const source = fromFileSource(value);
      return source === undefined ? refuse(fileContent.expected, value) : pass(source);
    },
  },
  "string | StagedText | FileLike | FileSource",
  "string | StagedText | FileLike",
);

/** Joins staged and plain text into one. */
export function joinText(...members: readonly (string | StagedText)[]): string | StagedText {
  return members.every((member) => typeof member === "string") ? members.join("") : staged(members.flatMap(partsOf));
}
