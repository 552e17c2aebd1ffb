/**
 * One blob on its way into a layout: streamed, hashed as it comes, and named last. A connection that breaks is taken up
 * where it broke (RFC 9110, section 14), and so is what a killed process left.
 */
import { join } from "node:path";
import { type Digest, hexOf, KnownError, shortDigest } from "../base/index.ts";
import { diskError, existsSync, renameSync, rmSync, syncFolder } from "../sys/index.ts";
import { mismatch, type RegistryClient } from "./client.ts";
import { claimPart, PartFile, releasePart } from "./part-file.ts";
import {
  type Answer,
  ConnectionLost,
  isBusy,
  pauseAfter,
  readAnswer,
  refused,
  retryAfter,
  throwIfInterrupted,
  unreachable,
} from "./transport.ts";

/** How far a blob is. */
export interface DownloadProgress {
  readonly digest: Digest;
  readonly size: number;
  readonly received: number;
  readonly state: "exists" | "receiving" | "done";
}

export interface Download {
  readonly client: RegistryClient;
  readonly digest: Digest;
  readonly size: number;
  /** The layout's folder of blobs. */
  readonly folder: string;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/** Fetches a blob, unless it is there. */
export async function downloadBlob(download: Download): Promise<DownloadProgress> {
  const { digest, size, folder, onProgress } = download;
  const path = join(folder, hexOf(digest));
  const ended = (state: "exists" | "done"): DownloadProgress => {
    const progress = { digest, size, received: state === "done" ? size : 0, state };
    onProgress(progress);
    return progress;
  };
  // What has its name was hashed before it got it.
  if (existsSync(path)) return ended("exists");
  const part = claimPart(folder, digest);
  try {
    await fillPart(download, part);
    renameSync(part, path);
    syncFolder(folder);
  } catch (error) {
    const known = diskError(error, part);
    // What can never be whole is in the way; anything else is gone on with at the next attempt.
    if (known instanceof KnownError && ["no-space", "digest-mismatch"].includes(known.code))
      rmSync(part, { force: true });
    throw known;
  } finally {
    releasePart(part);
  }
  return ended("done");
}

async function fillPart(download: Download, part: string): Promise<void> {
  const { digest, size, client } = download;
  using file = new PartFile(part, size);
  const resumed = file.received > 0;
  await fill(download, file);
  if (file.digest() !== digest && resumed) {
    // What another process left may be damaged; what came now alone says whether the registry lies.
    file.restart();
    await fill(download, file);
  }
  const found = file.digest();
  if (found !== digest)
    throw mismatch(`the blob ${shortDigest(digest)} of ${client.reference.registry}`, digest, `it is ${found}`);
  file.finish();
}

/** Asks for the blob, or for the rest of it, until it is whole. */
async function fill(download: Download, file: PartFile): Promise<void> {
  const { client, size } = download;
  let failures = 0;
  for (;;) {
    const before = file.received;
    // What was left may be whole; an empty blob is asked for, for it might not be there.
    if (before === size && size > 0) return;
    const failure = await receive(download, file);
    if (failure === undefined) return;
    failures = file.received - before >= worthwhile ? 0 : failures + 1;
    if (failures > client.patience.retries) throw failure.error;
    await pauseAfter(failures, client.patience, failure.wait);
  }
}

/** Bytes that make a connection worth its while: a registry that sends less before each break is given up in time. */
const worthwhile = 1 << 16;

/** One request for what is missing. What broke or may pass is returned, with what to throw where it does not. */
async function receive(
  { client, digest, size, onProgress }: Download,
  file: PartFile,
): Promise<{ readonly error: unknown; readonly wait: number | undefined } | undefined> {
  const from = file.received;
  try {
    const answer = await client.attempt({
      method: "GET",
      to: `blobs/${digest}`,
      headers: { "accept-encoding": "identity", ...(from === 0 ? {} : { range: `bytes=${from}-` }) },
      actions: "pull",
    });
    if (answer.status !== 200 && answer.status !== 206) {
      const small = await readAnswer(answer, { signal: client.patience.signal });
      const error = client.failure(small, `the blob ${shortDigest(digest)}`);
      if (!isBusy(answer.status)) throw error;
      return { error, wait: retryAfter(answer.headers["retry-after"]) };
    }
    requireRange(answer, { from, size, digest });
    if (answer.status === 200) file.restart();
    for await (const bytes of answer.body as AsyncIterable<Buffer>) {
      if (file.received + bytes.length > size) {
        answer.body.destroy();
        throw mismatch(`the blob ${shortDigest(digest)}`, digest, `it has more than ${size} bytes`);
      }
      file.write(bytes);
      onProgress({ digest, size, received: file.received, state: "receiving" });
    }
  } catch (error) {
    throwIfInterrupted(client.patience.signal);
    if (error instanceof ConnectionLost && !error.isPassing) throw unreachable(error);
    if (error instanceof ConnectionLost) return { error: unreachable(error), wait: undefined };
    if (isBreak(error))
      return { error: unreachable(new ConnectionLost(client.reference.host, error)), wait: undefined };
    throw error;
  }
  if (file.received === size) return undefined;
  // A body without a length that just ends is a break like any other.
  return {
    error: mismatch(`the blob ${shortDigest(digest)}`, digest, `it ends after ${file.received} of ${size} bytes`),
    wait: undefined,
  };
}

/** What reading a body throws when its connection breaks. */
function isBreak(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && /^(?:ECONN|EPIPE|ETIMEDOUT|ERR_STREAM|HPE_)/.test(String(error.code))
  );
}

/** Refuses an answer whose head is of another size or another part. */
function requireRange(
  answer: Answer,
  wanted: { readonly from: number; readonly size: number; readonly digest: Digest },
): void {
  const { from, size, digest } = wanted;
  const refuse = (error: Error): never => {
    answer.body.destroy();
    throw error;
  };
  const length = answer.headers["content-length"];
  const left = answer.status === 206 ? size - from : size;
  if (length !== undefined && Number(length) > left)
    refuse(mismatch(`the blob ${shortDigest(digest)}`, digest, `it has ${length} bytes, not ${left}`));
  if (answer.headers["content-encoding"] !== undefined && answer.headers["content-encoding"] !== "identity")
    refuse(refused(`${answer.url.host} sends the blob ${shortDigest(digest)} encoded, which nobody asked for`));
  if (answer.status !== 206) return;
  const start = /^bytes (\d+)-/.exec(answer.headers["content-range"] ?? "")?.[1];
  if (Number(start) !== from)
    refuse(refused(`${answer.url.host} sends another part of the blob ${shortDigest(digest)} than was asked for`));
}
