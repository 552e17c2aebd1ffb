/**
 * A registry as one repository's user sees it (distribution-spec v1.1): finds out how the registry is spoken to, carries
 * what it wants to see, and turns its refusals into errors.
 */
import { type Digest, hasErrno, KnownError } from "../base/index.ts";
import { type CertificatesLookup, HttpClient, isLoopback, type ProxyLookup } from "../sys/index.ts";
import { Authoriser, unauthorised } from "./authoriser.ts";
import type { CredentialsLookup } from "./credentials.ts";
import { formatRemote, type RemoteReference } from "./reference.ts";
import {
  type Answer,
  addressIn,
  ConnectionLost,
  type Exchange,
  exchange,
  isAboutCertificates,
  type Patience,
  type ReadAnswer,
  type ReadOptions,
  readAnswer,
  refused,
  retrying,
  unreachable,
} from "./transport.ts";

/** What pulls and pushes have in common. */
export interface RegistryOptions {
  /** Asked once; without it, nobody is logged in. */
  readonly credentials?: CredentialsLookup | undefined;
  /** What is trusted beside the authorities that Node comes with: `certificatesOf` reads what the host has. */
  readonly certificates?: CertificatesLookup | undefined;
  /** What requests go through: `proxyOf` reads the environment. */
  readonly proxy?: ProxyLookup | undefined;
  /** The registry may have anybody's certificate, or speak plain HTTP. Default: `false`. */
  readonly insecure?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds in which nothing may come or go before a connection counts as broken. Default: 60,000. */
  readonly idle?: number | undefined;
  /** Milliseconds before the first retry; each further one waits twice as long. Default: 500. */
  readonly pause?: number | undefined;
  /** How often a request that fails is made again. Default: 5. */
  readonly retries?: number | undefined;
}

/** A request to the registry, below the repository or at an address that the registry gave. */
export interface Ask extends Omit<Exchange, "url" | "authorization"> {
  readonly to: string | URL;
  /** What the token must allow in the repository. */
  readonly actions: "pull" | "pull,push";
  /** Another repository that is read from too. */
  readonly alsoPull?: string | undefined;
}

export class RegistryClient {
  readonly reference: RemoteReference;
  readonly patience: Patience;
  readonly #options: RegistryOptions;
  readonly #http: HttpClient;
  #session: Promise<Session> | undefined;
  #isLoggedIn = false;

  constructor(reference: RemoteReference, options: RegistryOptions) {
    this.reference = reference;
    this.#options = options;
    const { insecure, certificates, proxy } = options;
    this.#http = new HttpClient({ verify: insecure !== true, certificates, proxy });
    const { idle = 60_000, pause = 500, retries = 5, signal } = options;
    this.patience = { idle, pause, retries, signal };
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }

  /** Finds the registry, or throws why it cannot be spoken to. */
  async ping(): Promise<void> {
    await this.#connected();
  }

  /**
   * Makes one request with what the registry wants to see, without retries. A broken connection is a `ConnectionLost`;
   * every status is an answer.
   */
  async attempt({ to, actions, alsoPull, ...request }: Ask): Promise<Answer> {
    const { base, authoriser } = await this.#connected();
    const url = to instanceof URL ? to : new URL(`/v2/${this.reference.repository}/${to}`, base);
    const scopes = [`repository:${this.reference.repository}:${actions}`];
    if (alsoPull !== undefined) scopes.push(`repository:${alsoPull}:pull`);
    // A registry may keep its blobs elsewhere; what it is shown is not for there.
    const isOwn = url.origin === base.origin;
    const ask = (authorization: string | undefined): Promise<Answer> =>
      exchange(this.#http, { ...request, url, authorization }, this.patience);
    if (!isOwn) return ask(undefined);
    const shown = await authoriser.header(scopes);
    const answer = await ask(shown);
    if (answer.status !== 401 || answer.url.origin !== base.origin) return answer;
    await authoriser.forget(scopes, shown);
    if (!authoriser.learn(answer.headers["www-authenticate"], base)) return answer;
    const anew = await authoriser.header(scopes);
    // Nothing else can be shown, and the registry said what it thinks of it.
    if (anew === shown) return answer;
    answer.body.destroy();
    return ask(anew);
  }

  /** Makes a request, and again where it broke or the registry was busy, and reads the small answer. */
  read(ask: Ask, options: ReadOptions = {}): Promise<ReadAnswer> {
    const { signal } = this.patience;
    return retrying(async () => readAnswer(await this.attempt(ask), { ...options, signal }), this.patience);
  }

  /** As `read`, but for a body that the caller reads. */
  open(ask: Ask): Promise<Answer> {
    return retrying(() => this.attempt(ask), this.patience);
  }

  /** The address in an answer's Location header. */
  async locationIn({ headers, url }: Pick<Answer, "headers" | "url">): Promise<URL> {
    const { base } = await this.#connected();
    if (headers.location === undefined) throw refused(`${this.reference.registry} does not say where to send a blob`);
    const location = addressIn(headers.location, url);
    // A registry behind a proxy that encrypts may not know that its clients do.
    if (base.protocol === "https:" && location.hostname === base.hostname && location.protocol === "http:") {
      return new URL(`${location.pathname}${location.search}`, base);
    }
    if (base.protocol === "https:" && location.protocol === "http:")
      throw refused(`${this.reference.registry} wants a blob to be sent to ${location.host} without encryption`);
    return location;
  }

  /** What a status that nobody expected means. */
  failure(answer: ReadAnswer, what: string): KnownError {
    const { registry } = this.reference;
    const words = wordsOf(answer.bytes);
    const said = words === undefined ? "" : `: ${words}`;
    // Docker Hub's way of saying that the account is right and may not do this (RFC 6750, section 3.1).
    const isDenied = answer.headers["www-authenticate"]?.includes("insufficient_scope") === true && this.#isLoggedIn;
    switch (answer.status === 401 && isDenied ? 403 : answer.status) {
      case 401:
        return unauthorised(registry, this.#isLoggedIn);
      case 403: {
        const hint = `check that the account may use ${this.reference.repository}; podman login ${registry} takes another`;
        return new KnownError("registry-denied", `${registry} does not allow ${what}${said}`, { hint });
      }
      case 404:
        return new KnownError("image-not-found", `${registry} has not what is wanted for ${what}${said}`, {
          hint: `check the name: ${formatRemote(this.reference)}`,
        });
      default:
        return refused(`${registry} answers ${what} with status ${answer.status}${said}`);
    }
  }

  #connected(): Promise<Session> {
    this.#session ??= this.#connect();
    return this.#session;
  }

  /** Finds out how the registry is spoken to, and how it wants to be asked. */
  async #connect(): Promise<Session> {
    const { registry, repository } = this.reference;
    const answer = await retrying(() => this.#knock(), this.patience);
    if (answer.status === 404 || answer.status >= 500) throw this.#notRegistry(answer);
    const credentials = await this.#options.credentials?.({ registry, repository });
    this.#isLoggedIn = credentials !== undefined;
    const authoriser = new Authoriser({ http: this.#http, registry, credentials, patience: this.patience });
    authoriser.learn(answer.headers["www-authenticate"], answer.base);
    return { base: answer.base, authoriser };
  }

  /** Tries the ways in which the registry may be spoken to, once each. */
  async #knock(): Promise<ReadAnswer & { readonly base: URL }> {
    const { host } = this.reference;
    const schemes = isLoopback(host)
      ? ["http", "https"]
      : this.#options.insecure === true
        ? ["https", "http"]
        : ["https"];
    const failures: ConnectionLost[] = [];
    for (const [index, scheme] of schemes.entries()) {
      const base = new URL(`${scheme}://${host}`);
      const ping = { method: "GET", url: new URL("/v2/", base) };
      try {
        const answer = await readAnswer(await exchange(this.#http, ping, this.patience), this.patience);
        // Servers that want TLS answer plain HTTP with 400.
        if (scheme === "https" || answer.status !== 400 || index === schemes.length - 1) return { ...answer, base };
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        failures.push(error);
      }
    }
    // Where nobody listens at first, a mistake is likelier than a registry that is about to start.
    const first = failures.find(({ cause }) => isAboutCertificates(cause)) ?? failures[0];
    if (first === undefined) throw refused(`${host} wants another protocol than HTTP`);
    throw failures.every(({ cause }) => hasErrno(cause, "ECONNREFUSED")) ? unreachable(first) : first;
  }

  #notRegistry({ status }: ReadAnswer): KnownError {
    const hint = "check the name of the registry, and the registry's own log";
    return new KnownError("registry-failed", `${this.reference.host} answers as no registry does: status ${status}`, {
      hint,
    });
  }
}

interface Session {
  readonly base: URL;
  readonly authoriser: Authoriser;
}

/** The registry's own words, as the specification has them ("Error Codes"); bounded, for it may say anything. */
function wordsOf(bytes: Buffer): string | undefined {
  try {
    const { errors } = Object(JSON.parse(bytes.toString("utf8"))) as { readonly errors?: unknown };
    const words = (Array.isArray(errors) ? errors : []).slice(0, 3).flatMap((each: unknown) => {
      const { code, message } = Object(each) as { readonly code?: unknown; readonly message?: unknown };
      return [code, message].filter((part): part is string => typeof part === "string" && part !== "").join(": ") || [];
    });
    return words.length === 0 ? undefined : words.join("; ").slice(0, 300);
  } catch {
    return undefined;
  }
}

/** Whether a registry's answer carries an error of this code, such as DIGEST_INVALID. */
export function saysError(bytes: Buffer, code: string): boolean {
  return wordsOf(bytes)?.includes(code) === true;
}

export function mismatch(what: string, wanted: Digest, found: string): KnownError {
  return new KnownError("digest-mismatch", `${what} is not ${wanted}: ${found}`);
}
