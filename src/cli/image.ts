/** `lading image build FILE [NAME]` and `lading image inspect FILE [NAME]`. */
import { resolve } from "node:path";
import { KnownError, shortDigest } from "../base/index.ts";
import { readImage, writeArchive, writeLayout } from "../image/index.ts";
import { existsSync } from "../sys/index.ts";
import { type Answer, type Context, table } from "./context.ts";

export interface ImageOptions {
  readonly output?: string;
  readonly format?: string;
}

const formats = ["oci-archive", "docker-archive", "oci-dir"] as const;

export async function run(
  context: Context,
  [verb = "", file = "", name]: readonly (string | undefined)[],
  options: ImageOptions,
): Answer {
  const format = formats.find((each) => each === (options.format ?? "oci-archive"));
  if (verb !== "build" && verb !== "inspect")
    throw new KnownError("usage", `image takes build or inspect, not "${verb}"`);
  if (format === undefined)
    throw new KnownError("usage", `--format takes ${formats.join(", ")}, not "${options.format}"`);
  const { spec, derivations } = await context.load(file);
  const host = await context.host();
  const references = new Map(
    spec.images.flatMap((image) => (image.item === null ? [] : [[image.reference, image.item] as const])),
  );
  const chosen = [...references].filter(
    ([reference]) =>
      name === undefined || reference === name || reference.replace(/^localhost\//, "").split(":")[0] === name,
  );
  if (chosen.length === 0) {
    const hint = `the images are ${[...references.keys()].join(", ") || "none"}`;
    throw new KnownError(
      "unknown-image",
      name === undefined ? `${file} declares no image to build` : `${file} declares no image "${name}"`,
      { hint },
    );
  }
  if (options.output !== undefined && chosen.length > 1) throw new KnownError("usage", "-o takes one image: name it");
  await host.build(
    derivations,
    chosen.map(([, item]) => item),
  );
  const images = chosen.map(([, item]) => ({ path: host.store.path(item), ...readImage(host.store.path(item)) }));
  const [first] = images;
  if (options.output !== undefined && first !== undefined) {
    const output = resolve(options.output);
    if (existsSync(output))
      throw new KnownError("file-exists", `${output} exists already`, { hint: "choose another path, or remove it" });
    if (format === "oci-dir") await writeLayout(first.path, output);
    else await writeArchive(first.path, output, format);
  }
  if (context.json) context.print(JSON.stringify({ version: 1, images }, null, 2));
  else
    for (const image of images) {
      context.print(`${image.reference}  ${image.id}`);
      context.print(
        table(
          image.layers.map((layer) => [
            "",
            shortDigest(layer.diffId),
            `${(layer.size / 1024).toFixed(0)} KiB`,
            layer.about,
          ]),
        ),
      );
    }
  return undefined;
}
