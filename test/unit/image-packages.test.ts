/** Images with packages, from the declaration over the lock to the layers: a small signed archive stands in for Debian's. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Fields, makeKey, type TestKey, writeSuite } from "../debian-archive.ts";
import { type DebTree, DebYard } from "../debs.ts";
import { exec, lading, type Ran } from "../support.ts";

interface Layer {
  readonly diffId: string;
  readonly digest: string;
  readonly about: string;
  readonly item: string;
}

interface Image {
  readonly path: string;
  readonly id: string;
  readonly layers: readonly Layer[];
}

let key: TestKey;
beforeAll(async () => {
  key = await makeKey();
});

const base: DebTree = {
  name: "base",
  files: { "etc/kept": "kept\n", "bin/tool": "#!/bin/sh\n", "root/.profile": "# root\n" },
  prepare: (tree) => {
    // As in base-files: nobody but root looks into it.
    chmodSync(join(tree, "root"), 0o700);
    chmodSync(join(tree, "bin/tool"), 0o755);
  },
};

const hello = (version: string, more: Partial<DebTree> = {}): DebTree => ({
  name: "hello",
  version,
  control: "Depends: base\n",
  files: { "usr/share/hello/version": `${version}\n` },
  ...more,
});

/** A declaration of one image, and the archive that its packages come from. */
class Site extends DebYard {
  /** Puts packages into a suite's pool and writes its index anew. */
  async publish(suite: string, trees: readonly DebTree[], release: Fields = {}): Promise<void> {
    mkdirSync(join(this.path, "mirror/pool"), { recursive: true });
    const packages = trees.map((tree): Fields => {
      const { name, version = "1.0", architecture = "amd64" } = tree;
      const deb = join(this.path, "mirror/pool", `${name}_${version}_${architecture}.deb`);
      // What was published stays as it is, byte for byte.
      if (!existsSync(deb)) copyFileSync(this.deb(tree), deb);
      const locked = this.locked(deb);
      const depends = /^Depends: (.*)$/m.exec(tree.control ?? "")?.[1];
      return {
        ...{ Package: locked.name, Version: locked.version, Architecture: locked.architecture },
        ...{ Filename: `pool/${basename(deb)}`, Size: String(locked.size), SHA256: locked.sha256 },
        ...(depends === undefined ? {} : { Depends: depends }),
      };
    });
    await writeSuite(this, key, { packages, name: suite, architectures: ["amd64", "arm64"], release });
  }

  declare(image: string, entries = 'toy("hello")', extra = ""): this {
    const release = `{ suite: "toy", updates: false, base: [], mirrors: ["file://${this.path}/mirror"], securityMirrors: ["file://${this.path}/mirror"], keyring: "${this.path}/key.asc" }`;
    return this.write({
      "host.ts": `import { debian, homeEnvironment, manifest, ociContainer, ociImage, ociServiceType, plainFile, service } from "lading";
const toy = debian(${release});
const image = ociImage({ repository: "toy", system: "linux/amd64", value: manifest([${entries}]), ${image} });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image })] })] });
${extra}`,
    });
  }

  command(...args: readonly string[]): Promise<Ran> {
    return lading(this, ...args);
  }

  async ok(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.command(...args);
    expect(status, stderr).toBe(0);
    return stdout;
  }

  async build(): Promise<Image> {
    const { images } = JSON.parse(await this.ok("image", "build", "host.ts", "--json")) as { images: readonly Image[] };
    const [image] = images;
    if (image === undefined) throw new Error("no image was built");
    return image;
  }

  /** What all layers hold, as GNU tar lists it; those of higher layers last. */
  async list({ path, layers }: Image): Promise<readonly string[]> {
    const lists = layers.map(async ({ digest }) => {
      const blob = join(path, "blobs/sha256", digest.slice(7));
      return (await exec(["tar", "--numeric-owner", "-tvf", blob])).stdout.trim().split("\n");
    });
    const lines = (await Promise.all(lists)).flat();
    return lines.map((line) => line.replace(/^(\S+) +(\S+) +\d+ \S+ \S+ /, "$1 $2 "));
  }
}

async function site(): Promise<Site> {
  const made = new Site();
  await made.publish("toy", [base, hello("1.0")]);
  await made.publish("toy-security", []);
  return made;
}

describe("an image with packages", () => {
  test("is checked without a lock, and built only with one, from what was locked", async () => {
    using yard = await site();
    yard.declare("");
    expect((await yard.command("check", "host.ts")).status).toBe(0);
    const unlocked = await yard.command("image", "build", "host.ts");
    expect(unlocked.status).toBe(1);
    expect(unlocked.stderr).toContain("error packages-not-locked: the packages of localhost/toy:latest for amd64");
    expect(unlocked.stderr).toContain("lading lock FILE");

    expect(await yard.ok("lock", "host.ts")).toMatch(
      /^toy amd64: hello\n {4}2 packages, \d+ bytes to fetch\npins changed: 1\n$/,
    );
    const lock = JSON.parse(readFileSync(join(yard.path, "host.lock.json"), "utf8"));
    expect(lock.packages[0].packages.map(({ name, version }: Fields) => `${name} ${version}`)).toEqual([
      "base 1.0",
      "hello 1.0",
    ]);
    expect(lock.packages[0].releases[0]).toMatchObject({ suite: "toy", signedBy: [key.fingerprint] });
    expect(await yard.ok("lock", "host.ts")).toBe("pinned already: 1\n");

    const image = await yard.build();
    // The archive goes on; the image stays what it was, wherever it is built.
    await yard.publish("toy", [base, hello("2.0")]);
    using other = new Site();
    for (const name of ["host.ts", "host.lock.json"])
      writeFileSync(join(other.path, name), readFileSync(join(yard.path, name)));
    expect((await other.build()).id).toBe(image.id);
  });

  test("holds what its packages hold, dpkg's record of them, and what their scripts would have written", async () => {
    using yard = await site();
    yard.declare(
      "",
      'toy("hello"), { target: "/bin/own", source: plainFile("own", "own"), mode: 0o755 }, { target: "/root/mine" }',
    );
    await yard.ok("lock", "host.ts");
    const image = await yard.build();
    const lines = await yard.list(image);
    expect(lines).toEqual(
      expect.arrayContaining([
        "lrwxrwxrwx 0/0 bin -> usr/bin",
        "-rwxr-xr-x 0/0 usr/bin/tool",
        "-rw-r--r-- 0/0 usr/share/hello/version",
        "-rw-r--r-- 0/0 var/lib/dpkg/status.d/hello",
        "-rw-r--r-- 0/0 var/lib/dpkg/status.d/base",
        // What is put through the link stands where it leads, and a folder keeps its mode.
        "-rwxr-xr-x 0/0 usr/bin/own",
        "drwxr-xr-x 0/0 root/mine/",
      ]),
    );
    expect(lines.filter((line) => / bin\/./.test(line))).toEqual([]);
    expect(new Set(lines.filter((line) => line.endsWith(" root/")))).toEqual(new Set(["drwx------ 0/0 root/"]));
    // The same in one layer, in which nothing stands twice.
    yard.declare(
      "packOptions: { maxLayers: 1 }",
      'toy("hello"), { target: "/bin/own", source: plainFile("own", "own"), mode: 0o755 }, { target: "/root/mine" }',
    );
    const single = await yard.build();
    expect(single.layers).toHaveLength(1);
    const listed = await yard.list(single);
    expect(new Set(listed)).toEqual(new Set(lines));
    expect(new Set(listed).size).toBe(listed.length);
  });

  test("has large packages too, which threads unpack, and says what is wrong with one", async () => {
    const large = (prepare: (tree: string) => void): DebTree => ({
      ...hello("1.0"),
      prepare: (tree) => {
        const bytes = Buffer.alloc(200_000, createHash("sha512").update("large").digest());
        for (let at = 0; at < bytes.length; at += 64)
          createHash("sha512").update(bytes.subarray(0, at)).digest().copy(bytes, at);
        writeFileSync(join(tree, "usr/share/hello/large"), bytes);
        prepare(tree);
      },
    });
    using yard = new Site();
    await yard.publish("toy-security", []);
    await yard.publish("toy", [base, large(() => undefined)]);
    yard.declare("");
    await yard.ok("lock", "host.ts");
    expect(await yard.list(await yard.build())).toContain("-rw-r--r-- 0/0 usr/share/hello/large");
    using broken = new Site();
    await broken.publish("toy-security", []);
    await broken.publish("toy", [base, large((tree) => execFileSync("mkfifo", [join(tree, "usr/share/hello/pipe")]))]);
    broken.declare("");
    await broken.ok("lock", "host.ts");
    const { status, stderr } = await broken.command("image", "build", "host.ts");
    expect(status).toBe(1);
    expect(stderr).toContain("error archive-invalid: hello 1.0: usr/share/hello/pipe is a fifo device or pipe");
  });

  test.each([1, 3, 100])("is the same image with compression, in at most %s layers", async (maxLayers) => {
    using yard = await site();
    yard.write({ "tree/x": "x" });
    const entries = 'toy("hello"), localTree("tree", { target: "/srv" })';
    const declare = (compression: string): void => {
      yard.declare(`packOptions: { maxLayers: ${maxLayers}, compression: "${compression}" }`, entries);
      const host = readFileSync(join(yard.path, "host.ts"), "utf8");
      yard.write({ "host.ts": host.replace("{ debian, ", "{ debian, localTree, ") });
    };
    declare("none");
    await yard.ok("lock", "host.ts");
    const plain = await yard.build();
    declare("zstd");
    const packed = await yard.build();
    expect(packed.id).toBe(plain.id);
    expect(packed.layers.map(({ digest }) => digest)).not.toContain(plain.layers[0]?.digest);
    expect((await yard.list(packed)).sort()).toEqual((await yard.list(plain)).sort());
    // All of what it is made of is known of the image, and so is kept with it.
    const store = join(yard.path, "state/store");
    const record = JSON.parse(readFileSync(join(store, ".items", basename(packed.path)), "utf8")) as {
      readonly references: readonly string[];
    };
    for (const layer of packed.layers) expect(record.references).toContain(layer.item);
  });

  test("is told what an update changes, before and when it is made", async () => {
    using yard = await site();
    yard.declare("");
    await yard.ok("lock", "host.ts");
    await yard.publish("toy", [base, hello("2.0", { control: "Depends: base, more\n" }), { name: "more" }]);
    expect(await yard.ok("lock", "host.ts")).toBe("pinned already: 1\n");
    const planned = await yard.command("lock", "host.ts", "--update", "--dry-run");
    expect(planned.status).toBe(4);
    expect(planned.stdout).toMatch(
      /^toy amd64: hello\n {4}hello: 1\.0 → 2\.0\n {4}more: not there → 1\.0\n {4}3 packages/,
    );
    expect(await yard.ok("lock", "host.ts")).toBe("pinned already: 1\n");
    await yard.ok("lock", "host.ts", "--update");
    expect((await yard.list(await yard.build())).join("\n")).toContain("status.d/more");
    // What was signed once, before the update, is played back.
    await yard.publish("toy", [base, hello("1.0")], { Date: "Fri, 10 Jul 2026 10:16:37 UTC" });
    const lock = readFileSync(join(yard.path, "host.lock.json"), "utf8");
    const refused = await yard.command("lock", "host.ts", "--update");
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/error archive-expired: \S+InRelease is of /),
    ]);
    expect(readFileSync(join(yard.path, "host.lock.json"), "utf8")).toBe(lock);
  });

  test("with grafts takes security updates of what is locked, and no other layer changes", async () => {
    using yard = await site();
    yard.declare("grafts: true, packOptions: { maxLayers: 100 }");
    await yard.ok("lock", "host.ts");
    const before = await yard.build();
    await yard.publish("toy-security", [hello("1.0+deb1"), { name: "unrelated" }]);
    await yard.publish("toy", [base, hello("3.0")]);
    expect(await yard.ok("lock", "host.ts", "--security")).toBe(
      "toy amd64: hello\n    security update of hello: not there → 1.0+deb1\npins changed: 1\n",
    );
    const after = await yard.build();
    expect(after.id).not.toBe(before.id);
    const version = (await yard.list(after)).filter((line) => line.includes("share/hello/version"));
    expect(version).toHaveLength(1);
    // An image that does not ask for them stays as it was.
    yard.declare("packOptions: { maxLayers: 100 }");
    expect((await yard.build()).id).toBe(before.id);
    // What an update needs anew is not slipped in.
    await yard.publish("toy-security", [hello("1.0+deb2", { control: "Depends: base, other\n" }), { name: "other" }]);
    const refused = await yard.command("lock", "host.ts", "--security");
    expect(refused.status, refused.stdout).toBe(1);
    expect(refused.stderr).toContain("error packages-unsatisfiable: the security update hello 1.0+deb2 needs other");
  });

  test("is told which packages do more when they are installed", async () => {
    using yard = new Site();
    await yard.publish("toy", [
      base,
      hello("1.0", { scripts: { postinst: "#!/bin/sh\nldconfig\ntouch /var/lib/hello\n" } }),
    ]);
    await yard.publish("toy-security", []);
    yard.declare("");
    await yard.ok("lock", "host.ts");
    const { stderr } = await yard.command("image", "build", "host.ts");
    expect(stderr).toContain("note: hello does more when it is installed, which was not done: touch /var/lib/hello\n");
    expect(stderr).not.toContain("ldconfig");
  });

  test("for two platforms has the packages of both", async () => {
    using yard = new Site();
    const arm = hello("1.0", { architecture: "arm64", files: { "usr/share/hello/version": "arm\n" } });
    await yard.publish("toy", [{ ...base, architecture: "all" }, hello("1.0"), arm]);
    await yard.publish("toy-security", []);
    yard.declare('system: ["linux/amd64", "linux/arm64"]');
    expect(await yard.ok("lock", "host.ts")).toContain("pins changed: 2");
    const { path } = await yard.build();
    for (const architecture of ["amd64", "arm64"]) {
      const to = join(yard.path, architecture);
      const copy = ["skopeo", "--insecure-policy", "--override-arch", architecture, "copy", "--quiet"];
      expect((await exec([...copy, `oci:${path}`, `oci:${to}:latest`])).stderr).toBe("");
      const unpacked = join(yard.path, `root-${architecture}`);
      expect((await exec(["umoci", "unpack", "--rootless", "--image", `${to}:latest`, unpacked])).status).toBe(0);
      const content = readFileSync(join(unpacked, "rootfs/usr/share/hello/version"), "utf8");
      expect(content).toBe(architecture === "amd64" ? "1.0\n" : "arm\n");
    }
  });

  test("is not built from anything else than what was locked, and nothing is left of the attempt", async () => {
    using yard = await site();
    yard.declare("");
    await yard.ok("lock", "host.ts");
    const deb = join(yard.path, "mirror/pool/hello_1.0_amd64.deb");
    const whole = readFileSync(deb);
    writeFileSync(deb, Buffer.concat([whole.subarray(0, -1), Buffer.from("x")]));
    const tampered = await yard.command("image", "build", "host.ts");
    expect(tampered.status).toBe(1);
    expect(tampered.stderr).toMatch(
      /error download-failed: nothing usable could be got from file:.*sha256:[0-9a-f]{64} says/,
    );
    writeFileSync(deb, whole);
    await yard.build();
    // A lock that somebody edited may not lead anywhere else.
    const lock = readFileSync(join(yard.path, "host.lock.json"), "utf8");
    yard.write({ "host.lock.json": lock.replace("pool/hello", "../../etc/hello") });
    const edited = await yard.command("check", "host.ts");
    expect(edited.status).toBe(1);
    expect(edited.stderr).toContain("error lock-invalid");
  });

  test.each([
    ["two releases", 'toy("hello"), debian({ suite: "other" })("x")', "", "an image has packages of two releases"],
    [
      "an architecture that the release lacks",
      'toy("hello")',
      'target: "riscv64-linux-gnu"',
      "the image is for riscv64",
    ],
    ["a name that is none", 'toy("Hello!")', "", "a package such as curl"],
    ["accounts and no packages", "", 'accounts: [{ name: "app", uid: 900 }]', "declares accounts and has no packages"],
    ["a level that gzip has not", "", 'packOptions: { compression: "gzip", compressionLevel: 13 }', "no level 13"],
    ["a level of nothing", "", "packOptions: { compressionLevel: 3 }", 'compression "none" has no level 3'],
  ])("with %s is refused where it is declared", async (_, entries, image, problem) => {
    using yard = await site();
    yard.declare(image, entries);
    const { status, stderr } = await yard.command("check", "host.ts");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^\S*host\.ts:\d+:\d+: error /);
    expect(stderr).toContain(problem);
  });

  test("names a package that no archive has, with the one that was meant", async () => {
    using yard = await site();
    yard.declare("", 'toy("helo")');
    const { status, stderr } = await yard.command("lock", "host.ts");
    expect(status).toBe(1);
    expect(stderr).toContain('error package-not-found: no archive has a package "helo"');
    expect(stderr).toContain("hello");
  });
});
