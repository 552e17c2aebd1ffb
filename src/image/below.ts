/**
 * What stands below a layer: folders, whose owners and modes a layer keeps where it only puts something into them, and
 * links to folders, which it follows as Debian's merged /usr wants. A folder in their place would hide what is there.
 */
import { posix } from "node:path";
import type { TarEntry } from "../archive/index.ts";
import { layerEntries } from "./layer-entries.ts";

/** How many links a path may lead through, as in the kernel. */
const mostLinks = 40;

export class Below {
  /** Folders and links; files of lower layers say nothing about what is put above them. */
  readonly #entries = new Map<string, TarEntry>();

  readonly #declared: ReadonlyMap<string, TarEntry>;

  /** Of layers' items, lowest first, and of folders that layers between them and this one are declared to have. */
  constructor(layers: readonly string[], declared: readonly TarEntry[] = []) {
    this.#declared = new Map(declared.map((entry) => [entry.path, entry]));
    for (const layer of layers)
      for (const { path, content, ...entry } of layerEntries(layer)) {
        const at = path.slice(1);
        if (entry.kind === "symlink") this.#entries.set(at, { ...entry, path: at, target: content });
        else if (entry.kind === "directory") this.#entries.set(at, { ...entry, path: at });
        else this.#entries.delete(at);
      }
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  folder(path: string): TarEntry | undefined {
    const found = this.#entries.get(path);
    return found?.kind === "directory" ? found : undefined;
  }

  /** The folder at `path` that something is put into. */
  parent(path: string): TarEntry | undefined {
    return this.#declared.get(path) ?? this.folder(path);
  }

  /** Where an entry really comes to stand: links among its parents are followed, and for a folder in its own place. */
  place({ path, kind }: Pick<TarEntry, "path" | "kind">): string {
    return this.resolve(kind === "directory" ? `${path}/.` : path);
  }

  /** Where what is put at `path` really comes to stand: links among its parents are followed. */
  resolve(path: string): string {
    if (this.isEmpty) return path.replace(/\/\.$/, "");
    let resolved = "";
    const rest = path.split("/");
    for (let links = 0; rest.length > 0; ) {
      const next = posix.join(resolved, rest.shift() ?? "");
      const found = rest.length > 0 ? this.#entries.get(next) : undefined;
      if (found?.kind !== "symlink" || links >= mostLinks) {
        resolved = next;
        continue;
      }
      links += 1;
      // Within the image: what leads above its root leads to it.
      const target = posix.resolve("/", resolved, found.target ?? "");
      rest.unshift(...target.split("/").filter(Boolean));
      resolved = "";
    }
    return resolved === "." ? "" : resolved;
  }
}
