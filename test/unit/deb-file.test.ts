import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTar } from "../../src/archive/index.ts";
import { openDeb, readElfLibrary } from "../../src/packages/index.ts";
import { DebYard } from "../debs.ts";

async function contents(path: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { entry } of readTar((await openDeb(path)).data(), { name: path }))
    paths.push(`./${entry.path}${entry.kind === "directory" && entry.path !== "" ? "/" : ""}`);
  return paths;
}

/** Joins members as ar does. */
function ar(...members: readonly (readonly [name: string, body: string | Buffer])[]): Buffer {
  const parts = members.map(([name, body]) => {
    const bytes = Buffer.from(body as string);
    const size = String(bytes.length).padEnd(10);
    const header = `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${size}\`\n`;
    return Buffer.concat([Buffer.from(header), bytes, Buffer.alloc(bytes.length % 2, "\n")]);
  });
  return Buffer.concat([Buffer.from("!<arch>\n"), ...parts]);
}

describe("reading .deb files", () => {
  test.each(["none", "gzip", "xz", "zstd"] as const)(
    "what dpkg-deb packs with %s is read as dpkg-deb reads it",
    async (compression) => {
      using yard = new DebYard();
      const path = yard.deb({
        name: "sample",
        version: "2:1.0-1~x",
        compression,
        control: "Depends: libc6 (>= 2.36)\nMulti-Arch: foreign\n",
        files: { "etc/sample.conf": "a=1\n", "usr/bin/sample": "#!/bin/sh\n", "usr/share/doc/größe": "ü" },
        scripts: {
          conffiles: "/etc/sample.conf\nremove-on-upgrade /etc/old.conf\n",
          md5sums: "00000000000000000000000000000000  usr/bin/sample\n",
          postinst: "#!/bin/sh\nset -e\n",
          triggers: "interest /usr/share/sample\n",
        },
      });
      const deb = await openDeb(path);
      const field = (name: string): string => execFileSync("dpkg-deb", ["-f", path, name]).toString().trim();
      for (const name of ["Package", "Version", "Depends", "Multi-Arch"])
        expect(deb.fields.get(name.toLowerCase())).toBe(field(name));
      expect(deb.fields.get("description")).toBe("test\nit is");
      expect(deb.control).toBe(execFileSync("dpkg-deb", ["-I", path, "control"]).toString());
      expect(deb.conffiles).toEqual(["/etc/sample.conf"]);
      expect(deb.md5sums).toContain("usr/bin/sample");
      expect(deb.triggers).toBe("interest /usr/share/sample\n");
      expect([...deb.scripts].map(([name, body]) => [name, String(body)])).toEqual([
        ["postinst", "#!/bin/sh\nset -e\n"],
      ]);
      const listed = execFileSync("sh", ["-c", `dpkg-deb --fsys-tarfile '${path}' | tar --quoting-style=literal -t`]);
      expect(await contents(path)).toEqual(listed.toString().trim().split("\n"));
    },
  );

  const control = (text: string): Buffer => {
    using yard = new DebYard();
    writeFileSync(join(yard.path, "control"), text);
    return execFileSync("tar", ["-c", "-C", yard.path, "./control"]);
  };
  const empty = Buffer.alloc(1024);
  const good = control("Package: a\nVersion: 1\n");

  test.each<[string, Buffer, RegExp]>([
    ["nothing", Buffer.alloc(0), /no ar archive/],
    ["an archive of something else", ar(["other", "x"]), /does not begin as a Debian package/],
    [
      "a format of the future",
      ar(["debian-binary", "3.0\n"], ["control.tar", good], ["data.tar", empty]),
      /not version 2/,
    ],
    ["one without files", ar(["debian-binary", "2.0\n"], ["control.tar", good]), /its member data.tar is not/],
    [
      "members in another order",
      ar(["debian-binary", "2.0\n"], ["data.tar", empty], ["control.tar", good]),
      /control.tar/,
    ],
    ["a compression that is not known", ar(["debian-binary", "2.0\n"], ["control.tar.lz4", good]), /not known/],
    ["a name that only begins right", ar(["debian-binary", "2.0\n"], ["control.tarball", good]), /control.tar is not/],
    [
      "a suffix that lies",
      ar(["debian-binary", "2.0\n"], ["control.tar.gz", good], ["data.tar", empty]),
      /decompressed/,
    ],
    ["no control file", ar(["debian-binary", "2.0\n"], ["control.tar", empty], ["data.tar", empty]), /no control file/],
    [
      "a field twice",
      ar(["debian-binary", "2.0\n"], ["control.tar", control("A: 1\na: 2\n")], ["data.tar", empty]),
      /"a: 2"/,
    ],
    [
      "two paragraphs",
      ar(["debian-binary", "2.0\n"], ["control.tar", control("A: 1\n\nB: 2\n")], ["data.tar", empty]),
      /holds several/,
    ],
  ])("%s is refused", async (_, bytes, message) => {
    using yard = new DebYard();
    const path = join(yard.path, "bad.deb");
    writeFileSync(path, bytes);
    await expect(openDeb(path)).rejects.toMatchObject({ code: "archive-invalid" });
    await expect(openDeb(path)).rejects.toThrow(message);
  });

  test("members for others are passed over, before and after the files", async () => {
    using yard = new DebYard();
    const path = join(yard.path, "signed.deb");
    const members = [
      ["_other", "x"],
      ["control.tar/", good],
      ["_more", "y"],
      ["data.tar/", empty],
    ] as const;
    writeFileSync(path, ar(["debian-binary", "2.9\n"], ...members, ["_gpgorigin", "z"]));
    expect((await openDeb(path)).fields.get("package")).toBe("a");
    expect(await contents(path)).toEqual([]);
  });

  test("the files may not be much larger than the package says that they are when installed", async () => {
    using yard = new DebYard();
    const path = yard.deb({ name: "bomb", control: "Installed-Size: 1\n", files: { zeros: "\0".repeat(80 << 20) } });
    await expect(contents(path)).rejects.toThrow(/unpacks to more than 67110912 bytes/);
  });
});

describe("shared libraries", () => {
  const folder = join("/usr/lib", readdirSync("/usr/lib").find((name) => name.endsWith("-linux-gnu")) ?? "");
  const readAt = (bytes: Buffer) => (offset: number, size: number) =>
    offset >= bytes.length ? Buffer.alloc(0) : bytes.subarray(offset, offset + size);

  test("sonames are what objdump or the linker's own names say, for the libraries of this host", () => {
    const names = readdirSync(folder).filter((name) => /^lib[a-z]+\.so\.\d+$/.test(name));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names.slice(0, 60)) {
      const elf = readElfLibrary(readAt(readFileSync(join(folder, name))));
      // Debian names links after sonames: what is found by that name says the same of itself.
      expect(elf, name).toMatchObject({ bits: 64, soname: name });
    }
  });

  test("programs, texts and cut or changed libraries give undefined or a name, never an error", () => {
    const library = readFileSync(join(folder, "libz.so.1"));
    expect(readElfLibrary(readAt(Buffer.from("#!/bin/sh\n")))).toBeUndefined();
    expect(readElfLibrary(readAt(Buffer.alloc(0)))).toBeUndefined();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.nat(library.length),
        (changes, cut) => {
          const bytes = Buffer.from(library.subarray(0, cut % 3 === 0 ? cut : library.length));
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          const elf = readElfLibrary(readAt(bytes));
          if (elf?.soname !== undefined) expect(elf.soname).toMatch(/^[!-.0-~]{1,255}$/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
