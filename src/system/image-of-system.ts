/**
 * An `operatingSystem` as part of an image: the supervisor, Node to run it, and the one generation that it has, in the
 * places where a host has them. What such a system declares runs as programs inside the container.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KnownError, nodeArchitecture, type Paths, type Place, type Platform, pathsFor } from "../base/index.ts";
import {
  type ManifestEntry,
  manifestEntry,
  type Placed,
  place,
  placeItem,
  placeLink,
  placeStore,
  type SystemLike,
  type SystemParts,
} from "../image/index.ts";
import { lowerNpmTree, npmArchiveUrl, npmRegistry } from "../packages/index.ts";
import { placeOf } from "../record/index.ts";
import { type Derivation, type Lowerer, localFile, plainFile, type Reference } from "../store/index.ts";
import { existsSync, readFileSync } from "../sys/index.ts";
import type { Generation } from "./generations.ts";
import { runtimePins } from "./runtime-pins.ts";
import { type Compiled, type SystemSpec, systemDigest } from "./spec.ts";

/** Where the supervisor is in an image. */
const folder = "/usr/lib/lading";

/** Where an image's system keeps its state: as a host does. */
export const imagePaths: Paths = pathsFor({ uid: 0, environment: {} });

/** What only building and drawing need, and what is fetched for the image's own platform. */
const leftOut = new Set([
  ...[
    "@bokuweb/zstd-wasm",
    "@cyclonedx/cyclonedx-library",
    "@hpcc-js/wasm-graphviz",
    "esbuild",
    "fzstd",
    "libdeflate",
    "openpgp",
    "xz-decompress",
  ],
  "koffi",
]);

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Lading's own folder: it has package.json and dist. */
const ownFolder = fileURLToPath(new URL("../..", import.meta.url));

function dependenciesIn(modules: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as PackageFile;
    for (const name of Object.keys(dependencies)) {
      if (leftOut.has(name) || found.has(name)) continue;
      found.add(name);
      visit(join(modules, name));
    }
  };
  visit(ownFolder);
  return found;
}

/** Lading itself, with the libraries that it was installed with. */
function ownFiles(): readonly ManifestEntry[] {
  // Installed as a dependency, it stands beside those that it has itself.
  const folders = ["node_modules", ".."].map((below) => join(ownFolder, below));
  const modules = folders.find((each) => existsSync(join(each, "commander")));
  if (modules === undefined) throw new Error(`no libraries beside ${ownFolder}`);
  const names = dependenciesIn(modules);
  const isRuntime = (path: string): boolean => {
    const [scope = "", name = "", ...rest] = path.split("/");
    if (scope.startsWith("@") && name === "") return [...names].some((each) => each.startsWith(`${scope}/`));
    const top = scope.startsWith("@") ? `${scope}/${name}` : scope;
    const below = scope.startsWith("@") ? rest : [name, ...rest];
    return names.has(top) && !/\.(?:d\.[cm]?ts|map|md)$/.test(below.join("/"));
  };
  const isProgram = (path: string): boolean => !/\.(?:d\.ts|map)$/.test(path);
  return [
    manifestEntry({ target: `${folder}/package.json`, source: localFile(join(ownFolder, "package.json")) }),
    manifestEntry({ target: `${folder}/dist`, source: localFile(join(ownFolder, "dist"), { select: isProgram }) }),
    manifestEntry({ target: `${folder}/node_modules`, source: localFile(modules, { select: isRuntime }) }),
  ];
}

/** Node and the native library, for the image's platform. */
function lowerRuntime({ architecture }: Platform, lowerer: Lowerer, where: Place | undefined): Derivation {
  const pins = runtimePins[architecture];
  if (pins === undefined) {
    const hint = `it is there for ${Object.keys(runtimePins).join(" and ")}`;
    throw new KnownError("image-invalid", `there is no Node for the system of an image for ${architecture}`, {
      where,
      hint,
    });
  }
  const packages = pins.map((pin) => ({
    ...pin,
    path: `node_modules/${pin.name}`,
    url: npmArchiveUrl(npmRegistry, pin.name, pin.version),
    bins: {},
  }));
  return lowerNpmTree({ packages, links: [] }, lowerer);
}

/** Refuses what only a host can have. */
function requirePrograms({ units, subuids, objects }: SystemSpec, where: Place | undefined): void {
  const container = units.find(({ start }) => start.kind === "container" || start.kind === "objects");
  if (container === undefined && subuids.length === 0 && objects.length === 0) return;
  const hint = "declare what runs in the image as units: unit({ provision: [ … ], start: [ … ] })";
  throw new KnownError(
    "image-invalid",
    `an image's system runs programs, not containers${container === undefined ? "" : `: ${container.name}`}`,
    { where: container?.place ?? where, hint },
  );
}

/** Numbers are declared: what a host chooses by what it has, an image has nothing to choose by. */
function accountsOf({ users, groups }: SystemSpec, where: Place | undefined): SystemParts["accounts"] {
  const numberOf = (what: string, name: string, number: number | null, place: Place | undefined): number => {
    if (number !== null) return number;
    const hint = "give it a number: an image must be the same on every machine";
    throw new KnownError("image-invalid", `the ${what} ${name} of an image's system has no number`, {
      where: place ?? where,
      hint,
    });
  };
  const declared = new Map(groups.map(({ name, id, place }) => [name, numberOf("group", name, id, place)]));
  const members = users.filter(({ needed }) => !needed);
  return {
    groups: groups.map(({ name }) => ({
      name,
      gid: declared.get(name) ?? 0,
      members: members.filter(({ supplementaryGroups }) => supplementaryGroups.includes(name)).map((user) => user.name),
    })),
    users: members.map(({ name, uid, group, home, shell, comment, place }) => {
      const number = numberOf("user", name, uid, place);
      return { name, uid: number, gid: declared.get(group) ?? number, home, shell, comment };
    }),
  };
}

function generationOf(spec: SystemSpec): Generation {
  return {
    version: 1,
    number: 1,
    // An image is the same whenever it is built.
    time: "1970-01-01T00:00:01.000Z",
    ...{ source: "image", sourceDigest: null, author: null, message: null },
    digest: systemDigest(spec),
    spec,
  };
}

/** What the system, compiled for the image's own paths, puts into an image. */
export function systemParts(system: SystemLike, compiled: Compiled, platform: Platform, lowerer: Lowerer): SystemParts {
  const where = placeOf(system);
  const { spec, derivations } = compiled;
  requirePrograms(spec, where);
  for (const each of derivations) lowerer.add(each);
  const runtime = lowerer.add(lowerRuntime(platform, lowerer, where));
  const node = `${folder}/node_modules/node-linux-${nodeArchitecture(platform.architecture)}/bin/node`;
  const main = `${folder}/dist/cli/main.js`;
  const item = (target: string, reference: Reference): Placed =>
    placeItem({ target, uid: 0, gid: 0, mode: undefined }, reference);
  const entries = [
    ...ownFiles(),
    manifestEntry({
      target: "/usr/bin/lading",
      source: plainFile("lading", `#!${node}\nimport("${main}");\n`),
      mode: 0o755,
    }),
    manifestEntry({ target: imagePaths.generations, mode: 0o700 }),
    manifestEntry({
      target: `${imagePaths.generations}/1.json`,
      source: plainFile("1.json", `${JSON.stringify(generationOf(spec))}\n`),
      mode: 0o600,
    }),
    manifestEntry({ target: "/tmp", mode: 0o1777 }),
  ];
  return {
    placed: [
      ...entries.map((entry) => place(entry, lowerer)),
      { ...item(`${folder}/node_modules`, runtime), apart: true },
      placeStore(imagePaths.store, spec.roots),
      placeLink(`${imagePaths.generations}/current`, "1.json"),
      ...spec.files.map(({ path, source }) => item(path, source)),
    ],
    accounts: accountsOf(spec, where),
    entryPoint: [node, main, "daemon"],
  };
}
