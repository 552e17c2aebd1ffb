/** The list beside a layer's tar: a line for each entry, so that layers are compared and described without reading them. */
import { join } from "node:path";
import type { TarEntry } from "../archive/index.ts";
import type { Digest } from "../base/index.ts";
import { readTextIfExists } from "../sys/index.ts";

/** The list's name in a layer item. */
export const filesName = "files";

/** One line: what stands last but one is a file's digest or a link's target. Items of earlier versions lack the size. */
export type EntryLine = readonly [
  path: string,
  kind: TarEntry["kind"],
  mode: number,
  uid: number,
  gid: number,
  content: string,
  size?: number,
];

/** An entry of a layer, without its body. */
export interface LayerEntry {
  /** Absolute in the image. */
  readonly path: string;
  readonly kind: TarEntry["kind"];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The digest of a file, the target of a link, nothing for the rest. */
  readonly content: string;
  /** Bytes of a file; 0 for the rest, and where it is not known. */
  readonly size: number;
}

/** The line of an entry. */
export function formatEntry({ path, kind, mode, uid, gid, content, size }: LayerEntry): string {
  const common = [path.slice(1), kind, mode, uid, gid, content] as const;
  const line: EntryLine = kind === "file" ? [...common, size] : common;
  return `${JSON.stringify(line)}\n`;
}

/** The line of an archive's entry; `digest` is of a file's content. */
export function entryLine({ path, target, ...entry }: TarEntry, digest?: Digest): string {
  return formatEntry({ ...entry, path: `/${path}`, content: digest ?? target ?? "" });
}

function readLines(item: string): readonly EntryLine[] | undefined {
  const lines = readTextIfExists(join(item, filesName))?.split("\n").filter(Boolean);
  return lines?.map((line) => JSON.parse(line) as EntryLine);
}

/** What a layer item holds; undefined for items that were built before they listed it. */
export function readLayerEntries(item: string): readonly LayerEntry[] | undefined {
  return readLines(item)?.map(([path, kind, mode, uid, gid, content, size = 0]) => ({
    ...{ path: `/${path}`, kind, mode, uid, gid, content, size },
  }));
}

/** What a layer item holds, by path, each entry as a text that says what can differ; undefined where it is not known. */
export function readLayerFiles(item: string): ReadonlyMap<string, string> | undefined {
  // A size says nothing that the digest does not say, and older items have none.
  const lines = readLines(item)?.map(([path, ...rest]) => [`/${path}`, JSON.stringify(rest.slice(0, 5))] as const);
  return lines === undefined ? undefined : new Map(lines);
}
