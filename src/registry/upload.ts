/**
 * One blob on its way into a repository (distribution-spec v1.1, "Pushing blobs").
 *
 *     is it there? ──yes──▶ exists
 *        │ no
 *     mount from another repository ──201──▶ mounted
 *        │ 202: a session
 *     small: PUT                           large: PATCH, PATCH, … PUT
 *        └──────────── broken: how far did it come? ───────────┘
 *                          │ the session is lost: from the start, in a new one
 *
 * The registry's word counts for how far a session came. Some, such as distribution 2.8 that was interrupted within a
 * chunk, lose the session; then the blob is sent anew.
 */
import { type Digest, KnownError, shortDigest } from "../base/index.ts";
import { mismatch, type RegistryClient, saysError } from "./client.ts";
import type { BlobSource } from "./layout-source.ts";
import {
  type Answer,
  ConnectionLost,
  isBusy,
  pauseAfter,
  type ReadAnswer,
  readAnswer,
  refused,
  retryAfter,
  unreachable,
} from "./transport.ts";

export type BlobState = "exists" | "mounted" | "sending" | "done";

/** How far a blob is. */
export interface BlobProgress {
  readonly digest: Digest;
  readonly size: number;
  /** Bytes of it that the registry has or that are on their way. */
  readonly sent: number;
  readonly state: BlobState;
}

export interface Upload {
  readonly client: RegistryClient;
  readonly digest: Digest;
  readonly blob: BlobSource;
  /** Bytes of a request: what is larger is sent in several. */
  readonly chunk: number;
  /** Repositories of the same registry that may have it. */
  readonly mountFrom: readonly string[];
  readonly onProgress: (progress: BlobProgress) => void;
}

/** A place that takes a blob's bytes. */
interface UploadSession {
  readonly location: URL;
  readonly offset: number;
  readonly chunk: number;
}

const push = { actions: "pull,push" } as const;
const octets = { "content-type": "application/octet-stream" } as const;

/** Bytes of a blob that a registry hashes and files in a millisecond, at the least; it says nothing meanwhile. */
const filing = 10_000;

/** Puts a blob into the repository, unless it is there. */
export async function uploadBlob(upload: Upload): Promise<BlobProgress> {
  const { client, digest, blob, onProgress } = upload;
  const ended = (state: BlobState): BlobProgress => {
    const progress = { digest, size: blob.size, sent: state === "done" ? blob.size : 0, state };
    onProgress(progress);
    return progress;
  };
  if (await isThere(upload)) return ended("exists");
  const started = await mountOrStart(upload, upload.mountFrom);
  if (started === "mounted") return ended("mounted");
  let session = started;
  let whole = blob.size <= upload.chunk;
  // Breaks in which nothing got further; a blob that moves may break as often as it likes.
  let failures = 0;
  for (let sessions = 1; ; ) {
    const before = session.offset;
    const step = await stepOf(upload, session, whole);
    if (step.kind === "done") return ended("done");
    if (step.kind === "further") {
      session = step.session;
      failures = 0;
      continue;
    }
    if (step.kind === "unchunked") whole = true;
    else {
      if (failures >= client.patience.retries) throw step.error;
      await pauseAfter(failures, client.patience, step.wait);
      failures += 1;
      const resumed = whole ? undefined : await resume(upload, session);
      if (resumed !== undefined) {
        if (resumed.offset > before) failures = 0;
        session = resumed;
        continue;
      }
    }
    // It may have arrived although its answer did not, or somebody else may have sent it.
    if (await isThere(upload)) return ended("done");
    if (sessions > client.patience.retries)
      throw refused(`${name(upload)} could not be sent: its upload was lost again and again`);
    sessions += 1;
    const fresh = await mountOrStart(upload, []);
    if (fresh === "mounted") return ended("mounted");
    session = fresh;
  }
}

function name({ digest, client }: Upload): string {
  return `the blob ${shortDigest(digest)} for ${client.reference.registry}`;
}

/** Asks without a body; a registry that claims another size has another blob under this digest. */
async function isThere({ client, digest, blob }: Upload): Promise<boolean> {
  const answer = await client.read({ method: "HEAD", to: `blobs/${digest}`, ...push });
  if (answer.status === 404) return false;
  if (answer.status !== 200) throw client.failure(answer, `a look for the blob ${shortDigest(digest)}`);
  const length = answer.headers["content-length"];
  if (length !== undefined && Number(length) !== blob.size)
    throw mismatch(`what ${client.reference.registry} has`, digest, `it has ${length} bytes, not ${blob.size}`);
  return true;
}

/** Has the registry take the blob from another repository, or begins an upload. */
async function mountOrStart(upload: Upload, from: readonly string[]): Promise<UploadSession | "mounted"> {
  const { client, digest } = upload;
  for (const repository of from) {
    const query = new URLSearchParams({ mount: digest, from: repository });
    const answer = await client
      .read({ method: "POST", to: `blobs/uploads/?${query}`, ...push, alsoPull: repository })
      .catch((error: unknown) => {
        // A repository that may not be read is one that the blob cannot be had from.
        if (error instanceof KnownError && ["registry-unauthorised", "registry-denied"].includes(error.code))
          return undefined;
        throw error;
      });
    if (answer?.status === 201) return "mounted";
    if (answer?.status === 202) return sessionIn(upload, answer, 0);
  }
  const answer = await client.read({ method: "POST", to: "blobs/uploads/", ...push });
  if (answer.status !== 202) throw client.failure(answer, `an upload to ${client.reference.repository}`);
  return sessionIn(upload, answer, 0);
}

async function sessionIn(
  { client, chunk }: Pick<Upload, "client" | "chunk">,
  answer: Pick<Answer, "headers" | "url">,
  offset: number,
): Promise<UploadSession> {
  const least = Number(answer.headers["oci-chunk-min-length"] ?? 0);
  return { location: await client.locationIn(answer), offset, chunk: least > chunk ? least : chunk };
}

type Step =
  | { readonly kind: "done" }
  | { readonly kind: "further"; readonly session: UploadSession }
  /** The registry takes no chunks. */
  | { readonly kind: "unchunked" }
  | { readonly kind: "broken"; readonly error: KnownError; readonly wait: number | undefined };

/** Sends the next part of a blob, or files it where nothing is left. */
async function stepOf(upload: Upload, session: UploadSession, whole: boolean): Promise<Step> {
  const { client, digest, blob } = upload;
  const { location, offset } = session;
  const isLast = whole || offset === blob.size;
  const length = whole ? blob.size : Math.min(session.chunk, blob.size - offset);
  const start = whole ? 0 : offset;
  // The rest stays as it was written: registries sign these addresses.
  const url = isLast ? new URL(`${location.href}${location.search === "" ? "?" : "&"}digest=${digest}`) : location;
  const body = length === 0 ? undefined : { size: length, read: () => partOf(upload, start, length) };
  const range = isLast ? {} : { "content-range": `${start}-${start + length - 1}` };
  let answer: ReadAnswer;
  try {
    const { signal, idle } = client.patience;
    const request = { method: isLast ? "PUT" : "PATCH", to: url, headers: { ...octets, ...range }, body, ...push };
    answer = await readAnswer(
      await client.attempt({ ...request, idle: isLast ? idle + Math.ceil(blob.size / filing) : idle }),
      {
        signal,
      },
    );
  } catch (error) {
    if (!(error instanceof ConnectionLost) || !error.isPassing)
      throw error instanceof ConnectionLost ? unreachable(error) : error;
    return { kind: "broken", error: unreachable(error), wait: undefined };
  }
  const { status } = answer;
  if (isLast && (status === 201 || status === 204)) return { kind: "done" };
  if (!isLast && status === 202) {
    const next = offsetIn(answer.headers.range) ?? start + length;
    if (next > start + length)
      throw refused(`${client.reference.registry} says that it has more of ${name(upload)} than was sent`);
    // Less than was sent is a break; nothing at all may be a registry that keeps nothing.
    if (next > start)
      return { kind: "further", session: await sessionIn({ client, chunk: session.chunk }, answer, next) };
    return {
      kind: "broken",
      error: refused(`${client.reference.registry} keeps nothing of ${name(upload)}`),
      wait: undefined,
    };
  }
  const error = client.failure(answer, `the upload of the blob ${shortDigest(digest)}`);
  if (saysError(answer.bytes, "DIGEST_INVALID"))
    throw mismatch(`what was sent to ${client.reference.registry}`, digest, "the registry refuses it");
  if (isBusy(status) || status === 404 || status === 416)
    return { kind: "broken", error, wait: retryAfter(answer.headers["retry-after"]) };
  if (!isLast && offset === 0 && [400, 405, 411, 413, 415, 501].includes(status)) return { kind: "unchunked" };
  throw error;
}

/** Exactly `length` bytes of the blob; says how far it is. */
async function* partOf(
  { blob, digest, onProgress }: Upload,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const bytes of blob.open(start)) {
    const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= part.length;
    yield part;
    onProgress({ digest, size: blob.size, sent: start + length - left, state: "sending" });
    if (left === 0) return;
  }
  throw new KnownError("source-changed", `the blob ${digest} ended ${left} bytes early: it changed while it was sent`);
}

/** Asks how far a session came; undefined where the registry lost it. */
async function resume({ client, chunk, blob }: Upload, session: UploadSession): Promise<UploadSession | undefined> {
  const answer = await client.read({ method: "GET", to: session.location, ...push });
  if (answer.status !== 204 && answer.status !== 200 && answer.status !== 202) return undefined;
  const offset = offsetIn(answer.headers.range);
  if (offset === undefined || offset > blob.size) return undefined;
  return answer.headers.location === undefined
    ? { ...session, offset }
    : sessionIn({ client, chunk: Math.max(chunk, session.chunk) }, answer, offset);
}

/** How many bytes "0-N" says are there. Registries say "0-0" of none too, and one byte more or less is sent again. */
function offsetIn(range: string | undefined): number | undefined {
  const last = /^(?:bytes[= ])?0-(\d{1,15})$/.exec(range ?? "")?.[1];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}
