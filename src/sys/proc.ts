/** What the kernel tells in /proc and /sys. */
import { readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from "node:fs";
import { basename } from "node:path";
import { readTextIfExists } from "./files.ts";
import type { ProcessId } from "./process.ts";

interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly startTime: number;
}

/** From /proc/PID/stat; undefined when there is no such process. Throws where that cannot be known. */
function statOf(pid: number): ProcessStat | undefined {
  const stat = readTextIfExists(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in field 2 may hold spaces and parentheses: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", parent: Number(fields[1]), startTime: Number(fields[19]) };
}

/**
 * When a process was started; undefined when there is no such process, or only its remains (a zombie). Throws where that
 * cannot be known, as without a descriptor to spare: nobody may be taken for dead then.
 */
export function startTimeOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat === undefined || stat.state === "Z" || stat.state === "X" ? undefined : stat.startTime;
}

export function processId(pid: number): ProcessId | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** The parent of a process; undefined when there is no such process. */
export function parentOf(pid: number): number | undefined {
  return statOf(pid)?.parent;
}

/** Children of a process that have ended and were not waited for. */
export function childrenThatEnded(parent: number): readonly ProcessId[] {
  return readdirSync("/proc").flatMap((name) => {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    return stat?.state === "Z" && stat.parent === parent ? [{ pid: Number(name), startTime: stat.startTime }] : [];
  });
}

/** A process, the user that it runs as, and its command line, which is the word of whoever started it. */
export interface CommandLine {
  readonly process: ProcessId;
  readonly uid: number;
  readonly argv: readonly string[];
}

/**
 * Processes that run root's program of this name, as far as they can be looked at. What they call themselves does not count:
 * anybody can start a set-uid program under any name.
 */
export function commandLinesOf(name: string): readonly CommandLine[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const path = `/proc/${entry}`;
      // A program that was replaced since is "(deleted)".
      const program = basename(readlinkSync(`${path}/exe`)).replace(/ \(deleted\)$/, "");
      if (program !== name || statSync(`${path}/exe`).uid !== 0) return [];
      const found = processId(Number(entry));
      const argv = readFileSync(`${path}/cmdline`, "utf8").split("\0");
      return found === undefined ? [] : [{ process: found, uid: statSync(path).uid, argv }];
    } catch {
      // It ended in between, or hides.
      return [];
    }
  });
}

/** The children of a process's first thread (proc(5), task/TID/children). */
export function childrenOf(pid: number): readonly number[] {
  const text = readTextIfExists(`/proc/${pid}/task/${pid}/children`) ?? "";
  return text.split(" ").filter(Boolean).map(Number);
}

export function isAlive(process: ProcessId): boolean {
  return startTimeOf(process.pid) === process.startTime;
}

/** Changes at each boot. */
export function bootId(): string {
  return readTextIfExists("/proc/sys/kernel/random/boot_id")?.trim() ?? "unknown";
}

const fileSystems = new Map([
  [0x63677270, "cgroup2"],
  [0x01021994, "tmpfs"],
]);

/** Which layout of control groups the host has. */
export function cgroupLayout(): "v2" | "hybrid" | "v1" | "none" {
  const kind = (path: string): string | undefined => {
    try {
      return fileSystems.get(statfsSync(path).type);
    } catch {
      return undefined;
    }
  };
  const root = kind("/sys/fs/cgroup");
  if (root === "cgroup2") return "v2";
  if (root !== "tmpfs") return "none";
  return kind("/sys/fs/cgroup/unified") === "cgroup2" ? "hybrid" : "v1";
}

/** How the mount at `/` propagates: rootless engines want "shared". */
export function rootPropagation(): "shared" | "private" | "unknown" {
  const line = readTextIfExists("/proc/self/mountinfo")
    ?.split("\n")
    .find((each) => each.split(" ")[4] === "/");
  return line === undefined ? "unknown" : / shared:\d+ /.test(line) ? "shared" : "private";
}

/** Ports of this host that a socket listens on, from /proc/net; addresses as the kernel prints them. */
export function listeningPorts(): readonly {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly address: string;
}[] {
  const found: { protocol: "tcp" | "udp"; port: number; address: string }[] = [];
  for (const table of ["tcp", "tcp6", "udp", "udp6"]) {
    for (const line of (readTextIfExists(`/proc/net/${table}`) ?? "").split("\n").slice(1)) {
      const [, local = "", , state] = line.trim().split(/\s+/);
      const protocol = table.startsWith("tcp") ? "tcp" : "udp";
      if (!local || (protocol === "tcp" && state !== "0A")) continue;
      const [address = "", port = "0"] = local.split(":");
      found.push({ protocol, port: Number.parseInt(port, 16), address });
    }
  }
  return found;
}

export function readLinkIfExists(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Whether some process runs under this user id. */
export function hasProcesses(uid: number): boolean {
  return readdirSync("/proc").some(
    (name) => /^\d+$/.test(name) && readTextIfExists(`/proc/${name}/status`)?.includes(`\nUid:\t${uid}\t`) === true,
  );
}
