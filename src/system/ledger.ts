/**
 * The ledger: what Lading made on this host outside its own folders. It is written before each deed, so that whatever
 * happens in between, what is ours can be found and what is not is never touched.
 */
import { join } from "node:path";
import { KnownError, type Paths } from "../base/index.ts";
import { ensureFolder, readTextIfExists, writeFileAtomic } from "../sys/index.ts";

/** A file under management: the digest of what was written, and where what stood there before is kept. */
export interface LedgerFile {
  readonly path: string;
  readonly written: string;
  readonly backup: string | null;
}

/** An account that was removed while its volumes were kept: made again, it gets its numbers back. */
export interface RetainedUser {
  readonly name: string;
  readonly uid: number;
  readonly subuid: number | null;
  readonly subgid: number | null;
}

export interface Ledger {
  readonly version: 1;
  readonly groups: readonly string[];
  readonly users: readonly string[];
  /** Those of the users whose homes were made with them. */
  readonly homes: readonly string[];
  readonly files: readonly LedgerFile[];
  readonly retained: readonly RetainedUser[];
}

const empty: Ledger = { version: 1, groups: [], users: [], homes: [], files: [], retained: [] };

export class LedgerFileStore {
  readonly #path: string;

  constructor(paths: Paths) {
    this.#path = join(paths.state, "ledger.json");
  }

  read(): Ledger {
    const text = readTextIfExists(this.#path);
    if (text === undefined) return empty;
    try {
      return { ...empty, ...(JSON.parse(text) as Ledger) };
    } catch (error) {
      const hint =
        "it says what Lading made on this host; restore it from a copy, or move it away and lose that knowledge";
      throw new KnownError("state-corrupt", `${this.#path} is damaged`, { cause: error, hint });
    }
  }

  update(change: (ledger: Ledger) => Partial<Ledger>): void {
    const before = this.read();
    ensureFolder(join(this.#path, ".."));
    writeFileAtomic(this.#path, `${JSON.stringify({ ...before, ...change(before) }, null, 2)}\n`);
  }
}
