/** /etc/ld.so.cache and links by soname: the same bytes as ldconfig writes over the same root. */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatLibraryCache } from "../../src/packages/debian/system-files/library-cache-format.ts";
import { compareLibraries } from "../../src/packages/debian/system-files/library-order.ts";
import { generateSystemFiles } from "../../src/packages/index.ts";
import { Scratch } from "../support.ts";
import { hasProgram, inventPackage, output, readPackage } from "../unpacked.ts";

describe("the order of libraries", () => {
  test("is by numbers where names have digits, and digits come after all else", () => {
    const names = [
      "libz.so.1",
      "liba.so.10",
      "liba.so.9",
      "liba.so",
      "liba-x.so.1",
      "libb2.so",
      "libbz.so",
      "liba.so.009",
    ];
    expect(names.toSorted(compareLibraries)).toEqual([
      "liba-x.so.1",
      "liba.so",
      "liba.so.9",
      "liba.so.009",
      "liba.so.10",
      "libbz.so",
      "libb2.so",
      "libz.so.1",
    ]);
  });

  const name = fc.stringMatching(/^[ab019.]{0,8}$/);
  test("is one: both ways round it says the same, and it leads in no circle", () => {
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareLibraries(a, b)) + Math.sign(compareLibraries(b, a))).toBe(0);
        if (compareLibraries(a, b) <= 0 && compareLibraries(b, c) <= 0)
          expect(compareLibraries(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Libraries of this machine that a test may copy. */
const folder = join("/usr/lib", readdirSync("/usr/lib").find((name) => /-linux-gnu/.test(name)) ?? "");
const missing = [
  ...(process.getuid?.() === 0 ? [] : ["root, which ldconfig -r needs"]),
  ...(hasProgram("ldconfig", "readelf", "dpkg-query") ? [] : ["ldconfig, readelf and dpkg-query"]),
];
if (missing.length > 0) console.log(`not compared with ldconfig: this needs ${missing.join(" and ")}`);

/** A root with this machine's libraries under names of the test's choice, what ldconfig makes of it, and what we do. */
function compare(
  scratch: Scratch,
  copies: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
): { readonly ours: ReadonlyMap<string, string | Buffer | undefined>; readonly cache: Buffer; readonly root: string } {
  const root = join(scratch.path, "root");
  for (const name of ["bin", "sbin", "lib"]) mkdirSync(join(root, "usr", name), { recursive: true });
  for (const name of ["bin", "sbin", "lib"]) symlinkSync(`usr/${name}`, join(root, name));
  for (const [path, from] of Object.entries(copies)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(realpathSync(join(folder, from)), join(root, path));
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  scratch.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [join("root", path), text])));
  const [version = "", architecture = ""] = output([
    "dpkg-query",
    "-W",
    "-f",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query has placeholders of its own.
    "${Version} ${Architecture}",
    "libc-bin",
  ]).split(" ");
  const before = readPackage(root, { name: "libc-bin", version, architecture });
  const generated = generateSystemFiles([before]);
  mkdirSync(join(root, "etc"), { recursive: true });
  output(["ldconfig", "-r", root]);
  const ours = new Map(generated.map(({ path, content, target }) => [path, target ?? content]));
  return { ours, cache: readFileSync(join(root, "etc/ld.so.cache")), root };
}

describe.skipIf(missing.length > 0)("what ldconfig makes", () => {
  test("of a few libraries in the trusted folders is made alike, byte by byte", () => {
    using scratch = new Scratch();
    const lib = `${folder}/`;
    const { ours, cache } = compare(
      scratch,
      {
        [`${lib}libc.so.6`]: "libc.so.6",
        [`${lib}libm.so.6`]: "libm.so.6",
        [`${lib}libz.so.1`]: "libz.so.1",
        "/usr/lib/libz.so.1": "libz.so.1",
        [`${lib}libdl.so.2`]: "libdl.so.2",
        [`${lib}README.so`]: "libdl.so.2",
      },
      {},
      { "/usr/lib/libtext.so": "GROUP ( libc.so.6 )\n" },
    );
    expect(ours.get("/etc/ld.so.cache")).toEqual(cache);
  });

  test("of links for linkers, several versions and libraries without a link is made alike", () => {
    using scratch = new Scratch();
    const lib = `${folder}/`;
    const { ours, cache, root } = compare(
      scratch,
      {
        [`${lib}libz.so.1.2.9`]: "libz.so.1",
        [`${lib}libz.so.1.2.13`]: "libz.so.1",
        [`${lib}libm-2.36.so`]: "libm.so.6",
        [`${lib}libdl.so.2`]: "libdl.so.2",
        [`${lib}libother.so`]: "libpthread.so.0",
        [`${lib}sub/librt.so.1.0`]: "librt.so.1",
        "/opt/own/lib/libutil.so.1": "libutil.so.1",
      },
      {
        // By the soname, to the older version: ldconfig turns it round.
        [`${lib}libz.so.1`]: "libz.so.1.2.9",
        [`${lib}libz.so`]: "libz.so.1.2.13",
        [`${lib}libm.so`]: "libm-2.36.so",
        [`${lib}libdl.so`]: "/lib/nowhere/libdl.so.2",
        [`${lib}libstrange.so`]: "libother.so",
        [`${lib}librt.so.1`]: "sub/librt.so.1.0",
      },
      {
        "/etc/ld.so.conf": "# first\ninclude /etc/ld.so.conf.d/*.conf\ninclude nothing-[.conf\n",
        "/etc/ld.so.conf.d/b.conf": `${folder}/sub  # too\n`,
        "/etc/ld.so.conf.d/a.conf": "/opt/own/lib/\n/lib/not-there\n",
        "/etc/ld.so.conf.d/ignored": "/opt/other\n",
      },
    );
    expect(ours.get("/etc/ld.so.cache")).toEqual(cache);
    const soname = [`${lib}libz.so.1`, `${lib}libm.so.6`, `${lib}libpthread.so.0`, `${lib}sub/librt.so.1`];
    for (const path of soname) expect([path, ours.get(path)]).toEqual([path, readlinkSync(join(root, path))]);
    expect([...ours.keys()].filter((path) => /\.so/.test(path) && path !== "/etc/ld.so.cache")).toEqual(
      soname.toSorted(),
    );
  });

  test("of folders for processors is made alike", () => {
    using scratch = new Scratch();
    const lib = `${folder}/`;
    const { ours, cache } = compare(
      scratch,
      {
        [`${lib}libz.so.1`]: "libz.so.1",
        [`${lib}libdl.so.2`]: "libdl.so.2",
        [`${lib}glibc-hwcaps/x86-64-v3/libz.so.1.2.13`]: "libz.so.1",
        [`${lib}glibc-hwcaps/x86-64-v2/libz.so.1.2.13`]: "libz.so.1",
        [`${lib}glibc-hwcaps/x86-64-v2/libdl.so.2`]: "libdl.so.2",
      },
      {},
      {},
    );
    expect(ours.get("/etc/ld.so.cache")).toEqual(cache);
  });
});

describe("the cache of other machines", () => {
  const library = {
    path: "/usr/lib/aarch64-linux-gnu/libz.so.1",
    soname: "libz.so.1",
    bits: 64,
    machine: 183,
  } as const;

  test("has their flags, and nothing that they cannot load", () => {
    const libraries = [library, { ...library, path: "/usr/lib/libx.so.1", soname: "libx.so.1", machine: 62 }];
    const libc = { name: "libc-bin", version: "2.36-9+deb12u14", architecture: "arm64", libraries };
    const files = generateSystemFiles([inventPackage(libc, { [library.path]: null, "/usr/lib/libx.so.1": null })]);
    const cache = files.find(({ path }) => path === "/etc/ld.so.cache")?.content as Buffer;
    expect(cache.readUInt32LE(20)).toBe(1);
    expect(cache.readUInt32LE(48)).toBe(0x0a03);
    expect(cache.toString("latin1")).toContain("\0/lib/aarch64-linux-gnu/libz.so.1\0".slice(1));
    expect(cache.toString("latin1")).toContain("ldconfig (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36");
  });

  test("has their order of bytes", () => {
    const cache = formatLibraryCache([{ soname: "a", path: "/a", flags: 0x0403 }], { generator: "x", bigEndian: true });
    expect([cache.readUInt32BE(20), cache.readUInt8(28), cache.readUInt32BE(48)]).toEqual([1, 3, 0x0403]);
  });

  test.skipIf(!hasProgram("ldconfig"))("is read by ldconfig as theirs", () => {
    using scratch = new Scratch();
    const names: readonly (readonly [architecture: string, machine: number, bits: 32 | 64, shown: string])[] = [
      ["amd64", 62, 64, "libc6,x86-64"],
      ["amd64", 62, 32, "libc6,x32"],
      ["amd64", 3, 32, "libc6"],
      ["arm64", 183, 64, "libc6,AArch64"],
      ["armhf", 40, 32, "libc6,hard-float"],
      ["armel", 40, 32, "libc6,soft-float"],
      ["riscv64", 243, 64, "libc6,double-float"],
      ["ppc64el", 21, 64, "libc6,64bit"],
    ];
    for (const [architecture, machine, bits, shown] of names) {
      const found = { path: "/usr/lib/libz.so.1", soname: "libz.so.1", machine, bits };
      const libc = { name: "libc-bin", version: "2.36-9", architecture, libraries: [found] };
      const files = generateSystemFiles([inventPackage(libc, { [found.path]: null })]);
      const cache = join(scratch.path, "cache");
      writeFileSync(cache, files.find(({ path }) => path === "/etc/ld.so.cache")?.content ?? "");
      expect(output(["ldconfig", "-p", "-C", cache])).toContain(`\tlibz.so.1 (${shown}) => /lib/libz.so.1\n`);
    }
  });

  test("names no library, and makes no link, by a soname that leads out of its folder", () => {
    const libraries = ["../../etc/passwd", "..", ".", "/etc/x", "a\0b"].map((soname, index) => {
      return { ...library, path: `/usr/lib/lib${index}.so`, soname };
    });
    const libc = { name: "libc-bin", version: "2.36-9", architecture: "arm64", libraries };
    const paths = Object.fromEntries(libraries.map(({ path }) => [path, null]));
    const files = generateSystemFiles([inventPackage(libc, paths)]);
    const cache = files.find(({ path }) => path === "/etc/ld.so.cache")?.content as Buffer;
    expect(cache.readUInt32LE(20)).toBe(0);
    const other = { ...libc, libraries: [{ ...library, path: "/usr/lib/libx.so", soname: "folder" }] };
    const beside = generateSystemFiles([inventPackage(other, { "/usr/lib/libx.so": null, "/usr/lib/folder/x": null })]);
    expect(beside.map(({ path }) => path)).not.toContain("/usr/lib/folder");
    expect(files.filter(({ path, target }) => target !== undefined && !/^\/(bin|s?bin|lib)$/.test(path))).toEqual([]);
  });

  test("is not made without a C library, or for a machine that is not known", () => {
    const foreign = { name: "libc-bin", version: "2.36-9", architecture: "constructor" };
    for (const facts of [{ name: "static" }, foreign]) {
      const files = generateSystemFiles([inventPackage(facts, { "/usr/bin/static": null })]);
      expect(files.map(({ path }) => path)).not.toContain("/etc/ld.so.cache");
    }
  });
});

test("a configuration that includes itself, or that no match would end on, is read to its end", () => {
  const conf = { "/etc/ld.so.conf": `include /etc/*.conf\ninclude /etc/${"*a".repeat(40)}b\n/opt/lib\n` };
  const library = { path: "/opt/lib/libz.so.1", soname: "libz.so.1", bits: 64, machine: 62 } as const;
  const libc = { name: "libc-bin", version: "2.36-9", libraries: [library] };
  const long = `/etc/${"a".repeat(200)}`;
  const files = generateSystemFiles([inventPackage(libc, { ...conf, [long]: null, [library.path]: null })]);
  const cache = files.find(({ path }) => path === "/etc/ld.so.cache")?.content as Buffer;
  expect(cache.readUInt32LE(20)).toBe(1);
});
