/** `lading man [COMMAND]`: a page for man(1), or with -o a file for each, made of the table of commands. */
import { join, resolve } from "node:path";
import { KnownError, nearest } from "../base/index.ts";
import { ensureFolder, writeFileAtomic } from "../sys/index.ts";
import { commands } from "./commands.ts";
import type { Answer, Context } from "./context.ts";
import { commandPage, programPage } from "./man-page.ts";
import { version } from "./version.ts";

/** Every page, by the name of its file. */
function pages(): ReadonlyMap<string, string> {
  return new Map([
    ["lading.1", programPage(commands, version)],
    ...commands.map((entry) => [`lading-${entry.name.split(" ")[0]}.1`, commandPage(entry, version)] as const),
  ]);
}

export async function run(
  context: Context,
  [verb]: readonly (string | undefined)[],
  { output }: { readonly output?: string },
): Answer {
  const all = pages();
  if (output !== undefined) {
    const folder = resolve(output);
    ensureFolder(folder);
    for (const [name, page] of all) writeFileAtomic(join(folder, name), page);
    if (context.json) context.print(JSON.stringify({ version: 1, folder, files: [...all.keys()] }, null, 2));
    else context.print(`wrote ${all.size} pages in ${folder}`);
    return undefined;
  }
  const name = verb === undefined ? "lading" : `lading-${verb}`;
  const page = all.get(`${name}.1`);
  if (page === undefined) {
    const close = nearest(
      verb ?? "",
      commands.map((entry) => entry.name.split(" ")[0] ?? ""),
    );
    const meant = close === undefined ? "see `lading --help`" : `did you mean "${close}"?`;
    throw new KnownError("usage", `there is no command "${verb}"; ${meant}`);
  }
  await context.printPart(context.json ? `${JSON.stringify({ version: 1, name, page }, null, 2)}\n` : page);
  return undefined;
}
