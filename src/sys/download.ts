/**
 * Getting files from addresses, `http:`, `https:` or `file:`. What is got is checked while it comes: its size, its hash,
 * and that it comes at all. A file has its final name only when it is whole and the right one.
 */
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { STATUS_CODES } from "node:http";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describeError, hasErrno, KnownError } from "../base/index.ts";
import { certificatesOf } from "./certificates.ts";
import { diskError, ensureFolder, syncFolder, writeAll } from "./files.ts";
import { HttpClient } from "./http.ts";
import { proxyOf } from "./proxy.ts";

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which an address is given up. Default: 30 seconds. */
  readonly inactivity?: number;
}

export interface DownloadOptions extends FetchOptions {
  /** Of the content: the name of the hash, and its digits. */
  readonly hash: FileHash;
  /** Bytes; where it is not known, `most` bounds it. */
  readonly size?: number | undefined;
  /** Bytes. Default: 1 GiB. */
  readonly most?: number;
  /** The file to write; its folder is made. One that is there and has this hash is left alone. */
  readonly to: string;
  /** Hears how many more bytes came. */
  readonly onBytes?: (count: number) => void;
}

export interface FileHash {
  readonly algorithm: "sha256" | "sha512";
  readonly digest: string;
}

/** Why one address did not give what it should. */
class Refusal extends Error {
  /** Whether asking again may help. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean) {
    super(message);
    this.transient = transient;
  }
}

/** Milliseconds before everything is tried once more. */
const pause = 500;

/** Gets a file of known hash and size from the first address that has it. */
export async function download(urls: readonly string[], options: DownloadOptions): Promise<void> {
  const { hash: expected, to, size, most = 1 << 30 } = options;
  if (isFile(to, expected, size)) return;
  ensureFolder(dirname(to));
  const temporary = `${to}.${randomBytes(6).toString("hex")}.lading`;
  try {
    await fromFirst(urls, options, async (url) => {
      const hash = createHash(expected.algorithm);
      let got = 0;
      const descriptor = fs.openSync(temporary, "w", 0o644);
      try {
        for await (const chunk of bytesOf(url, options)) {
          got += chunk.length;
          if (got > (size ?? most)) throw new Refusal(`it is longer than ${size ?? most} bytes`, false);
          hash.update(chunk);
          writeAll(descriptor, chunk);
          options.onBytes?.(chunk.length);
        }
        if (size !== undefined && got < size) throw new Refusal(`it ended after ${got} of ${size} bytes`, true);
        if (hash.digest("hex") !== expected.digest)
          throw new Refusal(`its content is not what ${expected.algorithm}:${expected.digest} says`, false);
        fs.fsyncSync(descriptor);
      } catch (error) {
        throw diskError(error, to);
      } finally {
        fs.closeSync(descriptor);
      }
    });
    fs.renameSync(temporary, to);
    syncFolder(dirname(to));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw diskError(error, to);
  }
}

/** The bytes at the first address that answers; more than `most` of them are refused. */
export function fetchBytes(
  urls: readonly string[],
  options: FetchOptions & { readonly most: number },
): Promise<Buffer> {
  return fromFirst(urls, options, async (url) => {
    const chunks: Uint8Array[] = [];
    let got = 0;
    for await (const chunk of bytesOf(url, options)) {
      got += chunk.length;
      if (got > options.most) throw new Refusal(`it is longer than ${options.most} bytes`, false);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  });
}

/** Tries one address after the other, and all of them once more when that may help. */
async function fromFirst<T>(
  urls: readonly string[],
  { signal }: FetchOptions,
  get: (url: string) => Promise<T>,
): Promise<T> {
  const refusals = new Map<string, Refusal>();
  for (const round of [1, 2]) {
    for (const url of urls) {
      if (round > 1 && refusals.get(url)?.transient !== true) continue;
      try {
        signal?.throwIfAborted();
        return await get(url);
      } catch (error) {
        if (signal?.aborted) throw new KnownError("interrupted", `getting ${url} was interrupted`, { cause: error });
        if (!(error instanceof Refusal)) throw error;
        refusals.set(url, error);
      }
    }
    if (![...refusals.values()].some(({ transient }) => transient)) break;
    if (round === 1) await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
  const reasons = [...refusals].map(([url, { message }]) => `${url}: ${message}`).join("; ");
  const hint = "check the address and the network; another mirror can be named beside the first";
  throw new KnownError("download-failed", `nothing usable could be got from ${reasons || "no address"}`, { hint });
}

/** The content at an address, piece by piece; gives up when none comes for a while. */
async function* bytesOf(
  url: string,
  { signal, inactivity = 30_000 }: FetchOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const silence = new AbortController();
  const watch = (): NodeJS.Timeout => setTimeout(() => silence.abort(), inactivity);
  let timer = watch();
  const either = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
  try {
    for await (const chunk of await open(url, either, 2 * inactivity)) {
      // What is done with a piece is not the sender's silence.
      clearTimeout(timer);
      yield chunk;
      timer = watch();
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (silence.signal.aborted) throw new Refusal(`nothing came for ${inactivity / 1000} s`, true);
    throw new Refusal(
      describeError(error),
      !hasErrno(error, "ENOENT", "EISDIR", "EACCES", "ENOTDIR", "ERR_INVALID_URL"),
    );
  } finally {
    clearTimeout(timer);
  }
}

/** How often an address may name another. */
const mostRedirects = 10;

let known: HttpClient | undefined;

/** One for the process: it trusts what the host trusts, and goes through the proxies that the environment names. */
function client(): HttpClient {
  known ??= new HttpClient({ certificates: certificatesOf(process.env), proxy: proxyOf(process.env) });
  return known;
}

async function open(address: string, signal: AbortSignal, idle: number): Promise<AsyncIterable<Uint8Array>> {
  let url = new URL(address);
  if (url.protocol === "file:") return fs.createReadStream(fileURLToPath(url), { signal, highWaterMark: 1 << 20 });
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    if (url.protocol !== "http:" && url.protocol !== "https:")
      throw new Refusal(`"${url.protocol}" is not supported`, false);
    // Or a server may send what is compressed already as if it were to be unpacked on the way.
    const headers = { "accept-encoding": "identity", "user-agent": "lading" };
    const { status, headers: answer, body } = await client().send({ method: "GET", url, headers, idle, signal });
    if (status === 200) return body;
    body.destroy();
    if (answer.location === undefined || status < 300 || status > 399) {
      const transient = status >= 500 || status === 429 || status === 408;
      throw new Refusal(`the server answers ${status} ${STATUS_CODES[status] ?? ""}`.trim(), transient);
    }
    url = new URL(answer.location, url);
  }
  throw new Refusal(`it leads to more than ${mostRedirects} other addresses`, false);
}

/** Whether a file has this content; its size is looked at first, where it is known. */
function isFile(path: string, { algorithm, digest }: FileHash, size: number | undefined): boolean {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile() || (size !== undefined && stat.size !== size)) return false;
    const hash = createHash(algorithm);
    // One buffer for all: a stream would leave the whole file as garbage.
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let count = fs.readSync(descriptor, buffer); count > 0; count = fs.readSync(descriptor, buffer))
      hash.update(buffer.subarray(0, count));
    return hash.digest("hex") === digest;
  } finally {
    fs.closeSync(descriptor);
  }
}
