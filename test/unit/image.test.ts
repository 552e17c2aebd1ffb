import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type ImageSummary,
  imageBuilders,
  localTree,
  lowerImage,
  type ManifestEntryInput,
  manifest,
  ociImage,
  type PackOptionsInput,
  readImage,
  writeArchive,
} from "../../src/image/index.ts";
import { computedFile, Lowerer, plainFile, Store, sh, storeBuilders } from "../../src/store/index.ts";
import { exec, Scratch } from "../support.ts";

class Yard extends Scratch {
  readonly store = new Store(join(this.path, "store"));
  readonly built: string[] = [];

  async image(
    entries: readonly ManifestEntryInput[],
    packOptions: PackOptionsInput = {},
  ): Promise<ImageSummary & { readonly path: string }> {
    const lowerer = new Lowerer([lowerImage]);
    const { ref } = lowerer.file(
      ociImage({ repository: "test", value: manifest(entries), packOptions, system: "linux/amd64" }),
    );
    await this.store.build(lowerer.derivations, [ref], {
      builders: { ...storeBuilders, ...imageBuilders },
      onBuild: ({ recipe }) => void this.built.push(recipe.name),
    });
    return { ...readImage(this.store.path(ref)), path: this.store.path(ref) };
  }

  /** The files of one layer, as GNU tar lists them. */
  async list(image: ImageSummary & { readonly path: string }, index: number): Promise<readonly string[]> {
    const blob = join(image.path, "blobs/sha256", image.layers[index]?.digest.slice(7) ?? "");
    const { stdout } = await exec(["tar", "--numeric-owner", "--full-time", "-tvf", blob]);
    return stdout.trim().split("\n");
  }
}

const greeting: ManifestEntryInput = {
  target: "/etc/greeting",
  source: plainFile("greeting", "hello\n"),
  user: 7,
  group: 8,
  mode: 0o640,
};

describe("images", () => {
  test("the same declaration gives the same digests on every machine: these are written down", async () => {
    using yard = new Yard();
    yard.write({ "site/index.html": "<h1>Hello</h1>\n", "site/deep/page.html": "<p>page</p>\n" });
    const image = await yard.image(
      [localTree(join(yard.path, "site"), { target: "/www" }), greeting, { target: "/data", user: 1000 }],
      {
        entryPoint: ["/bin/serve"],
        environment: { A: "1" },
        labels: { "org.example": "x=y" },
        symlinks: [["/index.html", "www/index.html"]],
      },
    );
    expect({ id: image.id, layers: image.layers.map(({ diffId }) => diffId) }).toMatchSnapshot();
  });

  test("ports, volumes and the signal that ends it are in the configuration, in OCI's own form", async () => {
    using yard = new Yard();
    const image = await yard.image([greeting], {
      ports: ["8080", "53/udp"],
      volumes: ["/data"],
      stopSignal: "QUIT",
    });
    const blob = JSON.parse(readFileSync(join(image.path, "blobs/sha256", image.id.slice(7)), "utf8"));
    expect(blob.config).toEqual({
      ExposedPorts: { "8080/tcp": {}, "53/udp": {} },
      Volumes: { "/data": {} },
      StopSignal: "SIGQUIT",
    });
  });

  test("owners, modes, folders and links are as declared; parents are there; times are one constant", async () => {
    using yard = new Yard();
    const image = await yard.image([greeting, { target: "/data", user: 1000, group: 1001, mode: 0o700 }], {
      symlinks: [["/g", "etc/greeting"]],
    });
    expect(await yard.list(image, 0)).toEqual([
      "drwx------ 1000/1001         0 1970-01-01 00:00:01 data/",
      "drwxr-xr-x 0/0               0 1970-01-01 00:00:01 etc/",
      "-rw-r----- 7/8               6 1970-01-01 00:00:01 etc/greeting",
      "lrwxrwxrwx 0/0               0 1970-01-01 00:00:01 g -> etc/greeting",
      "drwxrwxrwt 0/0               0 1970-01-01 00:00:01 tmp/",
    ]);
  });

  test("an edited tree changes its own layer, and no other is built or written again", async () => {
    using yard = new Yard();
    yard.write({ "one/a": "1", "two/b": "2" });
    const entries = (): readonly ManifestEntryInput[] => [
      localTree(join(yard.path, "one"), { target: "/one" }),
      localTree(join(yard.path, "two"), { target: "/two" }),
    ];
    const before = await yard.image(entries());
    yard.built.length = 0;
    yard.write({ "two/b": "changed" });
    const after = await yard.image(entries());
    expect(yard.built.sort()).toEqual(["image-test", "layer-two"]);
    expect(after.layers.map((layer, index) => layer.diffId === before.layers[index]?.diffId)).toEqual([
      true,
      false,
      true,
    ]);
    const inode = (image: typeof before): number =>
      statSync(join(image.path, "blobs/sha256", image.layers[0]?.digest.slice(7) ?? "")).ino;
    expect(inode(after)).toBe(inode(before));
  });

  test("maxLayers is kept: the largest trees apart, the rest together; 1 is everything in one; 0 is refused", async () => {
    using yard = new Yard();
    yard.write({ "s/x": "x", "m/x": "x".repeat(5000), "l/x": "x".repeat(9000), "t/x": "xx" });
    const entries = ["s", "m", "l", "t"].map((name) => localTree(join(yard.path, name), { target: `/${name}` }));
    const abouts = async (maxLayers: number): Promise<readonly string[]> =>
      (await yard.image(entries, { maxLayers })).layers.map((layer) => layer.about);
    expect(await abouts(1)).toEqual(["everything"]);
    expect(await abouts(2)).toEqual(["/s /m /l /t", "files"]);
    expect(await abouts(4)).toEqual(["/m", "/l", "/s /t", "files"]);
    expect(await abouts(5)).toEqual(["/s", "/m", "/l", "/t", "files"]);
    expect(() => ociImage({ repository: "x", value: manifest([]), packOptions: { maxLayers: 0 } })).toThrow(
      "maxLayers",
    );
  });

  test("an image with no files is an image", async () => {
    using yard = new Yard();
    const image = await yard.image([]);
    expect(await yard.list(image, 0)).toEqual(["drwxrwxrwt 0/0               0 1970-01-01 00:00:01 tmp/"]);
  });

  test("a link to what is not in the image is refused", async () => {
    using yard = new Yard();
    await expect(yard.image([greeting], { symlinks: [["/bin/sh", "busybox"]] })).rejects.toHaveProperty(
      "code",
      "image-invalid",
    );
  });

  test("names that ustar cannot hold are right: long, deep, unicode", async () => {
    using yard = new Yard();
    const names = [
      "n".repeat(255),
      `${"d".repeat(120)}/${"e".repeat(120)}/${"f".repeat(200)}`,
      "ünïcödé ☃",
      `${"a".repeat(99)}/${"b".repeat(100)}`,
      "l".repeat(180),
    ];
    yard.write(Object.fromEntries(names.map((name) => [`tree/${name}`, name])));
    const image = await yard.image([localTree(join(yard.path, "tree"), { target: "/t" })]);
    const blob = join(image.path, "blobs/sha256", image.layers[0]?.digest.slice(7) ?? "");
    for (const name of names) {
      expect((await exec(["tar", "-xOf", blob, `t/${name}`])).stdout).toBe(name);
    }
  });

  test("gzip changes the layers' digests but not the image's identifier", async () => {
    using yard = new Yard();
    const [plain, packed] = [await yard.image([greeting]), await yard.image([greeting], { compression: "gzip" })];
    expect(packed.id).toBe(plain.id);
    expect(packed.manifest).not.toBe(plain.manifest);
    const again = new Yard();
    expect((await again.image([greeting], { compression: "gzip" })).manifest).toBe(packed.manifest);
    again[Symbol.dispose]();
  });

  test("archives are as reproducible as the image", async () => {
    using yard = new Yard();
    const image = await yard.image([greeting]);
    for (const format of ["oci-archive", "docker-archive"] as const) {
      const [one, two] = [join(yard.path, `1.${format}`), join(yard.path, `2.${format}`)];
      await writeArchive(image.path, one, format);
      await writeArchive(image.path, two, format);
      expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
    }
    expect(readdirSync(yard.path).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("an archive that something made is an image as well; anything else is refused", async () => {
    using yard = new Yard();
    const image = await yard.image([greeting]);
    const archive = join(yard.path, "image.tar");
    await writeArchive(image.path, archive, "docker-archive");
    const build = async (value: Parameters<typeof ociImage>[0]["value"]): Promise<ImageSummary> => {
      const lowerer = new Lowerer([lowerImage]);
      const { ref } = lowerer.file(ociImage({ repository: "again", value }));
      await yard.store.build(lowerer.derivations, [ref], { builders: { ...storeBuilders, ...imageBuilders } });
      return readImage(yard.store.path(ref));
    };
    const bytes = plainFile("image.tar", readFileSync(archive));
    expect((await build(bytes)).layers.map(({ diffId }) => diffId)).toEqual(image.layers.map(({ diffId }) => diffId));
    expect((await build(computedFile("copy.tar", sh`cp ${bytes} "$out"`))).layers).toHaveLength(1);
    await expect(build(plainFile("junk", "no archive"))).rejects.toHaveProperty("code", "image-invalid");
  });
});
