/** The list beside a layer's tar: a line for each entry, so that layers are compared and described without reading them. */
import { join } from "node:path";
import type { TarEntry } from "../archive/index.ts";
import type { Digest } from "../base/index.ts";
import { closeSync, existsSync, openSync, readSync } from "../sys/index.ts";

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

/** The line of an entry, an `EntryLine` in JSON. */
export function formatEntry({ path, content, ...entry }: LayerEntry): string {
  return lineOf(path.slice(1), entry, content);
}

/** The line of an archive's entry; `digest` is of a file's content. */
export function entryLine(entry: TarEntry, digest?: Digest): string {
  return lineOf(entry.path, entry, digest ?? entry.target ?? "");
}

function lineOf(
  path: string,
  { kind, mode, uid, gid, size }: Pick<TarEntry, "kind" | "mode" | "uid" | "gid" | "size">,
  content: string,
): string {
  const last = kind === "file" ? `,${size}` : "";
  return `[${JSON.stringify(path)},"${kind}",${mode},${uid},${gid},${JSON.stringify(content)}${last}]\n`;
}

/** Bytes of the list that are read at a time. */
const bytesAtOnce = 1 << 16;

function* linesOf(item: string): Generator<EntryLine> {
  const file = openSync(join(item, filesName), "r");
  try {
    const buffer = Buffer.allocUnsafe(bytesAtOnce);
    let rest = Buffer.alloc(0);
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
      const read = buffer.subarray(0, count);
      const end = read.lastIndexOf(0x0a) + 1;
      const lines = Buffer.concat([rest, read.subarray(0, end)]).toString("utf8");
      rest = Buffer.concat([end === 0 ? rest : Buffer.alloc(0), read.subarray(end)]);
      if (end === 0) continue;
      for (const line of lines.split("\n")) if (line !== "") yield JSON.parse(line) as EntryLine;
    }
  } finally {
    closeSync(file);
  }
}

/** What a layer item holds, one entry after the other; nothing for items that were built before they listed it. */
export function* layerEntries(item: string): Generator<LayerEntry> {
  if (!existsSync(join(item, filesName))) return;
  for (const [path, kind, mode, uid, gid, content, size = 0] of linesOf(item))
    yield { path: `/${path}`, kind, mode, uid, gid, content, size };
}

/** The same as a list; undefined for items that do not have it. */
export function readLayerEntries(item: string): readonly LayerEntry[] | undefined {
  return existsSync(join(item, filesName)) ? [...layerEntries(item)] : undefined;
}

/** What a layer item holds, by path, each entry as a text that says what can differ; undefined where it is not known. */
export function readLayerFiles(item: string): ReadonlyMap<string, string> | undefined {
  if (!existsSync(join(item, filesName))) return undefined;
  const files = new Map<string, string>();
  // A size says nothing that the digest does not say, and older items have none.
  for (const [path, ...rest] of linesOf(item)) files.set(`/${path}`, JSON.stringify(rest.slice(0, 5)));
  return files;
}
