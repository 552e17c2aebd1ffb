/**
 * A store of its own inside an image: items with all that they name. Where an item names others by their paths on the
 * machine that built it, it names them by their paths in the image.
 */
import { join } from "node:path";
import { type Digest, digestOf } from "../base/index.ts";
import { type BuildContext, type ItemName, Store, scanSource } from "../store/index.ts";
import { readFileSync } from "../sys/index.ts";
import type { PlannedFile } from "./layer.ts";

/** Where it is, as on a host; without the slash in front. */
export const imageStore = "var/lib/lading/store";

/** The items that an item names, itself perhaps among them. */
export function namedBy({ storeDir }: BuildContext, item: ItemName): readonly ItemName[] {
  return new Store(storeDir).record(item)?.references ?? [];
}

/** A text of this machine's store as the image's would have it. */
export function relocate({ storeDir }: BuildContext, text: string): string {
  return text.replaceAll(storeDir, `/${imageStore}`);
}

/** The content of a file that may name items. */
export function relocatedFile(
  context: BuildContext,
  from: string,
): { readonly bytes: Buffer; readonly size: number; readonly digest: Digest } {
  // Latin-1 keeps every byte as it is.
  const bytes = Buffer.from(relocate(context, readFileSync(from, "latin1")), "latin1");
  return { bytes, size: bytes.length, digest: digestOf(bytes) };
}

/** The entries of a store with these items, and with all that they name. */
export function placedStore(context: BuildContext, path: string, items: readonly ItemName[]): readonly PlannedFile[] {
  const store = new Store(context.storeDir);
  const owner = { uid: 0, gid: 0 };
  const files = [...store.closure(items)].sort().flatMap((item): readonly PlannedFile[] => {
    const namesNone = namedBy(context, item).length === 0;
    return scanSource(store.path(item)).map((entry): PlannedFile => {
      const at = { ...owner, path: join(path, item, entry.path) };
      if (entry.kind === "directory") return { ...at, kind: "directory", mode: 0o755, size: 0 };
      if (entry.kind === "symlink")
        return { ...at, kind: "symlink", mode: 0o777, size: 0, target: relocate(context, entry.target) };
      const file = { ...at, kind: "file", mode: entry.executable ? 0o755 : 0o644 } as const;
      const from = join(store.path(item), entry.path);
      return namesNone
        ? { ...file, size: entry.size, from, digest: entry.digest }
        : { ...file, ...relocatedFile(context, from) };
    });
  });
  return [{ ...owner, path, kind: "directory", mode: 0o755, size: 0 }, ...files];
}
