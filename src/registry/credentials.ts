/**
 * Credentials for registries, from where Podman, Skopeo and Docker keep them (containers-auth.json(5)).
 *
 * The first file that knows the registry decides: the one that REGISTRY_AUTH_FILE names, and then no other; otherwise
 * $XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json and ~/.docker/config.json. Within a file a
 * helper of the registry's own comes first, then the entry with the longest path, then the helper for all registries.
 * No error quotes what a file or a helper says: it may be a secret.
 */
import { join } from "node:path";
import { type Fields, hasErrno, isFields, KnownError } from "../base/index.ts";
import { readTextIfExists, run } from "../sys/index.ts";

export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** What a token service gave at an earlier login, in exchange for new tokens. */
  | { readonly kind: "identity"; readonly token: string };

/** Whose credentials are wanted. */
export interface CredentialsQuery {
  readonly registry: string;
  readonly repository: string;
}

/** Answers with undefined where nobody logged in. */
export type CredentialsLookup = (query: CredentialsQuery) => Promise<Credentials | undefined>;

export interface CredentialsPlaces {
  readonly uid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A file that is looked at instead of all others, as `--authfile` names it. */
  readonly file?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A look-up in the files of the user whose environment this is. */
export function credentialsOf(places: CredentialsPlaces): CredentialsLookup {
  return async (query) => {
    for (const { path, isRequired } of credentialFiles(places)) {
      const file = readFile(path, isRequired);
      const found = file === undefined ? undefined : await findIn(file, { path, query, places });
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** Where credentials may be, the first that has some first. */
export function credentialFiles({ uid, environment, file }: CredentialsPlaces): readonly {
  readonly path: string;
  readonly isRequired: boolean;
}[] {
  const named = file ?? environment.REGISTRY_AUTH_FILE;
  if (named) return [{ path: named, isRequired: true }];
  const home = environment.HOME || "/";
  const runtime = environment.XDG_RUNTIME_DIR;
  return [
    runtime ? join(runtime, "containers", "auth.json") : `/run/containers/${uid}/auth.json`,
    join(environment.XDG_CONFIG_HOME || join(home, ".config"), "containers", "auth.json"),
    join(environment.DOCKER_CONFIG || join(home, ".docker"), "config.json"),
  ].map((path) => ({ path, isRequired: false }));
}

interface CredentialsFile {
  readonly auths: Fields;
  readonly credHelpers: Fields;
  readonly credsStore: unknown;
}

function invalid(path: string, problem: string): KnownError {
  const hint = "log in again, with podman login or docker login";
  return new KnownError("credentials-invalid", `the credentials in ${path} cannot be used: ${problem}`, { hint });
}

function readFile(path: string, isRequired: boolean): CredentialsFile | undefined {
  let text: string | undefined;
  try {
    text = readTextIfExists(path);
  } catch (error) {
    // Files of other users, such as root's Docker settings, are no credentials of this one.
    if (hasErrno(error, "EACCES") && !isRequired) return undefined;
    throw invalid(path, hasErrno(error, "EACCES") ? "permission denied" : "it cannot be read");
  }
  if (text === undefined && isRequired) throw invalid(path, "there is no such file");
  if (text === undefined || text.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, "it is no JSON");
  }
  if (!isFields(value)) throw invalid(path, "it holds no object");
  const { auths = {}, credHelpers = {}, credsStore } = value;
  if (!isFields(auths)) throw invalid(path, '"auths" is no object');
  if (!isFields(credHelpers)) throw invalid(path, '"credHelpers" is no object');
  return { auths, credHelpers, credsStore };
}

interface FileQuery {
  readonly path: string;
  readonly query: CredentialsQuery;
  readonly places: CredentialsPlaces;
}

async function findIn(file: CredentialsFile, at: FileQuery): Promise<Credentials | undefined> {
  const { registry } = at.query;
  for (const name of namesOf(registry)) {
    const helper = own(file.credHelpers, name);
    if (helper !== undefined) return askHelper(helper, name, at);
  }
  for (const key of keysOf(at.query)) {
    const entry = own(file.auths, key);
    const found = entry === undefined ? undefined : parseEntry(entry, at.path, key);
    if (found !== undefined) return found;
  }
  // Docker once filed registries under the addresses of their first API.
  for (const [key, entry] of Object.entries(file.auths)) {
    if (!/^https?:\/\//.test(key) || !namesOf(registry).includes(key.replace(/^https?:\/\//, "").replace(/\/.*$/, "")))
      continue;
    const found = parseEntry(entry, at.path, key);
    if (found !== undefined) return found;
  }
  if (file.credsStore === undefined || file.credsStore === "") return undefined;
  return askHelper(file.credsStore, registry === "docker.io" ? hubAddress : registry, at);
}

/** What Docker calls its own registry in helpers. */
const hubAddress = "https://index.docker.io/v1/";

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** All names under which a registry may be filed. */
function namesOf(registry: string): readonly string[] {
  return registry === "docker.io" ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [registry];
}

/** Keys from the whole repository up to the registry alone. */
function keysOf({ registry, repository }: CredentialsQuery): readonly string[] {
  const parts = repository.split("/");
  const paths = parts.map((_, index) => `${registry}/${parts.slice(0, parts.length - index).join("/")}`);
  return [...paths, ...namesOf(registry)];
}

function parseEntry(entry: unknown, path: string, key: string): Credentials | undefined {
  if (!isFields(entry)) throw invalid(path, `the entry of ${key} is no object`);
  const { auth, identitytoken, username, password } = entry;
  if (typeof identitytoken === "string" && identitytoken !== "") return { kind: "identity", token: identitytoken };
  if (auth === undefined || auth === "") {
    if (typeof username !== "string" || typeof password !== "string" || username === "") return undefined;
    return { kind: "password", username, password };
  }
  const decoded = typeof auth === "string" ? Buffer.from(auth, "base64").toString("utf8") : "";
  const colon = decoded.indexOf(":");
  if (colon <= 0) throw invalid(path, `the entry of ${key} holds no user and password`);
  // Docker's older versions filled up with NUL bytes.
  return {
    kind: "password",
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1).replace(/\0+$/, ""),
  };
}

/** Milliseconds; a helper may ask a person to unlock a key ring. */
const helperDeadline = 60_000;

/** Runs `docker-credential-NAME get`, as Docker's credential helper protocol has it. */
async function askHelper(name: unknown, server: string, { path, places }: FileQuery): Promise<Credentials | undefined> {
  if (typeof name !== "string" || !/^[\w.-]+$/.test(name))
    throw invalid(path, "it names a credential helper that is none");
  const program = `docker-credential-${name}`;
  const failed = (problem: string, cause?: unknown): KnownError =>
    new KnownError("credentials-invalid", `${program}, which ${path} names, ${problem}`, {
      hint: "install the helper, or log in without one",
      cause,
    });
  const environment = Object.entries(places.environment).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const { signal } = places;
  const options = { env: Object.fromEntries(environment), input: server, deadline: helperDeadline, signal };
  const result = await run([program, "get"], options).catch((error: unknown) => {
    throw error instanceof KnownError && error.code === "interrupted" ? error : failed("cannot be run", error);
  });
  // The protocol's own words for having none, on standard output.
  if (result.status !== 0 && /credentials not found/i.test(result.stdout)) return undefined;
  if (result.status !== 0) throw failed(`ended with status ${result.status}`);
  let answer: unknown;
  try {
    answer = JSON.parse(result.stdout);
  } catch {
    throw failed("answered with something that is no JSON");
  }
  const { Username: username, Secret: secret } = isFields(answer) ? answer : {};
  if (typeof username !== "string" || typeof secret !== "string") throw failed("answered without a user and a secret");
  return username === "<token>"
    ? { kind: "identity", token: secret }
    : { kind: "password", username, password: secret };
}
