/** What update-alternatives(1) is told by the scripts that install a package. */
import type { AlternativeFact } from "./facts.ts";

/** The words from `--install LINK NAME PATH PRIORITY [--slave LINK NAME PATH]…` on; undefined for what is none. */
export function parseAlternative(words: readonly string[]): AlternativeFact | undefined {
  const at = words.indexOf("--install");
  const [link = "", name = "", path = "", digits = "", ...rest] = words.slice(at + 1);
  const slaves: { readonly link: string; readonly name: string; readonly path: string }[] = [];
  for (let from = 0; from < rest.length; from += 4) {
    const [flag, slaveLink = "", slaveName = "", slavePath = ""] = rest.slice(from, from + 4);
    if (flag !== "--slave" && flag !== "--follower") return undefined;
    slaves.push({ link: slaveLink, name: slaveName, path: slavePath });
  }
  const paths = [link, path, ...slaves.flatMap((slave) => [slave.link, slave.path])];
  const names = [name, ...slaves.map((slave) => slave.name)];
  const fits =
    /^-?\d{1,9}$/.test(digits) &&
    paths.every((each) => each.startsWith("/") && !each.split("/").includes("..")) &&
    names.every((each) => /^[^/\s]+$/.test(each) && each !== "." && each !== "..");
  return fits ? { link, name, path, priority: Number(digits), slaves } : undefined;
}
