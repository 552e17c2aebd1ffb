/** The small JSON documents of a layout: read with a bound, and read with suspicion. */
import { type Digest, digestOf, isFields } from "../base/index.ts";
import { largestManifest } from "../registry/index.ts";
import type { ImageFiles, StoredFile } from "./image-files.ts";

/** Told what is wrong: with what, and how it should be. */
export type Report = (where: string, problem: string) => undefined;

/** A value of the layout's, as it may be shown. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

/** The whole of a small file. */
async function bytesOf(file: StoredFile): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of file.bytes()) parts.push(part);
  return Buffer.concat(parts);
}

export interface Document {
  readonly value: unknown;
  readonly digest: Digest;
  readonly size: number;
}

/** Reads a document of the layout; undefined, and reported, where that cannot be. */
export async function readDocument(source: ImageFiles, name: string, report: Report): Promise<Document | undefined> {
  const file = source.file(name);
  if (file === undefined) return void report(name, "is not there");
  if (file.size > largestManifest) return void report(name, `has ${file.size} bytes, more than ${largestManifest}`);
  const bytes = await bytesOf(file);
  const digest = digestOf(bytes);
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)), digest, size: bytes.length };
  } catch {
    return void report(name, "is no JSON");
  }
}

/** Reports are made where a list was to be returned. */
export function nothing(_reported: undefined): readonly [] {
  return [];
}

/** Whether a value is an object whose members are all texts. */
export function isStrings(value: unknown): boolean {
  return isFields(value) && Object.values(value).every((each) => typeof each === "string");
}
