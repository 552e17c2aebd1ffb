/**
 * What update-alternatives does when each package installs its own: the link by which programs are called, the link in
 * /etc/alternatives that says which is meant, and dpkg's record of the choices. All are in automatic mode: the
 * highest priority wins, and of equal ones the package that comes first.
 */
import { KnownError } from "../../../base/index.ts";
import type { AlternativeFact } from "../facts.ts";
import { file, type GeneratedFile, link } from "./types.ts";
import { compareBytes, inFolder, type Union } from "./union.ts";

const choicesFolder = "/etc/alternatives";
const recordsFolder = "/var/lib/dpkg/alternatives";

/** Choices whose file is not there are left out, as man pages are where documentation is left out. */
export function alternatives(union: Union): readonly GeneratedFile[] {
  const byName = new Map<string, AlternativeFact[]>();
  for (const fact of union.facts.flatMap((facts) => facts.alternatives)) {
    check(fact);
    if (!union.has(fact.path)) continue;
    const others = byName.get(fact.name);
    if (others === undefined) byName.set(fact.name, [fact]);
    else others.push(fact);
  }
  return [...byName].flatMap(([name, facts]) => group(union, name, facts));
}

/** One name, with every path that it may mean. */
function group(union: Union, name: string, facts: readonly AlternativeFact[]): readonly GeneratedFile[] {
  const offered = [...new Map(facts.map((fact) => [fact.path, fact])).values()];
  const best = offered.reduce((chosen, each) => (each.priority > chosen.priority ? each : chosen));
  const choices = offered.toSorted((a, b) => compareBytes(a.path, b.path));
  const slaves = slavesOf(facts);
  const pathOf = (choice: AlternativeFact, slave: string): string =>
    choice.slaves.find((each) => each.name === slave)?.path ?? "";
  // The last package to say so moves the link.
  const own = facts.at(-1)?.link ?? best.link;
  const chosen = [
    { name, link: own, path: best.path },
    ...slaves
      .map((slave) => ({ ...slave, path: pathOf(best, slave.name) }))
      .filter(({ path }) => path !== "" && union.has(path)),
  ];
  const record = [
    "auto",
    own,
    ...slaves.flatMap((slave) => [slave.name, slave.link]),
    "",
    ...choices.flatMap((choice) => [
      choice.path,
      String(choice.priority),
      ...slaves.map((slave) => pathOf(choice, slave.name)),
    ]),
    "",
  ];
  return [
    file(`${recordsFolder}/${name}`, `${record.join("\n")}\n`),
    ...chosen.flatMap((each) => [
      ...(isFile(union, each.link) ? [] : [link(each.link, `${choicesFolder}/${each.name}`)]),
      link(`${choicesFolder}/${each.name}`, each.path),
    ]),
  ];
}

/** Every slave that any choice has, by name; the last to give its link says where that lies. */
function slavesOf(facts: readonly AlternativeFact[]): readonly { readonly name: string; readonly link: string }[] {
  const links = new Map(facts.flatMap((fact) => fact.slaves.map((slave) => [slave.name, slave.link] as const)));
  return [...links].map(([name, link]) => ({ name, link })).sort((a, b) => compareBytes(a.name, b.name));
}

/** A package's own file is no link to be turned: update-alternatives leaves it. */
function isFile(union: Union, path: string): boolean {
  const own = inFolder(union, path);
  return union.has(own) && !union.links.has(own);
}

/** They come from scripts of packages: a name must be one, and paths must be whole. */
function check(fact: AlternativeFact): void {
  for (const { name, link: from, path } of [fact, ...fact.slaves]) {
    const whole = [from, path].every((each) => /^(\/[^/\n\0]+)+$/.test(each) && !/\/\.\.?(\/|$)/.test(each));
    if (whole && /^[^/\s\0]+$/.test(name) && name !== "." && name !== "..") continue;
    throw new KnownError(
      "system-files-invalid",
      `the alternative ${JSON.stringify(name)} from ${JSON.stringify(from)} to ${JSON.stringify(path)} is none`,
    );
  }
}
