/**
 * `lading image diff A B`: how two images differ. Each is the path of a layout or archive, `FILE#NAME` for what a
 * declaration makes (`#NAME` may be left out where it makes one image), or `NAME@N` for what generation N had.
 */
import { resolve } from "node:path";
import { formatSize, isDigest, KnownError, shortDigest } from "../base/index.ts";
import {
  compareImages,
  type FileChange,
  type ImageChanges,
  type ImageContents,
  type ValueChange,
} from "../image/index.ts";
import { existsSync } from "../sys/index.ts";
import { wrapLine } from "./columns.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";
import { printable } from "./foreign-text.ts";
import { imageOfGeneration, imagesAt, isDeclaration, requireOne } from "./image-choice.ts";

async function imageAt(context: Context, text: string): Promise<ImageContents> {
  const hash = text.lastIndexOf("#");
  const [file, name] = hash === -1 ? [text, undefined] : [text.slice(0, hash), text.slice(hash + 1)];
  const isDeclared = isDeclaration(file);
  if (isDeclared || existsSync(resolve(text))) {
    const images = await imagesAt(context, isDeclared ? file : text, name, (chosen) => void requireOne(chosen, text));
    return requireOne(
      images.map(({ contents }) => contents),
      text,
    );
  }
  const [, reference, number] = /^(.*)@(\d+)$/.exec(text) ?? [];
  if (number !== undefined) return imageOfGeneration(await context.host(), Number(number), reference || undefined);
  const hint = "name a layout or archive by its path, a declaration's image as host.ts#web, a generation's as web@3";
  throw new KnownError("unknown-image", `there is no image at ${resolve(text)}`, { hint });
}

export async function run(context: Context, [before = "", after]: readonly (string | undefined)[]): Answer {
  if (after === undefined) throw new KnownError("usage", "image diff takes two images");
  const [old, now] = [await imageAt(context, before), await imageAt(context, after)];
  const changes = compareImages(old, now);
  if (context.json) context.print(JSON.stringify({ version: 1, before: old.id, after: now.id, ...changes }, null, 2));
  else for (const line of formatChanges(context, changes)) context.print(wrapLine(line, context.columns()));
  return changes.same ? exitCodes.done : exitCodes.wouldChange;
}

/** How many files are named before the rest is counted. */
const namedFiles = 40;
const signs = { added: ["+", "green"], changed: ["~", "yellow"], removed: ["-", "red"] } as const;

function growth(bytes: number): string {
  return bytes === 0 ? "" : `${bytes > 0 ? "+" : "−"}${formatSize(Math.abs(bytes))}`;
}

function kindOf({ before, after }: ValueChange): keyof typeof signs {
  return before === null ? "added" : after === null ? "removed" : "changed";
}

/** Digests are shortened. */
function show(value: string): string {
  return isDigest(value) ? shortDigest(value) : printable(value);
}

/** A tree that came or went is one line: its folder's, with what was in it counted. */
function joinTrees(files: readonly FileChange[]): readonly (FileChange & { readonly within: number })[] {
  const joined = new Map<string, FileChange & { readonly within: number }>();
  for (const change of [...files].sort((a, b) => a.path.length - b.path.length)) {
    const above = change.change === "changed" ? undefined : outermost(joined, change);
    const tree = above === undefined ? undefined : joined.get(above);
    if (above === undefined || tree === undefined) joined.set(change.path, { ...change, within: 0 });
    else joined.set(above, { ...tree, growth: tree.growth + change.growth, within: tree.within + 1 });
  }
  return [...joined.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function outermost(joined: ReadonlyMap<string, FileChange>, { path, change }: FileChange): string | undefined {
  for (let slash = path.indexOf("/", 1); slash !== -1; slash = path.indexOf("/", slash + 1))
    if (joined.get(path.slice(0, slash))?.change === change) return path.slice(0, slash);
  return undefined;
}

/** The changes between two images, for people; a line that says so where there are none. */
export function formatChanges(context: Context, changes: ImageChanges): readonly string[] {
  const line = (kind: keyof typeof signs, text: string, aside = ""): string => {
    const [sign, colour] = signs[kind];
    return `  ${context.paint(colour, `${sign} ${text}`)}${aside === "" ? "" : `  ${context.paint("dim", aside)}`}`;
  };
  const value = (change: ValueChange): string => {
    const sides = [change.before, change.after].flatMap((each) => (each === null ? [] : [show(each)]));
    return line(kindOf(change), `${show(change.what)}: ${sides.join(" → ")}`);
  };
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [context.paint("bold", title), ...lines];
  const files = joinTrees(changes.files ?? []);
  const more = files.length - namedFiles;
  const lines = [
    ...section("Configuration", changes.configuration.map(value)),
    ...section(
      "Layers",
      changes.layers.map(({ change, about, before, after, growth: size }) => {
        const ids = [before, after].flatMap((each) => (each === null ? [] : [shortDigest(each)])).join(" → ");
        return line(change, `${show(about)}: ${ids}`, growth(size));
      }),
    ),
    ...section("Packages", changes.packages.map(value)),
    ...section("Files", [
      ...files.slice(0, namedFiles).map(({ change, path, aspects, growth: size, within }) => {
        const details = aspects.map(({ what, before, after }) =>
          what === "content" ? what : `${what} ${show(before ?? "")} → ${show(after ?? "")}`,
        );
        const whole = within === 0 ? show(path) : `${show(path)}/ (with ${within} in it)`;
        return line(change, whole, [...details, growth(size)].filter((each) => each !== "").join(", "));
      }),
      ...(more > 0 ? [`  and ${more} more; --json has them all`] : []),
    ]),
    ...(changes.files === undefined
      ? ["One of the images was built before layers listed their files: files are not compared."]
      : []),
  ];
  if (changes.same && changes.configuration.length === 0) return ["Nothing differs."];
  const kept = `${changes.kept} ${changes.kept === 1 ? "layer is" : "layers are"} the same`;
  return [...lines, `${kept}; ${growth(changes.growth) || "no byte more or less"}`];
}
