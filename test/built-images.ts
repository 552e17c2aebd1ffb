/** A scratch folder with a store in it, in which tests build images of the source, without the command. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ImageSummary,
  imageBuilders,
  imageLowerer,
  type ManifestEntryInput,
  manifest,
  type OciImageInput,
  ociImage,
  readImage,
} from "../src/image/index.ts";
import { LockedSets } from "../src/packages/index.ts";
import { Lowerer, Store, storeBuilders } from "../src/store/index.ts";
import { exec, Scratch } from "./support.ts";

export interface BuiltImage extends ImageSummary {
  /** The image's item. */
  readonly path: string;
}

/** An image's manifest entries, or all of its record but for its name. */
export type Declared = readonly ManifestEntryInput[] | Partial<OciImageInput>;

export class ImageYard extends Scratch {
  readonly store: Store = new Store(join(this.path, "store"));

  /** Lowers an image and builds it; `between` is called when all sources are hashed and none is packed. */
  async build(declared: Declared, between: () => void = () => undefined): Promise<BuiltImage> {
    const lowerer = new Lowerer(
      [imageLowerer({ sets: new LockedSets([]), system: () => Promise.reject(new Error("no system")) as never })],
      this.store.dir,
    );
    const record = "map" in declared ? { value: manifest(declared) } : declared;
    const { ref } = lowerer.file(
      ociImage({ repository: "test", system: "linux/amd64", value: manifest([]), ...record }),
    );
    between();
    await this.store.build(lowerer.derivations, [ref], { builders: { ...storeBuilders, ...imageBuilders } });
    return { ...readImage(this.store.path(ref)), path: this.store.path(ref) };
  }

  /** The file of a layer. */
  layer(image: BuiltImage, index: number): string {
    return blobOf(image, image.layers[index]?.digest ?? "");
  }

  /** The entries of a layer as GNU tar lists them, by path, without times: `drwxr-xr-x 0/0 0 path`. */
  async list(image: BuiltImage, index: number): Promise<readonly string[]> {
    const argv = ["tar", "--numeric-owner", "--full-time", "-tvf", this.layer(image, index)];
    const { status, stdout, stderr } = await exec(argv, { env: { LC_ALL: "C.UTF-8" } });
    if (status !== 0 || stderr !== "") throw new Error(stderr);
    const lines = stdout.trimEnd().split("\n");
    return lines.map((line) => line.replace(/ +(\d+) 1970-01-01 00:00:01 /, " $1 "));
  }
}

export function blobOf(image: BuiltImage, digest: string): string {
  return join(image.path, "blobs/sha256", digest.slice(7));
}

/** The JSON of a blob. */
export function readBlob(image: BuiltImage, digest: string): unknown {
  return JSON.parse(readFileSync(blobOf(image, digest), "utf8"));
}
