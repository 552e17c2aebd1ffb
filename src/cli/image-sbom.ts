/** `lading image sbom FILE [NAME]`, or `sbom PATH` of a layout or archive: an image's bill of materials, on stdout or in a file. */
import { KnownError } from "../base/index.ts";
import type { Answer, Context } from "./context.ts";
import { buildChosen, imagesAt, isDeclaration, requireOne } from "./image-choice.ts";
import { billOf, bills } from "./image-documents.ts";
import { printDocument } from "./print-document.ts";
import { version } from "./version.ts";

export async function run(
  context: Context,
  [file = "", name]: readonly (string | undefined)[],
  { format = "spdx", output }: { readonly format?: string; readonly output?: string },
): Answer {
  const write = Object.hasOwn(bills, format) ? bills[format as keyof typeof bills] : undefined;
  if (write === undefined)
    throw new KnownError("usage", `--format takes ${Object.keys(bills).join(" or ")}, not "${format}"`);
  const text = async (): Promise<string> => {
    if (!isDeclaration(file)) {
      // Of an image that others made nobody knows what it was made from.
      const { contents } = requireOne(
        (await imagesAt(context, file, name)).map((each) => ({ ...each, reference: each.contents.reference })),
        "sbom",
      );
      return write(contents, { version, materials: [] });
    }
    const built = await buildChosen(context, file, name, (chosen) => void requireOne(chosen, "sbom"));
    return billOf({ ...built, file, item: requireOne(built.images, "sbom").item }, write);
  };
  await printDocument(context, await text(), output);
  return undefined;
}
