/**
 * dpkg's own database, where dpkg is among the packages: it reads one file for all of them, and lists beside it, and not the
 * records that each package's layer has for scanners. The status and the lists are what `dpkg -l`, `-L` and `-S` need.
 */
import { file, folder, type GeneratedFile, link, type UnpackedPackage } from "./types.ts";
import { compareBytes } from "./union.ts";

const database = "/var/lib/dpkg";

export function dpkgDatabase(packages: readonly UnpackedPackage[]): readonly GeneratedFile[] {
  if (!packages.some(({ facts }) => facts.name === "dpkg")) return [];
  const sorted = packages.toSorted((a, b) => compareBytes(a.facts.name, b.facts.name));
  return [
    folder(database),
    folder(`${database}/info`),
    file(`${database}/info/format`, "1\n"),
    file(`${database}/status`, sorted.map(({ facts }) => `${facts.control.trim()}\n`).join("\n")),
    ...sorted.flatMap(recordsOf),
  ];
}

/** Paths and sums of a package; packages that several architectures may have at once say which they are of. */
function recordsOf({
  facts: { name, architecture, control, conffiles },
  paths,
}: UnpackedPackage): readonly GeneratedFile[] {
  const own = `${database}/info/${/^multi-arch: *same$/im.test(control) ? `${name}:${architecture}` : name}`;
  const listed = [...paths].filter((path) => !path.startsWith(`${database}/`));
  const list = file(`${own}.list`, ["/.", ...listed].map((path) => `${path}\n`).join(""));
  const sums = [...paths].find((path) => path === `${database}/status.d/${name}.md5sums`);
  return [
    list,
    ...(sums === undefined ? [] : [link(`${own}.md5sums`, sums.replace(database, ".."))]),
    ...(conffiles.length === 0 ? [] : [file(`${own}.conffiles`, conffiles.map((path) => `${path}\n`).join(""))]),
  ];
}
