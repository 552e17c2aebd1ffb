/**
 * What programs tell of themselves by sd_notify(3): a socket for each unit that waits for such a word, for as long as it
 * waits. Who may send is for the kernel to say: the unit's user and, where it is a container, whoever is in it.
 */
import { join } from "node:path";
import { hasErrno, type Paths } from "../base/index.ts";
import type { Identity } from "../engine/index.ts";
import {
  bindDatagramSocket,
  chmodSync,
  chownSync,
  closeSync,
  ensureFolder,
  readSync,
  removeTree,
} from "../sys/index.ts";
import type { UnitSpec } from "./unit-spec.ts";

/** What a container finds mounted: the folder, for another supervisor makes another socket in it. */
const inContainer = "/run/lading";

/** Bytes of a datagram that are read; more is no word of readiness. */
const longestDatagram = 16 * 1024;

function folderOf(paths: Paths, unit: string): string {
  return join(paths.notices, unit);
}

/** Below a folder that keeps others out, one that anybody who sees it may enter. */
function openFolderOf(paths: Paths, unit: string): string {
  return join(folderOf(paths, unit), "open");
}

function waitsForNotice({ ready }: Pick<UnitSpec, "ready">): boolean {
  return ready?.probe.kind === "notify";
}

/** What a unit's program or container is told: its variable, and what is mounted for it. */
export function noticeArguments(
  paths: Paths,
  unit: Pick<UnitSpec, "name" | "ready" | "start">,
): { readonly environment: readonly string[]; readonly mounts: readonly string[] } {
  if (!waitsForNotice(unit)) return { environment: [], mounts: [] };
  const folder = openFolderOf(paths, unit.name);
  return unit.start.kind === "container"
    ? { environment: [`NOTIFY_SOCKET=${inContainer}/notify`], mounts: [`${folder}:${inContainer}`] }
    : { environment: [`NOTIFY_SOCKET=${folder}/notify`], mounts: [] };
}

export class Notices {
  readonly #paths: Paths;
  readonly #open = new Map<string, number>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** Begins to listen for a unit, where it waits for a word at all. */
  async open(unit: UnitSpec, identity: Identity): Promise<void> {
    if (!waitsForNotice(unit)) return;
    this.close(unit.name);
    const { uid, gid } = identity;
    const isForeign = process.getuid?.() === 0 && uid !== 0;
    const folder = folderOf(this.#paths, unit.name);
    ensureFolder(this.#paths.notices, 0o711);
    ensureFolder(folder, 0o700);
    if (isForeign) {
      // Others may pass through; nobody else may change what root does here.
      chownSync(folder, 0, gid);
      chmodSync(folder, 0o710);
    }
    ensureFolder(openFolderOf(this.#paths, unit.name), 0o711);
    const path = join(openFolderOf(this.#paths, unit.name), "notify");
    this.#open.set(unit.name, await bindDatagramSocket(path));
    if (isForeign) chownSync(path, uid, gid);
    // A container's users have other numbers than its owner.
    chmodSync(path, unit.start.kind === "container" ? 0o666 : 0o600);
  }

  /** Whether somebody listens for the unit. */
  has(unit: string): boolean {
    return this.#open.has(unit);
  }

  /** The assignments that have come since the last time, oldest first. */
  read(unit: string): readonly string[] {
    const descriptor = this.#open.get(unit);
    if (descriptor === undefined) return [];
    const buffer = Buffer.alloc(longestDatagram);
    const lines: string[] = [];
    try {
      for (;;) lines.push(...buffer.toString("utf8", 0, readSync(descriptor, buffer)).split("\n"));
    } catch (error) {
      if (!hasErrno(error, "EAGAIN")) throw error;
    }
    return lines;
  }

  close(unit: string): void {
    const descriptor = this.#open.get(unit);
    if (descriptor === undefined) return;
    this.#open.delete(unit);
    closeSync(descriptor);
    removeTree(folderOf(this.#paths, unit));
  }
}
