/** Turns a declaration's file into a system: bundles it, runs it, folds what it exports. Runs inside the worker. */
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type BuildFailure, build, type Message, type Plugin } from "esbuild";
import { digestOf, KnownError, messageOf, type Place, Problems, placeOfError, registerBundle } from "../base/index.ts";
import { collectingProblems, isRecord, showValue } from "../record/index.ts";
import {
  diskError,
  existsSync,
  mkdtempSync,
  readTextIfExists,
  rmSync,
  statSync,
  writeFileAtomic,
} from "../sys/index.ts";
import {
  type Compiled,
  type CompileOptions,
  compileSystem,
  type Loaded,
  lockPath,
  type OperatingSystem,
  readLock,
  type Suppressions,
  suppressionsIn,
} from "../system/index.ts";

/** Where "lading" is imported from, whatever is installed beside the declaration: one copy, the one that runs. */
const self = pathToFileURL(resolve(dirname(fileURLToPath(import.meta.url)), "..", "index.js")).href;

const oneLading: Plugin = {
  name: "lading",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^lading$/ }, () => ({ path: self, external: true }));
  },
};

function placeOfMessage({ location }: Message, folder: string): Place | undefined {
  if (location === null) return undefined;
  // esbuild counts bytes, a place counts what JavaScript counts.
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString();
  return { file: resolve(folder, location.file), line: location.line, column: before.length + 1 };
}

interface Bundle {
  readonly code: string;
  readonly map: string;
  /** The source files, without those of packages. */
  readonly sources: readonly string[];
  /** All files; null where the code can ask for more than what is in them. */
  readonly inputs: readonly string[] | null;
}

/** What a declaration may import and still depend on its own files and environment alone. */
const pureModules = ["lading", self, "node:path", "node:url", "node:os", "node:util"];

/** Clocks, chance and the network: what makes one text mean different things at different times. */
const impure =
  /\b(?:Date|Math\.random|performance|crypto|fetch|require|import\(|setTimeout|setInterval|getBuiltinModule)\b/;

async function bundle(file: string): Promise<Bundle> {
  const folder = dirname(file);
  try {
    const { outputFiles, metafile } = await build({
      metafile: true,
      entryPoints: [file],
      bundle: true,
      write: false,
      outfile: join(folder, ".lading.mjs"),
      absWorkingDir: folder,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "external",
      logLevel: "silent",
      define: {
        "import.meta.url": JSON.stringify(pathToFileURL(file).href),
        "import.meta.dirname": JSON.stringify(folder),
        "import.meta.filename": JSON.stringify(file),
      },
      plugins: [oneLading],
    });
    const text = (suffix: string): string => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
    const code = text(".mjs");
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    const pure = imports.every((path) => pureModules.includes(path)) && !impure.test(code);
    const inputs = Object.keys(metafile.inputs).map((path) => resolve(folder, path));
    const sources = inputs.filter((path) => !path.includes("/node_modules/"));
    return { code, map: text(".mjs.map"), sources, inputs: pure ? inputs : null };
  } catch (error) {
    const { errors } = error as BuildFailure;
    if (!Array.isArray(errors)) throw error;
    throw new Problems(
      errors.map(
        (message) =>
          new KnownError("syntax-error", message.text, {
            where: placeOfMessage(message, folder),
            hint: message.notes[0]?.text,
          }),
      ),
    );
  }
}

/** The findings that comments in the declaration's own files accept. */
function suppressionsOf(files: readonly string[]): Suppressions {
  const all = files.map((file) => suppressionsIn(file, readTextIfExists(file) ?? ""));
  return {
    suppressions: all.flatMap(({ suppressions }) => suppressions),
    invalid: all.flatMap(({ invalid }) => invalid),
  };
}

/** Runs the bundle from a folder of its own, which is gone afterwards. */
async function run(file: string, { code, map }: Bundle): Promise<Record<string, unknown>> {
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), "lading-"));
  } catch (error) {
    throw diskError(error, join(tmpdir(), "lading"));
  }
  const path = join(folder, "declaration.mjs");
  try {
    writeFileAtomic(path, code, 0o600, { durable: false });
    registerBundle(path, map, dirname(file));
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof KnownError || error instanceof Problems) throw error;
    const message = `the declaration threw: ${error instanceof Error ? `${error.name}: ${messageOf(error)}` : showValue(error)}`;
    throw new KnownError("declaration-threw", message, {
      where: placeOfError(error),
      hint: "mend the code at that place",
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Evaluates the declaration in `file`. All that is wrong with it is thrown at once, as `Problems`. */
export async function evaluate(file: string, options: Omit<CompileOptions, "lock">): Promise<Loaded> {
  if (!existsSync(file) || !statSync(file).isFile()) {
    const hint = "`lading init` writes one to begin with";
    throw new KnownError("file-missing", `there is no file ${file}`, { hint });
  }
  return collectingProblems(async () => {
    const bundled = await bundle(file);
    const { default: declaration, ...rest } = await run(file, bundled);
    const isDeclaration = isRecord(declaration, "operatingSystem") || isRecord(declaration, "homeEnvironment");
    if (!isDeclaration) {
      const found =
        declaration === undefined
          ? `it exports ${Object.keys(rest).join(", ") || "nothing"}`
          : `it is ${showValue(declaration)}`;
      const hint = "end the file with: export default operatingSystem({ services: [ … ] })";
      const message = `the default export must be an operatingSystem or a homeEnvironment; ${found}`;
      throw new KnownError("wrong-export", message, { where: { file, line: 1, column: 1 }, hint });
    }
    const lock = readLock(file);
    const compiled = compileValid(declaration as OperatingSystem, { ...options, lock });
    const sources = compiled.derivations
      .filter(({ recipe }) => recipe.builder !== "fetch")
      .flatMap(({ origins }) => Object.values(origins));
    const locks = lock === undefined ? [] : [lockPath(file)];
    const inputs = bundled.inputs === null ? null : [...new Set([...bundled.inputs, ...sources, ...locks])];
    const suppressions = suppressionsOf(bundled.sources);
    return { ...compiled, inputs, suppressions, sourceDigest: digestOf(bundled.code) };
  });
}

/** Folding a declaration whose records are wrong would only tell the same again in other words. */
function compileValid(declaration: OperatingSystem, options: CompileOptions): Compiled {
  try {
    return compileSystem(declaration, options);
  } catch (error) {
    if (error instanceof KnownError || error instanceof Problems) throw error;
    const place = placeOfError(error);
    if (place === undefined) throw error;
    throw new KnownError("declaration-threw", `a service's function threw: ${messageOf(error)}`, {
      where: place,
      cause: undefined,
    });
  }
}
