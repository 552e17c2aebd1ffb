/** Lowering: file-likes and staged text become derivations and texts with references. Pure, but for reading sources. */
import { relative } from "node:path";
import { digestOf, KnownError, type Place } from "../base/index.ts";
import { existsSync } from "../sys/index.ts";
import {
  type Derivation,
  type Derivations,
  type ItemName,
  makeDerivation,
  type Reference,
  referencesIn,
  type TextParts,
} from "./derivation.ts";
import {
  type FileLike,
  type FileLikeValue,
  isFileLikeValue,
  isStagedText,
  localFile,
  type Select,
  type StagedText,
} from "./file-like.ts";
import { KnownDigests } from "./known-digests.ts";
import { type LostAttribute, lostProblem, scanSource } from "./source.ts";
import type { TreeListing } from "./tree-listing.ts";

/** Lowers one kind of record that is a file-like, such as an image. */
export type RecordLowerer = (record: unknown, lowerer: Lowerer) => Derivation | undefined;

/** A local file or tree as it was when it was hashed. */
export interface LocalSource {
  readonly path: string;
  readonly listing: TreeListing;
  /** What would be lost of it, to be refused by whoever has no other word for it. */
  readonly lost: readonly LostAttribute[];
}

type LocalFileValue = FileLikeValue & { readonly kind: "local-file" };

/** Where a static busybox may lie on a host: the only program inside a build's sandbox. */
export const busyboxPaths: readonly string[] = ["/bin/busybox", "/usr/bin/busybox"];

/** Collects the derivations of a declaration; the same file-like is lowered once. */
export class Lowerer {
  readonly #derivations = new Map<ItemName, Derivation>();
  readonly #known = new Map<FileLike, Reference>();
  readonly #records: readonly RecordLowerer[];
  readonly #storeDir: string | undefined;

  /** No tree may hold `storeDir`: building it would change it. */
  constructor(records: readonly RecordLowerer[] = [], storeDir?: string) {
    this.#records = records;
    this.#storeDir = storeDir;
  }

  get derivations(): Derivations {
    return this.#derivations;
  }

  add(derivation: Derivation): Reference {
    this.#derivations.set(derivation.item, derivation);
    return { ref: derivation.item, suffix: "" };
  }

  /** The item that a file-like becomes. */
  file(file: FileLike): Reference {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const reference = isFileLikeValue(file) ? this.#value(file) : this.#record(file);
    this.#known.set(file, reference);
    return reference;
  }

  /** A text's parts, with file-likes replaced by references. */
  text(value: string | StagedText): TextParts {
    if (!isStagedText(value)) return [value];
    return value.parts.map((part) => (typeof part === "string" ? part : this.file(part)));
  }

  /** A declared file's content: its text, or the item that holds it. */
  content(name: string, value: string | StagedText | FileLike): Reference {
    if (typeof value === "string" || isStagedText(value)) return this.#write(name, this.text(value), false);
    return this.file(value);
  }

  /** The entries of a local file or tree, for builders that read it where it lies; undefined for other file-likes. */
  localSource(file: FileLike): LocalSource | undefined {
    if (!isFileLikeValue(file) || file.kind !== "local-file") return undefined;
    return this.#scan(file);
  }

  #scan({ path, select, place }: LocalFileValue): LocalSource {
    this.#refuseStore(path, select, place);
    const lost: LostAttribute[] = [];
    const known = this.#storeDir === undefined ? undefined : new KnownDigests(this.#storeDir, path);
    return { path, listing: scanSource(path, { select, where: place, lost, known }), lost };
  }

  #refuseStore(path: string, select: Select | undefined, where: Place | undefined): void {
    const below = this.#storeDir === undefined ? "" : relative(path, this.#storeDir);
    if (this.#storeDir === undefined || below === ".." || below.startsWith("../")) return;
    const folders = below.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
    if (select !== undefined && !folders.every((folder) => folder === "" || select(folder, "directory"))) return;
    const hint = `leave ${below === "" ? "it" : folders[0]} out with \`select\`, or let LADING_STATE name a folder elsewhere`;
    throw new KnownError("unsupported-file", `${path} holds Lading's own store, ${this.#storeDir}`, { where, hint });
  }

  #record(record: FileLike): Reference {
    for (const lower of this.#records) {
      const derivation = lower(record, this);
      if (derivation !== undefined) return this.add(derivation);
    }
    throw new Error("a record that is no file-like was lowered as one");
  }

  #write(name: string, parts: TextParts, executable: boolean, place?: FileLikeValue["place"]): Reference {
    const recipe = { name, builder: "write", args: { parts, executable }, inputs: referencesIn(parts) };
    return this.add(makeDerivation(recipe, { place }));
  }

  #value(file: FileLikeValue): Reference {
    const { place, name } = file;
    switch (file.kind) {
      case "plain-file": {
        if (typeof file.content === "string") return this.#write(name, [file.content], false, place);
        const args = { base64: Buffer.from(file.content).toString("base64"), digest: digestOf(file.content) };
        return this.add(makeDerivation({ name, builder: "bytes", args, inputs: [] }, { place }));
      }
      case "text-file":
        return this.#write(name, this.text(file.text), file.executable, place);
      case "local-file": {
        const { listing, lost } = this.#scan(file);
        const problem = lostProblem(file.path, lost, place);
        if (problem !== undefined) throw problem;
        const recipe = { name, builder: "copy", args: { tree: listing.summary }, inputs: [] };
        const extra = { origins: { source: file.path }, hashed: { source: listing }, place };
        return this.add(makeDerivation(recipe, extra));
      }
      case "file-append": {
        const base = this.file(file.base);
        return { ref: base.ref, suffix: `${base.suffix}${file.suffix}` };
      }
      case "computed-file": {
        const script = this.text(file.script);
        const shell = this.#busybox(file);
        const args = { script, environment: file.environment, shell };
        return this.add(
          makeDerivation({ name, builder: "run", args, inputs: [shell.ref, ...referencesIn(script)] }, { place }),
        );
      }
      case "union": {
        const entries = file.entries.map(([path, member]) => [path, this.file(member)] as const);
        const inputs = [...new Set(entries.map(([, reference]) => reference.ref))];
        const recipe = { name, builder: "union", args: { entries, merge: file.merge }, inputs };
        return this.add(makeDerivation(recipe, { place }));
      }
    }
  }

  #busybox(file: FileLikeValue): Reference {
    const path = busyboxPaths.find((candidate) => existsSync(candidate));
    if (path === undefined) {
      const hint = "on Debian: apt-get install busybox-static";
      throw new KnownError("sandbox-missing", `computedFile "${file.name}" needs a static busybox`, {
        where: file.place,
        hint,
      });
    }
    return this.file(localFile(path, { name: "busybox" }));
  }
}
