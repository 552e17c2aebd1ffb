/** `lading image provenance FILE [NAME]`: what an image was made from, as an in-toto statement. */
import type { Answer, Context } from "./context.ts";
import { buildChosen, requireOne } from "./image-choice.ts";
import { statementOf } from "./image-documents.ts";
import { printDocument } from "./print-document.ts";

export async function run(
  context: Context,
  [file = "", name]: readonly (string | undefined)[],
  { builder, output }: { readonly builder?: string; readonly output?: string },
): Answer {
  const only = "provenance";
  const built = await buildChosen(context, file, name, (chosen) => void requireOne(chosen, only));
  const { item } = requireOne(built.images, only);
  await printDocument(context, statementOf({ ...built, file, item }, builder), output);
  return undefined;
}
