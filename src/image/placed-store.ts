/** A store of its own inside an image: items with all that they name, whose paths are those that they have there. */
import { join } from "node:path";
import { digestOf } from "../base/index.ts";
import { type BuildContext, type ItemName, Store, scanSource } from "../store/index.ts";
import { readFileSync } from "../sys/index.ts";
import type { PlannedFile } from "./layer.ts";

/** The entries of a store at `path`, which has no slash in front. */
export function placedStore(
  { storeDir }: BuildContext,
  path: string,
  items: readonly ItemName[],
): readonly PlannedFile[] {
  const store = new Store(storeDir);
  const owner = { uid: 0, gid: 0 };
  const closure = [...store.closure(items)].sort();
  const files = closure.flatMap((item): readonly PlannedFile[] => {
    const names = store.record(item)?.references ?? [];
    return scanSource(store.path(item)).map((entry): PlannedFile => {
      const at = { ...owner, path: join(path, item, entry.path) };
      if (entry.kind === "directory") return { ...at, kind: "directory", mode: 0o755, size: 0 };
      if (entry.kind === "symlink")
        return { ...at, kind: "symlink", mode: 0o777, size: 0, target: entry.target.replaceAll(storeDir, `/${path}`) };
      const mode = entry.executable ? 0o755 : 0o644;
      const from = join(store.path(item), entry.path);
      if (names.length === 0) return { ...at, kind: "file", mode, size: entry.size, from, digest: entry.digest };
      // It may name others by where they are on this machine.
      const bytes = moved(readFileSync(from), storeDir, `/${path}`);
      return { ...at, kind: "file", mode, size: bytes.length, bytes, digest: digestOf(bytes) };
    });
  });
  return [{ ...owner, path, kind: "directory", mode: 0o755, size: 0 }, ...files];
}

function moved(content: Buffer, from: string, to: string): Buffer {
  if (from === to || !content.includes(from)) return content;
  // Latin-1 keeps every byte as it is.
  return Buffer.from(content.toString("latin1").replaceAll(from, to), "latin1");
}
