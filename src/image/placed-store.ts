/**
 * A store of its own inside an image: items with all that they name. Where an item names others by their paths on the
 * machine that built it, it names them by their paths in the image.
 */
import { join } from "node:path";
import { type Digest, digestOf } from "../base/index.ts";
import { type BuildContext, type ItemName, listed, Store, scanSource } from "../store/index.ts";
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
    const planned: PlannedFile[] = [];
    for (const entry of listed(scanSource(store.path(item)))) {
      const { kind, size, digest } = entry;
      const at = { ...owner, path: join(path, item, entry.path) };
      const from = join(store.path(item), entry.path);
      if (kind === "directory") planned.push({ ...at, kind, mode: 0o755, size: 0 });
      else if (kind === "symlink")
        planned.push({ ...at, kind, mode: 0o777, size: 0, target: relocate(context, entry.target) });
      else {
        const body = namesNone ? { size, from, digest } : relocatedFile(context, from);
        planned.push({ ...at, kind, mode: entry.executable ? 0o755 : 0o644, ...body });
      }
    }
    return planned;
  });
  return [{ ...owner, path, kind: "directory", mode: 0o755, size: 0 }, ...files];
}
