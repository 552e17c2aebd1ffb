/**
 * The C library's functions that Node has no word for. Their binding is loaded when one is first needed, which for most is
 * never: programs that tell of their readiness, and a supervisor that is process 1.
 */

import { closeSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { KnownError } from "../base/index.ts";

/** From <sys/socket.h> of Linux. */
const addressFamilyUnix = 1;
const datagram = 2;
const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;

/** Bytes of `sun_path`, its NUL included: unix(7). */
const longestSocketPath = 108;

/** From <sys/wait.h>. */
const withoutWaiting = 1;

interface Library {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (descriptor: number, address: Uint8Array, length: number) => number;
  readonly waitpid: (pid: number, status: null, options: number) => number;
  readonly errno: () => number;
}

let library: Promise<Library> | undefined;

function load(): Promise<Library> {
  library ??= import("koffi").then(({ default: koffi }) => {
    const own = koffi.load(null);
    return {
      socket: own.func("int socket(int domain, int type, int protocol)"),
      bind: own.func("int bind(int descriptor, const uint8_t *address, uint32_t length)"),
      waitpid: own.func("int waitpid(int pid, int *status, int options)"),
      errno: () => koffi.errno(),
    };
  });
  return library;
}

function failure(what: string, number: number): KnownError {
  const name = Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  return new KnownError("command-failed", `${what}: ${name}`);
}

/**
 * A socket of unix datagrams at `path`, in place of whatever is there; its descriptor, from which each read takes one
 * datagram and never waits (EAGAIN). Its caller closes it and removes the path. Throws `command-failed`.
 */
export async function bindDatagramSocket(path: string): Promise<number> {
  const { socket, bind, errno } = await load();
  const name = Buffer.from(`${path}\0`);
  if (name.length > longestSocketPath)
    throw new KnownError("command-failed", `the path ${path} is too long for a socket`);
  rmSync(path, { force: true });
  const descriptor = socket(addressFamilyUnix, datagram | closeOnExec | nonBlocking, 0);
  if (descriptor < 0) throw failure("a socket cannot be made", errno());
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = addressFamilyUnix;
  const address = Buffer.concat([family, name]);
  if (bind(descriptor, address, address.length) === 0) return descriptor;
  const error = failure(`the socket ${path} cannot be made`, errno());
  closeSync(descriptor);
  throw error;
}

/** From <errno.h>: attributes may be unknown to a file system, or the file may just have gone. */
const noAttributes: readonly number[] = [constants.errno.ENOTSUP, constants.errno.EOPNOTSUPP, constants.errno.ENOENT];

/** Bytes that all names of one file's attributes take at most: XATTR_LIST_MAX of <linux/limits.h>. */
const mostNames = 64 << 10;

/** The binding at once, for what does not wait. */
export function requireKoffi(): typeof import("koffi").default {
  return createRequire(import.meta.url)("koffi") as typeof import("koffi").default;
}

type ListAttributes = (path: string) => readonly string[];
let listAttributes: ListAttributes | undefined;

/** Trees are walked without waiting, so the binding is loaded without waiting too. */
function loadListAttributes(): ListAttributes {
  const koffi = requireKoffi();
  const list = koffi.load(null).func("int64_t llistxattr(const char *path, uint8_t *list, size_t size)") as unknown as (
    path: string,
    list: Buffer | null,
    size: number,
  ) => number;
  const names = Buffer.alloc(mostNames);
  return (path) => {
    const size = Number(list(path, names, mostNames));
    if (size < 0) {
      if (noAttributes.includes(koffi.errno())) return [];
      throw failure(`the attributes of ${path} cannot be listed`, koffi.errno());
    }
    return size === 0 ? [] : names.toString("utf8", 0, size - 1).split("\0");
  };
}

/** The names of the extended attributes of a file, folder or link itself (xattr(7)). */
export function attributesOf(path: string): readonly string[] {
  listAttributes ??= loadListAttributes();
  return listAttributes(path);
}

/** Takes away what is left of a child that has ended (waitpid(2)); nothing where there is no such child. */
export async function reap(pid: number): Promise<void> {
  const { waitpid } = await load();
  waitpid(pid, null, withoutWaiting);
}
