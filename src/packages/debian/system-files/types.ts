/** What the generators of system files take and give. */
import type { PackageFacts } from "../facts.ts";

/** A package as unpacking left it; paths are absolute and have /usr merged. */
export interface UnpackedPackage {
  readonly facts: PackageFacts;
  /** Of everything that it holds: files, folders and links. */
  readonly paths: Iterable<string>;
  /** Its symbolic links, with what they say. */
  readonly links: ReadonlyMap<string, string>;
  /** The content of a file that `keptFiles` names; undefined where the package has no such file. */
  readonly kept: (path: string) => Buffer | undefined;
}

export interface DeclaredUser {
  readonly name: string;
  readonly uid: number;
  /** Of its own group, which is made, by the user's name, where no group has this id. */
  readonly gid: number;
  /** /nonexistent, where nothing is said. */
  readonly home?: string;
  /** /usr/sbin/nologin, where nothing is said. */
  readonly shell?: string;
  readonly comment?: string;
}

export interface DeclaredGroup {
  readonly name: string;
  readonly gid: number;
  readonly members?: readonly string[];
}

export interface SystemFilesOptions {
  readonly users?: readonly DeclaredUser[];
  readonly groups?: readonly DeclaredGroup[];
  /** A name below /usr/share/zoneinfo; Etc/UTC, where nothing is said. */
  readonly timeZone?: string;
}

/** A file with `content`, a link with `target`, or a folder. */
export interface GeneratedFile {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content?: Buffer | string;
  readonly target?: string;
  readonly directory?: true;
}

export function file(path: string, content: Buffer | string, mode = 0o644, gid = 0): GeneratedFile {
  return { path, mode, uid: 0, gid, content };
}

export function link(path: string, target: string): GeneratedFile {
  return { path, mode: 0o777, uid: 0, gid: 0, target };
}

export function folder(path: string, mode = 0o755, gid = 0): GeneratedFile {
  return { path, mode, uid: 0, gid, directory: true };
}
