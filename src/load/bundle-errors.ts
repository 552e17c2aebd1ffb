/** What esbuild says of a declaration that it cannot bundle, told in the declaration's words: with its place, and what to do. */
import { basename, dirname, join, resolve } from "node:path";
import type { Location, Message } from "esbuild";
import { KnownError, nearest, type Place } from "../base/index.ts";
import { existsSync, readdirSync, statSync } from "../sys/index.ts";
import { outsidePrefix } from "./outside-modules.ts";

export interface Bundled {
  /** The declaration's own file. */
  readonly file: string;
  readonly exportsOf: (module: string) => readonly string[];
}

interface Told {
  readonly message: string;
  readonly hint: string | undefined;
}

function placeOf(location: Location | null, folder: string): Place | undefined {
  if (location === null || location.file.startsWith(outsidePrefix)) return undefined;
  // esbuild counts bytes, a place counts what JavaScript counts.
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString();
  return { file: resolve(folder, location.file), line: location.line, column: before.length + 1 };
}

function didYouMean(word: string | undefined): string | undefined {
  return word === undefined ? undefined : `did you mean "${word}"?`;
}

function wrongName(shownModule: string, name: string, { location }: Message, { exportsOf }: Bundled): Told {
  const isOutside = shownModule.startsWith(outsidePrefix);
  const module = isOutside ? shownModule.slice(outsidePrefix.length) : shownModule;
  const names = exportsOf(module);
  const close = nearest(name, names) ?? (location?.suggestion || undefined);
  const otherwise =
    name === "default"
      ? `import by name: import { … } from "${module}"`
      : isOutside
        ? "your editor offers the names that it has"
        : "look at what that file exports";
  return {
    message: `"${module}" has no export "${name}"`,
    hint: name === "default" ? otherwise : (didYouMean(close) ?? otherwise),
  };
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Why a path of a file leads nowhere. */
function missingFile(specifier: string, from: string): string {
  const path = resolve(from, specifier);
  if (existsSync(path))
    return `${path} is ${statSync(path).isDirectory() ? "a folder: name the file in it" : "no file"}`;
  const wanted = basename(path);
  const entries = entriesOf(dirname(path));
  const close = entries.find((entry) => entry.startsWith(`${wanted}.`)) ?? nearest(wanted, entries);
  const missing = `there is no file ${path}`;
  if (close === undefined) return missing;
  return `${missing}; ${didYouMean(specifier.slice(0, specifier.length - wanted.length) + close)}`;
}

/** The package that a specifier names; undefined where it cannot be one. */
function packageOf(specifier: string): string | undefined {
  return /^(?:@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*(?=\/|$)/.exec(specifier)?.[0];
}

function isInstalled(name: string, from: string): boolean {
  return existsSync(join(from, "node_modules", name)) || (dirname(from) !== from && isInstalled(name, dirname(from)));
}

function unresolved(specifier: string, from: string, notes: string | undefined): string | undefined {
  if (/^(?:\.|\/)/.test(specifier)) return missingFile(specifier, from);
  if (specifier.startsWith("#")) return notes;
  if (existsSync(resolve(from, specifier))) return didYouMean(`./${specifier}`);
  const name = packageOf(specifier);
  if (name === undefined) return "the path of a file begins with ./ or ../";
  return isInstalled(name, from) ? notes : `install it beside the declaration: npm install ${name}`;
}

/** What esbuild notes, without advice on options that a declaration has no say in. */
function notesOf({ notes }: Message): string | undefined {
  const own = notes.filter(({ text }) => text !== "" && !/mark the path|esbuild|loader/i.test(text));
  return own.length === 0 ? undefined : own.map(({ text }) => text.replace(/:$/, "")).join("; ");
}

function told(message: Message, bundled: Bundled): Told {
  const { text, location } = message;
  const folder = dirname(bundled.file);
  const name = /^No matching export in "(.*)" for import "(.*)"$/.exec(text);
  if (name !== null) return wrongName(name[1] ?? "", name[2] ?? "", message, bundled);
  const member = /^Import "(.*)" will always be undefined because there is no matching export in "(.*)"$/.exec(text);
  if (member !== null) return wrongName(member[2] ?? "", member[1] ?? "", message, bundled);
  const notes = notesOf(message);
  const [, specifier] = /^Could not resolve "(.*)"$/.exec(text) ?? [];
  if (specifier !== undefined && location !== null) {
    const from = dirname(resolve(folder, location.file));
    return { message: text, hint: unresolved(specifier, from, notes) };
  }
  if (text.startsWith("No loader is configured")) {
    const hint = "TypeScript, JavaScript, JSON and .txt files can be imported; node:fs reads others";
    return { message: text, hint };
  }
  const isOwn = location === null || resolve(folder, location.file) === bundled.file;
  const where = isOwn ? "" : `: it is part of what ${basename(bundled.file)} imports`;
  return { message: text, hint: notes ?? `mend the code at that place${where}` };
}

/** One message of esbuild as an error of the declaration. */
export function bundleError(message: Message, bundled: Bundled): KnownError {
  const folder = dirname(bundled.file);
  const also = message.notes.map(({ location }) => placeOf(location, folder)).find((place) => place !== undefined);
  const where = placeOf(message.location, folder);
  const { message: text, hint } = told(message, bundled);
  return new KnownError("syntax-error", text, { where, also, hint });
}
