/** An application of npm's as part of an image: its own files, and the packages of its lock, without npm and its scripts. */
import { hostPlatform, KnownError, nodeArchitecture, platformOf } from "../base/index.ts";
import {
  boolean,
  defineRecord,
  isRecord,
  listOf,
  placeOf,
  type RecordConstructor,
  string,
  stringWhere,
} from "../record/index.ts";
import { type Derivation, fileLikeType, type Lowerer, makeDerivation, type RecordLowerer } from "../store/index.ts";
import { readTextIfExists } from "../sys/index.ts";
import type { NpmModulesArgs } from "./npm/build-modules.ts";
import { type NpmTree, npmRegistry, readPackageLock } from "./npm/package-lock.ts";
import type { NpmModules, NpmModulesInput } from "./npm.types.ts";

/** Whether a text names a platform as OCI does. */
export function isPlatformName(text: string): boolean {
  return /^[a-z]+\/[a-z0-9]+(\/v\d)?$/.test(text);
}

/** The packages of an npm application. */
export const npmModules: RecordConstructor<NpmModulesInput, NpmModules> = defineRecord(
  "npmModules",
  "The folder node_modules of an npm application, as its package-lock.json says. No script of a package is run.",
  {
    lock: { type: fileLikeType, doc: "The application's package-lock.json, as `localFile`." },
    dev: { type: boolean, default: false, doc: "Whether what only development needs comes too." },
    ignoreScripts: {
      type: listOf(string),
      default: [],
      doc: "Packages that want to run a script when they are installed, and can do without.",
    },
    registry: {
      type: stringWhere("the address of a registry, such as https://registry.npmjs.org", (text) =>
        /^https?:\/\/\S+[^/\s]$/.test(text),
      ),
      default: npmRegistry,
      doc: "The registry that stands in for npm's own.",
    },
    platform: {
      type: stringWhere("a platform such as linux/arm64", isPlatformName),
      optional: true,
      doc: "What packages with machine code are chosen for; this machine's where unset.",
    },
  },
);

/** Lowers `npmModules`: each package is fetched by its own hash, and then all are put in place. */
export const lowerNpmModules: RecordLowerer = (record, lowerer) =>
  isRecord(record, "npmModules") ? lower(record as NpmModules, lowerer) : undefined;

function lower(modules: NpmModules, lowerer: Lowerer): Derivation {
  const where = placeOf(modules);
  const path = lowerer.localSource(modules.lock)?.path;
  const text = path === undefined ? undefined : readTextIfExists(path);
  if (path === undefined || text === undefined) {
    const hint = 'lock: localFile("app/package-lock.json")';
    throw new KnownError("npm-lock-invalid", "the lock of npmModules is no file of this machine", { where, hint });
  }
  const { os = "linux", architecture = "" } = platformOf(modules.platform ?? hostPlatform) ?? {};
  const { dev, ignoreScripts, registry } = modules;
  const tree = readPackageLock(text, path, {
    os,
    cpu: nodeArchitecture(architecture),
    dev,
    ignoreScripts,
    registry,
    where,
  });
  return lowerNpmTree(tree, lowerer, { origins: { lock: path }, place: where });
}

/** Fetches the packages of a tree, each by its own hash, and puts them in place. */
export function lowerNpmTree(
  tree: NpmTree,
  lowerer: Lowerer,
  extra: Parameters<typeof makeDerivation>[1] = {},
): Derivation {
  const packages = tree.packages.map(({ path, name, version, url, integrity, bins }) => {
    const recipe = { name: `${name}-${version}.tgz`, builder: "fetch", args: { integrity }, inputs: [] };
    return { path, archive: lowerer.add(makeDerivation(recipe, { origins: { "0": url } })), bins };
  });
  const args: NpmModulesArgs = { packages, links: tree.links };
  const inputs = [...new Set(packages.map(({ archive }) => archive.ref))];
  return makeDerivation({ name: "node_modules", builder: "npm-modules", args, inputs }, extra);
}
