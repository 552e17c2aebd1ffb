/** A document that a command makes: printed as it is, or written to the file that `-o` names, which must not be there. */
import { resolve } from "node:path";
import { KnownError } from "../base/index.ts";
import { existsSync, writeFileAtomic } from "../sys/index.ts";
import type { Context } from "./context.ts";

export async function printDocument(context: Context, text: string, output: string | undefined): Promise<void> {
  if (output === undefined) return context.printPart(text);
  const path = resolve(output);
  if (existsSync(path))
    throw new KnownError("file-exists", `${path} exists already`, { hint: "choose another path, or remove it" });
  writeFileAtomic(path, text);
}
