/** HTTP as a client: one request, one answer. Redirects, retries and credentials are the caller's. */
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from "node:http";
import type { Agent as SecureAgent } from "node:https";
import type { Writable } from "node:stream";

/** A body of known length. It may be read more than once, for a request that is made again. */
export interface HttpBody {
  readonly size: number;
  readonly read: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody | undefined;
  /** Milliseconds in which nothing may come or go before the request fails. */
  readonly idle: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end, or destroyed: its connection is not free before. */
  readonly body: IncomingMessage;
}

/** What is trusted, and shown, on connections to one host. */
export interface Certificates {
  /** PEM texts of authorities that are trusted beside those that Node comes with. */
  readonly authorities: readonly string[];
  /** What a server that asks for the client's certificate is shown, in PEM. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

export interface HttpClientOptions {
  /** Without it, a server's certificate may be anybody's. Default: `true`. */
  readonly verify?: boolean;
  /** Asked once for each host, which may have a port. */
  readonly certificates?: ((host: string) => Certificates) | undefined;
  /** The proxy that a request goes through; undefined where it goes straight. */
  readonly proxy?: ((url: URL) => URL | undefined) | undefined;
}

type MakeSecureAgent = typeof import("./secure-http.ts").secureAgent;

/** Connections that are kept for the next request, until the client is disposed of. */
export class HttpClient {
  readonly #plain: PlainAgent = new PlainAgent({ keepAlive: true });
  readonly #secure = new Map<string, SecureAgent>();
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
  }

  /** One for each host: what is trusted and shown there is for nobody else. */
  #secureAgent(host: string, makeAgent: MakeSecureAgent): SecureAgent {
    const known = this.#secure.get(host);
    if (known !== undefined) return known;
    const { verify = true, certificates } = this.#options;
    const proxy = this.#options.proxy?.(new URL(`https://${host}`));
    const agent = makeAgent({ verify, certificates: certificates?.(host) ?? { authorities: [] }, proxy });
    this.#secure.set(host, agent);
    return agent;
  }

  /** Resolves with the answer's head, which may come before the body was sent; the rest of the body is then kept back. */
  async send({ method, url, headers, body, idle, signal }: HttpRequest): Promise<HttpAnswer> {
    // The supervisor speaks to nobody outside of its host, and pays nothing for what only others need.
    const secure = url.protocol === "https:" ? await import("./secure-http.ts") : undefined;
    const length = body?.size ?? (/^(?:GET|HEAD|DELETE)$/.test(method) ? undefined : 0);
    const proxy = secure !== undefined ? undefined : this.#options.proxy?.(url);
    return new Promise((resolve, reject) => {
      // The parts of the address one by one: a user and password in it would become a header.
      const outgoing = (secure?.secureRequest ?? plainRequest)({
        hostname: bareHost(proxy ?? url),
        port: (proxy ?? url).port,
        // A proxy is told the whole address (RFC 9112, section 3.2.2).
        path: `${proxy === undefined ? "" : url.origin}${url.pathname}${url.search}`,
        method,
        headers: {
          host: url.host,
          ...headers,
          ...proxyHeaders(proxy),
          ...(length === undefined ? {} : { "content-length": String(length) }),
        },
        agent: secure === undefined ? this.#plain : this.#secureAgent(url.host, secure.secureAgent),
        timeout: idle,
        ...(signal === undefined ? {} : { signal }),
      });
      let over = false;
      outgoing.on("timeout", () => outgoing.destroy(new Error(`nothing came or went for ${idle / 1000} s`)));
      outgoing.on("error", reject);
      outgoing.on("close", () => {
        over = true;
      });
      outgoing.on("response", (incoming) => {
        // A reader hears of an error by reading; without one, it would end the process.
        incoming.on("error", () => undefined);
        if (!outgoing.writableEnded) {
          over = true;
          incoming.on("end", () => outgoing.destroy());
        }
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming });
      });
      if (body === undefined) outgoing.end();
      else
        sendBody(outgoing, body, () => over).catch((error: unknown) => {
          reject(error);
          outgoing.destroy();
        });
    });
  }

  [Symbol.dispose](): void {
    this.#plain.destroy();
    for (const agent of this.#secure.values()) agent.destroy();
  }
}

/** A host as sockets take it: an IPv6 address without its brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** What a proxy that wants a name and a password is shown. */
export function proxyHeaders(proxy: URL | undefined): Readonly<Record<string, string>> {
  if (proxy === undefined || proxy.username === "") return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

async function sendBody(outgoing: Writable, { size, read }: HttpBody, isOver: () => boolean): Promise<void> {
  let sent = 0;
  for await (const bytes of read()) {
    if (isOver()) return;
    sent += bytes.length;
    if (sent > size) break;
    if (!outgoing.write(bytes)) await roomIn(outgoing, isOver);
  }
  if (sent !== size)
    throw new Error(`a body of ${size} bytes was announced, and it has ${sent > size ? "more" : sent}`);
  if (!isOver()) outgoing.end();
}

/** Waits until more can be written, or until nothing more needs to be. */
function roomIn(outgoing: Writable, isOver: () => boolean): Promise<void> {
  if (isOver() || outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const events = ["drain", "close", "response"];
    const done = (): void => {
      for (const event of events) outgoing.off(event, done);
      resolve();
    };
    for (const event of events) outgoing.on(event, done);
  });
}
