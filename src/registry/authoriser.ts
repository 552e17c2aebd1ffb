/**
 * What a registry wants to see before it answers (distribution's token authentication, and RFC 7617's Basic).
 *
 * A registry's 401 says how it wants to be asked. Tokens are fetched from the service that it names and kept for each
 * set of scopes until they expire or are refused.
 */
import { KnownError } from "../base/index.ts";
import type { HttpClient } from "../sys/index.ts";
import type { Credentials } from "./credentials.ts";
import {
  addressIn,
  type Exchange,
  exchange,
  type Patience,
  type ReadAnswer,
  readAnswer,
  refused,
  retrying,
} from "./transport.ts";

/** One way in which a registry lets itself be asked. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Parses WWW-Authenticate (RFC 9110, section 11.6.1): schemes, each with parameters. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const token = /[\s,]*([\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gy;
  for (const [, name = "", quoted, bare] of header.matchAll(token)) {
    const value = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: Object.create(null) });
    else {
      const last = challenges.at(-1);
      if (last !== undefined) last.parameters[name.toLowerCase()] = value;
    }
  }
  return challenges;
}

interface Token {
  readonly value: string;
  /** In `Date.now`'s milliseconds. */
  readonly until: number;
}

export interface AuthoriserOptions {
  readonly http: HttpClient;
  readonly registry: string;
  readonly credentials: Credentials | undefined;
  readonly patience: Patience;
}

export class Authoriser {
  readonly #options: AuthoriserOptions;
  readonly #tokens = new Map<string, Promise<Token>>();
  #challenge: { readonly challenge: Challenge; readonly base: URL } | undefined;

  constructor(options: AuthoriserOptions) {
    this.#options = options;
  }

  /** Remembers how the registry at `base` wants to be asked; false where it says nothing that can be followed. */
  learn(header: string | undefined, base: URL): boolean {
    const challenges = parseChallenges(header ?? "");
    const challenge =
      challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.realm !== undefined) ??
      challenges.find(({ scheme }) => scheme === "basic");
    if (challenge !== undefined) this.#challenge = { challenge, base };
    return challenge !== undefined;
  }

  /** The header for requests that need `scopes`; undefined where the registry wants none or there is nothing to give. */
  async header(scopes: readonly string[]): Promise<string | undefined> {
    const { credentials } = this.#options;
    if (this.#challenge === undefined) return undefined;
    if (this.#challenge.challenge.scheme === "basic") {
      return credentials?.kind === "password" ? basic(credentials) : undefined;
    }
    const key = [...scopes].sort().join(" ");
    const kept = this.#tokens.get(key);
    if (kept !== undefined) {
      const token = await kept;
      if (token.until > Date.now()) return `Bearer ${token.value}`;
      if (this.#tokens.get(key) === kept) this.#tokens.delete(key);
      return this.header(scopes);
    }
    // Those who want the same token meanwhile wait for this one; a failure is nobody's later.
    const fresh = this.#fetch(scopes);
    this.#tokens.set(key, fresh);
    fresh.catch(() => this.#tokens.delete(key));
    return `Bearer ${(await fresh).value}`;
  }

  /** Forgets the token that the registry did not take, unless there is another by now. */
  async forget(scopes: readonly string[], refused: string | undefined): Promise<void> {
    const key = [...scopes].sort().join(" ");
    const kept = await this.#tokens.get(key)?.catch(() => undefined);
    if (kept !== undefined && `Bearer ${kept.value}` === refused) this.#tokens.delete(key);
  }

  async #fetch(scopes: readonly string[]): Promise<Token> {
    const { http, patience, registry, credentials } = this.#options;
    const { challenge, base } = this.#challenge ?? { challenge: undefined, base: undefined };
    if (challenge === undefined || base === undefined) throw new Error("a token is wanted before a challenge");
    const realm = addressIn(challenge.parameters.realm ?? "", base);
    if (realm.protocol === "http:" && base.protocol === "https:")
      throw refused(`${registry} wants its tokens to be fetched from ${realm.host} without encryption`);
    const { service } = challenge.parameters;
    const answer = await retrying(async () => {
      const request = credentials?.kind === "identity" ? exchangeToken : askForToken;
      const given = request({ realm, service, scopes, credentials });
      return readAnswer(await exchange(http, given, patience), { limit: 1 << 20, signal: patience.signal });
    }, patience);
    return parseToken(answer, registry, credentials !== undefined);
  }
}

interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
}

function askForToken({ realm, service, scopes, credentials }: TokenRequest): Exchange {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credentials?.kind !== "password") return { method: "GET", url };
  url.searchParams.set("account", credentials.username);
  return { method: "GET", url, authorization: basic(credentials) };
}

/** Distribution's OAuth 2 way, for what `docker login` got from a token service. */
function exchangeToken({ realm, service, scopes, credentials }: TokenRequest): Exchange {
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "lading", scope: scopes.join(" ") });
  if (service !== undefined) form.set("service", service);
  if (credentials?.kind === "identity") form.set("refresh_token", credentials.token);
  const bytes = Buffer.from(form.toString());
  return {
    method: "POST",
    url: realm,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: { size: bytes.length, read: () => [bytes] },
    keepsBody: true,
  };
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** What a service that says nothing of it gives its tokens, and the part that is left for the way to the registry. */
const usualLife = 60;
const margin = 10;

function parseToken({ status, bytes, url }: ReadAnswer, registry: string, hadCredentials: boolean): Token {
  if (status === 401 || status === 403) throw unauthorised(registry, hadCredentials);
  if (status !== 200) throw refused(`the token service ${url.host} of ${registry} answers with status ${status}`);
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = Object(JSON.parse(bytes.toString("utf8"))) as Readonly<Record<string, unknown>>;
  } catch {
    throw refused(`the token service ${url.host} of ${registry} answers with something that is no JSON`);
  }
  const value = answer.token ?? answer.access_token;
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value))
    throw refused(`the token service ${url.host} of ${registry} answers without a token`);
  const life = typeof answer.expires_in === "number" && answer.expires_in > 0 ? answer.expires_in : usualLife;
  return { value, until: Date.now() + Math.max(life - margin, life / 2) * 1000 };
}

export function unauthorised(registry: string, hadCredentials: boolean): KnownError {
  return new KnownError(
    "registry-unauthorised",
    hadCredentials ? `${registry} does not take the credentials` : `${registry} wants credentials`,
    { hint: `log in: podman login ${registry}` },
  );
}
