/** `lading image provenance FILE [NAME]`: what an image was made from, as an in-toto statement. */
import { basename } from "node:path";
import type { Digest } from "../base/index.ts";
import { type ImageArgs, materialsOf, provenanceOf } from "../image/index.ts";
import type { Answer, Context } from "./context.ts";
import { buildChosen, contentsOf, requireOne } from "./image-choice.ts";
import { printDocument } from "./print-document.ts";
import { version } from "./version.ts";

export async function run(
  context: Context,
  [file = "", name]: readonly (string | undefined)[],
  { builder, output }: { readonly builder?: string; readonly output?: string },
): Answer {
  const only = "provenance";
  const { host, loaded, images } = await buildChosen(context, file, name, (chosen) => void requireOne(chosen, only));
  const { item } = requireOne(images, only);
  const derivations = new Map(loaded.derivations.map((each) => [each.item, each]));
  const statement = provenanceOf(contentsOf(host, item), {
    ...{ version, materials: materialsOf(item, derivations) },
    args: (derivations.get(item)?.recipe.args ?? {}) as Partial<ImageArgs>,
    declaration: { name: basename(file), digest: loaded.sourceDigest as Digest },
    ...(builder === undefined ? {} : { builder }),
  });
  await printDocument(context, `${JSON.stringify(statement, null, 2)}\n`, output);
  return undefined;
}
