/**
 * A Packages file, read only where something is asked of it: the places of its paragraphs by name, and who provides
 * what. Parsing all 63,000 paragraphs of a release would take longer and four times the memory.
 */
import { KnownError } from "../../base/index.ts";
import { type Paragraph, parseParagraph } from "./control-fields.ts";
import { parseRelations } from "./relations.ts";

const newline = 10;
const nameField = Buffer.from("Package: ");
const anyNameField = Buffer.from("\nPackage:");
const providesField = Buffer.from("\nProvides:");
const paragraphEnd = Buffer.from("\n\n");

/** Names are found by their bytes, and everything that is compared is ASCII. */
export class PackageIndex {
  /** For errors: the address that it came from. */
  readonly where: string;
  readonly #bytes: Buffer;
  readonly #starts = new Map<string, number | number[]>();
  #providers: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(bytes: Buffer, where: string) {
    this.where = where;
    this.#bytes = bytes;
    for (let start = this.#skipLines(0); start < bytes.length; start = this.#skipLines(this.#endOf(start))) {
      const name = this.#nameAt(start);
      const known = this.#starts.get(name);
      if (known === undefined) this.#starts.set(name, start);
      else if (typeof known === "number") this.#starts.set(name, [known, start]);
      else known.push(start);
    }
  }

  names(): Iterable<string> {
    return this.#starts.keys();
  }

  /** Where the paragraphs of a name begin; a file may hold several versions. */
  startsOf(name: string): readonly number[] {
    const starts = this.#starts.get(name);
    return starts === undefined ? [] : typeof starts === "number" ? [starts] : starts;
  }

  /** Names of the packages of which some version provides this name. */
  providersOf(name: string): readonly string[] {
    this.#providers ??= this.#scanProvides();
    return this.#providers.get(name) ?? [];
  }

  read(start: number): Paragraph {
    return parseParagraph(this.#bytes.toString("utf8", start, this.#endOf(start)), this.where);
  }

  /** Names of packages of which some paragraph has this line. */
  namesWithLine(line: string): readonly string[] {
    const wanted = Buffer.from(`\n${line}\n`);
    const names: string[] = [];
    for (let at = this.#bytes.indexOf(wanted); at >= 0; at = this.#bytes.indexOf(wanted, at + 1))
      names.push(this.#nameAt(this.#startOf(at)));
    return names;
  }

  /** The paragraphs, by where they begin, whose text has this word between separators of relations. */
  *mentions(name: string): Generator<number> {
    const bytes = this.#bytes;
    const wanted = Buffer.from(name);
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) {
      if (!isSeparator(bytes[at - 1]) || !isSeparator(bytes[at + wanted.length])) continue;
      const start = this.#startOf(at);
      yield start;
      at = Math.max(at, this.#endOf(start) - wanted.length);
    }
  }

  #scanProvides(): ReadonlyMap<string, readonly string[]> {
    const providers = new Map<string, string[]>();
    const bytes = this.#bytes;
    for (let at = bytes.indexOf(providesField); at >= 0; at = bytes.indexOf(providesField, at + 1)) {
      const owner = this.#nameAt(this.#startOf(at));
      let end = bytes.indexOf(newline, at + 1);
      // The field may go on in the next lines.
      while (end >= 0 && (bytes[end + 1] === 32 || bytes[end + 1] === 9)) end = bytes.indexOf(newline, end + 1);
      const text = bytes.toString("latin1", at + providesField.length, end < 0 ? bytes.length : end);
      for (const [relation] of parseRelations(text, `${this.where}: what ${owner} provides`)) {
        if (relation === undefined) continue;
        const owners = providers.get(relation.name);
        if (owners === undefined) providers.set(relation.name, [owner]);
        else if (owners.at(-1) !== owner) owners.push(owner);
      }
    }
    return providers;
  }

  #skipLines(at: number): number {
    let next = at;
    while (next < this.#bytes.length && this.#bytes[next] === newline) next++;
    return next;
  }

  #endOf(start: number): number {
    const end = this.#bytes.indexOf(paragraphEnd, start);
    return end < 0 ? this.#bytes.length : end + 1;
  }

  #startOf(at: number): number {
    const before = this.#bytes.lastIndexOf(paragraphEnd, at);
    return before < 0 ? this.#skipLines(0) : before + 2;
  }

  /** `Package` stands first in all that is known; elsewhere it is searched for. */
  #nameAt(start: number): string {
    const bytes = this.#bytes;
    let from = start + nameField.length;
    if (from > bytes.length || bytes.compare(nameField, 0, nameField.length, start, from) !== 0) {
      const at = bytes.indexOf(anyNameField, start);
      if (at < 0 || at >= this.#endOf(start)) throw this.#nameless(start);
      from = at + anyNameField.length;
    }
    const end = bytes.indexOf(newline, from);
    const name = bytes.toString("latin1", from, end < 0 ? bytes.length : end).trim();
    if (!/^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(name)) throw this.#nameless(start);
    return name;
  }

  #nameless(start: number): KnownError {
    const line = this.#bytes.toString("utf8", start, start + 60).split("\n")[0];
    return new KnownError("archive-invalid", `${this.where}: the paragraph that begins "${line}" names no package`);
  }
}

/** What may stand beside a name in a field of relations: a blank, a comma, a bar or an end of a line. */
function isSeparator(byte: number | undefined): boolean {
  return byte === undefined || byte === 32 || byte === 44 || byte === 124 || byte === 10 || byte === 9 || byte === 40;
}
