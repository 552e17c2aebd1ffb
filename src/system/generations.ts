/**
 * Generations: numbered, whole systems, one of them current. A generation's file is written once and never changed;
 * `current` is a symbolic link, so going from one to another is one rename.
 */
import { join } from "node:path";
import { type Digest, KnownError, type Paths } from "../base/index.ts";
import type { ItemName } from "../store/index.ts";
import type { UnitSet } from "../supervisor/index.ts";
import {
  ensureFolder,
  existsSync,
  readdirSync,
  readJsonFile,
  readLinkIfExists,
  removeForGood,
  renameSync,
  rmSync,
  symlinkSync,
  syncFolder,
  writeFileAtomic,
} from "../sys/index.ts";
import { type SystemSpec, systemDigest } from "./spec.ts";

export interface Generation {
  readonly version: 1;
  readonly number: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The declaration's file, as it was named. */
  readonly source: string;
  /** Of the declaration's own code, with all that it imports. */
  readonly sourceDigest: string | null;
  /** Who applied it. */
  readonly author: string | null;
  readonly message: string | null;
  readonly digest: Digest;
  readonly spec: SystemSpec;
}

/** Where a generation comes from. */
export type Origin = Pick<Generation, "source" | "sourceDigest" | "author" | "message">;

export class Generations {
  readonly #folder: string;

  constructor(paths: Paths) {
    this.#folder = paths.generations;
  }

  path(number: number): string {
    return join(this.#folder, `${number}.json`);
  }

  numbers(): readonly number[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .flatMap((name) => (/^\d+\.json$/.test(name) ? [Number(name.slice(0, -5))] : []))
      .sort((a, b) => a - b);
  }

  read(number: number): Generation {
    return readGeneration(this.path(number));
  }

  /** The generation of this number, or an error that names those that there are. */
  require(number: number): Generation {
    if (this.numbers().includes(number)) return this.read(number);
    throw this.missing(`there is no generation ${number}`);
  }

  /** The error for a generation that is wanted and is not there. */
  missing(message: string): KnownError {
    const numbers = this.numbers().join(", ");
    const hint = numbers === "" ? "`lading apply FILE` makes the first" : `the generations are ${numbers}`;
    return new KnownError("generation-missing", message, { hint });
  }

  /** Removes all but the newest `keep`; never the current one, nor the one before it. Returns those that went. */
  prune(keep: number, dryRun = false): readonly number[] {
    const current = this.current()?.number;
    const numbers = this.numbers();
    const before = numbers.filter((number) => current !== undefined && number < current).at(-1);
    const old = numbers
      .slice(0, Math.max(0, numbers.length - keep))
      .filter((each) => each !== current && each !== before);
    if (!dryRun) for (const number of old) this.remove(number);
    return old;
  }

  current(): Generation | undefined {
    const target = readLinkIfExists(join(this.#folder, "current"));
    return target === undefined ? undefined : this.read(Number(target.replace(/\.json$/, "")));
  }

  nextNumber(): number {
    return (this.numbers().at(-1) ?? 0) + 1;
  }

  /** Writes a new generation, not yet current, and returns it. */
  create(number: number, spec: SystemSpec, origin: Origin): Generation {
    ensureFolder(this.#folder, 0o700);
    const generation: Generation = {
      version: 1,
      number,
      time: new Date().toISOString(),
      ...origin,
      digest: systemDigest(spec),
      spec,
    };
    // Only the owner may read it: values of hostEnvironment stand in it.
    writeFileAtomic(this.path(number), `${JSON.stringify(generation)}\n`, 0o600);
    return generation;
  }

  setCurrent(number: number): void {
    const temporary = join(this.#folder, `.current.${process.pid}`);
    rmSync(temporary, { force: true });
    symlinkSync(`${number}.json`, temporary);
    renameSync(temporary, join(this.#folder, "current"));
    syncFolder(this.#folder);
  }

  remove(number: number): void {
    removeForGood(this.path(number));
  }

  /** Every store item that some generation needs. */
  roots(): readonly ItemName[] {
    return this.numbers().flatMap((number) => this.read(number).spec.roots);
  }
}

/** Reads a generation's file; one from a newer Lading, or a damaged one, is an error that says so. */
export function readGeneration(path: string): Generation {
  const refuse = (problem: string): KnownError =>
    new KnownError("state-corrupt", `${path} is damaged: ${problem}`, { hint: "switch to another generation" });
  const found = readJsonFile(path, refuse);
  if (found === undefined) throw new KnownError("generation-missing", `there is no generation at ${path}`);
  const generation: Generation = {
    sourceDigest: null,
    author: null,
    message: null,
    ...(found as Omit<Generation, keyof Origin> & Partial<Origin> & Pick<Origin, "source">),
  };
  if (generation.version > 1) {
    throw new KnownError("state-too-new", `${path} was written by a newer Lading`, { hint: "use that version again" });
  }
  return generation;
}

/** The units of a generation's file, for the supervisor. */
export function readUnits(path: string): UnitSet {
  const { number, spec } = readGeneration(path);
  return { generation: number, units: spec.units, access: spec.access };
}
