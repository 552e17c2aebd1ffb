/** How switches of this host went: counts and the last one, in a file that the commands write and the supervisor tells of. */
import { join } from "node:path";
import { KnownError, type Paths } from "../base/index.ts";
import { readJsonFile, writeFileAtomic } from "../sys/index.ts";

export type SwitchResult = "done" | "failed";

export interface SwitchCounts {
  readonly version: 1;
  readonly counts: Readonly<Record<SwitchResult, number>>;
  readonly last: {
    readonly result: SwitchResult;
    /** When it began, in milliseconds since 1970. */
    readonly at: number;
    /** Milliseconds. */
    readonly duration: number;
  } | null;
}

const none: SwitchCounts = { version: 1, counts: { done: 0, failed: 0 }, last: null };

function pathOf(paths: Paths): string {
  return join(paths.state, "switches.json");
}

/** Figures only: what cannot be read counts from nothing again. */
export function readSwitchCounts(paths: Paths): SwitchCounts {
  const refuse = (problem: string): KnownError => new KnownError("state-corrupt", problem);
  try {
    return { ...none, ...readJsonFile(pathOf(paths), refuse) };
  } catch {
    return none;
  }
}

export function countSwitch(paths: Paths, result: SwitchResult, at: number): void {
  const { counts } = readSwitchCounts(paths);
  const last = { result, at, duration: Date.now() - at };
  const after: SwitchCounts = { version: 1, counts: { ...counts, [result]: counts[result] + 1 }, last };
  try {
    writeFileAtomic(pathOf(paths), `${JSON.stringify(after)}\n`);
  } catch {
    // A full disk must not make a failure of a switch that went well.
  }
}
