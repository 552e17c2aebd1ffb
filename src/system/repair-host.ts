/**
 * Repairs of the host for rootless containers, and their way back. Programs and devices are put right as their packages
 * and udev make them, and stay so; kernel parameters and lingering are policy, recorded in the ledger and taken back.
 */
import { dirname, join } from "node:path";
import { hasErrno, KnownError, type Paths } from "../base/index.ts";
import { ensureRuntimeFolder, findIdentity } from "../engine/index.ts";
import {
  chmodSync,
  ensureFolder,
  existsSync,
  readTextIfExists,
  removeForGood,
  runOrFail,
  statSync,
  sweepTemporaries,
  writeFileAtomic,
  writeKernelFile,
} from "../sys/index.ts";
import { sysctlPath } from "./host-facts.ts";
import { type Repair, repairWords } from "./host-needs.ts";
import type { LedgerFileStore, LedgerSysctl } from "./ledger.ts";
import type { Deed } from "./planner.ts";

export interface RepairContext {
  readonly paths: Paths;
  readonly ledger: LedgerFileStore;
}

/** Where parameters stand for the next boot (sysctl.d(5)). */
const sysctlFile = "/etc/sysctl.d/50-lading.conf";

/** Milliseconds that logind may take to start a user's manager. */
const managerDeadline = 20_000;

type HostDeed = Repair | (Deed & { readonly kind: "sysctl-restore" | "linger-end" });

/** Carries out a repair, or takes one back; each is safe to repeat. What the kernel refuses is told in its words. */
export async function repairHost(deed: HostDeed, context: RepairContext): Promise<void> {
  try {
    await carryOut(deed, context);
  } catch (error) {
    if (!hasErrno(error, "EROFS", "EPERM", "EACCES", "EINVAL", "ENOENT", "ENOSPC")) throw error;
    const what = deed.kind === "sysctl-restore" || deed.kind === "linger-end" ? deed.kind : repairWords(deed);
    const hint = "in a container, the machine that runs it must be put right: `lading doctor` lists what";
    throw new KnownError("host-unfit", `the kernel refuses to ${what}`, { cause: error, hint });
  }
}

async function carryOut(deed: HostDeed, context: RepairContext): Promise<void> {
  const { ledger } = context;
  switch (deed.kind) {
    case "program-setuid":
      return chmodSync(deed.path, (statSync(deed.path).mode & 0o7777) | 0o4000);
    case "device-open":
      ensureFolder(dirname(deed.path));
      if (!existsSync(deed.path)) await runOrFail(["mknod", deed.path, "c", String(deed.major), String(deed.minor)]);
      return chmodSync(deed.path, 0o666);
    case "sysctl-set": {
      const { key, value, before } = deed;
      ledger.update(({ sysctls }) => {
        // What it was before we came is what it goes back to, however often we change it.
        const first = sysctls.find((each) => each.key === key)?.before ?? before;
        return { sysctls: [...sysctls.filter((each) => each.key !== key), { key, value, before: first }] };
      });
      return setSysctl(context, key, value, ledger.read().sysctls);
    }
    case "sysctl-restore": {
      const others = ledger.read().sysctls.filter(({ key }) => key !== deed.key);
      setSysctl(context, deed.key, deed.before, others);
      return ledger.update(() => ({ sysctls: others }));
    }
    case "subid-add": {
      const { name, start, count } = deed.entry;
      await runOrFail(["usermod", `--add-${deed.file}s`, `${start}-${start + count - 1}`, name]);
      return;
    }
    case "runtime-folder": {
      const identity = await findIdentity(deed.user);
      if (identity !== undefined) ensureRuntimeFolder(identity);
      return;
    }
    case "linger":
      ledger.update(({ lingering }) => ({ lingering: [...new Set([...lingering, deed.user])] }));
      await runOrFail(["loginctl", "enable-linger", deed.user]);
      return awaitManager(deed.user);
    case "linger-end":
      if ((await findIdentity(deed.user)) !== undefined) await runOrFail(["loginctl", "disable-linger", deed.user]);
      return ledger.update(({ lingering }) => ({ lingering: lingering.filter((each) => each !== deed.user) }));
  }
}

/** Sets a parameter now, and writes those that Lading sets to the file for the next boot. */
function setSysctl({ paths }: RepairContext, key: string, value: number, entries: readonly LedgerSysctl[]): void {
  // What is so already needs no right to write: a repair that was refused can still be taken back.
  if (readTextIfExists(sysctlPath(key))?.trim() !== String(value)) writeKernelFile(sysctlPath(key), `${value}\n`);
  const path = join(paths.root, sysctlFile);
  sweepTemporaries(path);
  if (entries.length === 0) return removeForGood(path);
  ensureFolder(dirname(path));
  writeFileAtomic(path, entries.map((each) => `${each.key} = ${each.value}\n`).join(""));
}

/** logind answers before the user's manager has made the runtime folder. */
async function awaitManager(user: string): Promise<void> {
  const uid = (await findIdentity(user))?.uid;
  for (let waited = 0; waited < managerDeadline; waited += 50) {
    if (existsSync(`/run/user/${uid}`)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const hint = `see why with: journalctl -u user@${uid}`;
  throw new KnownError("command-failed", `logind did not start the manager of ${user}`, { hint });
}
