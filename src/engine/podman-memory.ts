/**
 * Whether a container of Podman's ended for want of memory. On cgroup v2 conmon(8) leaves a file that says so before it tells
 * of the end. On v1 it may well miss it, but the kernel's count is there until Podman cleans up, which begins after that.
 */
import { join } from "node:path";
import { existsSync, readTextIfExists } from "../sys/index.ts";
import type { Identity } from "./identity.ts";

/** Where the kernel's v1 hierarchy for memory usually is. */
const memory = "/sys/fs/cgroup/memory";

/** False also where nobody can tell: the engine's storage lies elsewhere, or is cleaned up already. */
export function ranOutOfMemory({ uid, home }: Identity, id: string): boolean {
  const storage = uid === 0 ? "/var/lib/containers/storage" : join(home, ".local/share/containers/storage");
  const told = ["overlay", "vfs"].map((driver) => join(storage, `${driver}-containers`, id, "userdata/oom"));
  if (told.some(existsSync)) return true;
  // As its cgroup managers cgroupfs and systemd name a container's group.
  const groups = [`libpod_parent/libpod-${id}`, `machine.slice/libpod-${id}.scope`];
  return groups.some((group) => /^oom_kill [1-9]/m.test(controlOf(group)));
}

function controlOf(group: string): string {
  try {
    return readTextIfExists(join(memory, group, "memory.oom_control")) ?? "";
  } catch {
    // The group goes away at this moment.
    return "";
  }
}
