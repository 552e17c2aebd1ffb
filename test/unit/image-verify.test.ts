/** Images that anybody made, whole or damaged: what is read of them, what is found wrong, and what they cannot do. */
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createGzip, gzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tarEnd, tarHeader, tarPadding } from "../../src/archive/index.ts";
import {
  compareImages,
  localTree,
  readForeign,
  spdxOf,
  treemapOf,
  verifyLayout,
  writeArchive,
  writeLayout,
} from "../../src/image/index.ts";
import { makeBudget, scanLayer } from "../../src/image/layer-scan.ts";
import { plainFile } from "../../src/store/index.ts";
import { ImageYard, type YardImage } from "../image-yard.ts";
import { exec, Scratch } from "../support.ts";

type Document = Record<string, unknown>;
type Descriptor = { mediaType: string; digest: string; size: number; annotations?: Document; platform?: Document };

function hexOf(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A layout that a test may change: each document is written anew under its new digest, so that nothing else is wrong. */
class Layout {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  blob(digest: string): string {
    return join(this.path, "blobs/sha256", digest.slice(7));
  }

  read(digest: string): Document {
    return JSON.parse(readFileSync(this.blob(digest), "utf8"));
  }

  get index(): { manifests: Descriptor[] } & Document {
    return JSON.parse(readFileSync(join(this.path, "index.json"), "utf8"));
  }

  get manifest(): { config: Descriptor; layers: Descriptor[] } & Document {
    return this.read(this.index.manifests[0]?.digest ?? "") as { config: Descriptor; layers: Descriptor[] };
  }

  get layer(): Descriptor {
    const [layer] = this.manifest.layers;
    if (layer === undefined) throw new Error("the image has no layer");
    return layer;
  }

  put(bytes: string | Buffer): Pick<Descriptor, "digest" | "size"> {
    const digest = `sha256:${hexOf(bytes)}`;
    writeFileSync(this.blob(digest), bytes);
    return { digest, size: Buffer.byteLength(bytes) };
  }

  setIndex(change: (index: Document & { manifests: Descriptor[] }) => void): void {
    const { index } = this;
    change(index);
    writeFileSync(join(this.path, "index.json"), JSON.stringify(index));
  }

  setManifest(change: (manifest: Document & { config: Descriptor; layers: Descriptor[] }) => void): void {
    const { manifest, index } = this;
    change(manifest);
    rmSync(this.blob(index.manifests[0]?.digest ?? ""));
    const put = this.put(JSON.stringify(manifest));
    this.setIndex((each) => void Object.assign(each.manifests[0] ?? {}, put));
  }

  setConfig(change: (config: Document & { rootfs: { diff_ids: string[] } }) => void): void {
    const { digest } = this.manifest.config;
    const config = this.read(digest) as Document & { rootfs: { diff_ids: string[] } };
    change(config);
    rmSync(this.blob(digest));
    this.setManifest((manifest) => Object.assign(manifest.config, this.put(JSON.stringify(config))));
  }

  /** Another first layer, with the digests that it has. */
  setLayer(tar: Buffer, blob: Buffer = tar, mediaType = "application/vnd.oci.image.layer.v1.tar"): void {
    rmSync(this.blob(this.layer.digest));
    const put = this.put(blob);
    this.setManifest((manifest) => Object.assign(manifest.layers[0] ?? {}, put, { mediaType }));
    this.setConfig((config) => config.rootfs.diff_ids.splice(0, 1, `sha256:${hexOf(tar)}`));
  }
}

class Workshop extends ImageYard {
  async made(compression: "none" | "gzip" = "none"): Promise<YardImage> {
    this.write({ "www/index.html": "<h1>Hello</h1>\n".repeat(100), "www/deep/page.html": "" });
    return this.image(
      [
        localTree(join(this.path, "www"), { target: "/www" }),
        { target: "/etc/greeting", source: plainFile("greeting", "hello\n"), user: 7, group: 8, mode: 0o640 },
      ],
      { compression, environment: { A: "1" }, symlinks: [["/g", "etc/greeting"]] },
    );
  }

  async layout(compression: "none" | "gzip" = "none"): Promise<Layout> {
    const path = join(this.path, `layout-${readdirSync(this.path).length}`);
    await writeLayout((await this.made(compression)).path, path);
    return new Layout(path);
  }
}

async function problemsOf(path: string): Promise<readonly string[]> {
  return (await verifyLayout(path)).problems.map(({ where, problem }) => `${where} ${problem}`);
}

const file = (path: string, content: string, more: Document = {}): Buffer => {
  const body = Buffer.from(content);
  const entry = { path, kind: "file", mode: 0o644, uid: 0, gid: 0, size: body.length, ...more } as const;
  return Buffer.concat([tarHeader(entry), body, tarPadding(body.length)]);
};

/** A member with another name, in bytes. */
function renamed(member: Buffer, name: string): Buffer {
  const copy = Buffer.from(member);
  copy.fill(0, 0, 100).write(name, 0, "latin1");
  copy.write("        ", 148, "latin1");
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}

describe("an image that is whole", () => {
  test("is found so in the store, as a folder, and in either archive, and is the same image in each", async () => {
    using yard = new Workshop();
    for (const compression of ["none", "gzip"] as const) {
      const image = await yard.made(compression);
      const paths = [image.path, (await yard.layout(compression)).path];
      for (const format of ["oci-archive", "docker-archive"] as const) {
        const archive = join(yard.path, `${compression}.${format}`);
        await writeArchive(image.path, archive, format);
        paths.push(archive);
      }
      for (const path of paths) {
        const verified = await verifyLayout(path);
        expect(verified.problems, path).toEqual([]);
        expect(verified.images).toMatchObject([{ id: image.contents.id, layers: 2 }]);
        expect(verified.bytes).toBeGreaterThan(compression === "none" ? 5000 : 300);
        const contents = await readForeign(path);
        expect(contents.layers.map(({ diffId, about, entries }) => ({ diffId, about, entries }))).toEqual(
          image.contents.layers.map(({ diffId, about, entries }) => ({ diffId, about, entries })),
        );
        expect(compareImages(image.contents, contents)).toMatchObject({ same: true, configuration: [], files: [] });
      }
    }
  });

  test("made by others is read too: skopeo's copies, docker's media types, layers of GNU tar with packages", async () => {
    using yard = new Workshop();
    const image = await yard.made();
    const copy = async (target: string, ...options: readonly string[]): Promise<void> => {
      const argv = ["skopeo", "--insecure-policy", "copy", "-q", ...options, `oci:${image.path}`, target];
      expect(await exec(argv)).toMatchObject({ status: 0 });
    };
    await copy(`oci-archive:${yard.path}/a.tar`);
    await copy(`docker-archive:${yard.path}/b.tar:web:1`);
    await copy(`oci:${yard.path}/z:1`, "--dest-compress-format", "zstd");
    for (const name of ["a.tar", "b.tar", "z"]) {
      const verified = await verifyLayout(join(yard.path, name));
      expect(verified.problems, name).toEqual([]);
      expect((await readForeign(join(yard.path, name))).layers.map(({ entries }) => entries)).toEqual(
        image.contents.layers.map(({ entries }) => entries),
      );
    }
    expect((await readForeign(join(yard.path, "b.tar"))).reference).toBe("docker.io/library/web:1");
    const status = "Package: curl\nStatus: install ok installed\nVersion: 1:7\nArchitecture: amd64\n";
    yard.write({
      "root/var/lib/dpkg/status": `${status}\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n`,
    });
    yard.write({ [`root/${"long/".repeat(40)}name`]: "x", "root/var/lib/dpkg/status.d/libc6.md5sums": "none" });
    const layout = await yard.layout();
    for (const format of ["gnu", "pax"]) {
      await exec(["tar", "-C", join(yard.path, "root"), `--format=${format}`, "-cf", join(yard.path, "gnu.tar"), "."]);
      layout.setLayer(readFileSync(join(yard.path, "gnu.tar")));
      expect(await problemsOf(layout.path)).toEqual([]);
      const contents = await readForeign(layout.path);
      expect(contents.packages).toMatchObject([{ name: "curl", version: "1:7", layer: 0 }]);
      expect(contents.layers[0]?.entries?.map(({ path }) => path)).toContain(`/${"long/".repeat(40)}name`);
    }
  });
});

test("what an item of the store says of itself is compared with the image", async () => {
  using yard = new Workshop();
  const image = await yard.made();
  const path = join(yard.path, "copy");
  cpSync(image.path, path, { recursive: true });
  const summary = join(path, "lading.json");
  const said = JSON.parse(readFileSync(summary, "utf8"));
  for (const [changed, ...lines] of [
    [said],
    [{ ...said, id: "sha256:1" }, `has another id than the image, expected ${said.id}`],
    [{ ...said, manifest: 7 }, `has another manifest, expected ${said.manifest}`],
    [{ ...said, layers: [...said.layers].reverse() }, "has other layers than the image"],
    [{ ...said, layers: [...said.layers, null] }, "has other layers than the image"],
    [{ images: [said, said] }, "tells of 2 images, expected 1"],
    [[], "is no JSON of an image"],
  ]) {
    rmSync(summary);
    writeFileSync(summary, JSON.stringify(changed));
    expect(await problemsOf(path)).toEqual(lines.map((line) => `lading.json ${line}`));
  }
});

test("docker's media types mean the same, and what BuildKit attests beside an image is no image", async () => {
  using yard = new Workshop();
  const layout = await yard.layout("gzip");
  const docker = "application/vnd.docker";
  layout.setManifest((manifest) => {
    Object.assign(manifest, { mediaType: `${docker}.distribution.manifest.v2+json` });
    Object.assign(manifest.config, { mediaType: `${docker}.container.image.v1+json` });
    for (const layer of manifest.layers) Object.assign(layer, { mediaType: `${docker}.image.rootfs.diff.tar.gzip` });
  });
  const attested = layout.put('{"_type":"https://in-toto.io/Statement/v1"}');
  const attestation = layout.put(
    JSON.stringify({
      ...{ schemaVersion: 2, config: layout.manifest.config },
      layers: [{ mediaType: "application/vnd.in-toto+json", ...attested }],
    }),
  );
  layout.setIndex(({ manifests }) => {
    Object.assign(manifests[0] ?? {}, { mediaType: `${docker}.distribution.manifest.v2+json` });
    manifests.push({
      ...{ mediaType: "application/vnd.oci.image.manifest.v1+json", ...attestation },
      annotations: { "vnd.docker.reference.type": "attestation-manifest" },
    });
  });
  expect(await problemsOf(layout.path)).toEqual([]);
  expect((await readForeign(layout.path)).layers).toHaveLength(2);
  rmSync(layout.blob(attested.digest));
  expect(await problemsOf(layout.path)).toEqual([`blobs/sha256/${attested.digest.slice(7)} is not there`]);
});

describe("what is wrong is said in one line each, with what was expected", () => {
  const cases: Readonly<Record<string, readonly [change: (layout: Layout) => void, ...lines: readonly RegExp[]]>> = {
    "a byte of a layer": [
      (layout) => {
        const path = layout.blob(layout.layer.digest);
        const bytes = readFileSync(path);
        // In the body of a file: headers have a sum of their own.
        const at = bytes.indexOf("Hello");
        bytes[at] = 0x4a;
        writeFileSync(path, bytes);
      },
      /^blobs\/sha256\/\w{64} has the digest sha256:\w{64}, expected sha256:\w{64}$/,
      /^blobs\/sha256\/\w{64} unpacks to sha256:\w{64}, expected the diff_id sha256:\w{64}$/,
    ],
    "a layer cut off": [
      (layout) => truncateSync(layout.blob(layout.layer.digest), 2000),
      /has 2000 bytes, expected \d+$/,
      /has the digest/,
      /cannot be read as a layer: it ends too early$/,
      /unpacks to/,
    ],
    "a layer that is not there": [(layout) => rmSync(layout.blob(layout.layer.digest)), /is not there$/],
    "a layer that is a link out of the layout": [
      (layout) => {
        const path = layout.blob(layout.layer.digest);
        rmSync(path);
        symlinkSync("/etc/passwd", path);
      },
      /is not there$/,
      /is no file$/,
    ],
    "a layer with a size that it does not have": [
      (layout) => layout.setManifest(({ layers }) => void (layers[0] && Object.assign(layers[0], { size: 3 }))),
      /has \d+ bytes, expected 3$/,
    ],
    "another content than the configuration says": [
      (layout) => layout.setConfig(({ rootfs }) => void rootfs.diff_ids.reverse()),
      /unpacks to .*, expected the diff_id/,
      /unpacks to .*, expected the diff_id/,
    ],
    "one layer more than the configuration": [
      (layout) => layout.setConfig(({ rootfs }) => void rootfs.diff_ids.pop()),
      /has a history of 2 layers, expected 1$/,
      /has 2 layers, and its configuration 1 diff_ids$/,
    ],
    "more layers than engines stack": [
      (layout) => layout.setManifest(({ layers }) => void layers.push(...Array(126).fill(layers[0]))),
      /has 128 layers, expected at most 127$/,
    ],
    "a layer of an unknown kind": [
      (layout) =>
        layout.setManifest(({ layers }) => void (layers[0] && Object.assign(layers[0], { mediaType: "text/html" }))),
      /has a layer of the mediaType "text\/html", expected a tar/,
    ],
    "a layer that is not packed as its kind says": [
      (layout) =>
        layout.setManifest(
          ({ layers: [first] }) => void (first && Object.assign(first, { mediaType: `${first.mediaType}+gzip` })),
        ),
      /is packed with none, expected gzip for the mediaType/,
    ],
    "a digest that leads elsewhere": [
      (layout) =>
        layout.setManifest(({ config }) => void Object.assign(config, { digest: "sha256:../../../etc/passwd" })),
      /has a descriptor whose digest is "sha256:..\/..\/..\/etc\/passwd", expected/,
      /names no image/,
    ],
    "a configuration without a platform": [
      (layout) => layout.setConfig((config) => void Object.assign(config, { os: 7, created: "yesterday" })),
      /has the os 7, expected a text$/,
      /has the created "yesterday", expected a time/,
    ],
    "a platform that is another in the index": [
      (layout) =>
        layout.setIndex(
          ({ manifests: [first] }) =>
            void (first && Object.assign(first, { platform: { os: "linux", architecture: "s390x" } })),
        ),
      /is for the architecture "s390x" in the index, and for "amd64" itself$/,
    ],
    "a layout of a later kind": [
      (layout) => writeFileSync(join(layout.path, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}'),
      /^oci-layout has the imageLayoutVersion "2.0.0", expected "1.0.0"$/,
    ],
    "no index": [(layout) => rmSync(join(layout.path, "index.json")), /^index.json is not there$/],
    "an index that is no JSON": [
      (layout) => writeFileSync(join(layout.path, "index.json"), "{"),
      /^index.json is no JSON$/,
    ],
    "an index without end": [
      (layout) => writeFileSync(join(layout.path, "index.json"), `[${"0,".repeat(3 << 20)}0]`),
      /^index.json has 6291459 bytes, more than 4194304$/,
    ],
    "an index that names itself": [
      (layout) => {
        let put: object = { mediaType: "application/vnd.oci.image.index.v1+json" };
        for (let depth = 0; depth < 6; depth += 1)
          put = {
            mediaType: "application/vnd.oci.image.index.v1+json",
            ...layout.put(JSON.stringify({ schemaVersion: 2, manifests: depth === 0 ? [] : [put] })),
          };
        layout.setIndex((index) => void Object.assign(index, { manifests: [put] }));
      },
      /has indexes within indexes, more than 4 deep$/,
      /names no image/,
    ],
    "a blob under another name": [
      (layout) => writeFileSync(join(layout.path, "blobs/sha256/readme"), "x"),
      /^blobs\/sha256\/readme is named by no digest$/,
    ],
    "a blob that nobody names, changed": [
      (layout) => writeFileSync(layout.blob(`sha256:${"0".repeat(64)}`), "x"),
      /has the digest sha256:2d711642.*, expected sha256:0{64}$/,
    ],
    "an entry that leads out": [
      (layout) => layout.setLayer(Buffer.concat([file("../../etc/passwd", "x"), tarEnd])),
      /cannot be read as a layer: the path "..\/..\/etc\/passwd" has a ".." in it$/,
    ],
    "a header whose sum is wrong": [
      (layout) => {
        const tar = Buffer.concat([file("a", "x"), file("b", "y"), tarEnd]);
        tar[1024 + 3] = 0x41;
        layout.setLayer(tar);
      },
      /cannot be read as a layer: a header in it is damaged: its sum is wrong$/,
    ],
    "gzip that is damaged": [
      (layout) => {
        const tar = Buffer.concat([file("a", "x".repeat(5000)), tarEnd]);
        layout.setLayer(tar, gzipSync(tar).subarray(0, -9), "application/vnd.oci.image.layer.v1.tar+gzip");
      },
      /cannot be read as a layer: it cannot be decompressed: unexpected end of file$/,
    ],
  };
  for (const [name, [change, ...lines]] of Object.entries(cases))
    test(name, async () => {
      using yard = new Workshop();
      const layout = await yard.layout();
      change(layout);
      const problems = [...(await problemsOf(layout.path))];
      for (const line of lines) {
        const at = problems.findIndex((problem) => line.test(problem));
        expect(at, `${line} in ${JSON.stringify(problems)}`).not.toBe(-1);
        problems.splice(at, 1);
      }
      expect(problems).toEqual([]);
      // Whoever needs the image gets one error in place of all of them, or reads what does not matter to it.
      await readForeign(layout.path).then(
        (contents) => expect(contents.layers.length).toBeGreaterThan(0),
        (error) => expect(error).toHaveProperty("code", "image-damaged"),
      );
    });

  test("docker's archives: a configuration under another name, a layer that is missing, names that lead out", async () => {
    using yard = new Workshop();
    const image = await yard.made();
    const config = readFileSync(join(image.path, "blobs/sha256", image.contents.id.slice(7)), "utf8");
    const archive = join(yard.path, "damaged.tar");
    const write = (name: string, layers: readonly string[]): void => {
      const manifest = JSON.stringify([{ Config: name, RepoTags: null, Layers: layers }]);
      writeFileSync(archive, Buffer.concat([file(name, config), file("manifest.json", manifest), tarEnd]));
    };
    write(`${"0".repeat(64)}.json`, ["one.tar", "two.tar"]);
    expect(await problemsOf(archive)).toEqual([
      `${"0".repeat(64)}.json has the digest ${image.contents.id}, expected sha256:${"0".repeat(64)}`,
      "one.tar is not there",
      "two.tar is not there",
    ]);
    const folder = new Scratch();
    folder.write({ "manifest.json": JSON.stringify([{ Config: "../../etc/passwd", Layers: [] }]) });
    expect(await problemsOf(folder.path)).toEqual(["../../etc/passwd is not there"]);
    folder[Symbol.dispose]();
  });

  test("what is no image at all is an error: nothing, a FIFO, an empty file, a packed archive, one that is cut off", async () => {
    using yard = new Workshop();
    const image = await yard.made();
    await exec(["mkfifo", join(yard.path, "fifo")]);
    await writeArchive(image.path, join(yard.path, "cut"), "oci-archive");
    writeFileSync(join(yard.path, "packed"), gzipSync(readFileSync(join(yard.path, "cut"))));
    truncateSync(join(yard.path, "cut"), 2700);
    writeFileSync(
      join(yard.path, "twice"),
      Buffer.concat([file("index.json", "{}"), file("index.json", "[]"), tarEnd]),
    );
    for (const name of ["nothing", "fifo", "packed", "cut", "twice"])
      await expect(verifyLayout(join(yard.path, name)), name).rejects.toHaveProperty("code", "image-damaged");
    mkdirSync(join(yard.path, "empty"));
    expect(await problemsOf(join(yard.path, "empty"))).toEqual(["oci-layout is not there", "index.json is not there"]);
  });
});

const plain = { name: "layer", compression: "none" } as const;

test("layers in forms that no tree has are read: what covers, what is elsewhere, devices, any encoding, no end", async () => {
  using yard = new Workshop();
  const common = { mode: 0o644, uid: 0, gid: 0, size: 0 };
  const legal = Buffer.concat([
    file("/absolute", "1"),
    file("twice", "1"),
    file("twice", "2"),
    tarHeader({ ...common, path: "lib", kind: "symlink", target: "usr/lib" }),
    file("lib/behind", "x"),
    file("etc/.wh.gone", ""),
    tarHeader({ ...common, path: "below", kind: "hardlink", target: "in/another/layer" }),
    tarHeader({ ...common, path: "null", kind: "character", device: [1, 3] }),
    renamed(file("f", "x"), "na\xefve"),
  ]);
  const layout = await yard.layout();
  const lines = ["absolute", "twice", "twice", "lib", "lib/behind", "etc/.wh.gone", "below", "null", "na\ufffdve"];
  for (const end of [Buffer.alloc(0), tarEnd, Buffer.concat([tarEnd, Buffer.alloc(99)])]) {
    const tar = Buffer.concat([legal, end]);
    layout.setLayer(tar);
    expect(await problemsOf(layout.path)).toEqual([]);
    const [layer] = (await readForeign(layout.path)).layers;
    expect(layer?.entries?.map(({ path }) => path)).toEqual(lines.map((line) => `/${line}`));
    expect(layer?.entries?.find(({ path }) => path === "/below")).toMatchObject({ content: "in/another/layer" });
    expect(layer?.entries?.find(({ path }) => path === "/null")).toMatchObject({ content: "1:3" });
  }
});

test("a database of packages that is none is an error for whoever lists them, and no fault of the image", async () => {
  using yard = new Workshop();
  const layout = await yard.layout();
  layout.setLayer(Buffer.concat([file("var/lib/dpkg/status", "Package: a\nno field\n"), tarEnd]));
  expect(await problemsOf(layout.path)).toEqual([]);
  const reading = readForeign(layout.path);
  await expect(reading).rejects.toHaveProperty("code", "image-damaged");
  await expect(reading).rejects.toThrow(/its packages cannot be read$/);
});

test("a damaged layer of zstd is a problem, whether or not the digests are looked at", async () => {
  using yard = new Workshop();
  const tar = Buffer.concat([file("a", "x".repeat(5000)), tarEnd]);
  writeFileSync(join(yard.path, "tar"), tar);
  expect(await exec(["zstd", "-q", join(yard.path, "tar")])).toMatchObject({ status: 0 });
  const blob = readFileSync(join(yard.path, "tar.zst"));
  const layout = await yard.layout();
  const mediaType = "application/vnd.oci.image.layer.v1.tar+zstd";
  layout.setLayer(tar, blob, mediaType);
  expect(await problemsOf(layout.path)).toEqual([]);
  layout.setLayer(tar, blob.subarray(0, -9), mediaType);
  expect(await problemsOf(layout.path)).toEqual([
    expect.stringMatching(/^blobs\/sha256\/\w{64} cannot be read as a layer: it cannot be decompressed: /),
  ]);
  await expect(readForeign(layout.path)).rejects.toThrow("a layer cannot be read");
});

describe("hostile layers", () => {
  test("a quarter of a gigabyte in a small blob takes time but no memory, and a name without end is refused", async () => {
    const zeros = Buffer.alloc(1 << 20);
    const gzip = createGzip({ level: 1 });
    const produce = async (): Promise<void> => {
      gzip.write(tarHeader({ path: "zeros", kind: "file", mode: 0o644, uid: 0, gid: 0, size: 2 ** 28 }));
      for (let count = 0; count < 256; count += 1)
        if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once("drain", resolve));
      gzip.end(tarEnd);
    };
    const before = process.memoryUsage().rss;
    const [scanned] = await Promise.all([
      scanLayer(gzip, { name: "a", compression: "gz", budget: makeBudget() }),
      produce(),
    ]);
    expect(scanned.entries).toMatchObject([{ path: "/zeros", size: 2 ** 28 }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
    const header = tarHeader({ path: "x", kind: "file", mode: 0, uid: 0, gid: 0, size: 2 << 20 });
    header.write("L", 156, "latin1");
    header.write("        ", 148, "latin1");
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    async function* long(): AsyncGenerator<Buffer> {
      yield header;
      yield zeros;
    }
    await expect(scanLayer(long(), plain)).rejects.toThrow("more than 1 MiB");
  });

  test("more entries than the budget has are refused, however the chunks fall", async () => {
    const tar = Buffer.concat([file("a", "1"), file("b", ""), file("c", "3".repeat(700)), tarEnd]);
    async function* chunks(size: number): AsyncGenerator<Buffer> {
      for (let at = 0; at < tar.length; at += size) yield tar.subarray(at, at + size);
    }
    const whole = await scanLayer(chunks(tar.length), { ...plain, budget: makeBudget() });
    expect(whole.entries.map(({ path, size }) => [path, size])).toEqual([
      ["/a", 1],
      ["/b", 0],
      ["/c", 700],
    ]);
    for (const size of [1, 7, 511, 512, 513])
      expect(await scanLayer(chunks(size), { ...plain, budget: makeBudget() })).toEqual(whole);
    await expect(scanLayer(chunks(512), { ...plain, budget: { entries: 2, text: 1000 } })).rejects.toThrow("names");
  });
});

describe("whatever a layout holds", () => {
  test("its documents may be any JSON: there are problems or there are none, and nothing else", async () => {
    using yard = new Workshop();
    const layout = await yard.layout();
    const whole = await readForeign(layout.path);
    const copy = join(yard.path, "copy");
    const documents = ["index.json", "oci-layout", layout.index.manifests[0]?.digest, layout.manifest.config.digest];
    const change = fc.record({
      document: fc.nat({ max: documents.length - 1 }),
      at: fc.array(fc.nat({ max: 5 }), { maxLength: 4 }),
      value: fc.jsonValue({ maxDepth: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ document, at, value }) => {
        rmSync(copy, { recursive: true, force: true });
        cpSync(layout.path, copy, { recursive: true });
        const changed = new Layout(copy);
        const put = (json: unknown): unknown => replaceAt(json, at, value);
        if (document === 0) changed.setIndex((index) => replaceMembers(index, put(index)));
        else if (document === 1) writeFileSync(join(copy, "oci-layout"), JSON.stringify(value));
        else if (document === 2) changed.setManifest((manifest) => replaceMembers(manifest, put(manifest)));
        else changed.setConfig((config) => replaceMembers(config, put(config)));
        expect(Array.isArray(await problemsOf(copy))).toBe(true);
        const contents = await readForeign(copy).catch((error) => {
          expect(error).toHaveProperty("code", "image-damaged");
          return undefined;
        });
        if (contents === undefined) return;
        // What is read can be compared, drawn and listed.
        expect(compareImages(whole, contents).files).toEqual([]);
        expect(treemapOf(contents)).toContain("</svg>");
        expect(spdxOf(contents, { version: "1" }).packages).toHaveLength(3);
      }),
      { numRuns: 80 },
    );
  });

  test("a tar with any byte changed is read to its end, or refused as a tar", async () => {
    const tar = Buffer.concat([
      ...[file("a".repeat(120), "1"), file(`${"d/".repeat(200)}f`, "2".repeat(600)), file("c", ""), tarEnd],
    ]);
    async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
      yield bytes;
    }
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: tar.length - 1 }),
        fc.nat({ max: 255 }),
        fc.nat({ max: 512 }),
        async (at, byte, cut) => {
          const changed = Buffer.from(tar.subarray(0, tar.length - cut));
          changed[Math.min(at, changed.length - 1)] = byte;
          await scanLayer(once(changed), { ...plain, budget: makeBudget() }).catch((error) =>
            expect(error).toHaveProperty("code", "archive-invalid"),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** A copy of `json` with what stands at `at`, by position, replaced. */
function replaceAt(json: unknown, at: readonly number[], value: unknown): unknown {
  const [first, ...rest] = at;
  if (first === undefined || typeof json !== "object" || json === null) return value;
  const keys = Object.keys(json);
  const key = keys[first % Math.max(1, keys.length)];
  if (key === undefined) return value;
  const inner = replaceAt(Reflect.get(json, key), rest, value);
  return Array.isArray(json)
    ? json.map((each, index) => (String(index) === key ? inner : each))
    : { ...json, [key]: inner };
}

function replaceMembers(target: object, source: unknown): void {
  for (const key of Object.keys(target)) Reflect.deleteProperty(target, key);
  if (typeof source === "object" && source !== null) Object.assign(target, source);
}

const digest = { type: "string", pattern: "^sha256:[a-f0-9]{64}$" };
const texts = { type: "object", additionalProperties: { type: "string" } };
const descriptor = (mediaType: string): object => ({
  type: "object",
  properties: {
    mediaType: { type: "string", pattern: mediaType },
    digest,
    size: { type: "integer", minimum: 0, maximum: 2 ** 53 },
    annotations: texts,
  },
  required: ["mediaType", "digest", "size"],
});
const sets = { type: "object", additionalProperties: { type: "object", maxProperties: 0 } };
const strings = { type: "array", items: { type: "string" } };

/** What OCI's image-spec 1.1 demands of each document: image-layout.md, image-index.md, manifest.md, config.md. */
const schemas = {
  "oci-layout": {
    type: "object",
    properties: { imageLayoutVersion: { enum: ["1.0.0"] } },
    required: ["imageLayoutVersion"],
  },
  index: {
    type: "object",
    properties: {
      schemaVersion: { const: 2 },
      mediaType: { const: "application/vnd.oci.image.index.v1+json" },
      manifests: { type: "array", items: descriptor("^application/vnd.oci.image.manifest.v1\\+json$") },
      annotations: texts,
    },
    required: ["schemaVersion", "manifests"],
  },
  manifest: {
    type: "object",
    properties: {
      schemaVersion: { const: 2 },
      mediaType: { const: "application/vnd.oci.image.manifest.v1+json" },
      config: descriptor("^application/vnd.oci.image.config.v1\\+json$"),
      layers: {
        ...{ type: "array", minItems: 1, maxItems: 127 },
        items: descriptor("^application/vnd.oci.image.layer.v1.tar(\\+gzip|\\+zstd)?$"),
      },
      annotations: texts,
    },
    required: ["schemaVersion", "mediaType", "config", "layers"],
  },
  config: {
    type: "object",
    properties: {
      created: {
        type: "string",
        pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$",
      },
      ...{ architecture: { type: "string" }, os: { type: "string" } },
      config: {
        type: "object",
        properties: {
          ...{ User: { type: "string" }, ExposedPorts: sets, Env: strings, Entrypoint: strings, Cmd: strings },
          ...{ Volumes: sets, WorkingDir: { type: "string" }, Labels: texts, StopSignal: { type: "string" } },
        },
        additionalProperties: false,
      },
      rootfs: {
        type: "object",
        properties: { type: { const: "layers" }, diff_ids: { type: "array", items: digest } },
        required: ["type", "diff_ids"],
      },
      history: {
        type: "array",
        items: {
          type: "object",
          properties: {
            created: { type: "string" },
            created_by: { type: "string" },
            comment: { type: "string" },
            empty_layer: { type: "boolean" },
          },
          additionalProperties: false,
        },
      },
    },
    required: ["architecture", "os", "rootfs"],
    additionalProperties: false,
  },
};

test("what Lading writes is as OCI's image-spec demands, with everything set and with nothing", async () => {
  using yard = new Workshop();
  const full = await yard.image([{ target: "/data" }], {
    ...{
      entryPoint: ["/x"],
      command: ["y"],
      environment: { A: "1" },
      labels: { a: "b" },
      ports: ["80"],
      volumes: ["/data"],
    },
    ...{ stopSignal: "QUIT", user: "1:2", workdir: "/data", compression: "gzip" },
  });
  const ajv = new Ajv2020({ allErrors: true });
  for (const image of [full, await yard.image([])]) {
    const layout = new Layout(image.path);
    const documents = {
      "oci-layout": JSON.parse(readFileSync(join(image.path, "oci-layout"), "utf8")),
      index: layout.index,
      manifest: layout.manifest,
      config: layout.read(layout.manifest.config.digest),
    };
    for (const [name, document] of Object.entries(documents)) {
      const validate = ajv.compile(schemas[name as keyof typeof schemas]);
      validate(document);
      expect(validate.errors ?? [], name).toEqual([]);
    }
    expect(await problemsOf(image.path)).toEqual([]);
  }
});
