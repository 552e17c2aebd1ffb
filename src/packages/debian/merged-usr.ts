/**
 * Merged /usr: packages still ship files below /bin and /lib, and every system has links there to the folders of the same
 * names in /usr (Debian's usrmerge). A layer holds such a file where it really lies, or it would put a folder in place of
 * the link. The links themselves are made once for an image.
 */
import type { TarEntry } from "../../archive/index.ts";

/** The folders of the root that are links into /usr. */
export const mergedFolders: readonly string[] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/** Where a path, without its leading "/", really lies. */
export function mergedPath(path: string): string {
  const slash = path.indexOf("/");
  return mergedFolders.includes(slash === -1 ? path : path.slice(0, slash)) ? `usr/${path}` : path;
}

/** The entry in its real place; undefined for one of the links themselves, which base-files has from trixie on. */
export function mergeUsr(entry: TarEntry): TarEntry | undefined {
  const { path, kind, target = "" } = entry;
  if (kind === "symlink" && mergedFolders.includes(path) && target.replace(/^\//, "") === `usr/${path}`)
    return undefined;
  return {
    ...entry,
    path: mergedPath(path),
    ...(kind === "hardlink" ? { target: mergedPath(target) } : {}),
  };
}
