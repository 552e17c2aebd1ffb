/** The units that a person has disabled: a file of their names, which outlives the supervisor and the machine's rest. */
import { join } from "node:path";
import { KnownError, type Paths } from "../base/index.ts";
import { readJsonFile, writeFileAtomic } from "../sys/index.ts";

export class DisabledUnits {
  readonly #path: string;
  readonly #names: Set<string>;

  constructor(paths: Paths) {
    this.#path = join(paths.state, "disabled.json");
    const refuse = (problem: string): KnownError =>
      new KnownError("state-corrupt", `${this.#path} is not a list of disabled units: ${problem}`, {
        hint: `remove it; then nothing is disabled`,
      });
    const { units = [] } = (readJsonFile(this.#path, refuse) ?? {}) as { readonly units?: unknown };
    if (!Array.isArray(units) || units.some((name) => typeof name !== "string"))
      throw refuse('"units" is no list of names');
    this.#names = new Set(units as readonly string[]);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  set(name: string, isDisabled: boolean): void {
    const others = [...this.#names].filter((each) => each !== name);
    const units = (isDisabled ? [...others, name] : others).sort();
    writeFileAtomic(this.#path, `${JSON.stringify({ version: 1, units })}\n`, 0o600);
    if (isDisabled) this.#names.add(name);
    else this.#names.delete(name);
  }
}
