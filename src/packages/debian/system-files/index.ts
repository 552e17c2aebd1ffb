/**
 * What the packages' maintainer scripts would write, made from what the packages hold: no script is run.
 *
 * One file of this folder for each aspect, compared by tests with the Debian tool that it stands in for. Left out on
 * purpose: the debconf database (nobody is asked anything in an image), Python's __pycache__ (which Python makes when it
 * needs it), enabling units of systemd (no systemd runs in a container), empty logs below /var/log (what writes to them
 * makes them), and accounts that scripts make with adduser: those are declared.
 * docs/decisions/0022-packages-without-their-scripts.md has the reasons.
 */
import { KnownError } from "../../../base/index.ts";
import { accounts } from "./accounts.ts";
import { alternatives } from "./alternatives.ts";
import { baseFiles } from "./base-files.ts";
import { certificates } from "./certificates.ts";
import { dpkgDatabase } from "./dpkg-database.ts";
import { libraryCache } from "./library-cache.ts";
import { mergedUsr } from "./merged-usr.ts";
import { pluggableAuthentication } from "./pluggable-authentication.ts";
import { shells } from "./shells.ts";
import { timeZone } from "./time-zone.ts";
import type { GeneratedFile, SystemFilesOptions, UnpackedPackage } from "./types.ts";
import { compareBytes, inFolder, unionOf } from "./union.ts";

export type { DeclaredGroup, DeclaredUser, GeneratedFile, SystemFilesOptions, UnpackedPackage } from "./types.ts";

/**
 * The files that stand above all layers of `packages`, which are in the order of their layers; sorted by path, and the
 * same for the same packages. Folders that hold them have the modes that packages gave them, and 0755 where none did.
 */
export function generateSystemFiles(
  packages: readonly UnpackedPackage[],
  options: SystemFilesOptions = {},
): readonly GeneratedFile[] {
  const union = unionOf(packages);
  const files = [
    ...mergedUsr(union),
    ...libraryCache(union),
    ...certificates(union),
    ...accounts(union, options),
    ...alternatives(union),
    ...shells(union),
    ...baseFiles(union),
    ...timeZone(union, options),
    ...pluggableAuthentication(union),
    ...dpkgDatabase(packages),
  ];
  const placed = new Map<string, GeneratedFile>();
  for (const each of files) {
    const path = inFolder(union, each.path);
    if (placed.has(path))
      throw new KnownError("system-files-invalid", `two packages' scripts would each write ${path}`, {
        hint: "Most often two packages offer alternatives for one link under different names; leave one package out.",
      });
    placed.set(path, { ...each, path });
  }
  return [...placed.values()].sort((a, b) => compareBytes(a.path, b.path));
}
