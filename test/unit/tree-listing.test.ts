/** What a tree holds, in its compact form: every entry comes out as it went in, and what is known is never wrong. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { digestOf, digestOfJson } from "../../src/base/index.ts";
import { byBytes, Lowerer, localFile, Store, scanSource, storeBuilders } from "../../src/store/index.ts";
import { type ListingCursor, ListingWriter, listed, type Stamp } from "../../src/store/tree-listing.ts";
import { Scratch } from "../support.ts";

type Entry = Parameters<ListingWriter["add"]>[0];

const opened = vi.hoisted(() => ({ paths: [] as string[] }));
vi.mock("../../src/sys/files.ts", async (original) => {
  const real = await original<typeof import("../../src/sys/files.ts")>();
  const openSync: typeof real.openSync = (path, ...rest) => {
    opened.paths.push(String(path));
    return real.openSync(path, ...rest);
  };
  return { ...real, openSync };
});

function entryOf(cursor: ListingCursor): Entry {
  const { path, kind } = cursor;
  if (kind === "directory") return { path, kind };
  if (kind === "symlink") return { path, kind, target: cursor.target };
  return { path, kind, executable: cursor.executable, size: cursor.size, digest: cursor.digest };
}

const path = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\0"));
const size = fc.oneof(fc.nat(300), fc.maxSafeNat());
const entry: fc.Arbitrary<Entry> = fc.oneof(
  path.map((each): Entry => ({ path: each, kind: "directory" })),
  fc.tuple(path, path).map(([each, target]): Entry => ({ path: each, kind: "symlink", target })),
  fc.tuple(path, fc.boolean(), size, fc.string()).map(
    ([each, executable, bytes, text]): Entry => ({
      ...{ path: each, kind: "file", executable, size: bytes, digest: digestOf(text) },
    }),
  ),
);
const stamp: fc.Arbitrary<Stamp | undefined> = fc.option(
  fc.record({ ino: fc.maxSafeNat(), mtimeMs: fc.double({ noNaN: true }), ctimeMs: fc.double({ noNaN: true }) }),
  { nil: undefined },
);

/** The paths of a scratch folder's tree, as it is scanned. */
function pathsIn(scratch: Scratch): readonly string[] {
  return Array.from(listed(scanSource(join(scratch.path, "tree"))), (each) => each.path);
}

describe("a listing", () => {
  test("gives back what it was given, and has the digest of the canonical JSON of the list", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, stamp, fc.boolean()), { minLength: 1, maxLength: 30 }), (given) => {
        const writer = new ListingWriter();
        for (const [each, stamped, plain] of given) writer.add(each, { stamp: stamped, plain });
        const listing = writer.finish();
        const read = [...listed(listing)].length;
        expect(read).toBe(given.length);
        let index = 0;
        for (const cursor of listed(listing)) {
          const [each, stamped, plain] = given[index++] ?? [];
          expect([entryOf(cursor), cursor.stamp, cursor.plain]).toEqual([each, stamped, plain]);
        }
        expect(listing.summary.digest).toBe(digestOfJson(given.map(([each]) => each)));
        expect(listing.summary.root).toEqual(given[0]?.[0]);
      }),
    );
  });

  test("has room for any number of entries, and for the longest of paths", () => {
    const writer = new ListingWriter();
    const nameOf = (index: number): string =>
      `${"d".repeat(index % 7 === 0 ? 4000 : 200)}/${String(index).padStart(6, "0")}`;
    for (let index = 0; index < 9000; index += 1)
      writer.add({ path: nameOf(index), kind: "symlink", target: nameOf(index + 1) }, { plain: true });
    let count = 0;
    for (const { path: read, target } of listed(writer.finish())) {
      if (read !== nameOf(count) || target !== nameOf(count + 1)) throw new Error(`entry ${count} is another`);
      count += 1;
    }
    expect(count).toBe(9000);
  });

  test("is in the order of the paths' bytes, in which what is in a folder may not follow it", () => {
    using scratch = new Scratch();
    const names = ["a/x", "a/-", "a-b/c/d", "a-b/c.d", "a-b-c", "a.b/x", "a!", "a0", "b", "ü/x", "😀/x", "\ufffd"];
    scratch.write(Object.fromEntries(names.map((name) => [`tree/${name}`, name])));
    const paths = pathsIn(scratch);
    expect(paths).toEqual([...paths].sort(byBytes));
    for (const name of [...names, "a", "a-b", "a-b/c", "a.b"]) expect(paths).toContain(name);
    expect(paths.indexOf("a-b")).toBeGreaterThan(paths.indexOf("a"));
    expect(paths.indexOf("a-b")).toBeLessThan(paths.indexOf("a/x"));
  });
});

class Yard extends Scratch {
  readonly store = new Store(join(this.path, "store"));

  /** Takes the tree into the store; the paths below it that were opened for it before it was copied. */
  async take(): Promise<readonly string[]> {
    const tree = join(this.path, "tree");
    opened.paths.length = 0;
    const lowerer = new Lowerer([], this.store.dir);
    const { ref } = lowerer.file(localFile(tree));
    const read = opened.paths.filter((each) => each.startsWith(tree)).map((each) => each.slice(tree.length + 1));
    await this.store.build(lowerer.derivations, [ref], { builders: storeBuilders });
    return read.sort();
  }

  /** Lets the files grow old enough to be known by their times. */
  settle(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 60));
  }
}

describe("what is known of a tree", () => {
  test("a file is read again when it changed, and no other is", async () => {
    using yard = new Yard();
    yard.write({ "tree/a": "a", "tree/a-b/c": "c", "tree/a/../b": "b", "tree/d/e": "e" });
    symlinkSync("a", join(yard.path, "tree/link"));
    await yard.settle();
    expect(await yard.take()).toEqual(["a", "a-b/c", "b", "d/e"]);
    expect(await yard.take()).toEqual([]);
    writeFileSync(join(yard.path, "tree/b"), "B");
    writeFileSync(join(yard.path, "tree/d/0"), "new");
    await yard.settle();
    expect(await yard.take()).toEqual(["b", "d/0"]);
    const time = new Date();
    utimesSync(join(yard.path, "tree/a"), time, time);
    await yard.settle();
    expect(await yard.take()).toEqual(["a"]);
  });

  test("what is lost of a file is found though its content did not change", async () => {
    using yard = new Yard();
    yard.write({ "tree/a": "a" });
    await yard.settle();
    await yard.take();
    chmodSync(join(yard.path, "tree/a"), 0o4755);
    await expect(yard.take()).rejects.toMatchObject({ code: "unsupported-file" });
    chmodSync(join(yard.path, "tree/a"), 0o755);
    await yard.take();
    chmodSync(join(yard.path, "tree"), 0o1755);
    await yard.settle();
    await expect(yard.take()).rejects.toMatchObject({ code: "unsupported-file" });
  });

  test.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
    ["changed", (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace(/.$/s, "?"), "latin1")],
    ["empty", () => Buffer.alloc(0)],
    ["of the version before", () => Buffer.from('"/tree"\n["a","1 2 3 4","sha256:00",1]\n')],
    [
      "of a version to come",
      (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace('"version":2', '"version":3'), "latin1"),
    ],
  ])("a cache that is %s knows nothing", async (_, damage) => {
    using yard = new Yard();
    mkdirSync(join(yard.path, "tree"));
    yard.write({ "tree/a": "a", "tree/b": "b" });
    await yard.settle();
    await yard.take();
    const folder = join(yard.store.dir, ".sources");
    const [name = ""] = readdirSync(folder);
    writeFileSync(join(folder, name), damage(readFileSync(join(folder, name))));
    expect(await yard.take()).toEqual(["a", "b"]);
  });
});
