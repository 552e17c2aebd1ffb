import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { type Compression, compressionOf, decompress, readAr, readArMember } from "../../src/archive/index.ts";
import { childrenOf } from "../../src/sys/index.ts";
import { Scratch } from "../support.ts";

type By = "any" | "library";

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Result {
  readonly size: number;
  readonly sha256: string;
}

async function unpack(
  bytes: Buffer,
  compression: Compression,
  by: By = "any",
  { limit = 2 ** 40, piece = 1000 }: { limit?: number; piece?: number } = {},
): Promise<Result> {
  const hash = createHash("sha256");
  let size = 0;
  const source = pieces(bytes, piece);
  for await (const chunk of decompress(source, { compression, name: "test.deb", limit, by })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest("hex") };
}

function compress(program: "xz" | "zstd", bytes: Buffer, ...options: readonly string[]): Buffer {
  const { stdout, status } = spawnSync(program, ["-c", "-q", ...options], { input: bytes, maxBuffer: 1 << 28 });
  expect(status).toBe(0);
  return stdout;
}

/** Bytes that compress, but not to nothing. */
const plain = Buffer.concat(
  Array.from({ length: 4000 }, (_, each) =>
    createHash("sha512")
      .update(String(each % 900))
      .digest(),
  ),
);
const sum = createHash("sha256").update(plain).digest("hex");

const forms: readonly [Exclude<Compression, "none">, By, Buffer][] = [
  ["gz", "any", gzipSync(plain)],
  ...(["any", "library"] as const).flatMap((by): [Exclude<Compression, "none">, By, Buffer][] => [
    ["xz", by, compress("xz", plain)],
    ["xz", by, compress("xz", plain, "-9e")],
    ["xz", by, compress("xz", plain, "--block-size=20000", "--check=crc32")],
    ["zst", by, compress("zstd", plain)],
    ["zst", by, compress("zstd", plain, "-19", "--no-check")],
    ["zst", by, Buffer.concat([compress("zstd", plain.subarray(0, 9999)), compress("zstd", plain.subarray(9999))])],
  ]),
];

/** 64 MiB of zeros. */
const zeros = (program: string, ...options: readonly string[]): Buffer =>
  spawnSync("sh", ["-c", `head -c 67108864 /dev/zero | ${[program, "-c", ...options].join(" ")}`], {
    maxBuffer: 1 << 28,
  }).stdout;

describe("decompressing", () => {
  test.each(forms)("%s by %s gives the same bytes, however it comes in", async (compression, by, bytes) => {
    for (const piece of [7919, 1 << 20])
      expect(await unpack(bytes, compression, by, { piece })).toEqual({ size: plain.length, sha256: sum });
  });

  test.each(forms)(
    "%s by %s that is cut short, damaged or something else is refused",
    async (compression, by, bytes) => {
      const damaged = Buffer.from(bytes);
      for (let at = 100; at < 140; at += 1) damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      for (const bad of [
        bytes.subarray(0, bytes.length >> 1),
        bytes.subarray(0, bytes.length - 12),
        bytes.subarray(0, 3),
        // The library for zstd compares no sums, and without one nobody notices.
        ...(compression === "zst" ? [] : [damaged]),
        Buffer.from("This is no archive at all. ".repeat(50)),
        Buffer.alloc(0),
      ]) {
        const result = unpack(bad, compression, by);
        await expect(result).rejects.toMatchObject({ code: "archive-invalid" });
        await expect(result).rejects.toThrow(/^test\.deb: it cannot be decompressed: /);
      }
    },
  );

  test.each<[Exclude<Compression, "none">, By, Buffer]>([
    ["gz", "any", zeros("gzip")],
    ["xz", "any", zeros("xz", "-T2")],
    ["xz", "library", zeros("xz", "-T2")],
    ["zst", "any", zeros("zstd")],
    ["zst", "library", zeros("zstd")],
  ])("a bomb in %s by %s stops at its limit, without being held", async (compression, by, bomb) => {
    const before = process.memoryUsage().rss;
    const result = unpack(bomb, compression, by, { limit: 20 << 20, piece: 1 << 16 });
    await expect(result).rejects.toMatchObject({ code: "archive-invalid" });
    await expect(result).rejects.toThrow("unpacks to more than 20971520 bytes");
    expect(process.memoryUsage().rss - before).toBeLessThan(120 << 20);
    // The library for xz has room for one stream: it must have been given back.
    expect((await unpack(compress("xz", plain), "xz", by)).sha256).toBe(sum);
  });

  test("a window that would take all memory is refused, whoever decompresses", async () => {
    // Without its size in the header, as here, where it comes through a pipe, a frame says its window alone.
    const streamed = compress("zstd", plain, "--long=30");
    for (const by of ["any", "library"] as const) {
      await expect(unpack(streamed, "zst", by)).rejects.toMatchObject({ code: "archive-invalid" });
      const xz = compress("xz", plain, "--lzma2=dict=1GiB");
      await expect(unpack(xz, "xz", by)).rejects.toMatchObject({ code: "archive-invalid" });
    }
  });

  test("an error of the source is told as it is", async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield gzipSync(plain).subarray(0, 100);
      throw new Error("the disk is gone");
    }
    for (const compression of ["none", "gz", "xz", "zst"] as const)
      for (const by of ["any", "library"] as const) {
        const reading = async (): Promise<void> => {
          for await (const _ of decompress(failing(), { compression, name: "x", limit: 1 << 30, by }));
        };
        await expect(reading()).rejects.toThrow(
          compression === "xz" || compression === "zst" ? /./ : "the disk is gone",
        );
      }
  });

  test("xz streams one after the other are one, and what is none at their end is refused", async () => {
    const both = Buffer.concat([compress("xz", plain.subarray(0, 9999)), compress("xz", plain.subarray(9999))]);
    for (const by of ["any", "library"] as const) {
      expect((await unpack(both, "xz", by)).sha256).toBe(sum);
      const more = unpack(Buffer.concat([both, Buffer.from("more")]), "xz", by);
      await expect(more).rejects.toMatchObject({ code: "archive-invalid" });
    }
  });

  test("a stream that nobody reads to its end is given up, with its program and its source", async () => {
    const bomb = zeros("xz", "-0");
    for (const compression of ["none", "xz"] as const) {
      let closed = false;
      const source = async function* (): AsyncGenerator<Buffer> {
        try {
          for (;;) yield* pieces(bomb, 1 << 16);
        } finally {
          closed = true;
        }
      };
      for await (const _ of decompress(source(), { compression, name: "x", limit: 2 ** 40 })) break;
      await vi.waitFor(() => {
        expect(closed).toBe(true);
        expect(childrenOf(process.pid)).toEqual([]);
      });
    }
  });

  test("a name says how a file is compressed", () => {
    expect(
      ["data.tar", "data.tar.gz", "data.tar.xz", "data.tar.zst", "data.tar.bz2", "Packages"].map(compressionOf),
    ).toEqual(["none", "gz", "xz", "zst", undefined, "none"]);
  });
});

describe("ar archives", () => {
  const member = (name: string, body: string, size: number | string = body.length): string =>
    `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(size).padEnd(10)}\`\n${body}${body.length % 2 ? "\n" : ""}`;

  const archive = (scratch: Scratch, ...members: readonly string[]): string => {
    const path = join(scratch.path, "test.a");
    writeFileSync(path, `!<arch>\n${members.join("")}`);
    return path;
  };

  test("ar's own archives are read by their headers, and members by their bytes alone", async () => {
    using scratch = new Scratch();
    scratch.write({ one: "odd", two: "", three: "x".repeat(1001) });
    spawnSync("ar", ["rc", "made.a", "one", "two", "three"], { cwd: scratch.path });
    const path = join(scratch.path, "made.a");
    const members = readAr(path);
    expect(members.map(({ name, size }) => [name, size])).toEqual([
      ["one", 3],
      ["two", 0],
      ["three", 1001],
    ]);
    for (const each of members) {
      const parts: Buffer[] = [];
      for await (const part of readArMember(path, each)) parts.push(part);
      expect(Buffer.concat(parts)).toEqual(readFileSync(join(scratch.path, each.name)));
    }
  });

  test.each<[string, readonly string[], RegExp]>([
    ["a member that ends after the file", [member("a", "body", 5000)], /"a" ends after the file/],
    ["a size that is none", [member("a", "body", "-4")], /header of its member at byte 8 is damaged/],
    [
      "a size that makes the next header fall elsewhere",
      [member("a", "body", 2), member("b", "x")],
      /byte 70 is damaged/,
    ],
    ["a header that is cut short", [member("a", "body"), member("b", "").slice(0, 50)], /byte 72 is damaged/],
    ["more members than any package has", Array.from({ length: 100 }, () => member("a", "")), /more than 64 members/],
  ])("%s is refused", (_, members, message) => {
    using scratch = new Scratch();
    expect(() => readAr(archive(scratch, ...members))).toThrow(message);
  });

  test("what is no archive is refused", () => {
    using scratch = new Scratch();
    for (const text of ["", "!<arc", "!<thin>\n", "PK\u0003\u0004"]) {
      scratch.write({ file: text });
      expect(() => readAr(join(scratch.path, "file"))).toThrow(/it is no ar archive/);
    }
  });
});
