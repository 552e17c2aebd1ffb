/** Turns a declaration's file into a system: bundles it, runs it, folds what it exports. Runs inside the worker. */
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";
import { digestOf, KnownError, messageOf, Problems, placeOfError, registerBundle } from "../base/index.ts";
import { collectingProblems, isRecord, showValue } from "../record/index.ts";
import {
  diskError,
  existsSync,
  mkdtempSync,
  readdirSync,
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
import { type Bundle, bundle } from "./bundle.ts";

/** The findings that comments in the declaration's own files accept. */
function suppressionsOf(files: readonly string[]): Suppressions {
  const all = files.map((file) => suppressionsIn(file, readTextIfExists(file) ?? ""));
  return {
    suppressions: all.flatMap(({ suppressions }) => suppressions),
    invalid: all.flatMap(({ invalid }) => invalid),
  };
}

/** What the declaration's own code threw, as an error of the declaration. */
export function thrownBy(error: unknown): KnownError | Problems {
  if (error instanceof KnownError || error instanceof Problems) return error;
  const message = `the declaration threw: ${error instanceof Error ? `${error.name}: ${messageOf(error)}` : showValue(error)}`;
  const where = placeOfError(error);
  const hint = where === undefined ? undefined : "mend the code at that place";
  return new KnownError("declaration-threw", message, { where, hint });
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
    throw thrownBy(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function requireFile(file: string): void {
  if (!existsSync(file)) {
    const hint = "`lading init` writes one to begin with";
    throw new KnownError("file-missing", `there is no file ${file}`, { hint });
  }
  const stat = statSync(file);
  if (stat.isFile()) return;
  if (!stat.isDirectory()) throw new KnownError("file-missing", `${file} is no regular file`);
  const within = readdirSync(file).filter((name) => /\.[cm]?[jt]s$/.test(name) && !name.endsWith(".d.ts"));
  const host = within.includes("host.ts") ? "host.ts" : (within.sort()[0] ?? "host.ts");
  const hint = `name the file in it, such as ${join(file, host)}`;
  throw new KnownError("file-missing", `${file} is a folder`, { hint });
}

/** What a promise comes to, which a declaration is told in place of the promise. */
async function settled(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    throw thrownBy(error);
  }
}

/** Refuses a default export that is no declaration. */
async function requireDeclaration(value: unknown, others: readonly string[], file: string): Promise<void> {
  const isDeclaration = (each: unknown): boolean =>
    isRecord(each, "operatingSystem") || isRecord(each, "homeEnvironment");
  if (isDeclaration(value)) return;
  const where = { file, line: 1, column: 1 };
  const found = value === undefined ? `it exports ${others.join(", ") || "nothing"}` : `it is ${showValue(value)}`;
  const wanted = "the default export must be an operatingSystem or a homeEnvironment";
  if (types.isPromise(value)) {
    const outcome = await settled(value);
    const hint = isDeclaration(outcome)
      ? "wait for it: export default await …"
      : "end the file with: export default await …, where it comes to an operatingSystem or a homeEnvironment";
    throw new KnownError("wrong-export", `${wanted}; it is a promise`, { where, hint });
  }
  const hint = "end the file with: export default operatingSystem({ services: [ … ] })";
  throw new KnownError("wrong-export", `${wanted}; ${found}`, { where, hint });
}

/** Evaluates the declaration in `file`. All that is wrong with it is thrown at once, as `Problems`. */
export async function evaluate(file: string, options: Omit<CompileOptions, "lock">): Promise<Loaded> {
  requireFile(file);
  return collectingProblems(async () => {
    const bundled = await bundle(file);
    const { default: declaration, ...rest } = await run(file, bundled);
    await requireDeclaration(declaration, Object.keys(rest), file);
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
