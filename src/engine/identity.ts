/** Under whose authority an engine's commands run, and the environment that a rootless engine needs for that. */
import {
  chownSync,
  ensureFolder,
  existsSync,
  hostPath,
  lookUp,
  type RunOptions,
  type RunResult,
  run,
} from "../sys/index.ts";

/** A user of the host, as the user database knows it. */
export interface Identity {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Looks a user up, by name or number, through the host's name services. */
export async function findIdentity(user: string): Promise<Identity | undefined> {
  const found = await lookUp("passwd", user);
  if (found === undefined) return undefined;
  const [name = "", , uid, gid, , home = "/"] = found;
  return { user: name, uid: Number(uid), gid: Number(gid), home };
}

/** The same user with another primary group; undefined where the host has no such group. */
export async function withGroup(identity: Identity, group: string): Promise<Identity | undefined> {
  const found = await lookUp("group", group);
  return found === undefined ? undefined : { ...identity, gid: Number(found[2]) };
}

/** The user that this process runs as. */
export async function ownIdentity(): Promise<Identity> {
  const uid = process.getuid?.() ?? 0;
  const found = await findIdentity(String(uid));
  return found ?? { user: String(uid), uid, gid: process.getgid?.() ?? uid, home: process.env.HOME ?? "/" };
}

/** /run/user/UID, where logind or Lading makes it; for oneself, what the session says. */
export function runtimeFolder(identity: Identity): string {
  const own = identity.uid === process.getuid?.() ? process.env.XDG_RUNTIME_DIR : undefined;
  return own || `/run/user/${identity.uid}`;
}

/** Makes /run/user/UID where no login session did: a rootless engine keeps its state there. Only root can. */
export function ensureRuntimeFolder(identity: Identity): void {
  const path = runtimeFolder(identity);
  if (process.getuid?.() !== 0 || identity.uid === 0 || existsSync(path)) return;
  ensureFolder(path, 0o700);
  chownSync(path, identity.uid, identity.gid);
}

/** The environment of a user's engine: nothing of the caller's leaks in. */
export function userEnvironment(identity: Identity): Record<string, string> {
  const runtime = runtimeFolder(identity);
  return {
    PATH: hostPath,
    HOME: identity.home,
    USER: identity.user,
    LOGNAME: identity.user,
    LC_ALL: "C.UTF-8",
    ...(identity.uid === 0 ? {} : { XDG_RUNTIME_DIR: runtime }),
    ...(existsSync(`${runtime}/bus`) ? { DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus` } : {}),
  };
}

/**
 * Prefixes a command so that it runs as the user; setpriv(1) keeps the supplementary groups, which Node would drop, or gives
 * it `groups` instead.
 */
export function commandAs(identity: Identity, argv: readonly string[], groups?: readonly string[]): readonly string[] {
  const isSelf = identity.uid === process.getuid?.() && identity.gid === process.getgid?.();
  if (isSelf && groups === undefined) return argv;
  const { uid, gid } = identity;
  const theirs = groups === undefined ? "--init-groups" : groups.length === 0 ? "--clear-groups" : `--groups=${groups}`;
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, theirs, "--", ...argv];
}

/** Runs a command as the user; `env` is added to the user's environment. */
export function runAs(identity: Identity, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(commandAs(identity, argv), { ...options, env: { ...userEnvironment(identity), ...options.env } });
}
