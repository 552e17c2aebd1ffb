/**
 * The answer to "is this declaration in force?" for one that has not been touched since it was applied. What was applied
 * is remembered with the state of every file that it came from: while none of them changed, the same environment gives
 * the same system, so it need not be read again. The supervisor, and the files that Lading manages, are asked all the
 * same. Whoever doubts, or finds nothing remembered, takes the long way.
 */
import { dirname, join } from "node:path";
import { digestOfJson, type Paths } from "../base/index.ts";
import {
  lstatSync,
  readdirSync,
  readLinkIfExists,
  readTextIfExists,
  requestSocket,
  writeFileAtomic,
} from "../sys/index.ts";

interface Remembered {
  readonly version: 1;
  /** Of Lading itself and of the environment. */
  readonly surroundings: string;
  readonly file: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Files whose change by anybody means that the host is not as declared: the ledger and what it manages. */
  readonly managed: Readonly<Record<string, string>>;
  readonly generation: number;
  readonly units: Readonly<Record<string, string>>;
}

/** What was applied, for `remember`. */
export interface Applied {
  readonly file: string;
  readonly inputs: readonly string[];
  /** When reading it began: an input that changed later is not known to be what was read. */
  readonly since: number;
  readonly managed: readonly string[];
  readonly generation: number;
  readonly units: readonly { readonly name: string; readonly digest: string }[];
}

function rememberedPath(paths: Paths): string {
  return join(paths.state, "in-force.json");
}

/** The state of a file or tree as the kernel keeps it: any write changes the time of change, which nobody can set. */
function fingerprint(path: string): string {
  const parts: string[] = [];
  const visit = (at: string): void => {
    const { mode, size, mtimeMs, ctimeMs, ino } = lstatSync(at);
    parts.push([at, mode, size, mtimeMs, ctimeMs, ino].join(" "));
    if ((mode & 0o170000) === 0o040000) for (const name of readdirSync(at).sort()) visit(join(at, name));
  };
  visit(path);
  return parts.length === 1 ? (parts[0] ?? "") : digestOfJson(parts);
}

/** A folder's own state: it changes when an entry comes or goes, such as a file that an import would now find. */
function folderFingerprint(path: string): string {
  const { mtimeMs, ino } = lstatSync(path);
  return `${mtimeMs} ${ino}`;
}

function fingerprints(paths: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    paths.map((path) => [path, path.endsWith("/") ? folderFingerprint(path) : fingerprint(path)]),
  );
}

function surroundings(self: string): string {
  const { _: lastCommand, SHLVL: depth, ...environment } = process.env;
  return digestOfJson([fingerprint(self), environment]);
}

/** Remembers what was just applied. */
export function remember(paths: Paths, self: string, applied: Applied): void {
  const { file, inputs, generation } = applied;
  if (inputs.some((path) => lstatSync(path).ctimeMs >= applied.since)) return;
  const folders = [...new Set(inputs.map((path) => `${dirname(path)}/`))];
  const remembered: Remembered = {
    version: 1,
    surroundings: surroundings(self),
    file,
    inputs: fingerprints([...inputs, ...folders]),
    managed: fingerprints(
      [join(paths.state, "ledger.json"), ...applied.managed].filter((path) => readTextIfExists(path) !== undefined),
    ),
    generation,
    units: Object.fromEntries(applied.units.map(({ name, digest }) => [name, digest])),
  };
  writeFileAtomic(rememberedPath(paths), JSON.stringify(remembered), 0o600);
}

interface Status {
  readonly generation: number;
  readonly settled: boolean;
  readonly units: readonly {
    readonly name: string;
    readonly digest: string;
    readonly status: string;
    readonly wanted: string;
  }[];
}

async function askStatus(paths: Paths): Promise<Status> {
  const answer = await requestSocket(paths.socket, { method: "GET", url: "/v1/status" });
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  return JSON.parse(text) as Status;
}

/** Whether `file` is what was applied last, untouched since, and all of it runs. */
export async function isKnownInForce(paths: Paths, self: string, file: string): Promise<boolean> {
  try {
    const known = JSON.parse(readTextIfExists(rememberedPath(paths)) ?? "") as Remembered;
    if (known.version !== 1 || known.file !== file || known.surroundings !== surroundings(self)) return false;
    if (readLinkIfExists(join(paths.generations, "current")) !== `${known.generation}.json`) return false;
    if (readTextIfExists(join(paths.state, "journal", "switch.json")) !== undefined) return false;
    const untouched = (then: Readonly<Record<string, string>>): boolean => {
      const now = fingerprints(Object.keys(then));
      return Object.entries(then).every(([path, state]) => now[path] === state);
    };
    if (!untouched(known.inputs) || !untouched(known.managed)) return false;
    const { generation, settled, units } = await askStatus(paths);
    const inPlace = units.every(
      ({ name, digest, wanted, status }) =>
        known.units[name] === digest && (wanted === "down" || status === "running" || status === "done"),
    );
    return settled && generation === known.generation && units.length === Object.keys(known.units).length && inPlace;
  } catch {
    // Nothing is remembered, or something is gone: no answer.
    return false;
  }
}
