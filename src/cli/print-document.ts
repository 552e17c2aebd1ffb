/** A document that a command makes: printed as it is, or written to the file that `-o` names, which must not be there. */
import { dirname, resolve } from "node:path";
import { KnownError, shellQuote } from "../base/index.ts";
import { existsSync, writeFileAtomic } from "../sys/index.ts";
import type { Context } from "./context.ts";

export async function printDocument(context: Context, text: string, output: string | undefined): Promise<void> {
  if (output === undefined) return context.printPart(text);
  const path = resolve(output);
  if (existsSync(path))
    throw new KnownError("file-exists", `${path} exists already`, { hint: "choose another path, or remove it" });
  if (!existsSync(dirname(path))) {
    const hint = `make it first: mkdir -p ${shellQuote(dirname(path))}`;
    throw new KnownError("file-missing", `there is no folder ${dirname(path)} for the file`, { hint });
  }
  writeFileAtomic(path, text);
}
