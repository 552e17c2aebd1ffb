/**
 * What the entries of an archive may be called, wherever it comes from: nothing outside the folder that it is unpacked
 * to, nothing through a link, and nothing twice. So the entries make one tree, in whatever order they are written.
 */
import { KnownError } from "../base/index.ts";
import type { TarEntry } from "./tar.ts";

/** The longest path and the longest name in it, in bytes, that Linux takes. */
const longestPath = 4095;
const longestName = 255;

/** The bytes of all names together that are remembered for one archive. */
const mostNames = 64 << 20;

/** The error for what cannot be taken of an archive: `problem` is a sentence about it. */
export function invalidArchive(archive: string, problem: string, cause?: unknown): KnownError {
  const hint = "it is damaged or made to do harm; get it again from where you trust";
  return new KnownError("archive-invalid", `${archive}: ${problem}`, { hint, cause });
}

/** What an error of `invalidArchive` says of `archive`, without its name; undefined for any other error. */
export function archiveProblem(error: unknown, archive: string): string | undefined {
  if (!(error instanceof KnownError) || error.code !== "archive-invalid") return undefined;
  return error.message.startsWith(`${archive}: `) ? error.message.slice(archive.length + 2) : error.message;
}

/** A member's path without "." and doubled "/"; "" is the root. What could lie elsewhere is refused. */
export function normalPath(path: string, archive: string): string {
  const refuse = (why: string): KnownError => invalidArchive(archive, `the path ${JSON.stringify(path)} ${why}`);
  if (path === "") throw refuse("is empty");
  if (path.includes("\0")) throw refuse("holds a NUL");
  if (path.startsWith("/")) throw refuse("is absolute");
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refuse('has a ".." in it');
  if (parts.some((part) => Buffer.byteLength(part) > longestName)) throw refuse("has a name that is too long");
  const normal = parts.join("/");
  if (Buffer.byteLength(normal) > longestPath) throw refuse("is too long");
  return normal;
}

/** Remembers an archive's entries as they come, and refuses those that do not fit. */
export class TreeGuard {
  readonly #archive: string;
  readonly #kinds = new Map<string, TarEntry["kind"]>();
  /** Folders that no entry made, but that others lie in. */
  readonly #implied = new Set<string>();
  #bytes = 0;

  constructor(archive: string) {
    this.#archive = archive;
  }

  /** Takes an entry whose path, and target if it is a hard link, are normal; a folder may come again. */
  add(entry: TarEntry): void {
    const { path, kind } = entry;
    const before = this.#kinds.get(path);
    if (before !== undefined && !(before === "directory" && kind === "directory"))
      throw invalidArchive(this.#archive, `${path} is in it twice`);
    if (kind !== "directory" && (path === "" || this.#implied.has(path)))
      throw invalidArchive(this.#archive, `${path || "its root"} is a ${kind}, and other entries lie in it`);
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const parent = path.slice(0, slash);
      const is = this.#kinds.get(parent);
      if (is !== undefined && is !== "directory")
        throw invalidArchive(this.#archive, `${path} lies in ${parent}, which is a ${is}`);
      if (this.#implied.has(parent)) break;
      this.#implied.add(parent);
      this.#count(parent);
    }
    if (kind === "hardlink" && !["file", "hardlink"].includes(this.#kinds.get(entry.target ?? "") ?? ""))
      throw invalidArchive(this.#archive, `${path} is a hard link to ${entry.target}, which is no file before it`);
    this.#kinds.set(path, kind);
    this.#count(path);
    this.#count(entry.target ?? "");
  }

  #count(name: string): void {
    this.#bytes += Buffer.byteLength(name);
    if (this.#bytes > mostNames) throw invalidArchive(this.#archive, `its names take more than ${mostNames} bytes`);
  }
}
