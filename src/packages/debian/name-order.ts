/**
 * The order in which names first come up in the indexes. Where nothing else tells the providers of a name apart, apt
 * takes the one whose name came up last (apt-pkg/depcache.cc, CompareProviders); to agree with apt is worth this much.
 */
import type { Paragraph } from "./control-fields.ts";
import type { PackageIndex } from "./package-index.ts";

/** The fields of a paragraph that bring up names, in apt's order. */
const fields = [
  "package",
  "pre-depends",
  "depends",
  "conflicts",
  "breaks",
  "recommends",
  "suggests",
  "replaces",
  "enhances",
  "provides",
];

/** Where a name comes up first: number of the index, start of the paragraph, number of the field, place in the field. */
type Mention = readonly [number, number, number, number];

const never: Mention = [Number.POSITIVE_INFINITY, 0, 0, 0];

export class NameOrder {
  readonly #indexes: readonly PackageIndex[];
  readonly #mentions = new Map<string, Mention>();

  constructor(indexes: readonly PackageIndex[]) {
    this.#indexes = indexes;
  }

  /** Negative when `a` comes up before `b`. */
  compare(a: string, b: string): number {
    const left = this.#mentionOf(a);
    const right = this.#mentionOf(b);
    for (const [at, value] of left.entries()) {
      const other = right[at] ?? 0;
      if (value !== other) return value < other ? -1 : 1;
    }
    return 0;
  }

  #mentionOf(name: string): Mention {
    let mention = this.#mentions.get(name);
    if (mention === undefined) {
      mention = this.#search(name);
      this.#mentions.set(name, mention);
    }
    return mention;
  }

  #search(name: string): Mention {
    for (const [number, index] of this.#indexes.entries())
      for (const start of index.mentions(name)) {
        const place = placeIn(index.read(start), name);
        if (place !== undefined) return [number, start, ...place];
      }
    return never;
  }
}

/** `NAME:any` is a name of its own to apt, and brings up no other. */
function placeIn(paragraph: Paragraph, name: string): readonly [number, number] | undefined {
  for (const [number, field] of fields.entries()) {
    const names = (paragraph.get(field) ?? "").split(/[,|]/).map((part) => part.trim().split(/[\s(]/)[0]);
    const place = names.indexOf(name);
    if (place >= 0) return [number, place];
  }
  return undefined;
}
