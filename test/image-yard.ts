/** What tests of images share: a store that builds them, also with layers that Debian packages would give. */
import { join } from "node:path";
import { digestOf } from "../src/base/index.ts";
import {
  type ImageArgs,
  type ImageContents,
  imageBuilders,
  imageLowerer,
  type ManifestEntryInput,
  manifest,
  ociImage,
  type PackOptionsInput,
  readContents,
} from "../src/image/index.ts";
import { LayerWriter } from "../src/image/layer-writer.ts";
import { type LockedPackage, LockedSets } from "../src/packages/index.ts";
import {
  type BuildContext,
  type Builder,
  type Derivations,
  type ItemName,
  Lowerer,
  makeDerivation,
  type RecordLowerer,
  Store,
  storeBuilders,
} from "../src/store/index.ts";
import { writeFileAtomic } from "../src/sys/index.ts";
import { Scratch } from "./support.ts";

/** Lowers images that have neither locked packages nor a system. */
export const lowerImages: RecordLowerer = imageLowerer({
  sets: new LockedSets([]),
  system: () => {
    throw new Error("no image here has a system");
  },
});

export interface FakePackage {
  readonly name: string;
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
  readonly maintainer?: string;
  readonly architecture?: string;
}

export interface YardImage {
  readonly item: ItemName;
  readonly path: string;
  readonly contents: ImageContents;
  readonly derivations: Derivations;
}

function controlOf({ name, version, maintainer, architecture = "amd64" }: FakePackage): string {
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    ...(maintainer === undefined ? [] : [`Maintainer: ${maintainer}`]),
    "Installed-Size: 3",
    `Source: ${name}-source`,
    "Homepage: https://example.org/",
    `Description: what ${name} is`,
    " More of it.",
    "",
  ].join("\n");
}

function lockedOf({ name, version, architecture = "amd64" }: FakePackage): LockedPackage {
  const sha256 = digestOf(`${name} ${version}`).slice(7);
  const path = `pool/main/${name[0]}/${name}/${name}_${version}_${architecture}.deb`;
  return { name, version, architecture, sha256, size: 1, path, archive: 0 };
}

/** Stands in for unpacking: writes what such an item holds. */
const fakePackages: Builder = (context: BuildContext): void => {
  const { fakes } = context.args as { fakes: readonly FakePackage[] };
  const files = fakes.flatMap((each) => Object.entries(each.files)).sort(([a], [b]) => (a < b ? -1 : 1));
  {
    using writer = new LayerWriter(context.out);
    for (const [path, content] of files) {
      const body = Buffer.from(content);
      writer.entry({ path, kind: "file", mode: 0o644, uid: 0, gid: 0, size: body.length }, digestOf(body));
      writer.body(body);
      writer.pad(body.length);
    }
    writer.finish();
  }
  const empty = { conffiles: [], libraries: [], alternatives: [], shells: [], scripts: [] };
  const facts = fakes.map((each) => ({
    ...{ name: each.name, version: each.version, architecture: each.architecture ?? "amd64" },
    ...{ control: controlOf(each), ...empty },
  }));
  const [only] = facts;
  if (facts.length === 1) writeFileAtomic(join(context.out, "facts.json"), JSON.stringify(only));
  else writeFileAtomic(join(context.out, "packages.json"), JSON.stringify(facts));
};

export class ImageYard extends Scratch {
  readonly store = new Store(join(this.path, "store"));

  /** Each group of packages is one layer, below those of the entries. */
  async image(
    entries: readonly ManifestEntryInput[],
    { packages = [], ...options }: PackOptionsInput & { readonly packages?: readonly (readonly FakePackage[])[] } = {},
  ): Promise<YardImage> {
    const lowerer = new Lowerer([lowerImages]);
    const value = manifest(entries);
    const { ref } = lowerer.file(ociImage({ repository: "test", value, packOptions: options, system: "linux/amd64" }));
    const layers = packages.map((fakes) => {
      const [first] = fakes;
      const args = {
        fakes,
        ...(fakes.length === 1 && first !== undefined
          ? { package: lockedOf(first) }
          : { packages: fakes.map(lockedOf) }),
      };
      const name = `packages-${fakes.map((each) => each.name).join("-")}`;
      return lowerer.add(makeDerivation({ name, builder: "fake-packages", args, inputs: [] })).ref;
    });
    const plain = lowerer.derivations.get(ref);
    if (plain === undefined) throw new Error("the image was not lowered");
    const args = plain.recipe.args as ImageArgs;
    const below = layers.map((item) => ({ item, about: item.slice(33).replace("packages-", "") }));
    const image = makeDerivation({
      ...plain.recipe,
      args: { ...args, layers: [...below, ...args.layers] },
      inputs: [...layers, ...plain.recipe.inputs],
    });
    lowerer.add(image);
    const builders = { ...storeBuilders, ...imageBuilders, "fake-packages": fakePackages };
    await this.store.build(lowerer.derivations, [image.item], { builders });
    const path = this.store.path(image.item);
    const contents = readContents(path, (item) => this.store.path(item));
    return { item: image.item, path, contents, derivations: lowerer.derivations };
  }
}
