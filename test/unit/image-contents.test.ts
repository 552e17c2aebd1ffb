/** What is said of an image: its parts, its differences from another, its picture. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/base/index.ts";
import { compareImages, describeImage, localTree, treemapOf } from "../../src/image/index.ts";
import { readLayerEntries, readLayerFiles } from "../../src/image/layer-entries.ts";
import { mergeLayerEntries } from "../../src/image/merged-files.ts";
import { sizeTree } from "../../src/image/size-tree.ts";
import { squarify } from "../../src/image/treemap.ts";
import { plainFile } from "../../src/store/index.ts";
import { type FakePackage, ImageYard } from "../image-yard.ts";
import { Scratch } from "../support.ts";

const curl: FakePackage = { name: "curl", version: "7.88.1-10", files: { "usr/bin/curl": "c".repeat(4000) } };
const libc: FakePackage = { name: "libc6", version: "2.36-9", files: { "usr/lib/libc.so.6": "l".repeat(9000) } };
const bash: FakePackage = { name: "bash", version: "5.2", files: { "usr/bin/bash": "b".repeat(500) } };

describe("what an image holds", () => {
  test("layers, packages with their sizes, and the largest files, each with the layer that it comes from", async () => {
    using yard = new ImageYard();
    yard.write({ "www/index.html": "<h1>Hello</h1>\n" });
    const { contents } = await yard.image([localTree(join(yard.path, "www"), { target: "/www" })], {
      packages: [[libc], [curl, bash]],
    });
    const described = describeImage(contents);
    expect(described.layers.map(({ about, packages }) => [about, packages])).toEqual([
      ["libc6", 1],
      ["curl-bash", 2],
      ["/www", 0],
      ["files", 0],
    ]);
    // A package with a layer of its own is measured; others are as large as they say, in KiB.
    expect(described.packages.map(({ name, version, size }) => [name, version, size])).toEqual([
      ["bash", "5.2", 3072],
      ["curl", "7.88.1-10", 3072],
      ["libc6", "2.36-9", 9000],
    ]);
    expect(described.largest[0]).toEqual({ path: "/usr/lib/libc.so.6", size: 9000, layer: "libc6" });
    expect(described.files).toBe(4);
    expect(described.platform).toBe("linux/amd64");
  });

  test("a file that a later layer covers counts once, with the later size", async () => {
    using yard = new ImageYard();
    const { contents } = await yard.image([{ target: "/usr/bin/curl", source: plainFile("curl", "mine") }], {
      packages: [[curl]],
    });
    expect(describeImage(contents).largest).toEqual([{ path: "/usr/bin/curl", size: 4, layer: "files" }]);
  });

  test("lists of items that were built before sizes were listed are read, and equal those with sizes", () => {
    using yard = new Scratch();
    const line = ["a", "file", 0o644, 0, 0, "sha256:1"];
    yard.write({ "old/files": `${JSON.stringify(line)}\n`, "new/files": `${JSON.stringify([...line, 7])}\n` });
    const [old, now] = ["old", "new"].map((name) => join(yard.path, name)) as [string, string];
    expect(readLayerFiles(old)).toEqual(readLayerFiles(now));
    expect(readLayerEntries(old)).toMatchObject([{ path: "/a", size: 0 }]);
    expect(readLayerEntries(now)).toMatchObject([{ path: "/a", size: 7 }]);
    expect(readLayerFiles(join(yard.path, "none"))).toBeUndefined();
  });

  test("whiteouts take away what is below them, and nothing of their own layer", () => {
    // A name that ends with "/" is a folder's.
    const layer = (...paths: readonly string[]) => ({
      ...{ diffId: digestOf("x"), digest: digestOf("x"), size: 0, about: "" },
      entries: paths.map((path) => ({
        ...{
          path: path.replace(/.$/, (end) => (end === "/" ? "" : end)),
          mode: 0o644,
          uid: 0,
          gid: 0,
          content: "",
          size: 1,
        },
        kind: path.endsWith("/") ? ("directory" as const) : ("file" as const),
      })),
    });
    const merged = mergeLayerEntries([
      layer("/a/one", "/a/two", "/b/one", "/b/deep/two", "/bb"),
      layer("/a/.wh.one", "/b/.wh..wh..opq", "/b/new", "/.wh.bb"),
    ]);
    expect([...merged.keys()].sort()).toEqual(["/a/two", "/b/new"]);
    expect([...mergeLayerEntries([layer("/d/", "/d/x", "/d/y/z"), layer("/d")]).keys()]).toEqual(["/d"]);
    expect([...mergeLayerEntries([layer("/d/x", "/e"), layer("/.wh..wh..opq", "/f")]).keys()]).toEqual(["/f"]);
  });
});

describe("how images differ", () => {
  test("by settings, layers, package versions and files, each with what it was", async () => {
    using yard = new ImageYard();
    const greeting = (mode: number) => ({ target: "/etc/greeting", source: plainFile("g", "hello\n"), mode });
    const before = await yard.image([greeting(0o644), { target: "/etc/old", source: plainFile("o", "1") }], {
      ...{ packages: [[libc], [curl]], environment: { A: "1", B: "2" }, command: ["serve"] },
    });
    const newer = { ...curl, version: "7.88.1-11", files: { "usr/bin/curl": "C".repeat(4100) } };
    const after = await yard.image([greeting(0o600), { target: "/etc/new", source: plainFile("n", "22") }], {
      ...{ packages: [[libc], [newer], [bash]], environment: { A: "1", B: "3" }, ports: ["80"], command: ["serve"] },
    });
    const changes = compareImages(before.contents, after.contents);
    expect(changes.same).toBe(false);
    expect(changes.configuration).toEqual([
      { what: "Env B", before: "2", after: "3" },
      { what: "ExposedPorts 80/tcp", before: null, after: "{}" },
    ]);
    expect(changes.kept).toBe(1);
    expect(changes.layers.map(({ change, about }) => [change, about])).toEqual([
      ["changed", "curl"],
      ["added", "bash"],
      ["changed", "files"],
    ]);
    expect(changes.packages).toEqual([
      { what: "bash", before: null, after: "5.2" },
      { what: "curl", before: "7.88.1-10", after: "7.88.1-11" },
    ]);
    expect(changes.files?.map(({ change, path, growth }) => [change, path, growth])).toEqual([
      ["changed", "/etc/greeting", 0],
      ["added", "/etc/new", 2],
      ["removed", "/etc/old", -1],
      ["added", "/usr/bin/bash", 500],
      ["changed", "/usr/bin/curl", 100],
    ]);
    expect(changes.files?.[0]?.aspects).toEqual([{ what: "mode", before: "0644", after: "0600" }]);
    expect(changes.files?.[4]?.aspects.map(({ what }) => what)).toEqual(["content"]);
    const same = compareImages(after.contents, after.contents);
    expect(same).toEqual({
      ...{ same: true, configuration: [], kept: 4, layers: [], packages: [], files: [], growth: 0 },
    });
  });
});

describe("the picture", () => {
  test("boxes fill the area, each as large as its size, and near to square", () => {
    const sizes = [600, 600, 400, 300, 200, 200, 100];
    const boxes = squarify(sizes, { x: 10, y: 20, width: 600, height: 400 });
    const unit = (600 * 400) / sizes.reduce((a, b) => a + b);
    for (const [index, box] of boxes.entries()) {
      expect(box.width * box.height).toBeCloseTo((sizes[index] ?? 0) * unit);
      expect(Math.max(box.width / box.height, box.height / box.width)).toBeLessThan(3);
      expect(box.x).toBeGreaterThanOrEqual(10);
      expect(box.y + box.height).toBeLessThanOrEqual(420.0001);
      for (const other of boxes.slice(index + 1)) {
        const across = Math.min(box.x + box.width, other.x + other.width) - Math.max(box.x, other.x);
        const down = Math.min(box.y + box.height, other.y + other.height) - Math.max(box.y, other.y);
        expect(Math.min(across, down)).toBeLessThan(0.0001);
      }
    }
    expect(squarify([], { x: 0, y: 0, width: 1, height: 1 })).toEqual([]);
  });

  test("packages and trees have their names, sizes and colours; hostile names cannot leave their place", async () => {
    using yard = new ImageYard();
    const name = `<script>alert("1")</script>&\u0001\u202e`;
    yard.write({ [`www/${name.replaceAll("/", "")}`]: "x".repeat(5000) });
    const { contents } = await yard.image([localTree(join(yard.path, "www"), { target: "/www" })], {
      packages: [[libc], [curl, bash]],
    });
    expect(sizeTree(contents).children.map((node) => [node.name, node.size])).toEqual([
      ["libc6", 9000],
      ["/www", 5000],
      ["curl-bash", 4500],
    ]);
    const svg = treemapOf(contents);
    expect(svg).toContain(">libc6</tspan>");
    expect(svg).toContain("2.36-9");
    expect(svg).toContain("<title>curl-bash/curl 7.88.1-10\n2.2 KiB, 12.2 %</title>");
    expect(svg).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;script&gt;&amp;\ufffd\ufffd");
    expect(svg).not.toContain("<script");
    expect(svg).toBe(treemapOf(contents));
  });

  test("an image without bytes has a picture that says so", async () => {
    using yard = new ImageYard();
    expect(treemapOf((await yard.image([])).contents)).toContain("The image holds no bytes.");
  });
});
