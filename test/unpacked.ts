/** Packages as unpacking leaves them, read from folders into which `dpkg-deb -x` put them: what tests of system files begin with. */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { keptFiles, type LibraryFact, type PackageFacts } from "../src/packages/debian/facts.ts";
import type { UnpackedPackage } from "../src/packages/index.ts";

/** A command's output; its failure is the test's. */
export function output(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const [program = "", ...args] = argv;
  const ran = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", ...env },
  });
  if (ran.status !== 0)
    throw new Error(`${argv.slice(0, 6).join(" ")}: ${ran.stderr || ran.error || ran.stdout.slice(0, 2000)}`);
  return ran.stdout;
}

export function hasProgram(...names: readonly string[]): boolean {
  return names.every((name) => ["/usr/sbin", "/usr/bin"].some((folder) => existsSync(join(folder, name))));
}

/** Facts that say nothing but a name. */
function noFacts(name: string): PackageFacts {
  return {
    name,
    version: "1",
    architecture: "amd64",
    control: "",
    conffiles: [],
    libraries: [],
    alternatives: [],
    shells: [],
    scripts: [],
  };
}

/** A package out of nothing: files by path, null for one whose content is not kept, and links. */
export function inventPackage(
  facts: Partial<PackageFacts> & { readonly name: string },
  files: Readonly<Record<string, string | Buffer | null>> = {},
  links: Readonly<Record<string, string>> = {},
): UnpackedPackage {
  return {
    facts: { ...noFacts(facts.name), ...facts },
    paths: [...Object.keys(files), ...Object.keys(links)],
    links: new Map(Object.entries(links)),
    kept: (path) => {
      const content = files[path];
      return content === undefined || content === null ? undefined : Buffer.from(content);
    },
  };
}

/** What lies in `folder` as a package; libraries are read by readelf. */
export function readPackage(folder: string, facts: Partial<PackageFacts> & { readonly name: string }): UnpackedPackage {
  const found = new Map<string, string>();
  const walk = (path: string): void => {
    for (const name of readdirSync(join(folder, path))) {
      const below = join(path, name);
      found.set(merge(below), join(folder, below));
      if (lstatSync(join(folder, below)).isDirectory()) walk(below);
    }
  };
  walk("/");
  const isLink = (file: string): boolean => lstatSync(file).isSymbolicLink();
  const links = [...found]
    .filter(([, file]) => isLink(file))
    .map(([path, file]) => [path, readlinkSync(file)] as const);
  const libraries = [...found].filter(
    ([path, file]) => /\/(lib|ld-)[^/]*\.so[^/]*$/.test(path) && lstatSync(file).isFile(),
  );
  return {
    facts: { ...noFacts(facts.name), libraries: readLibraries(libraries), ...facts },
    paths: found.keys(),
    links: new Map(links),
    kept: (path) => {
      const file = found.get(path);
      const isKept = keptFiles.some((pattern) => pattern.test(path.slice(1)));
      return file !== undefined && isKept && lstatSync(file).isFile() ? readFileSync(file) : undefined;
    },
  };
}

function merge(path: string): string {
  return path.replace(/^\/(bin|sbin|lib|lib32|lib64|libx32)(?=\/|$)/, "/usr/$1");
}

/** Those of the files that are ELF. */
export function readLibraries(files: readonly (readonly [path: string, file: string])[]): readonly LibraryFact[] {
  return files.flatMap(([path, file]) => {
    const bytes = readFileSync(file);
    if (bytes.toString("latin1", 0, 4) !== "\x7fELF") return [];
    const [, soname = ""] = /Library soname: \[(.*)\]/.exec(output(["readelf", "-dW", file])) ?? [];
    return [{ path, soname, bits: bytes[4] === 2 ? (64 as const) : (32 as const), machine: bytes.readUInt16LE(18) }];
  });
}

/** The calls of update-alternatives in a script that are written without variables. */
export function readAlternatives(script: string): PackageFacts["alternatives"] {
  const calls = script.replaceAll("\\\n", " ").matchAll(/update-alternatives +(?:--quiet +)?--install +([^|&\n]*)/g);
  return [...calls].flatMap(([, text = ""]) => {
    if (text.includes("$")) return [];
    const [main = "", ...rest] = text.split("--slave");
    const [link = "", name = "", path = "", priority] = main.trim().split(/\s+/);
    const slaves = rest.map((each) => {
      const [slaveLink = "", slaveName = "", slavePath = ""] = each.trim().split(/\s+/);
      return { link: slaveLink, name: slaveName, path: slavePath };
    });
    return [{ link, name, path, priority: Number(priority), slaves }];
  });
}

/** A .deb's package; its files are put into `into`. */
export function unpackDeb(deb: string, into: string): UnpackedPackage {
  output(["dpkg-deb", "-x", deb, into]);
  output(["dpkg-deb", "-e", deb, `${into}.control`]);
  const script = join(`${into}.control`, "postinst");
  const [name = "", version = "", architecture = ""] = output([
    "dpkg-deb",
    "--show",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-deb has placeholders of its own.
    "--showformat=${Package}\n${Version}\n${Architecture}",
    deb,
  ]).split("\n");
  const alternatives = existsSync(script) ? readAlternatives(readFileSync(script, "utf8")) : [];
  return readPackage(into, { name, version, architecture, alternatives });
}
