/** The root's old folders as links into /usr, as the package usrmerge leaves them. */
import { type GeneratedFile, link } from "./types.ts";
import type { Union } from "./union.ts";

/** The three that every system has, and those of other word sizes that something lies in. */
export function mergedUsr(union: Union): readonly GeneratedFile[] {
  const always = ["bin", "lib", "sbin"];
  const sometimes = ["lib32", "lib64", "libo32", "libx32"].filter(
    (name) => union.matching(new RegExp(`^/usr/${name}(/|$)`)).length > 0,
  );
  // Newer releases of base-files ship the links themselves.
  return [...always, ...sometimes]
    .filter((name) => !union.links.has(`/${name}`))
    .map((name) => link(`/${name}`, `usr/${name}`));
}
