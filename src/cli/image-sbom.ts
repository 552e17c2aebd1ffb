/** `lading image sbom FILE [NAME]`, or `sbom PATH` of a layout or archive: an image's bill of materials, on stdout or in a file. */
import { KnownError } from "../base/index.ts";
import {
  type BillOptions,
  cyclonedxOf,
  type ImageContents,
  type Material,
  materialsOf,
  spdxOf,
} from "../image/index.ts";
import type { Answer, Context } from "./context.ts";
import { buildChosen, contentsOf, imagesAt, isDeclaration, requireOne } from "./image-choice.ts";
import { printDocument } from "./print-document.ts";
import { version } from "./version.ts";

const writers: Readonly<Record<string, (image: ImageContents, options: BillOptions) => string | Promise<string>>> = {
  spdx: (image, options) => `${JSON.stringify(spdxOf(image, options), null, 2)}\n`,
  cyclonedx: cyclonedxOf,
};

export async function run(
  context: Context,
  [file = "", name]: readonly (string | undefined)[],
  { format = "spdx", output }: { readonly format?: string; readonly output?: string },
): Answer {
  const write = Object.hasOwn(writers, format) ? writers[format] : undefined;
  if (write === undefined)
    throw new KnownError("usage", `--format takes ${Object.keys(writers).join(" or ")}, not "${format}"`);
  const [contents, materials] = await imageAndMaterials(context, file, name);
  const text = await write(contents, { version, materials });
  await printDocument(context, text, output);
  return undefined;
}

/** Of an image that others made nobody knows what it was made from. */
async function imageAndMaterials(
  context: Context,
  file: string,
  name: string | undefined,
): Promise<readonly [ImageContents, readonly Material[]]> {
  if (!isDeclaration(file)) {
    const [image] = await imagesAt(context, file, name);
    if (image !== undefined) return [image.contents, []];
  }
  const { host, loaded, images } = await buildChosen(context, file, name, (chosen) => void requireOne(chosen, "sbom"));
  const { item } = requireOne(images, "sbom");
  const derivations = new Map(loaded.derivations.map((each) => [each.item, each]));
  return [contentsOf(host, item), materialsOf(item, derivations)];
}
