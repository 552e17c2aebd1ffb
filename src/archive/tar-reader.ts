/**
 * Reading tar archives as a stream: ustar, pax, and GNU tar's long names and large numbers. Bodies pass through and are
 * never held; what headers say is bounded. Every entry that comes out has a normal path and, unless the archive is a
 * layer, fits the tree that the ones before it made (`TreeGuard`); what is not understood is refused, for skipping it
 * would change what an archive means.
 */
import {
  type DecodeName,
  decodeAnyName,
  decodeName,
  hasRightSum,
  numberField,
  paxNumber,
  paxRecords,
  TarProblem,
  textField,
} from "./_tar-fields.ts";
import { TarInput, type TarSource } from "./_tar-input.ts";
import type { TarEntry } from "./tar.ts";
import { invalidArchive, normalPath, TreeGuard } from "./tree-guard.ts";

export interface TarMember {
  readonly entry: TarEntry;
  /** Where in the archive its body begins. */
  readonly offset: number;
  /** The body, to be read before the next member is asked for, or not at all. */
  readonly body: AsyncIterable<Buffer>;
}

export interface TarReadOptions {
  /** What is read, for errors. */
  readonly name: string;
  /** Changes an entry before it is checked against the others, or drops it. */
  readonly adapt?: (entry: TarEntry) => TarEntry | undefined;
  /**
   * `layer`: a layer of an image, which is looked at and not unpacked, and which engines take in forms that a `tree` may
   * not have: absolute paths, entries that cover each other or lie behind links, hard links to what another layer holds,
   * names in any encoding, and no blocks at the end. Default: `tree`.
   */
  readonly as?: "tree" | "layer";
}

const block = 512;

/** Bytes of all headers that extend one entry's. */
const mostExtension = 1 << 20;

const kinds: Readonly<Record<string, TarEntry["kind"]>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};

const refused: Readonly<Record<string, string>> = {
  S: "a sparse file (GNU), which is not supported",
  M: "a part of a file that another volume continues",
  D: "a dump of a folder (GNU), which is not supported",
  V: "the label of a volume",
  X: "a header of Solaris, which is not supported",
};

/** What headers before an entry's own say about it. */
interface Extension {
  readonly pax: ReadonlyMap<string, Buffer>;
  readonly longName?: string;
  readonly longLink?: string;
}

/** The members of an archive, in its order. Throws `archive-invalid`. */
export async function* readTar(
  source: TarSource,
  { name, adapt = (entry) => entry, as = "tree" }: TarReadOptions,
): AsyncGenerator<TarMember> {
  const input = new TarInput(source, name);
  const guard = as === "tree" ? new TreeGuard(name) : undefined;
  const decode = as === "tree" ? decodeName : decodeAnyName;
  let globals: ReadonlyMap<string, Buffer> = new Map();
  let extension: Extension = { pax: new Map() };
  let extended = 0;
  try {
    while (as === "tree" || !(await input.isAtEnd())) {
      const header = await input.take(block);
      if (header.every((byte) => byte === 0)) break;
      if (!hasRightSum(header)) throw new TarProblem("a header in it is damaged: its sum is wrong");
      const flag = String.fromCharCode(header[156] ?? 0);
      if ("xgLK".includes(flag)) {
        const size = numberField(header, 124, 12);
        extended += size;
        if (extended > mostExtension) throw new TarProblem("the headers of one entry take more than 1 MiB");
        // Copied: it outlives the chunk that it came in.
        const body = Buffer.from(await input.take(size));
        await input.skip(padding(size));
        if (flag === "g") globals = merge(globals, paxRecords(body));
        else if (flag === "x") extension = { ...extension, pax: merge(extension.pax, paxRecords(body)) };
        else extension = { ...extension, [flag === "L" ? "longName" : "longLink"]: textField(body, 0, size, decode) };
        continue;
      }
      const found = entryOf(header, flag, { ...extension, pax: merge(globals, extension.pax) }, { name, as, decode });
      const adapted = adapt(found);
      const { size } = found;
      const end = input.position + size;
      if (adapted !== undefined) {
        guard?.add(adapted);
        yield { entry: adapted, offset: input.position, body: input.until(end) };
      }
      await input.skip(end - input.position + padding(size));
      extension = { pax: new Map() };
      extended = 0;
    }
    if (extension.pax.size > 0 || extension.longName !== undefined || extension.longLink !== undefined)
      throw new TarProblem("it ends after the long name of an entry that is not there");
    await input.drain();
  } catch (error) {
    if (error instanceof TarProblem) throw invalidArchive(name, error.message);
    throw error;
  } finally {
    await input.close();
  }
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}

function merge(a: ReadonlyMap<string, Buffer>, b: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const merged = new Map([...a, ...b]);
  for (const [key, value] of b) if (value.length === 0 && !key.startsWith("SCHILY.xattr.")) merged.delete(key);
  return merged;
}

interface Reading {
  readonly name: string;
  readonly as: "tree" | "layer";
  readonly decode: DecodeName;
}

function entryOf(header: Buffer, flag: string, extension: Extension, { name, as, decode }: Reading): TarEntry {
  const { pax, longName, longLink } = extension;
  const text = (key: string): string | undefined => {
    const value = pax.get(key);
    return value === undefined ? undefined : decode(value);
  };
  const number = (key: string, offset: number, width: number): number => {
    const value = pax.get(key);
    return value === undefined ? numberField(header, offset, width) : paxNumber(value);
  };
  const raw = text("path") ?? longName ?? headerName(header, decode);
  const normal = (given: string): string => normalPath(as === "layer" ? given.replace(/^\/+/, "./") : given, name);
  const path = normal(raw);
  const problem = (what: string): TarProblem => new TarProblem(`${path || raw} is ${what}`);
  if ([...pax.keys()].some((key) => key.startsWith("GNU.sparse."))) throw problem(refused.S ?? "");
  const plain = kinds[flag];
  if (plain === undefined) throw problem(refused[flag] ?? `of an unknown kind, ${JSON.stringify(flag)}`);
  // Writers older than ustar have no flag for folders.
  const kind = plain === "file" && flag !== "7" && raw.endsWith("/") ? "directory" : plain;
  const size = number("size", 124, 12);
  if (size !== 0 && kind !== "file") throw problem(`a ${kind} with a body`);
  const link = text("linkpath") ?? longLink ?? textField(header, 157, 100, decode);
  if ((kind === "symlink" || kind === "hardlink") && (link === "" || link.includes("\0")))
    throw problem(`a ${kind} to nothing`);
  const xattrs = [...pax].filter(([key]) => key.startsWith("SCHILY.xattr."));
  return {
    path,
    kind,
    mode: numberField(header, 100, 8) & 0o7777,
    uid: number("uid", 108, 8),
    gid: number("gid", 116, 8),
    size,
    ...(kind === "symlink" ? { target: link } : {}),
    ...(kind === "hardlink" ? { target: normal(link) } : {}),
    ...(kind === "character" || kind === "block"
      ? { device: [numberField(header, 329, 8), numberField(header, 337, 8)] }
      : {}),
    ...(xattrs.length > 0
      ? { xattrs: Object.fromEntries(xattrs.map(([key, value]) => [key.slice("SCHILY.xattr.".length), value])) }
      : {}),
  };
}

/** Only POSIX's own magic says that the last field is a prefix: GNU's old form keeps times there. */
function headerName(header: Buffer, decode: DecodeName): string {
  const name = textField(header, 0, 100, decode);
  const prefix = header.toString("latin1", 257, 263) === "ustar\0" ? textField(header, 345, 155, decode) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}
