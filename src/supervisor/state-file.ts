/**
 * What the supervisor remembers of each unit across its own death: one file a unit, written whole, before and after
 * each change. After a reboot (another boot id) nothing of it is true any more, so nothing is synced to the disk, and no
 * file is made anew for each change: that is what a respawn would wait for longest. A file that cannot be read is put
 * aside and the unit counts as new: what the engine says then decides.
 */
import { join } from "node:path";
import {
  bootId,
  ensureFolder,
  existsSync,
  overwriteFile,
  type ProcessId,
  readdirSync,
  readTextIfExists,
  renameSync,
  rmSync,
} from "../sys/index.ts";
import type { UnitSpec } from "./unit-spec.ts";
import type { UnitState } from "./unit-state.ts";

/** What runs for a unit. */
export interface Running {
  readonly process: ProcessId | null;
  /** The container's identifier. */
  readonly id: string | null;
  /** Where its log ended before the start; readiness reads from there. */
  readonly logStart?: number;
}

export interface SavedUnit {
  readonly version: 1;
  readonly bootId: string;
  readonly spec: UnitSpec;
  readonly state: Omit<UnitState, "unit" | "next">;
  readonly running: Running | null;
}

const untouched = { failures: 0, restarts: 0, enabled: true, history: [] } as const;

export class StateFiles {
  readonly #folder: string;
  readonly #bootId = bootId();

  constructor(folder: string) {
    this.#folder = folder;
    ensureFolder(folder, 0o700);
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }

  save(spec: UnitSpec, { unit: _, next: __, ...state }: UnitState, running: Running | null): void {
    const saved: SavedUnit = { version: 1, bootId: this.#bootId, spec, state, running };
    overwriteFile(this.#path(spec.name), JSON.stringify(saved), 0o600);
  }

  forget(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  /** What was saved since this boot; `onBad` hears of files that were put aside. */
  load(onBad: (path: string) => void): readonly SavedUnit[] {
    if (!existsSync(this.#folder)) return [];
    const names = readdirSync(this.#folder).filter((name) => name.endsWith(".json") && !name.startsWith("."));
    return names.flatMap((name) => {
      const path = join(this.#folder, name);
      const text = readTextIfExists(path) ?? "";
      // Killed, or the machine went down, before anything was in it: nothing was done for it since this boot.
      if (text === "") return [];
      try {
        const saved = JSON.parse(text) as SavedUnit;
        if (saved.version !== 1 || typeof saved.spec?.name !== "string" || typeof saved.state?.status !== "string") {
          throw new Error("not a state file of this version");
        }
        // What an earlier Lading did not know of yet is as in a unit that nothing happened to.
        const known: Partial<SavedUnit["state"]> = saved.state;
        const state = { ...saved.state, ...untouched, ...known };
        return saved.bootId === this.#bootId ? [{ ...saved, state }] : [];
      } catch {
        renameSync(path, `${path}.bad`);
        onBad(`${path}.bad`);
        return [];
      }
    });
  }
}
