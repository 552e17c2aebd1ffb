/**
 * Generations: numbered, whole systems, one of them current. A generation's file is written once and never changed;
 * `current` is a symbolic link, so going from one to another is one rename.
 */
import { join } from "node:path";
import { type Digest, KnownError, messageOf, type Paths } from "../base/index.ts";
import type { ItemName } from "../store/index.ts";
import type { UnitSet } from "../supervisor/index.ts";
import {
  ensureFolder,
  existsSync,
  readdirSync,
  readLinkIfExists,
  readTextIfExists,
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
  readonly digest: Digest;
  readonly spec: SystemSpec;
}

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

  current(): Generation | undefined {
    const target = readLinkIfExists(join(this.#folder, "current"));
    return target === undefined ? undefined : this.read(Number(target.replace(/\.json$/, "")));
  }

  nextNumber(): number {
    return (this.numbers().at(-1) ?? 0) + 1;
  }

  /** Writes a new generation, not yet current, and returns it. */
  create(number: number, spec: SystemSpec, source: string): Generation {
    ensureFolder(this.#folder, 0o700);
    const generation: Generation = {
      version: 1,
      number,
      time: new Date().toISOString(),
      source,
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
    rmSync(this.path(number), { force: true });
  }

  /** Every store item that some generation needs. */
  roots(): readonly ItemName[] {
    return this.numbers().flatMap((number) => this.read(number).spec.roots);
  }
}

/** Reads a generation's file; one from a newer Lading, or a damaged one, is an error that says so. */
export function readGeneration(path: string): Generation {
  const text = readTextIfExists(path);
  if (text === undefined) throw new KnownError("generation-missing", `there is no generation at ${path}`);
  let generation: Generation;
  try {
    generation = JSON.parse(text) as Generation;
  } catch (error) {
    throw new KnownError("state-corrupt", `${path} is damaged: ${messageOf(error)}`, {
      hint: "switch to another generation",
    });
  }
  if (generation.version > 1) {
    throw new KnownError("state-too-new", `${path} was written by a newer Lading`, { hint: "use that version again" });
  }
  return generation;
}

/** The units of a generation's file, for the supervisor. */
export function readUnits(path: string): UnitSet {
  const { number, spec } = readGeneration(path);
  return { generation: number, units: spec.units };
}
