import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTar, type TarEntry, tarEnd, tarHeader, tarPadding } from "../../src/archive/index.ts";
import { Scratch } from "../support.ts";

type Read = Omit<TarEntry, "xattrs"> & {
  readonly content?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
};

/** Chunks of `size` bytes, so that headers and bodies fall across their borders. */
async function* pieces(bytes: Buffer, size = 997): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size?: number): Promise<readonly Read[]> {
  const entries: Read[] = [];
  for await (const { entry, body, offset } of readTar(pieces(bytes, size), { name: "test.tar" })) {
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(Buffer.from(part));
    const content = Buffer.concat(parts);
    expect(bytes.subarray(offset, offset + entry.size)).toEqual(content);
    const { xattrs, ...rest } = entry;
    entries.push({
      ...rest,
      ...(entry.kind === "file" ? { content: content.toString() } : {}),
      ...(xattrs ? { xattrs: Object.fromEntries(Object.entries(xattrs).map(([k, v]) => [k, String(v)])) } : {}),
    });
  }
  return entries;
}

function entry(path: string, more: Partial<TarEntry> = {}): TarEntry {
  return { path, kind: "file", mode: 0o644, uid: 0, gid: 0, size: 0, ...more };
}

function archive(...entries: readonly (TarEntry | readonly [TarEntry, string] | Buffer)[]): Buffer {
  const parts = entries.flatMap((each) => {
    if (Buffer.isBuffer(each)) return [each];
    const [head, content = ""] = Array.isArray(each) ? (each as [TarEntry, string]) : [each as TarEntry];
    const size = Buffer.byteLength(content);
    return [tarHeader({ ...head, size }), Buffer.from(content), tarPadding(size)];
  });
  return Buffer.concat([...parts, tarEnd]);
}

/** A header of which one field is changed, with its sum made right again. */
function patched(header: Buffer, offset: number, bytes: string | Buffer): Buffer {
  const copy = Buffer.from(header);
  Buffer.from(bytes as string, "latin1").copy(copy, offset);
  copy.write("        ", 148, "latin1");
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}

/** One header that extends the next, of any kind. */
function extension(flag: string, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body as string);
  const header = patched(tarHeader(entry("extension", { size: bytes.length })), 156, flag);
  return Buffer.concat([header, bytes, tarPadding(bytes.length)]);
}

const refusal = (bytes: Buffer): Promise<string> =>
  read(bytes).then(
    () => "taken",
    (error: unknown) => {
      expect(error).toMatchObject({ code: "archive-invalid" });
      return (error as Error).message;
    },
  );

describe("reading tar archives", () => {
  const long = `${"long/".repeat(60)}name`;
  const wide = "x".repeat(240);

  for (const format of ["gnu", "posix", "ustar"]) {
    test(`what GNU tar writes as ${format} is read: kinds, modes, owners, links, long and foreign names`, async () => {
      using scratch = new Scratch();
      const tree = join(scratch.path, "tree");
      mkdirSync(join(tree, "folder"), { recursive: true });
      writeFileSync(join(tree, "folder/file"), "hello\n");
      writeFileSync(join(tree, "folder/größe-日本"), "ü");
      writeFileSync(join(tree, "set-uid"), "");
      chmodSync(join(tree, "set-uid"), 0o4755);
      linkSync(join(tree, "folder/file"), join(tree, "other-name"));
      symlinkSync("/absolute/../target", join(tree, "symlink"));
      execFileSync("mkfifo", [join(tree, "pipe")]);
      if (format !== "ustar") {
        mkdirSync(join(tree, long.slice(0, -5)), { recursive: true });
        writeFileSync(join(tree, long), "deep");
        writeFileSync(join(tree, wide), "wide");
        symlinkSync(`${wide}${wide}`, join(tree, "symlink-to-long"));
        linkSync(join(tree, long), join(tree, "zz-link-to-long"));
      }
      const argv = ["-c", `--format=${format}`, "--sort=name", "--owner=33", "--group=42", "--numeric-owner", "."];
      const bytes = execFileSync("tar", argv, { cwd: tree, maxBuffer: 1 << 26 });
      const entries = new Map((await read(bytes)).map((each) => [each.path, each]));
      expect(entries.get("")).toMatchObject({ kind: "directory", uid: 33, gid: 42 });
      expect(entries.get("folder/file")).toMatchObject({ kind: "file", content: "hello\n", size: 6 });
      expect(entries.get("folder/größe-日本")).toMatchObject({ content: "ü" });
      expect(entries.get("set-uid")).toMatchObject({ mode: 0o4755, size: 0 });
      expect(entries.get("other-name")).toMatchObject({ kind: "hardlink", target: "folder/file" });
      expect(entries.get("symlink")).toMatchObject({ kind: "symlink", target: "/absolute/../target" });
      expect(entries.get("pipe")).toMatchObject({ kind: "fifo" });
      if (format === "ustar") return;
      expect(entries.get(long)).toMatchObject({ content: "deep" });
      expect(entries.get(wide)).toMatchObject({ content: "wide" });
      expect(entries.get("symlink-to-long")).toMatchObject({ target: `${wide}${wide}` });
      expect(entries.get("zz-link-to-long")).toMatchObject({ kind: "hardlink", target: long });
    });
  }

  test("what we write is read again as it was, and GNU tar lists the same", async () => {
    const text = fc.stringMatching(/^[a-zä日][\wäöü日 .-]{0,60}$/);
    const path = fc.array(text, { minLength: 1, maxLength: 6 }).map((parts) => `p/${parts.join("/")}`);
    const common = fc.record({
      mode: fc.integer({ min: 0, max: 0o7777 }),
      uid: fc.integer({ min: 0, max: 65534 }),
      gid: fc.integer({ min: 0, max: 65534 }),
    });
    const anyEntry = fc.oneof(
      fc.record({ path, common, content: fc.string({ maxLength: 1500 }) }),
      fc.record({ path, common, target: fc.oneof(text, fc.constant("t".repeat(300))) }),
      fc.record({ path, common, kind: fc.constantFrom("directory" as const, "fifo" as const) }),
      fc.record({ path, common, device: fc.tuple(fc.nat(255), fc.nat(255)) }),
      fc.record({ path, common, xattr: fc.string({ minLength: 1 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyEntry, { maxLength: 8, selector: (each) => each.path }), async (all) => {
        const made = all
          .filter(({ path: own }) => !all.some((other) => own.startsWith(`${other.path}/`)))
          .map((each) => {
            const base = { ...entry(each.path), ...each.common };
            if ("content" in each) return [base, each.content] as const;
            if ("target" in each) return { ...base, kind: "symlink" as const, target: each.target };
            if ("device" in each) return { ...base, kind: "character" as const, device: each.device };
            if ("xattr" in each) return { ...base, xattrs: { "user.test": Buffer.from(each.xattr) } };
            return { ...base, kind: each.kind };
          });
        const bytes = archive(...made);
        const entries = await read(bytes, 1000);
        const expected = made.map((each) => {
          const [head, content] = "path" in each ? [each as TarEntry, ""] : each;
          const size = Buffer.byteLength(content);
          const { xattrs, ...rest } = head;
          const attributes = xattrs && Object.fromEntries(Object.entries(xattrs).map(([k, v]) => [k, String(v)]));
          return {
            ...rest,
            size,
            ...(head.kind === "file" ? { content: Buffer.from(content).toString() } : {}),
            ...(attributes ? { xattrs: attributes } : {}),
          };
        });
        expect(entries).toEqual(expected);
        const listed = spawnSync("tar", ["-t", "--quoting-style=literal"], {
          input: bytes,
          env: { ...process.env, LC_ALL: "C.UTF-8" },
        });
        const names = listed.stdout.toString().split("\n").filter(Boolean);
        expect(names.map((name) => name.replace(/\/$/, ""))).toEqual(entries.map((each) => each.path));
      }),
      { numRuns: 60 },
    );
  });

  test("pax headers say name, target, size, owner and attributes; global ones hold until they are taken back", async () => {
    const record = (key: string, value: string): string => {
      const rest = ` ${key}=${value}\n`;
      let length = Buffer.byteLength(rest) + 1;
      while (String(length).length + Buffer.byteLength(rest) !== length) length += 1;
      return `${length}${rest}`;
    };
    const bytes = archive(
      extension("g", record("uid", "7") + record("comment", "ignored")),
      extension("x", record("path", "a/ä b") + record("gid", "3000000000") + record("SCHILY.xattr.user.k", "v=\n1")),
      [entry("short"), "body"],
      entry("second"),
      extension("g", record("uid", "")),
      extension("x", record("linkpath", "some where")),
      entry("third", { kind: "symlink", target: "elsewhere", uid: 5 }),
    );
    expect(await read(bytes)).toEqual([
      { ...entry("a/ä b"), uid: 7, gid: 3_000_000_000, size: 4, content: "body", xattrs: { "user.k": "v=\n1" } },
      { ...entry("second"), uid: 7, content: "" },
      { ...entry("third"), kind: "symlink", target: "some where", uid: 5 },
    ]);
  });

  test("a size in base 256, as GNU tar writes it from 8 GiB on, and the flags of old writers are read", async () => {
    const large = Buffer.alloc(12);
    large[0] = 0x80;
    large[11] = 4;
    const header = patched(tarHeader(entry("file", { size: 4 })), 124, large);
    const old = patched(patched(tarHeader(entry("folder")), 0, "folder/"), 156, "\0");
    expect(await read(archive(Buffer.concat([header, Buffer.from("body"), tarPadding(4)]), old))).toMatchObject([
      { path: "file", size: 4, content: "body" },
      { path: "folder", kind: "directory" },
    ]);
  });

  test("bodies that nobody reads are passed over", async () => {
    const bytes = archive([entry("a"), "x".repeat(5000)], [entry("b"), "y"]);
    const paths: string[] = [];
    for await (const member of readTar(pieces(bytes), { name: "test" })) {
      paths.push(member.entry.path);
      for await (const part of member.body) {
        expect(part.length).toBeGreaterThan(0);
        break;
      }
    }
    expect(paths).toEqual(["a", "b"]);
  });

  test.each<[string, Buffer, RegExp]>([
    ["a path with ..", archive(entry("a/../../etc/passwd")), /has a "\.\." in it/],
    ["an absolute path", archive(entry("/etc/passwd")), /is absolute/],
    ["an empty path", archive(patched(tarHeader(entry("x")), 0, "\0")), /is empty/],
    ["a NUL in a pax path", archive(extension("x", "14 path=a\0bcd\n"), entry("x")), /holds a NUL/],
    [
      "a path through a link",
      archive(entry("link", { kind: "symlink", target: "/etc" }), entry("link/passwd")),
      /link\/passwd lies in link, which is a symlink/,
    ],
    [
      "a path through a link, deeper and with dots",
      archive(entry("a/link", { kind: "symlink", target: ".." }), entry("./a/./link//b/c")),
      /lies in a\/link/,
    ],
    [
      "a link in place of a folder that was filled",
      archive(entry("folder/file"), entry("folder", { kind: "symlink", target: "/" })),
      /folder is a symlink, and other entries lie in it/,
    ],
    ["a link in place of the root", archive(entry(".", { kind: "symlink", target: "/" })), /its root is a symlink/],
    ["a file in a file", archive(entry("a"), entry("a/b")), /which is a file/],
    ["a file twice", archive(entry("a"), entry("./a")), /is in it twice/],
    [
      "a link over a link",
      archive(entry("a", { kind: "symlink", target: "b" }), entry("a", { kind: "symlink", target: "c" })),
      /twice/,
    ],
    ["a hard link to outside", archive(entry("a", { kind: "hardlink", target: "../b" })), /"\.\." in it/],
    [
      "a hard link to an absolute path",
      archive(entry("a", { kind: "hardlink", target: "/etc/shadow" })),
      /is absolute/,
    ],
    ["a hard link to nothing", archive(entry("a", { kind: "hardlink", target: "b" })), /no file before it/],
    [
      "a hard link to a link",
      archive(entry("b", { kind: "symlink", target: "/x" }), entry("a", { kind: "hardlink", target: "b" })),
      /no file before it/,
    ],
    ["a name that is too long", archive(entry(`a/${"n".repeat(256)}`)), /a name that is too long/],
    ["a path that is too long", archive(entry("abc/".repeat(1100))), /is too long/],
    ["a name that is not UTF-8", archive(patched(tarHeader(entry("name")), 0, "n\xe4")), /not UTF-8/],
    ["a wrong sum", archive(Buffer.from(tarHeader(entry("a"))).fill("b", 0, 1)), /its sum is wrong/],
    ["a sparse file", archive(patched(tarHeader(entry("a")), 156, "S")), /a sparse file/],
    ["a sparse file in pax", archive(extension("x", "22 GNU.sparse.major=1\n"), entry("a")), /a sparse file/],
    ["an unknown kind", archive(patched(tarHeader(entry("a")), 156, "Z")), /of an unknown kind, "Z"/],
    [
      "a folder with a body",
      archive(patched(tarHeader(entry("a", { kind: "directory" })), 124, "00000001000")),
      /body/,
    ],
    ["a number that is none", archive(patched(tarHeader(entry("a")), 124, "0000000009x")), /a number in it is none/],
    ["a negative number", archive(patched(tarHeader(entry("a")), 124, Buffer.alloc(12, 0xff))), /negative/],
    ["a number beyond all", archive(patched(tarHeader(entry("a")), 124, "\x80\0\x7fabcdefghi")), /too large/],
    ["a header of 5 GiB", archive(patched(extension("L", "x"), 124, "\x80\0\0\0\0\0\0\x01\x40\0\0\0")), /1 MiB/],
    [
      "headers of 2 MiB together",
      archive(...Array.from({ length: 40 }, () => extension("x", "")), extension("L", "x".repeat(2 << 20))),
      /1 MiB/,
    ],
    ["a pax record that is too long", archive(extension("x", "99 path=a\n"), entry("a")), /wrong length/],
    ["a pax record of no length", archive(extension("x", "0 path=a\n"), entry("a")), /wrong length/],
    ["a pax record without a value", archive(extension("x", "8 path\n\n"), entry("a")), /without a value|wrong length/],
    ["a pax size that is none", archive(extension("x", "12 size=-10\n"), entry("a")), /pax header is none/],
    ["a long name of nothing", archive(entry("a"), extension("L", "name")), /of an entry that is not there/],
    ["an archive of nothing", Buffer.alloc(0), /ends too early/],
    ["an archive without an end", archive(entry("a")).subarray(0, 512), /ends too early/],
    ["a body that is cut short", archive([entry("a"), "x".repeat(2000)]).subarray(0, 1800), /ends too early/],
    ["a size that lies", archive(patched(tarHeader(entry("a")), 124, "77777777777")), /ends too early/],
    ["text", Buffer.from("This is no archive. ".repeat(100)), /its sum is wrong|is none/],
  ])("%s is refused", async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  test("whatever is cut off or changed, the answer is entries within the tree or one error", async () => {
    const good = archive(
      entry("d", { kind: "directory" }),
      [entry("d/f"), "body"],
      extension("L", "d/long\0"),
      entry("s"),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), async (at, byte, cut) => {
        const bytes = Buffer.from(good.subarray(0, cut === 0 ? good.length : cut));
        if (at < bytes.length) bytes[at] = byte;
        const result = await read(bytes).catch((error: unknown) => {
          expect(error).toMatchObject({ code: "archive-invalid" });
          return [];
        });
        for (const { path } of result) expect(path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/);
      }),
      { numRuns: 400 },
    );
  });

  test("names are remembered up to a bound, however many entries there are", async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      for (let each = 0; ; each += 1) yield tarHeader(entry(`${"n".repeat(90)}/${each}`.padEnd(2000, "/abc")));
    }
    const reading = async (): Promise<void> => {
      for await (const _ of readTar(endless(), { name: "endless" }));
    };
    await expect(reading()).rejects.toThrow(/its names take more than/);
  });

  test("bodies of a file are stepped over, wherever its chunks end, and one that is cut short is noticed", async () => {
    const bytes = archive([entry("a"), "x".repeat(5000)], entry("b"), [entry("c"), "y".repeat(700)]);
    const offsets = async (cut: number, size: number): Promise<readonly (readonly [string, number])[]> => {
      let [at, made] = [0, 0];
      const source = {
        skip: (count: number) => {
          const passed = Math.min(count, cut - at);
          at += passed;
          return passed;
        },
        async *[Symbol.asyncIterator]() {
          while (at < cut) {
            const part = bytes.subarray(at, Math.min(cut, at + size));
            at += part.length;
            made += part.length;
            yield part;
          }
        },
      };
      const found: (readonly [string, number])[] = [];
      for await (const member of readTar(source, { name: "test" })) found.push([member.entry.path, member.offset]);
      expect(made).toBeLessThan(4 * 512 + 5 * size);
      return found;
    };
    for (const size of [1, 100, 512, 600])
      expect(await offsets(bytes.length, size)).toEqual([
        ["a", 512],
        ["b", 6144],
        ["c", 6656],
      ]);
    for (const cut of [600, 5700, 6143, 6144, 7000])
      await expect(offsets(cut, 512)).rejects.toThrow("test: it ends too early");
  });

  test("a source that fails is heard as it failed", async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield tarHeader(entry("a", { size: 10 }));
      throw new Error("the disk is gone");
    }
    const reading = async (): Promise<void> => {
      for await (const _ of readTar(failing(), { name: "failing" }));
    };
    await expect(reading()).rejects.toThrow("the disk is gone");
  });

  test("this repository's own archive is read like GNU tar lists it", async () => {
    using scratch = new Scratch();
    const file = join(scratch.path, "src.tar");
    execFileSync("tar", ["-cf", file, "src", "docs"]);
    const listed = execFileSync("tar", ["-tf", file]).toString().trim().split("\n");
    const entries = await read(readFileSync(file), 1 << 16);
    expect(entries.map((each) => (each.kind === "directory" ? `${each.path}/` : each.path))).toEqual(listed);
  });
});
