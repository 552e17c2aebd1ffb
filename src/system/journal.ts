/**
 * The journal of a switch. Its one entry is written before anything is touched and removed after the last step: while it
 * is there, the host is between two generations, and whoever finds it undoes what was begun.
 */
import { join } from "node:path";
import { KnownError, type Paths } from "../base/index.ts";
import { ensureFolder, readJsonFile, removeForGood, writeFileAtomic } from "../sys/index.ts";

export interface JournalEntry {
  readonly version: 1;
  /** The generation that was current, and to which an unfinished switch goes back. */
  readonly from: number | null;
  /** The generation that is being put in force; null before it has a number. */
  readonly to: number | null;
  /** Whether that generation is made by this switch, and goes with it; one that is gone back to stays. */
  readonly isNew: boolean;
  /** Accounts that were ours before: others were made by this switch. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Whether there were volumes of ours before, seen or kept by `down`: if not, those that are there are this switch's. */
  readonly hadVolumes: boolean;
}

export class Journal {
  readonly #folder: string;

  constructor(paths: Paths) {
    this.#folder = join(paths.state, "journal");
  }

  get #path(): string {
    return join(this.#folder, "switch.json");
  }

  read(): JournalEntry | undefined {
    const hint = "it was written whole, so something else damaged it; remove it and apply again";
    const refuse = (problem: string): KnownError =>
      new KnownError("state-corrupt", `${this.#path} is damaged: ${problem}`, { hint });
    return readJsonFile(this.#path, refuse) as JournalEntry | undefined;
  }

  write(entry: JournalEntry): void {
    ensureFolder(this.#folder, 0o700);
    writeFileAtomic(this.#path, JSON.stringify(entry), 0o600);
  }

  clear(): void {
    removeForGood(this.#path);
  }
}
