/**
 * The files of an image that somebody gives: an OCI layout's folder, or an archive (oci-archive, docker-archive) that is
 * read where it lies. A name is only ever looked up, never followed: links and everything that is no file are not there.
 */
import { join } from "node:path";
import { archiveProblem, type Compression, compressionIn, invalidArchive, readTar } from "../archive/index.ts";
import { hasErrno, KnownError, messageOf } from "../base/index.ts";
import {
  closeSync,
  createReadStream,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from "../sys/index.ts";
import { tarOf } from "./_tar-file.ts";

export interface StoredFile {
  readonly size: number;
  /** Its bytes; each call begins anew. */
  readonly bytes: () => AsyncIterable<Buffer>;
}

export interface ImageFiles extends Disposable {
  readonly path: string;
  readonly file: (name: string) => StoredFile | undefined;
  /** The names below `blobs/sha256`. */
  readonly blobs: () => readonly string[];
}

const chunkSize = 1 << 20;
/** Bytes that tell how a file is compressed. */
const beginningSize = 6;
/** Members of an archive: an image has a few for each layer. */
const mostMembers = 100_000;

/** An error for what is no image. */
export function notAnImage(path: string, problem: string, cause?: unknown): KnownError {
  const hint = "an OCI layout's folder, an OCI archive or a docker archive is taken; `lading image verify` says more";
  return new KnownError("image-damaged", `${path}: ${problem}`, { hint, cause });
}

/** The words for compressions that OCI's media types have, and the engines. */
export const compressors: {
  readonly none: "none";
  readonly gz: "gzip";
  readonly xz: "xz";
  readonly zst: "zstd";
} = { none: "none", gz: "gzip", xz: "xz", zst: "zstd" };

/** How a file is compressed, by its bytes: what is said of it is not taken on trust. */
export async function compressionOf(file: StoredFile): Promise<Compression> {
  for await (const chunk of file.bytes()) return compressionIn(chunk);
  return "none";
}

/** Opens a folder or an archive. */
export async function openImageFiles(path: string): Promise<ImageFiles> {
  const stat = statOf(path);
  if (stat.isDirectory()) return openFolder(path);
  // Anything else may block whoever opens it.
  if (stat.isFile()) return openArchive(path);
  throw notAnImage(path, "it is neither a file nor a folder");
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw notAnImage(path, messageOf(error), error);
  }
}

function openFolder(path: string): ImageFiles {
  return {
    path,
    file: (name) => {
      const parts = name.split("/");
      if (parts.some((part) => part === "" || part === "." || part === "..")) return undefined;
      try {
        // No part of the way may be a link: it could lead out of the folder.
        for (const [index] of parts.slice(1).entries())
          if (!lstatSync(join(path, ...parts.slice(0, index + 1))).isDirectory()) return undefined;
        const stat = lstatSync(join(path, name));
        if (!stat.isFile()) return undefined;
        return { size: stat.size, bytes: () => createReadStream(join(path, name), { highWaterMark: chunkSize }) };
      } catch (error) {
        if (hasErrno(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE")) return undefined;
        throw notAnImage(path, messageOf(error));
      }
    },
    blobs: () => {
      try {
        return readdirSync(join(path, "blobs", "sha256")).sort();
      } catch (error) {
        if (hasErrno(error, "ENOENT", "ENOTDIR")) return [];
        throw notAnImage(path, messageOf(error));
      }
    },
    [Symbol.dispose]: () => undefined,
  };
}

interface Member {
  readonly offset: number;
  readonly size: number;
}

/** Where each file's body lies. No name stands there twice, of which one reader takes the first and another the last. */
async function readMembers(descriptor: number, path: string): Promise<ReadonlyMap<string, Member>> {
  const members = new Map<string, Member>();
  const tar = tarOf(descriptor);
  for await (const { entry, offset } of readTar(tar, { name: path })) {
    if (entry.kind !== "file") continue;
    if (members.size >= mostMembers) throw invalidArchive(path, "it has more members than any image");
    members.set(entry.path, { offset, size: entry.size });
  }
  return members;
}

async function openArchive(path: string): Promise<ImageFiles> {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw notAnImage(path, messageOf(error));
  }
  try {
    const beginning = Buffer.alloc(beginningSize);
    readSync(descriptor, beginning, 0, beginningSize, 0);
    const compression = compressionIn(beginning);
    if (compression !== "none")
      throw notAnImage(path, `the archive is compressed as a whole, with ${compressors[compression]}; unpack it first`);
    const members = await readMembers(descriptor, path);
    const prefix = "blobs/sha256/";
    return {
      path,
      file: (name) => {
        const member = members.get(name);
        return member === undefined
          ? undefined
          : { size: member.size, bytes: () => bodyOf(descriptor, member.offset, member.size) };
      },
      blobs: () =>
        [...members.keys()]
          .filter((name) => name.startsWith(prefix))
          .map((name) => name.slice(prefix.length))
          .sort(),
      [Symbol.dispose]: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    const problem = archiveProblem(error, path);
    throw problem === undefined ? error : notAnImage(path, problem);
  }
}

async function* bodyOf(descriptor: number, offset: number, size: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkSize, size - done));
    const count = readSync(descriptor, buffer, 0, buffer.length, offset + done);
    // The archive became shorter while it was read: whoever counts the bytes will see it.
    if (count === 0) return;
    done += count;
    yield buffer.subarray(0, count);
  }
}
