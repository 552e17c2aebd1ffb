/**
 * What stands below a layer: folders, whose owners and modes a layer keeps where it only puts something into them, and
 * links to folders, which it follows as Debian's merged /usr wants. A folder in their place would hide what is there.
 */
import { posix } from "node:path";
import type { TarEntry } from "../archive/index.ts";
import { KnownError } from "../base/index.ts";
import { byBytes } from "../store/index.ts";
import { readLayerEntries } from "./layer-entries.ts";

function notInside(path: string, parent: TarEntry): KnownError {
  const what = parent.kind === "symlink" ? `a link to ${parent.target}` : `a ${parent.kind}`;
  const hint = "a path cannot be a folder and something else; correct one of the targets";
  return new KnownError("image-invalid", `/${path} lies in /${parent.path}, which is ${what}`, { hint });
}

/** How many links a path may lead through, as in the kernel. */
const mostLinks = 40;

export class Below {
  readonly #entries = new Map<string, TarEntry>();

  readonly #declared: ReadonlyMap<string, TarEntry>;

  /** Of layers' items, lowest first, and of folders that layers between them and this one are declared to have. */
  constructor(layers: readonly string[], declared: readonly TarEntry[] = []) {
    this.#declared = new Map(declared.map((entry) => [entry.path, entry]));
    for (const layer of layers)
      for (const { path, content, ...entry } of readLayerEntries(layer) ?? []) {
        const at = path.slice(1);
        if (entry.kind === "symlink") this.#entries.set(at, { ...entry, path: at, target: content });
        else if (entry.kind === "directory") this.#entries.set(at, { ...entry, path: at });
        else this.#entries.delete(at);
      }
  }

  folder(path: string): TarEntry | undefined {
    const found = this.#entries.get(path);
    return found?.kind === "directory" ? found : undefined;
  }

  /** Where what is put at `path` really comes to stand: links among its parents are followed. */
  resolve(path: string): string {
    if (this.#entries.size === 0) return path.replace(/\/\.$/, "");
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
    return resolved;
  }

  /** Entries where they really stand, with the folders that each stands in; a later entry for a path replaces an earlier one. */
  complete<Entry extends TarEntry>(entries: Iterable<Entry>): readonly (Entry | TarEntry)[] {
    const files = new Map<string, Entry | TarEntry>();
    const addParents = (path: string): void => {
      const slash = path.lastIndexOf("/");
      if (slash <= 0) return;
      const parent = path.slice(0, slash);
      if (files.has(parent)) return;
      addParents(parent);
      const made: TarEntry = { path: parent, kind: "directory", mode: 0o755, uid: 0, gid: 0, size: 0 };
      files.set(parent, this.#declared.get(parent) ?? this.folder(parent) ?? made);
    };
    for (const entry of entries) {
      if (entry.path === "") continue;
      const path = this.resolve(entry.kind === "directory" ? `${entry.path}/.` : entry.path);
      if (path === ".") continue;
      addParents(path);
      files.set(path, path === entry.path ? entry : { ...entry, path });
    }
    for (const path of files.keys()) {
      const parent = files.get(posix.dirname(path));
      if (parent !== undefined && parent.kind !== "directory") throw notInside(path, parent);
    }
    return [...files.values()].sort((a, b) => byBytes(a.path, b.path));
  }
}
