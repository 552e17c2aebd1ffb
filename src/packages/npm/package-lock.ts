/**
 * package-lock.json of npm (lockfileVersion 2 and 3): which package stands at which path, where it comes from, and the hash of
 * what comes. Everything that npm would decide at install time is settled in it, but for the platform.
 */
import { KnownError, messageOf, type Place } from "../../base/index.ts";

/** One package that is put in place. */
export interface NpmPackage {
  /** Below the application, such as `node_modules/hono`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly url: string;
  /** Of the archive: Subresource Integrity, `sha512-…`. */
  readonly integrity: string;
  /** Commands by name, each a path below the package. */
  readonly bins: Readonly<Record<string, string>>;
}

/** A folder of the application itself that stands among its packages, as workspaces do. */
export interface NpmLink {
  readonly path: string;
  readonly to: string;
}

export interface NpmTree {
  readonly packages: readonly NpmPackage[];
  readonly links: readonly NpmLink[];
}

/** What is chosen when a lock is read. */
export interface NpmChoice {
  /** As Node names them: `linux`; `x64`, `arm64`. */
  readonly os: string;
  readonly cpu: string;
  /** The address of the registry that stands in for npm's own. */
  readonly registry: string;
  /** Whether what only development needs is put in place too. */
  readonly dev: boolean;
  /** Packages whose install scripts need not run. */
  readonly ignoreScripts: readonly string[];
  /** Where the lock is declared. */
  readonly where?: Place | undefined;
}

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
}

/** Whether a list such as `["linux"]` or `["!win32"]` lets a value through, as npm reads it. */
function lets(list: readonly string[] | undefined, value: string): boolean {
  if (list === undefined || list.length === 0 || list.includes("any")) return true;
  const refused = list.filter((each) => each.startsWith("!"));
  if (refused.includes(`!${value}`)) return false;
  return refused.length === list.length || list.includes(value);
}

const folder = /^(?:node_modules\/(?:@[\w.~-]+\/)?[\w.~-]+\/)*node_modules\/(?:@[\w.~-]+\/)?[\w.~-]+$/;

/** A path below a folder that leads out of it nowhere. */
function isInside(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}

/** npm's own registry: npm takes what a lock has from it from whatever registry is configured. */
export const npmRegistry = "https://registry.npmjs.org";

/** Where a registry has a package's archive. */
export function npmArchiveUrl(registry: string, name: string, version: string): string {
  return `${registry}/${name}/-/${name.replace(/^@[^/]*\//, "")}-${version}.tgz`;
}

/** Reads a lock; `path` is for messages. Throws `npm-lock-invalid`. */
export function readPackageLock(text: string, path: string, choice: NpmChoice): NpmTree {
  const refuse = (
    problem: string,
    hint = "write it anew with npm 7 or later: npm install --package-lock-only",
  ): never => {
    throw new KnownError("npm-lock-invalid", `${path}: ${problem}`, { hint, where: choice.where });
  };
  const lock = parse(text, refuse);
  if (lock.lockfileVersion !== 2 && lock.lockfileVersion !== 3)
    refuse(`its lockfileVersion is ${JSON.stringify(lock.lockfileVersion)}; 2 and 3 can be read`);
  const packages: NpmPackage[] = [];
  const links: NpmLink[] = [];
  const entries = Object.entries(lock.packages ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  // What stands inside something that is left out is left out with it.
  const leftOut: string[] = [];
  for (const [at, entry] of entries) {
    if (!at.includes("node_modules/")) continue;
    if (!folder.test(at) || at.split("/").some((part) => part === "." || part === ".."))
      refuse(`it puts something at ${at}`, "only what stands in the application's own node_modules can be taken");
    const name = at.slice(at.lastIndexOf("node_modules/") + "node_modules/".length);
    if (leftOut.some((each) => at.startsWith(`${each}/`)) || entry.inBundle === true) continue;
    const fits = lets(entry.os, choice.os) && lets(entry.cpu, choice.cpu) && lets(entry.libc, "glibc");
    if ((entry.dev === true && !choice.dev) || (entry.optional === true && !fits)) {
      leftOut.push(at);
      continue;
    }
    if (!fits) refuse(`${name} is not for ${choice.os} on ${choice.cpu}`, "no npm would install it there either");
    if (entry.link === true) {
      const to = entry.resolved ?? "";
      if (to === "" || !isInside(to))
        refuse(`${name} is a link to ${to || "nothing"}`, "link to folders of the application only");
      links.push({ path: at, to });
      continue;
    }
    packages.push(packageOf(at, name, entry, choice, refuse));
  }
  return { packages, links };
}

function parse(
  text: string,
  refuse: (problem: string) => never,
): { readonly lockfileVersion?: unknown; readonly packages?: Readonly<Record<string, Entry>> } {
  try {
    const lock: unknown = JSON.parse(text);
    return typeof lock === "object" && lock !== null ? lock : refuse("it is no object");
  } catch (error) {
    if (error instanceof KnownError) throw error;
    return refuse(`it is no JSON: ${messageOf(error)}`);
  }
}

function packageOf(
  path: string,
  name: string,
  entry: Entry,
  { ignoreScripts, registry }: NpmChoice,
  refuse: (problem: string, hint?: string) => never,
): NpmPackage {
  const { integrity = "", version = "", bin = {}, hasInstallScript } = entry;
  // npm leaves the address out where it is told to (omit-lockfile-registry-resolved).
  const resolved =
    entry.resolved?.replace(npmRegistry, registry) ??
    (/^\d[\w.+-]*$/.test(version) ? npmArchiveUrl(registry, name, version) : "");
  if (!/^https?:\/\//.test(resolved)) {
    const hint =
      "only archives of a registry have a hash that can be checked; publish it, or make it part of the application";
    return refuse(`${name} comes from ${resolved || "nowhere"}`, hint);
  }
  // Several may be given; the strongest counts.
  const strong = integrity.split(/\s+/).find((each) => /^sha512-[A-Za-z0-9+/]{86}==$/.test(each));
  if (strong === undefined) return refuse(`${name} has no SHA-512 to be checked by`);
  if (hasInstallScript === true && !ignoreScripts.includes(name)) {
    const hint = `no script is run; where it can do without: ignoreScripts: ["${name}"]`;
    return refuse(`${name} has a script that wants to run when it is installed`, hint);
  }
  const bins = Object.entries(bin).map(([command, to]) => [command, to.replace(/^\.\//, "")] as const);
  const bad = bins.find(([command, to]) => !/^[\w.~-]+$/.test(command) || /^\.+$/.test(command) || !isInside(to));
  if (bad !== undefined) return refuse(`${name} has a command "${bad[0]}" at ${bad[1]}`);
  return { path, name, version, url: resolved, integrity: strong, bins: Object.fromEntries(bins) };
}
