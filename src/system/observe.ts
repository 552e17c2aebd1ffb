/** One look at the host: everything that a plan depends on, as plain data. */
import { digestOf, type Paths } from "../base/index.ts";
import {
  type Engine,
  type EngineCli,
  type EngineContainer,
  type EngineObject,
  findIdentity,
  type Identity,
  openEngine,
  ownIdentity,
  runtimeFolder,
} from "../engine/index.ts";
import { type StatusReport, SupervisorClient } from "../supervisor/index.ts";
import { existsSync, listeningPorts, lstatSync, readFileSync, readTextIfExists } from "../sys/index.ts";
import { type Generation, Generations } from "./generations.ts";
import { demandOf } from "./host-demand.ts";
import { type HostFacts, observeHost } from "./host-facts.ts";
import { type Ledger, LedgerFileStore } from "./ledger.ts";
import { pullReference } from "./lock-file.ts";
import { checkedSystem, type ObservedSources, observeSources } from "./rules/index.ts";
import type { ImageSpec, SystemSpec } from "./spec.ts";
import { parseSubids, type SubidEntry } from "./subids.ts";

export interface ObservedUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  readonly groups: readonly string[];
  readonly hasRuntimeFolder: boolean;
}

/** A file of the host; its text where it is one, and small enough to show what changes in it. */
export interface ObservedFile {
  readonly digest: string;
  readonly text: string | null;
}

/** What one user's engine has. */
export interface ObservedEngine {
  readonly user: string | null;
  readonly cli: EngineCli;
  readonly containers: readonly EngineContainer[];
  readonly networks: readonly EngineObject[];
  readonly volumes: readonly EngineObject[];
  /** Identifiers of the images that the system names, where they are here. */
  readonly images: Readonly<Record<string, string>>;
}

/** What decides whether users can run containers here. */
export interface ObservedBasics {
  readonly uid: number;
  readonly host: HostFacts;
  readonly users: Readonly<Record<string, ObservedUser>>;
  readonly subuids: readonly SubidEntry[];
  readonly subgids: readonly SubidEntry[];
}

export interface Observed extends ObservedBasics {
  /** The name of who asks. */
  readonly user: string;
  readonly groups: Readonly<Record<string, { readonly gid: number }>>;
  /** The files that the system, or the ledger, names; null where there is none. */
  readonly files: Readonly<Record<string, ObservedFile | null>>;
  readonly engines: readonly ObservedEngine[];
  readonly supervisor: StatusReport | null;
  readonly ports: ReturnType<typeof listeningPorts>;
  /** Paths of the host that the system's containers are given. */
  readonly sources: ObservedSources;
  readonly ledger: Ledger;
  readonly current: Generation | null;
  /** Programs that the system needs and the host has not. */
  readonly missingPrograms: readonly { readonly program: string; readonly package: string }[];
}

function parseDatabase(path: string): readonly (readonly string[])[] {
  return (readTextIfExists(path) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(":"));
}

async function observeUsers(names: Iterable<string>, root: string): Promise<Record<string, ObservedUser>> {
  const groups = parseDatabase(`${root}/etc/group`);
  const users: Record<string, ObservedUser> = {};
  for (const name of names) {
    const identity = await findIdentity(name);
    if (identity === undefined) continue;
    const line = parseDatabase(`${root}/etc/passwd`).find(([user]) => user === name);
    users[name] = {
      uid: identity.uid,
      gid: identity.gid,
      home: identity.home,
      shell: line?.[6] ?? "",
      groups: groups
        .filter(([, , gid, members]) => Number(gid) === identity.gid || (members ?? "").split(",").includes(name))
        .map(([group]) => group ?? ""),
      hasRuntimeFolder: existsSync(runtimeFolder(identity)),
    };
  }
  return users;
}

/** Looks at the host and at these users of it. */
export async function observeBasics(paths: Paths, names: Iterable<string>): Promise<ObservedBasics> {
  const users = await observeUsers(names, paths.root);
  const numbered = Object.entries(users).map(([name, { uid }]) => ({ name, uid }));
  return { uid: process.getuid?.() ?? 0, host: await observeHost(numbered), users, ...observeSubids(paths) };
}

/** The ranges of subordinate ids on the host. */
export function observeSubids(paths: Paths): {
  readonly subuids: readonly SubidEntry[];
  readonly subgids: readonly SubidEntry[];
} {
  const read = (file: string): readonly SubidEntry[] =>
    parseSubids(readTextIfExists(`${paths.root}/etc/${file}`) ?? "");
  return { subuids: read("subuid"), subgids: read("subgid") };
}

/** The digest of a file, null where there is none. */
export function fileDigest(path: string): string | null {
  try {
    return lstatSync(path).isFile() ? digestOf(readFileSync(path)) : "not a file";
  } catch {
    return null;
  }
}

const largestShown = 256 * 1024;

function observeFile(path: string): ObservedFile | null {
  const digest = fileDigest(path);
  if (digest === null || !lstatSync(path).isFile()) return digest === null ? null : { digest, text: null };
  const content = readFileSync(path);
  const isText = content.length <= largestShown && !content.includes(0);
  return { digest, text: isText ? content.toString("utf8") : null };
}

/** The engine of a user, or undefined where that user does not exist yet. */
export async function engineOf(user: string | null, cli: EngineCli): Promise<Engine | undefined> {
  const identity: Identity | undefined = user === null ? await ownIdentity() : await findIdentity(user);
  return identity === undefined ? undefined : openEngine(cli, identity);
}

async function observeEngine(
  user: string | null,
  cli: EngineCli,
  wanted: readonly ImageSpec[],
): Promise<ObservedEngine> {
  const engine = await engineOf(user, cli);
  // A rootless Podman cannot be asked before its runtime folder is there; it has nothing yet.
  const needsFolder = cli.engine === "podman" && engine?.identity.uid !== 0;
  if (engine === undefined || (needsFolder && !existsSync(runtimeFolder(engine.identity))))
    return { user, cli, containers: [], networks: [], volumes: [], images: {} };
  const asked = Promise.all([
    engine.containers(),
    engine.objects("network"),
    engine.objects("volume"),
    Promise.all(wanted.map(async (image) => [image.reference, await engine.imageId(pullReference(image))] as const)),
  ]);
  // Of an engine that cannot be used, that is what is told, and not what its answers look like.
  asked.catch(() => undefined);
  await engine.requireUsable();
  const [containers, networks, volumes, ids] = await asked;
  const images = Object.fromEntries(ids.filter((pair): pair is [string, string] => pair[1] !== undefined));
  return { user, cli, containers, networks, volumes, images };
}

/** An engine and whose it is. */
interface EngineUse {
  readonly user: string | null;
  readonly cli: EngineCli;
}

/** What makes two uses the same engine; how much is told of its commands does not. */
export function engineKey({ user, cli }: EngineUse): string {
  return JSON.stringify([user, cli.cli, cli.extraArguments]);
}

/** The engines that systems use, each once. */
export function enginesOf(...specs: readonly SystemSpec[]): readonly EngineUse[] {
  const uses = specs.flatMap((spec) => [...spec.images, ...spec.objects]);
  return [...new Map(uses.map(({ user, cli }) => [engineKey({ user, cli }), { user, cli }])).values()];
}

function findProgram(program: string): boolean {
  return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) =>
    existsSync(`${folder}/${program}`),
  );
}

/** What the supervisor says, or null when it does not run. */
export async function observeSupervisor(paths: Paths): Promise<StatusReport | null> {
  if (!existsSync(paths.socket)) return null;
  return new SupervisorClient(paths.socket).status().catch(() => null);
}

/** Looks at everything that `target`, and what is in force now, has to do with. */
export async function observe(paths: Paths, target: SystemSpec): Promise<Observed> {
  const current = new Generations(paths).current() ?? null;
  const ledger = new LedgerFileStore(paths).read();
  const specs = current === null ? [target] : [target, current.spec];
  const { user } = await ownIdentity();
  const userNames = new Set([
    ...(target.kind === "home" ? [user] : []),
    ...specs.flatMap((spec) => [...spec.users.map(({ name }) => name), ...demandOf(spec, user).users]),
    ...[...ledger.users, ...ledger.lingering],
  ]);
  const filePaths = new Set([...target.files.map((file) => file.path), ...ledger.files.map((file) => file.path)]);
  const imagesOf = (user: string | null, cli: EngineCli): readonly ImageSpec[] =>
    target.images.filter((image) => image.user === user && image.cli.engine === cli.engine);
  return {
    ...(await observeBasics(paths, userNames)),
    user,
    groups: Object.fromEntries(
      parseDatabase(`${paths.root}/etc/group`).map(([name = "", , gid]) => [name, { gid: Number(gid) }]),
    ),
    files: Object.fromEntries([...filePaths].map((path) => [path, observeFile(`${paths.root}${path}`)])),
    engines: await Promise.all(
      enginesOf(...specs).map(({ user, cli }) => observeEngine(user, cli, imagesOf(user, cli))),
    ),
    supervisor: await observeSupervisor(paths),
    ports: listeningPorts(),
    sources: observeSources(checkedSystem(target)),
    ledger,
    current,
    missingPrograms: target.programs.filter(({ program }) => !findProgram(program)),
  };
}
