import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PackageFacts } from "../../src/packages/index.ts";
import { type DebTree, DebYard } from "../debs.ts";
import { filesBelow, root as repository } from "../support.ts";

const isRoot = process.getuid?.() === 0;

/** A layer as GNU tar lists it, without the times and the sizes. */
function list(layer: string): readonly string[] {
  const out = execFileSync("tar", ["--numeric-owner", "--quoting-style=literal", "-tvf", join(layer, "layer.tar")]);
  const lines = out.toString().trim().split("\n");
  return lines.map((line) => line.replace(/^(\S+) (\S+) +\S+ \S+ \S+ /, "$1 $2 "));
}

function factsOf(layer: string): PackageFacts {
  return JSON.parse(readFileSync(join(layer, "facts.json"), "utf8")) as PackageFacts;
}

/** What `find` says of a tree: path, kind, mode, owners, links, and the names that share a file. */
function describeTree(tree: string): string {
  const facts = "find . -mindepth 1 -printf '%p %y %m %U %G %l %n\\n' | LC_ALL=C sort";
  const sums = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum";
  return execFileSync("sh", ["-c", `${facts}; ${sums}`], { cwd: tree }).toString();
}

const sample: DebTree = {
  name: "sample",
  control: "Installed-Size: 10\n",
  files: {
    "bin/tool": "#!/bin/sh\necho tool\n",
    "usr/lib/sample/data": "data",
    "lib/sample/more": "more",
    "etc/sample.conf": "a=1\n",
    "etc/ld.so.conf.d/sample.conf": "/usr/lib/sample\n",
    "usr/share/debianutils/shells.d/sample": "# shells\n/bin/tool\n",
    "usr/bin/zz": "one file",
  },
  scripts: { conffiles: "/etc/sample.conf\n/etc/ld.so.conf.d/sample.conf\n", md5sums: "0  bin/tool\n" },
  prepare: (tree) => {
    chmodSync(join(tree, "bin/tool"), 0o4755);
    // The name that sorts first is the second in dpkg-deb's archive, or the other way round: both are tried.
    linkSync(join(tree, "usr/bin/zz"), join(tree, "usr/bin/aa"));
    linkSync(join(tree, "usr/bin/zz"), join(tree, "bin/nn"));
    symlinkSync("../lib/sample", join(tree, "usr/share/link"));
    mkdirSync(join(tree, "var/empty"), { recursive: true });
    chmodSync(join(tree, "var/empty"), 0o1777);
    if (isRoot) for (const path of ["var/empty", "usr/lib/sample/data"]) chownSync(join(tree, path), 33, 42);
  },
};

describe("layers from packages", () => {
  test("entries are sorted, below the merged /usr, with dpkg's record, and the first of a file's names has its body", async () => {
    using yard = new DebYard();
    const { path } = await yard.layer(yard.deb(sample));
    const own = isRoot ? "33/42" : `${process.getuid?.()}/${process.getgid?.()}`;
    const root = isRoot ? "0/0" : own;
    expect(list(path)).toEqual([
      `drwxr-xr-x ${root} etc/`,
      `drwxr-xr-x ${root} etc/ld.so.conf.d/`,
      `-rw-r--r-- ${root} etc/ld.so.conf.d/sample.conf`,
      `-rw-r--r-- ${root} etc/sample.conf`,
      `drwxr-xr-x ${root} usr/`,
      `drwxr-xr-x ${root} usr/bin/`,
      `-rw-r--r-- ${root} usr/bin/aa`,
      `hrw-r--r-- ${root} usr/bin/nn link to usr/bin/aa`,
      `-rwsr-xr-x ${root} usr/bin/tool`,
      `hrw-r--r-- ${root} usr/bin/zz link to usr/bin/aa`,
      `drwxr-xr-x ${root} usr/lib/`,
      `drwxr-xr-x ${root} usr/lib/sample/`,
      `-rw-r--r-- ${own} usr/lib/sample/data`,
      `-rw-r--r-- ${root} usr/lib/sample/more`,
      `drwxr-xr-x ${root} usr/share/`,
      `drwxr-xr-x ${root} usr/share/debianutils/`,
      `drwxr-xr-x ${root} usr/share/debianutils/shells.d/`,
      `-rw-r--r-- ${root} usr/share/debianutils/shells.d/sample`,
      `lrwxrwxrwx ${root} usr/share/link -> ../lib/sample`,
      `drwxr-xr-x ${root} var/`,
      `drwxrwxrwt ${own} var/empty/`,
      "drwxr-xr-x 0/0 var/lib/",
      "drwxr-xr-x 0/0 var/lib/dpkg/",
      "drwxr-xr-x 0/0 var/lib/dpkg/status.d/",
      "-rw-r--r-- 0/0 var/lib/dpkg/status.d/sample",
      "-rw-r--r-- 0/0 var/lib/dpkg/status.d/sample.md5sums",
    ]);
    const content = (name: string): string => execFileSync("tar", ["-xOf", join(path, "layer.tar"), name]).toString();
    expect(content("usr/bin/aa")).toBe("one file");
    expect(content("var/lib/dpkg/status.d/sample")).toMatch(
      /^Package: sample\nStatus: install ok installed\nVersion: 1.0\n/,
    );
    expect(content("var/lib/dpkg/status.d/sample.md5sums")).toBe("0  bin/tool\n");
    expect(readFileSync(join(path, "kept/etc/ld.so.conf.d/sample.conf"), "utf8")).toBe("/usr/lib/sample\n");
    expect(filesBelow(join(path, "kept")).map((each) => each.slice(join(path, "kept").length))).toEqual([
      "/etc/ld.so.conf.d/sample.conf",
      "/usr/share/debianutils/shells.d/sample",
    ]);
    expect(factsOf(path)).toMatchObject({
      name: "sample",
      version: "1.0",
      architecture: "amd64",
      conffiles: ["/etc/sample.conf", "/etc/ld.so.conf.d/sample.conf"],
      shells: ["/bin/tool"],
      scripts: [],
    });
  });

  test.runIf(isRoot)("unpacked, a layer is what dpkg-deb -x makes of the package on a merged /usr", async () => {
    using yard = new DebYard();
    const deb = yard.deb(sample);
    const { path } = await yard.layer(deb);
    const [theirs, ours] = ["theirs", "ours"].map((name) => {
      const tree = join(yard.path, name);
      for (const folder of ["bin", "sbin", "lib"]) {
        mkdirSync(join(tree, "usr", folder), { recursive: true });
        symlinkSync(`usr/${folder}`, join(tree, folder));
      }
      mkdirSync(join(tree, "var/lib/dpkg"), { recursive: true });
      return tree;
    });
    // As dpkg unpacks: through the links, not in their place.
    const fsys = execFileSync("dpkg-deb", ["--fsys-tarfile", deb]);
    execFileSync("tar", ["-xp", "--numeric-owner", "--keep-directory-symlink", "-C", theirs ?? ""], { input: fsys });
    execFileSync("tar", ["-xp", "--numeric-owner", "-f", join(path, "layer.tar"), "-C", ours ?? ""]);
    execFileSync("rm", ["-r", join(ours ?? "", "var/lib/dpkg/status.d")]);
    expect(describeTree(ours ?? "")).toBe(describeTree(theirs ?? ""));
  });

  test("the same files give the same bytes, however they are packed and whatever umask and time zone say", async () => {
    const metas: string[] = [];
    for (const [compression, mask, zone] of [
      ["none", 0o022, "UTC"],
      ["gzip", 0o077, "Pacific/Auckland"],
      ["xz", 0o000, "America/New_York"],
      ["zstd", 0o027, "UTC"],
    ] as const) {
      using yard = new DebYard();
      const deb = yard.deb({ ...sample, compression });
      const before = [process.umask(mask), process.env.TZ] as const;
      process.env.TZ = zone;
      try {
        const { path } = await yard.layer(deb);
        metas.push(["meta.json", "files", "facts.json"].map((name) => readFileSync(join(path, name), "utf8")).join());
      } finally {
        process.umask(before[0]);
        if (before[1] === undefined) delete process.env.TZ;
        else process.env.TZ = before[1];
      }
    }
    expect(metas).toEqual(Array.from({ length: 4 }, () => metas[0]));
  });

  test("a package that is not the one that was locked is not looked into", async () => {
    using yard = new DebYard();
    const deb = yard.deb({ name: "sample", files: { a: "a" } });
    const locked = yard.locked(deb);
    const refused = async (change: object, message: RegExp): Promise<void> => {
      const result = yard.layer(deb, { ...locked, ...change });
      await expect(result).rejects.toMatchObject({ code: "archive-invalid" });
      await expect(result).rejects.toThrow(message);
    };
    await refused({ sha256: "0".repeat(64) }, /sample 1.0: its SHA-256 is .* and 0000/);
    await refused({ size: locked.size + 1 }, /bytes, and \d+ were locked/);
    await refused({ name: "other" }, /its name is sample/);
    await refused({ version: "2.0" }, /its version is 1.0/);
    await refused({ architecture: "arm64" }, /its architecture is amd64/);
  });

  test.each<[string, Partial<DebTree>, RegExp]>([
    ["a file at two places that are one", { files: { "bin/x": "1", "usr/bin/x": "2" } }, /usr\/bin\/x is in it twice/],
    [
      "a link in place of a folder of /usr",
      {
        files: { "lib/x": "1" },
        prepare: (tree) => {
          mkdirSync(join(tree, "usr"));
          symlinkSync("/tmp", join(tree, "usr/lib"));
        },
      },
      /usr\/lib/,
    ],
    ["a pipe", { prepare: (tree) => void spawnSync("mkfifo", [join(tree, "pipe")]) }, /pipe is a fifo/],
    ["our own record", { files: { "var/lib/dpkg/status.d/bad": "x" } }, /status.d\/bad is in it twice/],
    ["a file where our record's folder is", { files: { "var/lib/dpkg/status.d": "x" } }, /which is a file/],
  ])("%s is refused, and nothing is left of it", async (_, tree, message) => {
    using yard = new DebYard();
    const result = yard.layer(yard.deb({ name: "bad", ...tree } as DebTree));
    await expect(result).rejects.toMatchObject({ code: "archive-invalid" });
    await expect(result).rejects.toThrow(message);
    expect(filesBelow(join(yard.path, "store", ".tmp"))).toEqual([]);
  });

  test("the links of a merged /usr that base-files has are left to whoever makes the image", async () => {
    using yard = new DebYard();
    const links = (tree: string): void => {
      for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(tree, name));
      mkdirSync(join(tree, "usr/bin"), { recursive: true });
    };
    const { path } = await yard.layer(yard.deb({ name: "base-files", prepare: links }));
    expect(list(path).filter((line) => line.startsWith("l"))).toEqual([]);
    expect(list(path).some((line) => line.endsWith(" usr/bin/"))).toBe(true);
  });

  test("memory is bounded: a package of 300 MB takes less than 200 MiB", async () => {
    using yard = new DebYard();
    const deb = yard.deb({
      name: "large",
      compression: "zstd",
      prepare: (tree) => {
        mkdirSync(join(tree, "usr/share"), { recursive: true });
        spawnSync("sh", ["-c", "head -c 150000000 /dev/urandom > a; head -c 150000000 /dev/zero > b"], {
          cwd: join(tree, "usr/share"),
        });
      },
    });
    const program = `
      import { writeFileSync } from "node:fs";
      import { unpackPackage } from ${JSON.stringify(join(repository, "src/image/unpack-package.ts"))};
      const [path, out, locked] = process.argv.slice(2);
      await unpackPackage({ package: JSON.parse(locked), path, out });
      console.log(process.resourceUsage().maxRSS);`;
    symlinkSync(join(repository, "node_modules"), join(yard.path, "node_modules"));
    const { build } = await import("esbuild");
    const script = join(yard.path, "measure.mjs");
    await build({
      stdin: { contents: program, resolveDir: repository, loader: "ts" },
      outfile: script,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
    });
    const out = join(yard.path, "layer");
    const peak = Number(execFileSync(process.execPath, [script, deb, out, JSON.stringify(yard.locked(deb))]));
    expect(lstatSync(join(out, "layer.tar")).size).toBeGreaterThan(300_000_000);
    expect(peak / 1024).toBeLessThan(200);
    expect(existsSync(`${out}.spool`)).toBe(false);
  });
});

describe("layers put together", () => {
  const one: DebTree = {
    name: "one",
    files: { "usr/share/common": "same", "usr/share/one": "1", "usr/bin/b": "linked" },
    prepare: (tree) => {
      linkSync(join(tree, "usr/bin/b"), join(tree, "usr/bin/c"));
      symlinkSync("one", join(tree, "usr/share/link"));
    },
  };

  test("all entries are there once, in order, with their bodies", async () => {
    using yard = new DebYard();
    const two: DebTree = {
      name: "two",
      files: { "usr/share/common": "same", "usr/share/z": "2", "usr/bin/a": "tool" },
      prepare: (tree) => {
        symlinkSync("one", join(tree, "usr/share/link"));
        chmodSync(join(tree, "usr/share"), 0o700);
      },
    };
    const layers = [await yard.layer(yard.deb(one)), await yard.layer(yard.deb(two))];
    const path = await yard.merge(layers.map(({ item }) => item));
    expect(list(path).map((line) => line.replace(/^(\S+) \S+/, "$1"))).toEqual([
      "drwxr-xr-x usr/",
      "drwxr-xr-x usr/bin/",
      "-rw-r--r-- usr/bin/a",
      "-rw-r--r-- usr/bin/b",
      "hrw-r--r-- usr/bin/c link to usr/bin/b",
      "drwxr-xr-x usr/share/",
      "-rw-r--r-- usr/share/common",
      "lrwxrwxrwx usr/share/link -> one",
      "-rw-r--r-- usr/share/one",
      "-rw-r--r-- usr/share/z",
      "drwxr-xr-x var/",
      "drwxr-xr-x var/lib/",
      "drwxr-xr-x var/lib/dpkg/",
      "drwxr-xr-x var/lib/dpkg/status.d/",
      "-rw-r--r-- var/lib/dpkg/status.d/one",
      "-rw-r--r-- var/lib/dpkg/status.d/two",
    ]);
    const tree = join(yard.path, "tree");
    mkdirSync(tree);
    execFileSync("tar", ["-xf", join(path, "layer.tar"), "-C", tree]);
    const read = (name: string): string => readFileSync(join(tree, name), "utf8");
    expect([read("usr/share/common"), read("usr/bin/c"), read("usr/share/z")]).toEqual(["same", "linked", "2"]);
    // What a layer lists is what is in it.
    const lines = readFileSync(join(path, "files"), "utf8").trim().split("\n");
    expect(lines).toHaveLength(16);
    expect(new Set(lines).size).toBe(16);
  });

  test("one layer alone comes out as it went in", async () => {
    using yard = new DebYard();
    const layer = await yard.layer(yard.deb(one));
    const merged = await yard.merge([layer.item]);
    for (const name of ["layer.tar", "files", "meta.json"])
      expect(readFileSync(join(merged, name)).equals(readFileSync(join(layer.path, name)))).toBe(true);
  });

  test.each<[string, Partial<DebTree>, string]>([
    ["other contents", { files: { "usr/share/common": "different" } }, "/usr/share/common"],
    [
      "another mode",
      { files: { "usr/share/common": "same" }, prepare: (tree) => chmodSync(join(tree, "usr/share/common"), 0o600) },
      "/usr/share/common",
    ],
    ["a folder for a file", { files: { "usr/share/common/x": "same" } }, "/usr/share/common"],
    ["a file for a link", { files: { "usr/share/link": "one" } }, "/usr/share/link"],
    ["files through the other's link", { files: { "usr/share/link/x": "one" } }, "/usr/share/link"],
    [
      "another link",
      {
        prepare: (tree) => {
          mkdirSync(join(tree, "usr/share"), { recursive: true });
          symlinkSync("two", join(tree, "usr/share/link"));
        },
      },
      "/usr/share/link",
    ],
  ])("%s at one path is refused, naming both packages", async (_, tree, path) => {
    using yard = new DebYard();
    const layers = [await yard.layer(yard.deb(one)), await yard.layer(yard.deb({ name: "two", ...tree }))];
    const result = yard.merge(layers.map(({ item }) => item));
    await expect(result).rejects.toMatchObject({ code: "file-conflict" });
    await expect(result).rejects.toThrow(`one and two differ about ${path}`);
    expect(dirname(path)).toBe("/usr/share");
  });
});
