/**
 * /etc/shells, as update-shells and add-shell of debianutils make it of the shells that packages name; and /bin/sh, where
 * no package ships it: until Debian 11 the scripts of dash and bash made it.
 */
import { file, type GeneratedFile, link } from "./types.ts";
import { inFolder, type Union } from "./union.ts";

const template = "/usr/share/debianutils/shells";

export function shells(union: Union): readonly GeneratedFile[] {
  return [...systemShell(union), ...listOfShells(union)];
}

function systemShell(union: Union): readonly GeneratedFile[] {
  const shell = ["dash", "bash"].find((name) => union.has(`/usr/bin/${name}`));
  return shell === undefined || union.has("/usr/bin/sh") ? [] : [link("/usr/bin/sh", shell)];
}

/** Nothing without debianutils, whose list the file begins with. */
function listOfShells(union: Union): readonly GeneratedFile[] {
  const head = union.kept(template)?.toString("utf8");
  if (head === undefined) return [];
  const named = [template, ...union.below(`${template}.d`)].flatMap((path) =>
    (union.kept(path)?.toString("utf8") ?? "").split("\n").map((line) => line.replace(/#.*/, "")),
  );
  const added = [...named, ...union.facts.flatMap((facts) => facts.shells)].filter((shell) => shell !== "");
  // A shell is allowed under the name that a package gives it and under the one with /usr merged.
  const both = added.flatMap((shell) => [shell, inFolder(union, shell)]);
  const lines = new Set([...head.split("\n").filter((line) => line !== ""), ...both]);
  return [file("/etc/shells", `${[...lines].join("\n")}\n`)];
}
