/**
 * Requests to a registry and to what it points at: redirects, retries and the reading of small answers.
 *
 * A connection that breaks is a `ConnectionLost`; the requests that may simply be made again go through `retrying`. An
 * `Authorization` header never leaves the origin that it was meant for (RFC 9110, section 15.4).
 */
import { hasErrno, KnownError } from "../base/index.ts";
import type { HttpAnswer, HttpBody, HttpClient } from "../sys/index.ts";

/** What decides how long a registry is waited for. */
export interface Patience {
  /** Milliseconds in which nothing may come or go. */
  readonly idle: number;
  /** Milliseconds before the first retry; each further one waits twice as long. */
  readonly pause: number;
  /** How often a request that fails is made again. */
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
}

export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** The value of the header; sent to this origin only. */
  readonly authorization?: string | undefined;
  readonly body?: HttpBody | undefined;
  readonly idle?: number;
  /** Secrets in the body stay where they were sent: a redirect is then the answer. */
  readonly keepsBody?: boolean;
}

/** An answer, and where it came from after redirects. */
export interface Answer extends HttpAnswer {
  readonly url: URL;
}

/** An answer whose body was small and was read. */
export interface ReadAnswer extends Omit<Answer, "body"> {
  readonly bytes: Buffer;
}

/** The connection broke, or never came about. */
export class ConnectionLost extends Error {
  /** Whether trying again may help, as it does not with a name that nobody has. */
  readonly isPassing: boolean;

  constructor(host: string, cause: unknown) {
    super(`the connection to ${host} broke`, { cause });
    const lasting = ["ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EACCES", "EPROTO"];
    this.isPassing = !hasErrno(cause, ...lasting) && !isAboutCertificates(cause) && !isAboutTls(cause);
  }
}

export function isAboutCertificates(error: unknown): boolean {
  return error instanceof Error && "code" in error && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(String(error.code));
}

function isAboutTls(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^ERR_(?:SSL|TLS)_/.test(String(error.code));
}

const redirects = [301, 302, 303, 307, 308];
const mostRedirects = 5;

/** Makes one request, and follows where it is sent. */
export async function exchange(http: HttpClient, request: Exchange, { idle, signal }: Patience): Promise<Answer> {
  let { url, authorization } = request;
  for (let hops = 0; ; hops += 1) {
    throwIfInterrupted(signal);
    const headers = {
      "user-agent": "lading",
      ...request.headers,
      ...(authorization === undefined ? {} : { authorization }),
    };
    const { method, body } = request;
    let answer: HttpAnswer;
    try {
      answer = await http.send({ method, url, headers, body, signal, idle: request.idle ?? idle });
    } catch (error) {
      throwIfInterrupted(signal);
      if (error instanceof KnownError) throw error;
      throw new ConnectionLost(url.host, error);
    }
    const next = request.keepsBody === true ? undefined : redirectOf(answer, { method, url });
    if (next === undefined) return { ...answer, url };
    answer.body.destroy();
    if (hops === mostRedirects) throw refused(`${request.url.host} redirects again and again`);
    if (url.protocol === "https:" && next.protocol !== "https:")
      throw refused(`${url.host} redirects to ${next.host} without encryption`);
    // Once gone, it stays away, also where the way leads back.
    if (next.origin !== url.origin) authorization = undefined;
    url = next;
  }
}

function redirectOf(answer: HttpAnswer, { method, url }: { method: string; url: URL }): URL | undefined {
  const { location } = answer.headers;
  if (!redirects.includes(answer.status) || location === undefined) return undefined;
  // The others would have what was sent turn into a GET.
  const keepsMethod = answer.status >= 307 || method === "GET" || method === "HEAD";
  return keepsMethod ? addressIn(location, url) : undefined;
}

/** The address that a registry names in a header. */
export function addressIn(location: string, base: URL): URL {
  const url = URL.canParse(location, base.href) ? new URL(location, base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refused(`${base.host} names an address that is none`);
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

export function refused(message: string): KnownError {
  return new KnownError("registry-failed", message);
}

/** Reads a small body to its end; more than `limit` bytes are an error of `tooLarge`. */
export async function readAnswer(
  answer: Answer,
  { limit = 64 << 10, tooLarge, signal }: ReadOptions = {},
): Promise<ReadAnswer> {
  const { body, ...head } = answer;
  const refuse = tooLarge ?? ((): KnownError => refused(`${answer.url.host} says more than ${limit} bytes`));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throwIfInterrupted(signal);
    throw new ConnectionLost(answer.url.host, error);
  }
  if (size > limit && answer.status < 400) throw refuse();
  return { ...head, bytes: Buffer.concat(chunks) };
}

export interface ReadOptions {
  readonly limit?: number;
  readonly tooLarge?: () => KnownError;
  readonly signal?: AbortSignal | undefined;
}

/** Whether an answer says that the same request may well work later. */
export function isBusy(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status);
}

/** Does `attempt` until it neither breaks nor meets a busy registry, but for a bounded number of times. */
export async function retrying<T extends Pick<Answer, "status" | "headers"> & { readonly body?: Answer["body"] }>(
  attempt: () => Promise<T>,
  patience: Patience,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    let wanted: number | undefined;
    try {
      const answer = await attempt();
      if (!isBusy(answer.status) || failures === patience.retries) return answer;
      answer.body?.destroy();
      wanted = retryAfter(answer.headers["retry-after"]);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      if (!error.isPassing || failures === patience.retries) throw unreachable(error);
    }
    await pauseAfter(failures, patience, wanted);
  }
}

/** What a broken connection is to the user. */
export function unreachable(error: ConnectionLost): KnownError {
  // A name with several addresses fails with an error for each of them.
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  const about = error.message.replace(/^the connection to (.*) broke$/, "cannot reach the registry at $1");
  const hint = isAboutCertificates(cause)
    ? "trust its certificate on this host, or say that the registry is insecure"
    : isAboutTls(cause) || hasErrno(cause, "EPROTO")
      ? "where it speaks plain HTTP, say that the registry is insecure"
      : hasErrno(cause, "ENOTFOUND")
        ? "check the registry's name"
        : "check that the registry runs and can be reached from here";
  return new KnownError("registry-unreachable", about, { hint, cause });
}

/** The longest pause that a registry can ask for, in milliseconds. */
const longestPause = 120_000;

/** Milliseconds of a Retry-After header: seconds or a date (RFC 9110, section 10.2.3). */
export function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), longestPause);
}

/** Waits before trying again: as long as the registry wants, or twice as long with each failure. */
export async function pauseAfter(failures: number, { pause, signal }: Patience, wanted?: number): Promise<void> {
  // Those that failed together should not come back together.
  const wait = wanted ?? pause * 2 ** Math.min(failures, 6) * (0.75 + Math.random() / 2);
  throwIfInterrupted(signal);
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, wait);
    signal?.addEventListener("abort", done);
  });
  throwIfInterrupted(signal);
}

export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw signal.reason instanceof KnownError ? signal.reason : new KnownError("interrupted", "interrupted");
}
