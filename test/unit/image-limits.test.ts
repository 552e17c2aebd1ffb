/** Images at their limits, and trees of this machine that hold what an image cannot: right, or one clear error. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import koffi from "koffi";
import { describe, expect, test, vi } from "vitest";
import { tarEnd, tarHeader, tarPadding } from "../../src/archive/index.ts";
import { imageBuilders, localTree, type ManifestEntryInput, manifest, writeArchive } from "../../src/image/index.ts";
import { Lowerer, localFile, makeDerivation, plainFile, storeBuilders } from "../../src/store/index.ts";
import { blobOf, type Declared, ImageYard, readBlob } from "../built-images.ts";
import { exec } from "../support.ts";
import { output } from "../unpacked.ts";

const programs = vi.hoisted(() => ({ hidden: false }));
vi.mock("../../src/sys/filter.ts", async (original) => {
  const real = await original<typeof import("../../src/sys/filter.ts")>();
  return { ...real, findProgram: (name: string) => (programs.hidden ? undefined : real.findProgram(name)) };
});

// Threads run what was built; what they do is done here as it is written.
vi.mock("../../src/image/_threads.ts", () => ({
  mostAtOnce: 1,
  Threads: class {
    readonly #program: URL;

    constructor(program: URL) {
      this.#program = program;
    }

    async run(job: never): Promise<unknown> {
      if (this.#program.pathname.endsWith("/package-worker.js"))
        return (await import("../../src/image/unpack-package.ts")).unpackPackage(job);
      return (await import("../../src/image/compress-piece.ts")).compressPiece(job);
    }
  },
}));

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("skipped: devices, capabilities and foreign owners: need root");

/** What a build fails with: its code, message and hint. */
async function failure(
  yard: ImageYard,
  declared: Declared,
  between?: () => void,
): Promise<{ readonly code: string; readonly message: string; readonly hint: string }> {
  try {
    await yard.build(declared, between);
  } catch (error) {
    return error as never;
  }
  throw new Error("it was built");
}

function tree(yard: ImageYard, name = "tree", target = "/t"): ManifestEntryInput {
  return localTree(join(yard.path, name), { target });
}

function setAttribute(path: string, name: string, value: Buffer): void {
  const set = koffi
    .load(null)
    .func("int lsetxattr(const char *path, const char *name, const uint8_t *value, size_t size, int flags)");
  if (set(path, name, value, value.length, 0) !== 0) throw new Error(`setxattr: errno ${koffi.errno()}`);
}

/** An access control list that lets user 7 read (acl(5); the kernel's posix_acl_xattr.h). */
function accessList(): Buffer {
  const entries = [
    [1, 6, 0xffffffff],
    [2, 4, 7],
    [4, 4, 0xffffffff],
    [16, 4, 0xffffffff],
    [32, 4, 0xffffffff],
  ] as const;
  const bytes = Buffer.alloc(4 + 8 * entries.length);
  bytes.writeUInt32LE(2);
  entries.forEach(([tag, bits, id], index) => {
    bytes.writeUInt16LE(tag, 4 + 8 * index);
    bytes.writeUInt16LE(bits, 6 + 8 * index);
    bytes.writeUInt32LE(id, 8 + 8 * index);
  });
  return bytes;
}

describe("how many layers", () => {
  test("maxLayers of 1, 2 and 127 is kept to with 130 trees, and every file is there", async () => {
    using yard = new ImageYard();
    const names = Array.from({ length: 130 }, (_, index) => `tree-${String(index).padStart(3, "0")}`);
    yard.write(Object.fromEntries(names.map((name) => [`${name}/file`, name])));
    const entries = names.map((name) => tree(yard, name, `/${name}`));
    for (const maxLayers of [1, 2, 127]) {
      const image = await yard.build({ value: manifest(entries), packOptions: { maxLayers } });
      expect(image.layers).toHaveLength(maxLayers);
      const lists = await Promise.all(image.layers.map((_, index) => yard.list(image, index)));
      const files = lists.flat().filter((line) => line.endsWith("/file"));
      expect(files).toHaveLength(130);
    }
  }, 120_000);

  test("with those of a base there may be 127; one more is refused, and says what to do", async () => {
    using yard = new ImageYard();
    const names = Array.from({ length: 126 }, (_, index) => `tree-${index}`);
    yard.write(Object.fromEntries([...names, "own"].map((name) => [`${name}/file`, name])));
    const base = await yard.build({
      value: manifest(names.map((name) => tree(yard, name, `/${name}`))),
      packOptions: { maxLayers: 127 },
    });
    expect(base.layers).toHaveLength(127);
    const archive = join(yard.path, "base.tar");
    await writeArchive(base.path, archive, "oci-archive");
    const child = await yard.build({ base: localFile(archive) });
    expect(child.layers.map(({ diffId }) => diffId)).toEqual(base.layers.map(({ diffId }) => diffId));
    expect(await failure(yard, { base: localFile(archive), value: manifest([tree(yard, "own")]) })).toMatchObject({
      code: "image-invalid",
      message: "localhost/test:latest would have 128 layers",
      hint: expect.stringContaining("engines take 127"),
    });
  }, 120_000);
});

describe("entries for one path", () => {
  const last = async (entries: (yard: ImageYard) => Declared, path: string): Promise<string> => {
    using yard = new ImageYard();
    yard.write({ "a/f": "a", "b/f": "b".repeat(5000), "c/f": "c", "d/g": "d" });
    const image = await yard.build(entries(yard));
    // As an engine does it: one layer over the other.
    const root = join(yard.path, "root");
    mkdirSync(root);
    for (const [index] of image.layers.entries())
      output(["tar", "-C", root, "--no-same-owner", "-xf", yard.layer(image, index)]);
    return readFileSync(join(root, path), "utf8").slice(0, 1);
  };
  const made: ManifestEntryInput = { target: "/t/f", source: plainFile("f", "made") };

  test.each([
    ["a tree after a tree", (yard: ImageYard) => [tree(yard, "b"), tree(yard, "a")], "a"],
    ["a made file after a tree", (yard: ImageYard) => [tree(yard, "a"), made], "m"],
    ["a tree after a made file", (yard: ImageYard) => [made, tree(yard, "a")], "a"],
    ["a tree after a made file after a tree", (yard: ImageYard) => [tree(yard, "b"), made, tree(yard, "a")], "a"],
    [
      "a small tree, then a large one, where layers are few",
      (yard: ImageYard) => ({
        packOptions: { maxLayers: 3 },
        value: manifest([tree(yard, "a"), tree(yard, "b"), tree(yard, "c", "/c"), tree(yard, "d", "/d")]),
      }),
      "b",
    ],
    [
      "a large tree, then a small one, where layers are few",
      (yard: ImageYard) => ({
        packOptions: { maxLayers: 3 },
        value: manifest([tree(yard, "b"), tree(yard, "a"), tree(yard, "c", "/c"), tree(yard, "d", "/d")]),
      }),
      "a",
    ],
    [
      "in one layer, a tree after a made file",
      (yard: ImageYard) => ({ packOptions: { maxLayers: 1 }, value: manifest([made, tree(yard, "a")]) }),
      "a",
    ],
  ] as const)("the later wins, whichever layer it is in: %s", async (_, entries, wins) => {
    expect(await last(entries, "t/f")).toBe(wins);
  });

  test("a folder keeps its declared owner and mode where a layer above puts something into it", async () => {
    using yard = new ImageYard();
    yard.write({ "conf/sub/x": "x" });
    const image = await yard.build([
      localTree(join(yard.path, "conf"), { target: "/etc/app", user: 7, group: 8, mode: 0o700 }),
      { target: "/etc/app/sub/extra", source: plainFile("extra", "extra") },
    ]);
    const above = await yard.list(image, 1);
    expect(above).toContain("drwx------ 7/8 0 etc/app/");
    expect(above).toContain("drwxr-xr-x 7/8 0 etc/app/sub/");
    expect(above).toContain("drwxr-xr-x 0/0 0 etc/");
  });

  test("what lies in a file or in a link of the same layer is refused", async () => {
    using yard = new ImageYard();
    const inside: ManifestEntryInput = { target: "/t/f/g", source: plainFile("g", "g") };
    expect(await failure(yard, [{ target: "/t/f", source: plainFile("f", "f") }, inside])).toMatchObject({
      code: "image-invalid",
      message: "/t/f/g lies in /t/f, which is a file",
    });
    expect(
      await failure(yard, {
        value: manifest([inside]),
        packOptions: {
          symlinks: [
            ["/t/f", "g"],
            ["/t/g", "f"],
          ],
        },
      }),
    ).toMatchObject({
      code: "image-invalid",
      message: "localhost/test:latest: /t/f is a file or a link, and /t/f/g lies in it",
    });
  });

  test("and what lies in a link or a file of another layer: it would be hidden", async () => {
    using yard = new ImageYard();
    yard.write({ "site/www/x": "x", "one/file": "file" });
    const site = tree(yard, "site", "/srv");
    const file = tree(yard, "one/file", "/srv/www");
    for (const declared of [
      { value: manifest([site]), packOptions: { symlinks: [["/srv/www", "/srv"]] as const } },
      { value: manifest([site, file]) },
      { value: manifest([file, site]) },
    ])
      expect(await failure(yard, declared)).toMatchObject({
        code: "image-invalid",
        message: "localhost/test:latest: /srv/www is a file or a link, and /srv/www/x lies in it",
      });
  });

  test("a target is a path: dots and doubled slashes are not written into the image", async () => {
    using yard = new ImageYard();
    const image = await yard.build([
      { target: "//a/./b//../c/", source: plainFile("c", "c") },
      { target: "/../../d", source: plainFile("d", "d") },
    ]);
    expect((await yard.list(image, 0)).map((line) => line.split(" ").at(-1))).toEqual(["a/", "a/c", "d", "tmp/"]);
  });
});

describe("names", () => {
  test("any name in UTF-8 is kept as it is, byte for byte", async () => {
    using yard = new ImageYard();
    const names = [
      "n".repeat(255),
      "é".repeat(127),
      "e\u0301 is not \u00e9",
      "\u00e9 is not e\u0301",
      "👩‍👩‍👧‍👦 😀",
      "line\nbreak",
      "tab\tand\\backslash",
      "-rf",
      " ",
      "trailing ",
      "#hash?query%zz&x=1",
      "\ufffd is a name too",
      "\u202eright to left",
      `deep/${Array.from({ length: 15 }, (_, index) => String.fromCharCode(97 + index).repeat(200)).join("/")}/end`,
    ];
    yard.write(Object.fromEntries(names.map((name) => [`tree/${name}`, name])));
    const image = await yard.build({
      value: manifest([tree(yard)]),
      packOptions: { symlinks: [["/link", "t/#hash?query%zz&x=1"]] },
    });
    const root = join(yard.path, "root");
    mkdirSync(root);
    output(["tar", "-C", root, "-xf", yard.layer(image, 0)]);
    output(["diff", "-r", join(yard.path, "tree"), join(root, "t")]);
    expect(await yard.list(image, 1)).toContain("lrwxrwxrwx 0/0 0 link -> t/#hash?query%zz&x=1");
  });

  test.each([
    ["a name", (folder: string) => ["sh", "-c", `printf x > "$1/$(printf 'caf\\351')"`, "sh", folder]],
    ["a link", (folder: string) => ["sh", "-c", `ln -s "$(printf 'caf\\351')" "$1/link"`, "sh", folder]],
  ])("%s that is not UTF-8 is refused: it could not be told from another", async (_, make) => {
    using yard = new ImageYard();
    yard.write({ "tree/sub/fine": "" });
    output(make(join(yard.path, "tree/sub")));
    const { code, message, hint } = await failure(yard, [tree(yard)]);
    expect([code, hint]).toEqual(["unsupported-file", expect.stringContaining("rename it")]);
    expect(message).toContain('"caf\u00e9"');
    expect(message).toContain("not UTF-8");
    const select = (path: string): boolean => path !== "sub";
    await yard.build([localTree(join(yard.path, "tree"), { target: "/t", select })]);
  });

  test("a path that Linux takes only in pieces is refused, in the tree as in the image", async () => {
    using yard = new ImageYard();
    yard.write({ "tree/fine": "" });
    const name = "d".repeat(250);
    const dig = 'cd "$1"; i=0; while [ $i -lt 17 ]; do mkdir "$2"; cd "$2"; i=$((i + 1)); done; echo deep > file';
    output(["sh", "-c", dig, "sh", join(yard.path, "tree"), name]);
    expect(await failure(yard, [tree(yard)])).toMatchObject({
      code: "unsupported-file",
      message: expect.stringMatching(/^a path in .*tree has 4\d\d\d bytes: /),
    });
    output(["rm", "-rf", join(yard.path, "tree", name)]);
    const target = `/${Array.from({ length: 17 }, () => name).join("/")}`;
    expect(await failure(yard, [tree(yard, "tree", target)])).toMatchObject({
      code: "image-invalid",
      message: expect.stringContaining("has a path of 4"),
    });
    expect(await failure(yard, [tree(yard, "tree", `/${"é".repeat(128)}`)])).toMatchObject({
      code: "image-invalid",
      message: expect.stringContaining("has the name é"),
    });
  });
});

describe("numbers", () => {
  test("a file of 9 GiB is as large for GNU tar as it was declared", async () => {
    using yard = new ImageYard();
    const size = 9 * 2 ** 30 + 1;
    const path = join(yard.path, "large.tar");
    const header = tarHeader({ path: "large", kind: "file", mode: 0o644, uid: 0, gid: 0, size });
    writeFileSync(path, header);
    truncateSync(path, header.length + size + tarPadding(size).length + tarEnd.length);
    expect(output(["tar", "-tvf", path])).toContain(` ${size} `);
  });

  test("every id that Linux has is written so that it is read again", async () => {
    using yard = new ImageYard();
    const ids = [0, 2097151, 2097152, 16777216, 4294967294];
    const image = await yard.build(ids.map((id) => ({ target: `/d${id}`, user: id, group: id })));
    for (const id of ids) expect(await yard.list(image, 0)).toContain(`drwxr-xr-x ${id}/${id} 0 d${id}/`);
  });
});

describe("what a tree may not hold", () => {
  const lost: readonly (readonly [what: string, make: (path: string) => void, root?: boolean])[] = [
    ["the set-user-ID bit", (path) => chmodSync(path, 0o4755)],
    ["the set-group-ID bit", (path) => chmodSync(path, 0o2755)],
    ["file capabilities", (path) => void output(["setcap", "cap_net_raw+ep", path]), true],
    ["an access control list", (path) => setAttribute(path, "system.posix_acl_access", accessList())],
  ];
  test.each(lost.filter(([, , root]) => isRoot || root !== true))("%s is not lost unsaid", async (what, make) => {
    using yard = new ImageYard();
    yard.write({ "tree/bin/tool": "tool" });
    const path = join(yard.path, "tree/bin/tool");
    make(path);
    const expected = { code: "unsupported-file", message: `${path} has ${what}, which would be lost` };
    expect(await failure(yard, [tree(yard)])).toMatchObject(expected);
    // Nor on the way through the store.
    const store = { target: "/t", source: localFile(join(yard.path, "tree")) };
    expect(await failure(yard, [store])).toMatchObject(expected);
    const said = { target: "/t/bin/tool", source: localFile(path), mode: 0o4711 };
    if (what === "file capabilities") {
      expect(await failure(yard, [tree(yard), said])).toMatchObject({
        ...expected,
        hint: expect.stringContaining("addCapabilities"),
      });
      return;
    }
    const image = await yard.build([tree(yard), said]);
    expect(await yard.list(image, 1)).toContain("-rws--x--x 0/0 4 t/bin/tool");
    await yard.build([localTree(join(yard.path, "tree"), { target: "/t", select: (each) => each !== "bin/tool" })]);
  });

  test("of a folder too: the sticky bit and a default list; a mode of its own says what is meant", async () => {
    using yard = new ImageYard();
    yard.write({ "tree/shared/x": "x" });
    const folder = join(yard.path, "tree/shared");
    chmodSync(folder, 0o1777);
    setAttribute(folder, "system.posix_acl_default", accessList());
    const { code, message } = await failure(yard, [tree(yard)]);
    expect([code, message]).toEqual([
      "unsupported-file",
      `${folder} has the sticky bit, which would be lost, as would be more in 1 other places`,
    ]);
    const image = await yard.build([tree(yard), { target: "/t/shared", mode: 0o1777 }]);
    expect(await yard.list(image, 1)).toContain("drwxrwxrwt 0/0 0 t/shared/");
    await yard.build([localTree(folder, { target: "/t", mode: 0o1777 })]);
  });

  test("attributes that say nothing about who may do what are left out", async () => {
    using yard = new ImageYard();
    yard.write({ "tree/x": "x" });
    const before = await yard.build([tree(yard)]);
    setAttribute(join(yard.path, "tree/x"), "user.comment", Buffer.from("hello"));
    expect((await yard.build([tree(yard)])).id).toBe(before.id);
  });

  test.each([
    ["pipe", (path: string) => void output(["mkfifo", path])],
    ["socket", (path: string) => void createServer().listen(path).unref()],
    ...(isRoot ? ([["device", (path: string) => void output(["mknod", path, "c", "1", "3"])]] as const) : []),
  ] as const)("a %s is refused by its path, and can be left out", async (_, make) => {
    using yard = new ImageYard();
    yard.write({ "tree/sub/x": "x" });
    const path = join(yard.path, "tree/sub/special");
    make(path);
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    expect(await failure(yard, [tree(yard)])).toMatchObject({
      code: "unsupported-file",
      message: `${path} is a socket, a pipe or a device`,
      hint: expect.stringContaining("`select`"),
    });
  });

  test("a tree that holds the store itself is refused, but where that is left out", async () => {
    using yard = new ImageYard();
    yard.write({ "site/x": "x" });
    const whole = (select?: (path: string) => boolean): ManifestEntryInput =>
      localTree(yard.path, { target: "/t", ...(select === undefined ? {} : { select }) });
    for (const entry of [whole(), { target: "/t", source: localFile(yard.path) }])
      expect(await failure(yard, [entry])).toMatchObject({
        code: "unsupported-file",
        message: `${yard.path} holds Lading's own store, ${yard.store.dir}`,
        hint: expect.stringContaining("leave store out with `select`"),
      });
    await yard.build([whole((path) => path !== "store")]);
  });

  test("links are taken as they are: in a circle, to nothing, to the outside", async () => {
    using yard = new ImageYard();
    yard.write({ "tree/x": "x" });
    const links = { a: "b", b: "a", self: "self", up: "..", nothing: "no/such/file", outside: "/etc/shadow" };
    for (const [name, to] of Object.entries(links)) symlinkSync(to, join(yard.path, "tree", name));
    const list = await yard.list(await yard.build([tree(yard)]), 0);
    for (const [name, to] of Object.entries(links)) expect(list).toContain(`lrwxrwxrwx 0/0 0 t/${name} -> ${to}`);
  });

  test("each name of a file with several is a file of its own; holes are read as zeros", async () => {
    using yard = new ImageYard();
    yard.write({ "tree/one": "one", "tree/sparse": "" });
    output(["ln", join(yard.path, "tree/one"), join(yard.path, "tree/two")]);
    truncateSync(join(yard.path, "tree/sparse"), (9 << 20) + 7);
    const image = await yard.build([tree(yard)]);
    const list = await yard.list(image, 0);
    expect(list).toContain("-rw-r--r-- 0/0 3 t/one");
    expect(list).toContain("-rw-r--r-- 0/0 3 t/two");
    expect(list).toContain("-rw-r--r-- 0/0 9437191 t/sparse");
    const { stdout } = await exec(["sh", "-c", 'sha256sum < "$1"; stat -c %b "$1"', "sh", yard.layer(image, 0)]);
    const [sum, , blocks] = stdout.split(/\s+/);
    expect(`sha256:${sum}`).toBe(image.layers[0]?.diffId);
    // The archive has holes of its own: of 18,000 blocks, most are not there.
    expect(Number(blocks)).toBeLessThan(12_000);
  });
});

describe("a source that changes after it was hashed", () => {
  const instead = (path: string, make: () => void): void => {
    renameSync(path, `${path}.real`);
    make();
  };
  const changes: readonly (readonly [string, (path: string) => void])[] = [
    ["it grows", (path) => writeFileSync(path, "content and more")],
    ["it shrinks", (path) => writeFileSync(path, "con")],
    ["it has other content of the same size", (path) => writeFileSync(path, "CONTENT")],
    ["it is gone", (path) => rmSync(path)],
    ["it is a folder", (path) => instead(path, () => mkdirSync(path))],
    ["it is a pipe, which nobody writes to", (path) => instead(path, () => output(["mkfifo", path]))],
    ["it is a link to the same content", (path) => instead(path, () => symlinkSync("x.real", path))],
  ];
  test.each(changes)("%s", async (_, change) => {
    using yard = new ImageYard();
    for (const when of ["fresh", "old"]) {
      yard.write({ [`${when}/x`]: "content" });
      const path = join(yard.path, when, "x");
      // Old enough to be known by its times alone.
      if (when === "old") await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await failure(yard, [tree(yard, when)], () => change(path))).toMatchObject({
        code: "source-changed",
        message: `${path} changed while it was taken into the store`,
      });
      expect(yard.store.items().filter((item) => item.includes("image"))).toEqual([]);
    }
  });

  test("a new time alone is no change", async () => {
    using yard = new ImageYard();
    yard.write({ "tree/x": "content" });
    const image = await yard.build([tree(yard)], () => utimesSync(join(yard.path, "tree/x"), 5, 5));
    expect(await yard.list(image, 0)).toContain("-rw-r--r-- 0/0 7 t/x");
  });
});

/** Of one image with everything in it, and of a package's layer; they change only together with the formats of layers. */
const golden = {
  id: "sha256:1cbf02b09ccc2f4b3c64cc8ca74a3ee9a3ca8bc941f29885dc89a7525ad836f6",
  none: "sha256:c5f0ebb651c60d0ee11f8c60d15f62e568ed9fe2bd71a5b69b78262559edfb79",
  gzip: "sha256:066d2a11f6f4a123aa2b5f97880dde01b5ed0689d24f686b575450c60be13f4a",
  zstd: "sha256:8d0dbe16d3aa744d1ed463f3da6d75699fa35bed99cc78b11fb7ef8d5efaccc5",
  package: "sha256:7226de74d7e87c52b2cdebbe662e1d4d77651e21dcfbfe996b18bf5ff5da0971",
};

describe("digests that are written down", () => {
  test.each(["none", "gzip", "zstd"] as const)("an image with everything, compression %s", async (compression) => {
    using yard = new ImageYard();
    yard.write({
      "site/index.html": "<h1>Hello</h1>\n",
      "site/bin/run": "#!/bin/sh\n",
      "site/ünï/😀": "emoji",
      [`site/${"l".repeat(200)}/${"m".repeat(200)}`]: "long",
    });
    chmodSync(join(yard.path, "site/bin/run"), 0o700);
    symlinkSync("../index.html", join(yard.path, "site/bin/page"));
    lutimesSync(join(yard.path, "site/bin/page"), 77, 77);
    const image = await yard.build({
      value: manifest([
        localTree(join(yard.path, "site"), { target: "/srv/www", user: 33, group: 34, mode: 0o750 }),
        { target: "/etc/secret", source: plainFile("secret", "s3cret\n"), user: 4000000000, group: 7, mode: 0o4640 },
        { target: "/data", user: 1000, group: 1000, mode: 0o2775 },
        { target: "/srv/www/made", source: plainFile("made", "made\n") },
      ]),
      packOptions: {
        compression,
        entryPoint: ["/srv/www/bin/run"],
        command: ["a", "b c"],
        environment: { B: "2", A: "1" },
        labels: { "org.example.b": "x=y", "org.example.a": "" },
        symlinks: [["/www", "srv/www"]],
        ports: ["80", "53/udp"],
        volumes: ["/data"],
        stopSignal: "QUIT",
        user: "33:34",
        workdir: "/srv",
      },
    });
    expect({ id: image.id, [compression]: image.manifest }).toEqual({
      id: golden.id,
      [compression]: golden[compression],
    });
    // What the digest is of is there as well.
    const manifestBlob = readBlob(image, image.manifest) as { readonly layers: readonly { readonly digest: string }[] };
    for (const { digest } of manifestBlob.layers) expect(existsSync(blobOf(image, digest))).toBe(true);
  });

  test("a package's layer depends neither on how the package is compressed nor on the programs of the host", async () => {
    using yard = new ImageYard();
    yard.write({
      "package/DEBIAN/control":
        "Package: golden\nVersion: 1:2.0~rc1-3\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\nDescription: none\n",
      "package/usr/bin/golden": "#!/bin/sh\necho golden\n",
      "package/etc/golden.conf": "a = 1\n",
      "package/usr/share/golden/large": "0123456789abcdef".repeat(1 << 16),
    });
    const folder = join(yard.path, "package");
    chmodSync(join(folder, "usr/bin/golden"), 0o4755);
    symlinkSync("golden", join(folder, "usr/bin/alias"));
    output(["ln", join(folder, "etc/golden.conf"), join(folder, "etc/other.conf")]);
    const digests = new Set<string>();
    for (const [compression, hidden] of [
      ["xz", false],
      ["xz", true],
      ["zstd", false],
      ["zstd", true],
      ["gzip", true],
      ["none", true],
    ] as const) {
      const deb = join(yard.path, `${compression}-${hidden}.deb`);
      output(["dpkg-deb", "--root-owner-group", `-Z${compression}`, "--build", folder, deb]);
      const bytes = readFileSync(deb);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const lowerer = new Lowerer();
      const reference = lowerer.file(localFile(deb));
      const locked = { name: "golden", version: "1:2.0~rc1-3", architecture: "amd64", sha256, size: bytes.length };
      const args = { format: 1, package: locked, deb: reference };
      const layer = lowerer.add(
        makeDerivation({ name: `golden-${hidden}`, builder: "package-layer", args, inputs: [reference.ref] }),
      );
      programs.hidden = hidden;
      try {
        await yard.store.build(lowerer.derivations, [layer.ref], { builders: { ...storeBuilders, ...imageBuilders } });
      } finally {
        programs.hidden = false;
      }
      const meta = JSON.parse(readFileSync(join(yard.store.path(layer), "meta.json"), "utf8")) as { diffId: string };
      digests.add(meta.diffId);
    }
    expect([...digests]).toEqual([golden.package]);
  });
});
