/** Carries out the deeds of a plan, one by one; each is safe to repeat after a crash. Units are the supervisor's. */
import { join } from "node:path";
import { type Digest, hasErrno, hexOf, KnownError, type Paths, type ProgressStep } from "../base/index.ts";
import { findIdentity, runtimeFolder } from "../engine/index.ts";
import type { Store } from "../store/index.ts";
import {
  ensureFolder,
  existsSync,
  hasProcesses,
  lstatSync,
  readFileSync,
  readTextIfExists,
  removeForGood,
  removeTree,
  run,
  runOrFail,
  sweepTemporaries,
  writeFileAtomic,
} from "../sys/index.ts";
import type { LedgerFile, LedgerFileStore } from "./ledger.ts";
import { pullReference } from "./lock-file.ts";
import { engineOf, fileDigest, observeSubids } from "./observe.ts";
import type { Deed } from "./planner.ts";
import { repairHost } from "./repair-host.ts";
import type { UserSpec } from "./spec.ts";

export interface ExecuteContext {
  readonly paths: Paths;
  readonly store: Store;
  readonly ledger: LedgerFileStore;
  readonly signal: AbortSignal | undefined;
  /** Hears how far a long step is. */
  readonly tell?: ((step: ProgressStep) => void) | undefined;
}

/** Carries out one deed. Those about units and generations are not for here. */
export async function execute(deed: Deed, context: ExecuteContext): Promise<void> {
  const { store, ledger, signal, tell } = context;
  switch (deed.kind) {
    case "group-add": {
      const { name, id, system } = deed.group;
      ledger.update((before) => ({ groups: [...new Set([...before.groups, name])] }));
      await runOrFail([
        "groupadd",
        ...(system ? ["--system"] : []),
        ...(id === null ? [] : ["--gid", String(id)]),
        name,
      ]);
      return;
    }
    case "user-add":
      return addUser(deed.user, deed.uid, context);
    case "user-join":
      await runOrFail(["usermod", "--append", "--groups", deed.group, deed.user]);
      return;
    case "subid-add":
    case "runtime-folder":
    case "linger":
    case "linger-end":
    case "sysctl-set":
    case "sysctl-restore":
    case "program-setuid":
    case "device-open":
      return repairHost(deed, context);
    case "file-write":
      return writeManaged(deed, context);
    case "file-restore":
      return restoreManaged(deed.file, context);
    case "image-load": {
      const engine = await engineOf(deed.image.user, deed.image.cli);
      if (engine === undefined || deed.image.item === null)
        throw new Error("an image cannot be loaded without engine and item");
      await engine.requireUsable();
      await engine.load(store.path(deed.image.item), deed.image.reference, { signal, onProgress: tell });
      return;
    }
    case "image-pull": {
      const engine = await engineOf(deed.image.user, deed.image.cli);
      await engine?.requireUsable();
      await engine?.pull(pullReference(deed.image), { signal, onProgress: tell });
      return;
    }
    case "object-remove": {
      const engine = await engineOf(deed.user, deed.cli);
      await engine?.removeObject(deed.object, deed.name);
      return;
    }
    case "user-remove":
      return removeUser(deed.user, deed.home, context);
    case "home-remove":
      return removeHome(deed.user, deed.home, context);
    case "group-remove":
      if ((await run(["getent", "group", deed.group])).status === 0) await runOrFail(["groupdel", deed.group]);
      ledger.update((before) => ({ groups: before.groups.filter((each) => each !== deed.group) }));
      return;
    case "object-replace":
    case "supervisor-start":
    case "unit-start":
    case "unit-replace":
    case "unit-remove":
    case "unit-retry":
    case "generation-record":
      throw new Error(`${deed.kind} is not carried out by itself`);
  }
}

async function addUser(user: UserSpec, uid: number | null, { ledger }: ExecuteContext): Promise<void> {
  // A folder that was there before the account is somebody's, unless an earlier account of ours left it.
  ledger.update((before) => {
    const ownHome = !existsSync(user.home) || before.retained.some((each) => each.name === user.name);
    return {
      users: [...new Set([...before.users, user.name])],
      homes: user.createHome && ownHome ? [...new Set([...before.homes, user.name])] : before.homes,
    };
  });
  const groups = user.supplementaryGroups.length > 0 ? ["--groups", user.supplementaryGroups.join(",")] : [];
  await runOrFail([
    ...["useradd", "--no-user-group", "--gid", user.group, ...groups],
    ...(uid === null ? [] : ["--uid", String(uid)]),
    ...(user.system ? ["--system"] : []),
    ...["--home-dir", user.home, user.createHome ? "--create-home" : "--no-create-home"],
    ...["--shell", user.shell, "--comment", user.comment],
    // useradd would place ranges of its own beside the declared ones.
    ...["-K", "SUB_UID_COUNT=0", "-K", "SUB_GID_COUNT=0", user.name],
  ]);
}

function backupPath(paths: Paths, digest: string): string {
  return join(paths.state, "backups", hexOf(digest as Digest));
}

async function writeManaged(
  deed: Deed & { kind: "file-write" },
  { paths, store, ledger }: ExecuteContext,
): Promise<void> {
  const path = `${paths.root}${deed.path}`;
  const content = readFileSync(store.path(deed.source));
  let backup: string | null = null;
  if (deed.keep) {
    backup = fileDigest(path) ?? "";
    ensureFolder(join(paths.state, "backups"), 0o700);
    writeFileAtomic(backupPath(paths, backup), readFileSync(path), lstatSync(path).mode & 0o777);
  }
  const found = fileDigest(path);
  const record = (more: Pick<LedgerFile, "replacing">): void =>
    ledger.update(({ files }) => {
      const known = files.find((each) => each.path === deed.path);
      const entry = { path: deed.path, written: deed.digest, backup: known === undefined ? backup : known.backup };
      return { files: [...files.filter((each) => each.path !== deed.path), { ...entry, ...more }] };
    });
  record(found === null ? {} : { replacing: found });
  ensureFolder(join(path, ".."));
  sweepTemporaries(path);
  writeFileAtomic(path, content, 0o644);
  if (found !== null) record({});
  await reloadReader(deed.path);
}

/** systemd, and a user's manager, read their units once; everybody else's files are read when they are needed. */
export async function reloadReader(path: string): Promise<void> {
  if (path.startsWith("/etc/systemd/system/") && existsSync("/run/systemd/system"))
    await runOrFail(["systemctl", "daemon-reload"]);
  const runtime = process.env.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.()}`;
  if (path.includes("/systemd/user/") && existsSync(join(runtime, "systemd/private")))
    await runOrFail(["systemctl", "--user", "daemon-reload"], { env: { XDG_RUNTIME_DIR: runtime } });
}

async function restoreManaged(
  file: { readonly path: string; readonly backup: string | null },
  { paths, ledger }: ExecuteContext,
): Promise<void> {
  const path = `${paths.root}${file.path}`;
  sweepTemporaries(path);
  if (file.backup === null) removeForGood(path);
  else {
    const backup = backupPath(paths, file.backup);
    writeFileAtomic(path, readFileSync(backup), lstatSync(backup).mode & 0o777);
  }
  await reloadReader(file.path);
  ledger.update((before) => ({ files: before.files.filter((each) => each.path !== file.path) }));
}

/** Whether a user's home was made with the user. */
function ownHome(name: string, ledger: ExecuteContext["ledger"]): boolean {
  return ledger.read().homes.includes(name);
}

/** A home that stayed behind its user, with the volumes in it. */
function removeHome(name: string, home: string, { ledger }: ExecuteContext): void {
  removeForGood(home);
  ledger.update((before) => ({ retained: before.retained.filter((each) => each.name !== name) }));
}

async function removeUser(name: string, home: boolean, { paths, ledger }: ExecuteContext): Promise<void> {
  const identity = await findIdentity(name);
  if (identity !== undefined) {
    const { subuids, subgids } = observeSubids(paths);
    const start = (entries: typeof subuids): number | null => entries.find((each) => each.name === name)?.start ?? null;
    const retained = {
      name,
      uid: identity.uid,
      subuid: start(subuids),
      subgid: start(subgids),
      home: ownHome(name, ledger) ? identity.home : null,
    };
    ledger.update((before) => ({
      retained: [...before.retained.filter((each) => each.name !== name), ...(home ? [] : [retained])],
    }));
    await endPauseProcess(identity.uid);
    await removeRuntimeFolder(runtimeFolder(identity));
    // The account goes last: while it is there, whoever comes after a crash knows what else is to go.
    if (home && ownHome(name, ledger)) removeForGood(identity.home);
    await runOrFail(["userdel", name]);
  }
  const others = (names: readonly string[]): readonly string[] => names.filter((each) => each !== name);
  ledger.update((before) => ({ users: others(before.users), homes: others(before.homes) }));
}

/** Where logind made the folder it is a mount, which logind takes away a moment after the user's manager has ended. */
async function removeRuntimeFolder(path: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return removeTree(path);
    } catch (error) {
      if (!hasErrno(error, "EBUSY") || tries >= 200) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * A rootless Podman leaves one process behind that holds the user's namespaces; its number is in a file of the user's
 * runtime folder. The file is the user's own, so the process must be the user's as well. The Podman service of a supervisor
 * that was killed ends after ten idle seconds.
 */
async function endPauseProcess(uid: number): Promise<void> {
  const pid = Number(readTextIfExists(`/run/user/${uid}/libpod/tmp/pause.pid`));
  if (pid > 1 && readTextIfExists(`/proc/${pid}/status`)?.includes(`\nUid:\t${uid}\t`)) process.kill(pid, "SIGKILL");
  for (let tries = 0; tries < 240 && hasProcesses(uid); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (hasProcesses(uid)) {
    throw new KnownError("account-differs", `processes of user ${uid} still run, so the account cannot be removed`, {
      hint: `see them with: ps -u ${uid}`,
    });
  }
}
