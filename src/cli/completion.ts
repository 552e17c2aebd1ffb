/** `lading completion SHELL`: the shell's script, made of the table of commands. The scripts ask `completion units` themselves. */
import { KnownError } from "../base/index.ts";
import { shapeOf } from "./command-shape.ts";
import { commands } from "./commands.ts";
import { bashCompletion } from "./completion-bash.ts";
import { fishCompletion } from "./completion-fish.ts";
import { zshCompletion } from "./completion-zsh.ts";
import type { Answer, Context } from "./context.ts";

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export async function run(context: Context, [shell = ""]: readonly (string | undefined)[]): Answer {
  if (!Object.hasOwn(shells, shell))
    throw new KnownError("usage", `completion takes ${Object.keys(shells).join(", ")}, not "${shell}"`);
  const script = shells[shell as keyof typeof shells](commands.map(shapeOf));
  await context.printPart(context.json ? `${JSON.stringify({ version: 1, shell, script }, null, 2)}\n` : script);
  return undefined;
}
