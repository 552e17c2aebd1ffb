import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tarEnd, tarHeader, tarPadding } from "../../src/archive/index.ts";
import { digestOf } from "../../src/base/index.ts";
import {
  type ImageSummary,
  imageBuilders,
  localTree,
  type ManifestEntryInput,
  manifest,
  ociImage,
  type PackOptionsInput,
  readImage,
  readImages,
  readLayerFiles,
  verifyLayout,
  writeArchive,
} from "../../src/image/index.ts";
import {
  computedFile,
  Lowerer,
  mixedTextFile,
  plainFile,
  programFile,
  Store,
  sh,
  storeBuilders,
  text,
} from "../../src/store/index.ts";
import { lowerImages } from "../image-yard.ts";
import { exec, main, Scratch } from "../support.ts";

class Yard extends Scratch {
  readonly store = new Store(join(this.path, "store"));
  readonly built: string[] = [];

  async image(
    entries: readonly ManifestEntryInput[],
    packOptions: PackOptionsInput = {},
  ): Promise<ImageSummary & { readonly path: string }> {
    const lowerer = new Lowerer([lowerImages]);
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

/** Of the greeting's layer, and of a text in several pieces: the same on every machine. */
const compressedDigests = {
  gzip: "sha256:98c20c564ae4f72445473311cdaf9680c88f6b58a6162f6ee44fa9bd595ae79a",
  zstd: "sha256:374039272faa0719dfa85817c2419b118b3a5b3b7b8e4dd63f2484a8987ce7b1",
};
const severalPieces = [
  "sha256:fe1b34e7566e2cc6e0180c0adf415c513825a3da10d862d3cd0555637aec7e09",
  "sha256:48c959ac0322aa90a5fbf27726553329b9377ed750d39ed07e233c4a12e001af",
  "sha256:54434d563064be7cfdfb6b69169b7e2feba73d843678d8cd2c9952df496f00de",
  "sha256:33cf12498d90a9223d193a385b618d3d1b6d3f0490f5183e855c262e912da7f8",
].join(" ");

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

  test.each([
    ["gzip", "-dc"],
    ["zstd", "-dc"],
  ] as const)(
    "%s changes the layers' digests but not the image's identifier, and is read by its program",
    async (codec, read) => {
      using yard = new Yard();
      const plain = await yard.image([greeting]);
      const packed = await yard.image([greeting], { compression: codec });
      expect(packed.id).toBe(plain.id);
      expect(packed.manifest).not.toBe(plain.manifest);
      expect(packed.layers.map(({ digest }) => digest)).toEqual([compressedDigests[codec]]);
      const blob = join(packed.path, "blobs/sha256", packed.layers[0]?.digest.slice(7) ?? "");
      const digest = await exec(["sh", "-c", `${codec} ${read} < ${blob} | sha256sum`]);
      expect(`sha256:${digest.stdout.slice(0, 64)}`).toBe(plain.layers[0]?.diffId);
      expect((await yard.image([greeting], { compression: codec, compressionLevel: 1 })).id).toBe(plain.id);
    },
  );

  test("what is compressed is kept: an image with another command, or another file, compresses no layer again", async () => {
    using yard = new Yard();
    yard.write({ "one/a": "1", "two/b": "2" });
    const image = (command: string): Promise<ImageSummary> => {
      const entries = ["one", "two"].map((name) => localTree(join(yard.path, name), { target: `/${name}` }));
      return yard.image(entries, { compression: "zstd", command: [command] });
    };
    const before = await image("/a");
    yard.built.length = 0;
    const after = await image("/b");
    expect(yard.built).toEqual(["image-test"]);
    expect(after.layers).toEqual(before.layers);
    yard.write({ "two/b": "changed" });
    yard.built.length = 0;
    await image("/b");
    expect(yard.built.sort()).toEqual(["image-test", "layer-two"]);
  });

  test("a layer of many pieces has the same digest whatever the number of processors", async () => {
    using yard = new Yard();
    const text = Array.from({ length: 1_200_000 }, (_, index) => `${index * 7919}`).join("\n");
    yard.write({
      "site/large.txt": text,
      "host.ts": `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociService, ociServiceType, service } from "lading";
const image = (compression: "gzip" | "zstd") => ociContainer({ provision: compression, image: ociImage({ repository: compression,
  packOptions: { compression, compressionLevel: 1 }, value: manifest([localTree("site", { target: "/" })]), system: "linux/amd64" }) });
export default homeEnvironment({ services: [service(ociServiceType, ociService({ containers: [image("gzip"), image("zstd")] }))] });`,
    });
    const build = async (processors: string): Promise<string> => {
      const env = { LADING_STATE: join(yard.path, `state-${processors}`), LADING_RUNTIME: join(yard.path, "run") };
      const argv = ["taskset", "--cpu-list", processors, process.execPath, main, "image", "build", "--json"];
      const { status, stdout, stderr } = await exec([...argv, join(yard.path, "host.ts")], { env });
      expect(status, stderr).toBe(0);
      const { images } = JSON.parse(stdout) as { readonly images: readonly ImageSummary[] };
      return images.flatMap(({ layers }) => layers.map(({ digest }) => digest)).join(" ");
    };
    const one = await build("0");
    expect(await build("0,1")).toBe(one);
    expect(one).toBe(severalPieces);
  });

  test("one image for each of several platforms: an index, of which each engine takes its own", async () => {
    using yard = new Yard();
    const lowerer = new Lowerer([lowerImages]);
    const system = ["linux/arm64", "linux/amd64", "linux/arm/v7"];
    const { ref } = lowerer.file(ociImage({ repository: "both", value: manifest([greeting]), system }));
    await yard.store.build(lowerer.derivations, [ref], { builders: { ...storeBuilders, ...imageBuilders } });
    const path = yard.store.path(ref);
    expect(readImages(path).map(({ platform }) => platform)).toEqual([
      { os: "linux", architecture: "arm64" },
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm", variant: "v7" },
    ]);
    for (const architecture of ["amd64", "arm64"]) {
      const argv = ["skopeo", "--override-arch", architecture, "inspect", "--config", `oci:${path}`];
      const { status, stdout, stderr } = await exec(argv);
      expect(status, stderr).toBe(0);
      expect(JSON.parse(stdout)).toHaveProperty("architecture", architecture);
    }
    expect(await verifyLayout(path)).toMatchObject({ problems: [], images: { length: 3 } });
    const own = process.arch === "arm64" ? "arm64" : "amd64";
    expect(readImage(path).platform?.architecture).toBe(own);
  });

  test("a tree leaves out what patterns say, as .gitignore would", async () => {
    using yard = new Yard();
    const files = ["a.js", "a.log", "deep/b.log", "deep/keep.log", "tmp/c.js", "deep/tmp/d.js", "Tmp/e.js"];
    yard.write(Object.fromEntries(files.map((path) => [`app/${path}`, path])));
    const ignore = ["*.log", "!keep.log", "/tmp/"];
    const image = await yard.image([localTree(join(yard.path, "app"), { target: "/app", ignore })]);
    const paths = (await yard.list(image, 0)).map((line) => line.split(" ").at(-1));
    expect(paths.filter((path) => path?.match(/\.\w+$/))).toEqual([
      "app/Tmp/e.js",
      "app/a.js",
      "app/deep/keep.log",
      "app/deep/tmp/d.js",
    ]);
    const git = async (...argv: readonly string[]) => exec(["git", "-C", join(yard.path, "app"), ...argv]);
    await git("init", "--quiet");
    yard.write({ "app/.gitignore": `${ignore.join("\n")}\n` });
    const kept = (await git("ls-files", "--others", "--exclude-standard")).stdout.trim().split("\n");
    expect(kept.filter((path) => path !== ".gitignore").map((path) => `app/${path}`)).toEqual(
      paths.filter((path) => path?.match(/\.\w+$/)),
    );
  });

  test("a program brings what it names, and names it by where it is in the image", async () => {
    using yard = new Yard();
    const words = plainFile("words", "hello from the closure\n");
    const inner = mixedTextFile("inner", text`cat ${words}\n`);
    const image = await yard.image([{ target: "/bin/hello", source: programFile("hello", sh`. ${inner}`) }]);
    const blob = join(image.path, "blobs/sha256", image.layers[0]?.digest.slice(7) ?? "");
    const unpacked = join(yard.path, "root");
    yard.write({ "root/.keep": "" });
    expect((await exec(["tar", "-xf", blob, "-C", unpacked])).stderr).toBe("");
    const program = readFileSync(join(unpacked, "bin/hello"), "utf8");
    const [named = ""] = /\/var\/lib\/lading\/store\/\w+-inner/.exec(program) ?? [];
    expect(readFileSync(join(unpacked, named), "utf8")).toMatch(/^cat \/var\/lib\/lading\/store\/\w+-words\n$/);
    expect(program).not.toContain(yard.path);
    const again = new Yard();
    const other = await again.image([{ target: "/bin/hello", source: programFile("hello", sh`. ${inner}`) }]);
    expect(other.id).toBe(image.id);
    again[Symbol.dispose]();
  });

  test("an image that begins with another has its layers and settings, but for what it says itself", async () => {
    using yard = new Yard();
    const base = await yard.image([greeting], {
      compression: "gzip",
      environment: { A: "base", B: "base" },
      entryPoint: "/bin/base",
      command: ["base"],
      labels: { of: "base", kept: "yes" },
      workdir: "/base",
    });
    const archive = join(yard.path, "base.tar");
    await writeArchive(base.path, archive, "oci-archive");
    const lowerer = new Lowerer([lowerImages]);
    const { ref } = lowerer.file(
      ociImage({
        repository: "child",
        system: "linux/amd64",
        base: plainFile("base.tar", readFileSync(archive)),
        value: manifest([{ target: "/etc/own", source: plainFile("own", "own\n") }]),
        packOptions: { environment: { B: "own" }, entryPoint: "/bin/own", labels: { of: "own" } },
      }),
    );
    await yard.store.build(lowerer.derivations, [ref], { builders: { ...storeBuilders, ...imageBuilders } });
    const { id, layers } = readImage(yard.store.path(ref));
    expect(layers.map(({ diffId }) => diffId)).toEqual([base.layers[0]?.diffId, layers[1]?.diffId]);
    const { config } = JSON.parse(readFileSync(join(yard.store.path(ref), "blobs/sha256", id.slice(7)), "utf8"));
    expect(config).toEqual({
      Env: ["A=base", "B=own"],
      Entrypoint: ["/bin/own"],
      Labels: { of: "own", kept: "yes" },
      WorkingDir: "/base",
    });
    const { status, stderr } = await exec(["skopeo", "inspect", `oci:${yard.store.path(ref)}`]);
    expect(status, stderr).toBe(0);
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
      const lowerer = new Lowerer([lowerImages]);
      const { ref } = lowerer.file(ociImage({ repository: "again", value }));
      await yard.store.build(lowerer.derivations, [ref], { builders: { ...storeBuilders, ...imageBuilders } });
      return readImage(yard.store.path(ref));
    };
    const bytes = plainFile("image.tar", readFileSync(archive));
    expect((await build(bytes)).layers.map(({ diffId }) => diffId)).toEqual(image.layers.map(({ diffId }) => diffId));
    expect((await build(computedFile("copy.tar", sh`cp ${bytes} "$out"`))).layers).toHaveLength(1);
    await expect(build(plainFile("junk", "no archive"))).rejects.toHaveProperty("code", "image-invalid");
  });

  test("what an archive's layers make together is listed: what covers, what is taken away, links to another layer", async () => {
    using yard = new Yard();
    const common = { mode: 0o644, uid: 0, gid: 0 };
    const member = (path: string, content: string): Buffer => {
      const size = Buffer.byteLength(content);
      return Buffer.concat([
        tarHeader({ ...common, path, kind: "file", size }),
        Buffer.from(content),
        tarPadding(size),
      ]);
    };
    const link = tarHeader({ ...common, path: "also", kind: "hardlink", target: "etc/kept", size: 0 });
    const layers = [
      Buffer.concat([
        member("/etc/kept", "1"),
        member("etc/gone", "1"),
        member("old/a", "1"),
        member("new", "1"),
        tarEnd,
      ]),
      Buffer.concat([
        member("etc/.wh.gone", ""),
        member("old/b", "2"),
        member("old/.wh..wh..opq", ""),
        member("new", "2"),
        link,
        tarEnd,
      ]),
    ];
    const config = JSON.stringify({
      ...{ os: "linux", architecture: "amd64", config: {} },
      rootfs: { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) },
    });
    const manifest = JSON.stringify([{ Config: "config.json", RepoTags: ["a:1"], Layers: ["0.tar", "1.tar"] }]);
    const wrapped = layers.map((layer, number) => member(`${number}.tar`, layer.toString("latin1")));
    const archive = [...wrapped, member("config.json", config), member("manifest.json", manifest), tarEnd];
    const value = plainFile("image.tar", Buffer.concat(archive));
    const lowerer = new Lowerer([lowerImages]);
    const { ref } = lowerer.file(ociImage({ repository: "again", value }));
    await yard.store.build(lowerer.derivations, [ref], { builders: { ...storeBuilders, ...imageBuilders } });
    const listed = [...(readLayerFiles(yard.store.path(ref)) ?? [])].sort();
    expect(listed.map(([path, line]) => [path, JSON.parse(line)[4]])).toEqual([
      ["/also", "etc/kept"],
      ["/etc/kept", digestOf("1")],
      ["/new", digestOf("2")],
      ["/old/b", digestOf("2")],
    ]);
  });
});
