/** Which image a command speaks of, and how it is had: built from a declaration, or as a generation had it. */
import { resolve } from "node:path";
import { hostPlatform, KnownError } from "../base/index.ts";
import { type ImageContents, readContents, readForeign } from "../image/index.ts";
import type { ItemName } from "../store/index.ts";
import { existsSync, statSync } from "../sys/index.ts";
import type { Host, Loaded } from "../system/index.ts";
import type { Context } from "./context.ts";

export interface Chosen {
  readonly reference: string;
  readonly item: ItemName;
}

/** Whether `name` is what people call the image: its reference, or that without registry and tag. */
export function isNamed(reference: string, name: string): boolean {
  return reference === name || reference.replace(/^localhost\//, "").split(":")[0] === name;
}

/** The images of a system that Lading builds, each once; those called `name` where one is given. */
function choose(spec: Loaded["spec"], name: string | undefined, source: string): readonly Chosen[] {
  const images = new Map(
    spec.images.flatMap((image) => (image.item === null ? [] : [[image.reference, image.item] as const])),
  );
  const chosen = [...images].filter(([reference]) => name === undefined || isNamed(reference, name));
  if (chosen.length > 0) return chosen.map(([reference, item]) => ({ reference, item }));
  const hint = `the images are ${[...images.keys()].join(", ") || "none"}`;
  const message = name === undefined ? `${source} declares no image to build` : `${source} declares no image "${name}"`;
  throw new KnownError("unknown-image", message, { hint });
}

/** Whether an argument names a declaration rather than an image on the disk. */
export function isDeclaration(text: string): boolean {
  const path = resolve(text);
  return /\.[cm]?[jt]sx?$/.test(path) && !(existsSync(path) && statSync(path).isDirectory());
}

export interface Built extends Chosen {
  readonly path: string;
}

/** The images of a declaration, or the one called `name`, built. */
export async function buildChosen(
  context: Context,
  file: string,
  name: string | undefined,
  check: (chosen: readonly Chosen[]) => void = () => undefined,
): Promise<{ readonly host: Host; readonly loaded: Loaded; readonly images: readonly Built[] }> {
  // A declaration is read in a thread; what builds is loaded beside it.
  const [loaded, host] = await Promise.all([context.load(file), context.host()]);
  const chosen = choose(loaded.spec, name, file);
  check(chosen);
  await host.build(
    loaded.derivations,
    chosen.map(({ item }) => item),
  );
  return { host, loaded, images: chosen.map((each) => ({ ...each, path: host.store.path(each.item) })) };
}

/** Refuses more than one image where a command takes one. */
export function requireOne<T extends { readonly reference: string }>(images: readonly T[], what: string): T {
  const [first, ...more] = images;
  if (first !== undefined && more.length === 0) return first;
  const hint = `the images are ${images.map((each) => each.reference).join(", ")}`;
  throw new KnownError("usage", `${what} takes one image: name it`, { hint });
}

/** The image as a generation had it. */
export function imageOfGeneration(host: Host, number: number, name: string | undefined): ImageContents {
  const { spec } = host.generations.require(number);
  const { item, reference } = requireOne(choose(spec, name, `generation ${number}`), `generation ${number}`);
  if (host.image(item) === undefined) {
    const hint = "only what generations need is kept; apply that generation's declaration again";
    throw new KnownError("unknown-image", `${reference} of generation ${number} is no longer in the store`, { hint });
  }
  return contentsOf(host, item);
}

/** What an image of the store is. */
export function contentsOf(host: Host, item: ItemName): ImageContents {
  return readContents(host.store.path(item), (layer) => host.store.path(layer));
}

/** What is shown of an image, and where it lies. */
export interface Shown {
  readonly path: string;
  readonly contents: ImageContents;
}

/** The images of a declaration, or that called `name`; or the image that lies at a path. */
export async function imagesAt(
  context: Context,
  file: string,
  name: string | undefined,
  check: (chosen: readonly Chosen[]) => void = () => undefined,
): Promise<readonly Shown[]> {
  if (!isDeclaration(file)) {
    const path = resolve(file);
    return [{ path, contents: await readForeign(path, { platform: hostPlatform, signal: context.signal }) }];
  }
  const { host, images } = await buildChosen(context, file, name, check);
  return images.map(({ item, path }) => ({ path, contents: contentsOf(host, item) }));
}
