/**
 * The ledger: what Lading made on this host outside its own folders. It is written before each deed, so that whatever
 * happens in between, what is ours can be found and what is not is never touched.
 */
import { join } from "node:path";
import { KnownError, type Paths } from "../base/index.ts";
import { ensureFolder, readJsonFile, writeFileAtomic } from "../sys/index.ts";

/** A file under management, by the digests of what it can hold without anybody else's doing. */
export interface LedgerFile {
  readonly path: string;
  readonly written: string;
  /** What stood there before it was managed, kept among the backups; null where there was nothing. */
  readonly backup: string | null;
  /** While `written` is being written: what it takes the place of. */
  readonly replacing?: string;
}

/** Whether what was found in a managed file came from us, or was there before us. */
export function isFromUs(file: LedgerFile, found: string | null): boolean {
  return found === null || found === file.written || found === file.backup || found === file.replacing;
}

/** An account that was removed while its volumes were kept: made again, it gets its numbers back. */
export interface RetainedUser {
  readonly name: string;
  readonly uid: number;
  readonly subuid: number | null;
  readonly subgid: number | null;
  /** The home that stayed, where it was made with the user. */
  readonly home?: string | null;
}

/** A kernel parameter that was set, and what it was before. */
export interface LedgerSysctl {
  readonly key: string;
  readonly value: number;
  readonly before: number;
}

export interface Ledger {
  readonly version: 1;
  readonly groups: readonly string[];
  readonly users: readonly string[];
  /** Those of the users whose homes were made with them. */
  readonly homes: readonly string[];
  readonly files: readonly LedgerFile[];
  readonly retained: readonly RetainedUser[];
  readonly sysctls: readonly LedgerSysctl[];
  /** Users whose services go on without a login session because of us. */
  readonly lingering: readonly string[];
  /** Files and links that start the supervisor at boot. */
  readonly boot: readonly string[];
}

/** Of a host on which Lading made nothing. */
export const emptyLedger: Ledger = {
  version: 1,
  groups: [],
  users: [],
  homes: [],
  files: [],
  retained: [],
  sysctls: [],
  lingering: [],
  boot: [],
};

export class LedgerFileStore {
  readonly #path: string;

  constructor(paths: Paths) {
    this.#path = join(paths.state, "ledger.json");
  }

  read(): Ledger {
    const hint =
      "it says what Lading made on this host; restore it from a copy, or move it away and lose that knowledge";
    const refuse = (problem: string): KnownError =>
      new KnownError("state-corrupt", `${this.#path} is damaged: ${problem}`, { hint });
    return { ...emptyLedger, ...readJsonFile(this.#path, refuse) };
  }

  update(change: (ledger: Ledger) => Partial<Ledger>): void {
    const before = this.read();
    ensureFolder(join(this.#path, ".."));
    writeFileAtomic(this.#path, `${JSON.stringify({ ...before, ...change(before) }, null, 2)}\n`);
  }
}
