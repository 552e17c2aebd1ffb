import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import {
  computedFile,
  type Derivation,
  directoryUnion,
  type FileLike,
  fileAppend,
  fileUnion,
  type ItemName,
  Lowerer,
  localFile,
  mixedTextFile,
  plainFile,
  programFile,
  Store,
  sh,
  storeBuilders,
  text,
} from "../../src/store/index.ts";
import { exec, Scratch } from "../support.ts";

class Workshop extends Scratch {
  readonly store = new Store(join(this.path, "store"));
  built: string[] = [];

  /** Builds a file-like and returns where it is. */
  async build(file: FileLike): Promise<string> {
    const lowerer = new Lowerer();
    const reference = lowerer.file(file);
    await this.store.build(lowerer.derivations, [reference.ref], {
      builders: storeBuilders,
      onBuild: (derivation: Derivation) => void this.built.push(derivation.recipe.name),
    });
    return this.store.path(reference);
  }

  itemOf(path: string): ItemName {
    return path.slice(this.store.dir.length + 1).split("/")[0] as ItemName;
  }
}

describe("file-likes", () => {
  test("a plain file is its content, read-only, at the store's one time", async () => {
    using shop = new Workshop();
    const path = await shop.build(plainFile("greeting", "hello\n"));
    expect(readFileSync(path, "utf8")).toBe("hello\n");
    expect([statSync(path).mode & 0o777, statSync(path).mtimeMs]).toEqual([0o444, 1000]);
    const bytes = await shop.build(plainFile("bytes", new Uint8Array([0, 255, 128])));
    expect([...readFileSync(bytes)]).toEqual([0, 255, 128]);
  });

  test("a local tree keeps names, links and what may be executed; `select` leaves entries out", async () => {
    using shop = new Workshop();
    shop.write({ "tree/run": "#!/bin/sh\n", "tree/deep/ö ü": "x", "tree/skip.log": "no" });
    chmodSync(join(shop.path, "tree/run"), 0o700);
    const path = await shop.build(localFile(join(shop.path, "tree"), { select: (name) => !name.endsWith(".log") }));
    expect(readdirSync(path).sort()).toEqual(["deep", "run"]);
    expect(statSync(join(path, "run")).mode & 0o777).toBe(0o555);
    expect(readFileSync(join(path, "deep/ö ü"), "utf8")).toBe("x");
  });

  test("texts and programs name other items by their paths, and are known to refer to them", async () => {
    using shop = new Workshop();
    const greeting = plainFile("greeting", "hello\n");
    const note = await shop.build(
      mixedTextFile("note", text`see ${greeting} and ${fileAppend(localFile(shop.path, { name: "all" }), "/x")}`),
    );
    const path = await shop.build(greeting);
    expect(readFileSync(note, "utf8")).toContain(`see ${path} and ${shop.store.dir}/`);
    expect(shop.store.record(shop.itemOf(note))?.references).toContain(shop.itemOf(path));
    const program = await shop.build(programFile("say", sh`cat ${greeting}; echo ${"it's; $HOME"}`));
    expect((await exec([program])).stdout).toBe("hello\nit's; $HOME\n");
  });

  test("a script's words are quoted by construction, whatever is in them", async () => {
    using shop = new Workshop();
    const nasty = ["a b", "'", '"', "$(touch /tmp/owned)", "`x`", "\\", "*", "\n", "-n", ""];
    const program = await shop.build(programFile("echo", sh`printf '%s\\0' ${nasty}`));
    expect((await exec([program])).stdout.split("\0").slice(0, -1)).toEqual(nasty);
  });

  test("a computed file is what its script leaves at $out, from declared inputs and nothing else", async () => {
    using shop = new Workshop();
    const input = plainFile("input", "1\n2\n3\n");
    const sum = await shop.build(computedFile("sum", sh`awk '{ total += $1 } END { print total }' ${input} > "$out"`));
    expect(readFileSync(sum, "utf8")).toBe("6\n");
    const seen = await shop.build(
      computedFile(
        "seen",
        sh`{ env | sort; ls /; ls /bin | wc -l; hostname; ls /proc/net; cat /etc/passwd || echo no passwd; } > "$out" 2>&1`,
        {
          environment: { GIVEN: "yes" },
        },
      ),
    );
    const report = readFileSync(seen, "utf8");
    expect(report).toContain("GIVEN=yes");
    expect(report).toContain("no passwd");
    expect(report).not.toMatch(/^(USER|LADING|npm_\w+)=/m);
    const network = computedFile("network", sh`ip -o addr | grep -v ': lo ' > "$out" || echo none > "$out"`);
    expect(readFileSync(await shop.build(network), "utf8").trim()).toBe("none");
  });

  test("a script that fails, or leaves nothing, is an error with its own words; nothing is left behind", async () => {
    using shop = new Workshop();
    await expect(shop.build(computedFile("bad", sh`echo went wrong >&2; exit 7`))).rejects.toThrow(
      /the build of bad failed: went wrong/,
    );
    await expect(shop.build(computedFile("none", sh`true`))).rejects.toThrow('left nothing at "$out"');
    expect(readdirSync(join(shop.store.dir, ".tmp"))).toEqual([]);
  });

  test("unions put files under names, and merge folders; what disagrees is an error", async () => {
    using shop = new Workshop();
    const one = fileUnion("one", [
      ["bin/a", plainFile("a", "A")],
      ["share/doc", plainFile("doc", "D")],
    ]);
    const two = fileUnion("two", [["bin/b", plainFile("b", "B")]]);
    const both = await shop.build(directoryUnion("both", [one, two]));
    expect(readdirSync(join(both, "bin")).sort()).toEqual(["a", "b"]);
    expect(readFileSync(join(both, "bin/b"), "utf8")).toBe("B");
    const clash = directoryUnion("clash", [one, fileUnion("three", [["bin/a", plainFile("a2", "other")]])]);
    await expect(shop.build(clash)).rejects.toThrow("different files");
  });
});

describe("the store", () => {
  test("what is built is not built again", async () => {
    using shop = new Workshop();
    const file = plainFile("once", "x");
    await shop.build(file);
    await shop.build(file);
    expect(shop.built).toEqual(["once"]);
  });

  test("hashes do not depend on where a tree lies, its times, its modes but for execution, or the order of its entries", async () => {
    using here = new Workshop();
    using there = new Workshop();
    here.write({ "t/a": "1", "t/b/c": "2" });
    there.write({ "t/b/c": "2", "t/a": "1" });
    chmodSync(join(there.path, "t/a"), 0o600);
    utimesSync(join(there.path, "t/a"), 5, 5);
    const [one, two] = [
      await here.build(localFile(join(here.path, "t"))),
      await there.build(localFile(join(there.path, "t"))),
    ];
    expect(here.itemOf(one)).toBe(there.itemOf(two));
    expect(here.store.record(here.itemOf(one))?.digest).toBe(there.store.record(there.itemOf(two))?.digest);
  });

  test("the collector keeps what roots need, directly or not, and nothing else", async () => {
    using shop = new Workshop();
    const kept = await shop.build(mixedTextFile("kept", text`${plainFile("needed", "x")}`));
    await shop.build(plainFile("garbage", "y"));
    const deleted = await shop.store.collect([shop.itemOf(kept)]);
    expect(deleted.map(({ item }) => item.slice(33))).toEqual(["garbage"]);
    expect(
      shop.store
        .items()
        .map((item) => item.slice(33))
        .sort(),
    ).toEqual(["kept", "needed"]);
  });

  test("what a command that runs holds is kept as well; what a dead one held is not", async () => {
    using shop = new Workshop();
    const held = await shop.build(plainFile("held", "x"));
    shop.store.hold([shop.itemOf(held)]);
    expect(await shop.store.collect([])).toEqual([]);
    const folder = join(shop.store.dir, ".held");
    const content = JSON.parse(readFileSync(join(folder, String(process.pid)), "utf8")) as { process: object };
    writeFileSync(
      join(folder, String(process.pid)),
      JSON.stringify({ ...content, process: { ...content.process, startTime: 1 } }),
    );
    expect((await shop.store.collect([])).map(({ item }) => item.slice(33))).toEqual(["held"]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("an item that was changed by hand is found, never used, and repaired on request", async () => {
    using shop = new Workshop();
    const file = plainFile("item", "right");
    const path = await shop.build(file);
    chmodSync(path, 0o644);
    writeFileSync(path, "wrong");
    await expect(shop.build(file)).rejects.toThrow(KnownError);
    await expect(shop.build(file)).rejects.toHaveProperty("code", "store-corrupt");
    expect((await shop.store.verify()).map(({ state }) => state)).toEqual(["changed"]);
    await shop.store.verify(true);
    expect(readFileSync(await shop.build(file), "utf8")).toBe("right");
  });

  test("a change that hides its time is still found by verify", async () => {
    using shop = new Workshop();
    const path = await shop.build(plainFile("item", "right"));
    chmodSync(path, 0o644);
    writeFileSync(path, "wrong");
    utimesSync(path, 1, 1);
    chmodSync(path, 0o444);
    expect((await shop.store.verify()).map(({ state }) => state)).toEqual(["changed"]);
  });

  test("a source that changes after it was hashed is refused", async () => {
    using shop = new Workshop();
    shop.write({ moving: "before" });
    const lowerer = new Lowerer();
    const { ref } = lowerer.file(localFile(join(shop.path, "moving")));
    shop.write({ moving: "after" });
    await expect(shop.store.build(lowerer.derivations, [ref], { builders: storeBuilders })).rejects.toHaveProperty(
      "code",
      "source-changed",
    );
    expect(existsSync(shop.store.path(ref))).toBe(false);
  });

  test("what a tree cannot be taken from is an error with the path", async () => {
    using shop = new Workshop();
    await expect(shop.build(localFile(join(shop.path, "missing")))).rejects.toHaveProperty("code", "source-missing");
    await exec(["mkfifo", join(shop.path, "pipe")]);
    await expect(shop.build(localFile(join(shop.path, "pipe")))).rejects.toHaveProperty("code", "unsupported-file");
  });

  test("folders in the store are read-only too", async () => {
    using shop = new Workshop();
    shop.write({ "tree/a": "1" });
    const path = await shop.build(localFile(join(shop.path, "tree")));
    expect(lstatSync(path).mode & 0o777).toBe(0o555);
  });
});
