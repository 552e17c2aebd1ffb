/**
 * The modules that stay outside a declaration's bundle: Lading itself and Node's. esbuild takes the names that are imported
 * from such a module on trust, and Node would refuse a wrong one at a place of its own. So each is shown to esbuild as a
 * list of what it exports, which leaves nothing in the bundle but the import.
 */
import { isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

/** Where "lading" is imported from, whatever is installed beside the declaration: one copy, the one that runs. */
export const self: string = pathToFileURL(resolve(dirname(fileURLToPath(import.meta.url)), "..", "index.js")).href;

/** How esbuild calls what is no file: this and the module's name. */
export const outsidePrefix = "outside:";

export interface OutsideModules {
  readonly plugin: Plugin;
  /** What a module exports that was imported; none of a module that is in the bundle. */
  readonly exportsOf: (module: string) => readonly string[];
}

export function outsideModules(): OutsideModules {
  const known = new Map<string, readonly string[]>();
  const namespace = outsidePrefix.slice(0, -1);
  const addressOf = (module: string): string => (module === "lading" ? self : module);
  const plugin: Plugin = {
    name: "outside-modules",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^[a-z]/ }, ({ path, kind, namespace: from }) => {
        if (path !== "lading" && !isBuiltin(path))
          return path.startsWith("node:") ? { errors: [{ text: `Node has no module "${path}"` }] } : undefined;
        // What is asked for by import() or require() is whole, and nobody names its exports.
        if (from === namespace || kind !== "import-statement") return { path: addressOf(path), external: true };
        return { path, namespace, sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace }, async ({ path }) => {
        const names = Object.keys((await import(addressOf(path))) as object);
        known.set(path, names);
        const list = names.filter((name) => /^[\w$]+$/.test(name)).join(", ");
        return { contents: `export { ${list} } from ${JSON.stringify(path)};` };
      });
    },
  };
  return { plugin, exportsOf: (module) => known.get(module) ?? [] };
}
