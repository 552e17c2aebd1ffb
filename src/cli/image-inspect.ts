/**
 * `lading image inspect FILE [NAME]`, or `inspect PATH` of a layout or archive: what an image holds, in tables or as a
 * picture, and what changed since a generation.
 */
import { resolve } from "node:path";
import { formatSize, KnownError, shortDigest } from "../base/index.ts";
import { compareImages, describeImage, type ImageDescription, treemapOf } from "../image/index.ts";
import { writeFileAtomic } from "../sys/index.ts";
import { wrapLine } from "./columns.ts";
import { type Answer, type Context, table } from "./context.ts";
import { printable } from "./foreign-text.ts";
import { imageOfGeneration, imagesAt, isDeclaration, requireOne } from "./image-choice.ts";
import { formatChanges } from "./image-diff.ts";

interface InspectOptions {
  readonly since?: string;
  readonly svg?: string;
}

/** How many packages are listed before the rest is counted; the largest come first. */
const listedPackages = 20;

export async function run(
  context: Context,
  [file = "", name]: readonly (string | undefined)[],
  { since, svg }: InspectOptions,
): Answer {
  if (since !== undefined && !/^\d+$/.test(since))
    throw new KnownError("usage", `--since takes the number of a generation, not "${since}"`);
  const images = await imagesAt(context, file, name, (chosen) => {
    if (svg !== undefined) requireOne(chosen, "--svg");
  });
  const host = since === undefined ? undefined : await context.host();
  const shown = images.map(({ path, contents }) => {
    if (host === undefined) return { path, contents, changes: undefined };
    const before = imageOfGeneration(host, Number(since), isDeclaration(file) ? contents.reference : name);
    return { path, contents, changes: compareImages(before, contents) };
  });
  if (svg !== undefined) for (const { contents } of shown) writeFileAtomic(resolve(svg), treemapOf(contents));
  if (context.json) {
    const json = shown.map(({ path, contents, changes }) => ({ path, ...describeImage(contents), changes }));
    context.print(JSON.stringify({ version: 1, images: json }, null, 2));
  } else
    for (const { contents, changes } of shown) {
      for (const line of formatDescription(context, describeImage(contents))) context.print(line);
      if (changes === undefined) continue;
      context.print(context.paint("bold", `\nSince generation ${since}`));
      for (const line of formatChanges(context, changes)) context.print(wrapLine(line, context.columns()));
    }
  return undefined;
}

function formatDescription(context: Context, image: ImageDescription): readonly string[] {
  const heading = (text: string): string => context.paint("bold", `\n${text}`);
  const fitted = (line: string): string => wrapLine(line, context.columns());
  const lines = [
    fitted(`${context.paint("bold", printable(image.reference))}  ${image.id}`),
    fitted(
      `${formatSize(image.size)} in ${image.layers.length} ${image.layers.length === 1 ? "layer" : "layers"}, ${image.files} files, ${printable(image.platform)}`,
    ),
    heading("Layers"),
    table(
      image.layers.map(({ diffId, size, about, packages }) => [
        ...[
          "",
          shortDigest(diffId),
          formatSize(size),
          packages > 1 ? `${printable(about)} (${packages} packages)` : printable(about),
        ],
      ]),
      context.columns(),
    ),
  ];
  if (image.packages.length > 0) {
    const bySize = [...image.packages].sort((a, b) => b.size - a.size);
    lines.push(heading(`Packages (${image.packages.length})`));
    lines.push(
      table(
        bySize
          .slice(0, listedPackages)
          .map((each) => ["", printable(each.name), printable(each.version), formatSize(each.size)]),
        context.columns(),
      ),
    );
    const more = bySize.slice(listedPackages);
    const size = more.reduce((sum, each) => sum + each.size, 0);
    if (more.length > 0) lines.push(`  and ${more.length} more, ${formatSize(size)}; --json has them all`);
  }
  if (image.largest.length > 0) {
    lines.push(heading("Largest files"));
    lines.push(
      table(
        image.largest.map(({ path, size, layer }) => ["", formatSize(size), printable(path), `(${printable(layer)})`]),
        context.columns(),
      ),
    );
  }
  return lines;
}
