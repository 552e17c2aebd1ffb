/** Makes one module of a declaration's file and all that it imports, and tells what that module depends on. */
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildFailure, type BuildResult, build, type Message } from "esbuild";
import { KnownError, Problems } from "../base/index.ts";
import { bundleError } from "./bundle-errors.ts";
import { outsideModules, outsidePrefix, self } from "./outside-modules.ts";

export interface Bundle {
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

/** The endings of files that hold code; a file without one is taken at its word. */
const codeEndings = ["", ".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];

function requireCode(file: string): void {
  const ending = extname(file);
  if (codeEndings.includes(ending)) return;
  const compose = [".yaml", ".yml"].includes(ending)
    ? "; docs/how-to/from-compose.md shows how a Compose file becomes one"
    : "";
  throw new KnownError("syntax-error", `a declaration is a TypeScript file, and ${file} ends in ${ending}`, {
    where: { file, line: 1, column: 1 },
    hint: `name a file such as host.ts, or write one with \`lading init\`${compose}`,
  });
}

function isOfPackage(path: string): boolean {
  return /(?:^|\/)node_modules\//.test(path);
}

/** A name that is looked up in a module that lacks it is undefined; esbuild only warns of it. */
function isWrongName({ id, location }: Message): boolean {
  return id === "import-is-undefined" && !isOfPackage(location?.file ?? "");
}

export async function bundle(file: string): Promise<Bundle> {
  requireCode(file);
  const folder = dirname(file);
  const { plugin, exportsOf } = outsideModules();
  const problemsOf = (messages: readonly Message[]): Problems =>
    new Problems(messages.map((message) => bundleError(message, { file, exportsOf })));
  let result: BuildResult<{ write: false; metafile: true }>;
  try {
    result = await build({
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
      plugins: [plugin],
    });
  } catch (error) {
    const { errors } = error as BuildFailure;
    if (!Array.isArray(errors)) throw error;
    throw problemsOf(errors);
  }
  const wrong = result.warnings.filter(isWrongName);
  if (wrong.length > 0) throw problemsOf(wrong);
  const { outputFiles, metafile } = result;
  const text = (suffix: string): string => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
  const code = text(".mjs");
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  const pure = imports.every((path) => pureModules.includes(path)) && !impure.test(code);
  const inputs = Object.keys(metafile.inputs)
    .filter((path) => !path.startsWith(outsidePrefix))
    .map((path) => resolve(folder, path));
  const sources = inputs.filter((path) => !isOfPackage(path));
  return { code, map: text(".mjs.map"), sources, inputs: pure ? inputs : null };
}
