/** What the supervisor remembers of units: whole after any number of changes, and forgotten after a boot. */
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StateFiles } from "../../src/supervisor/state-file.ts";
import type { UnitSpec } from "../../src/supervisor/unit-spec.ts";
import type { UnitState } from "../../src/supervisor/unit-state.ts";
import { overwriteFile } from "../../src/sys/index.ts";
import { Scratch } from "../support.ts";

const spec = { name: "web", digest: "web-1" } as UnitSpec;
const state = (reason: string | null): UnitState =>
  ({ unit: { name: "web" }, next: null, status: "running", reason, failures: 0, restarts: 0 }) as unknown as UnitState;
const neverBad = (path: string): void => {
  throw new Error(`${path} was put aside`);
};

describe("a unit's state file", () => {
  test("has the last of all that was written, however long each was", () => {
    const reason = fc.string({ maxLength: 6_000, unit: "grapheme" });
    fc.assert(
      fc.property(fc.array(reason, { minLength: 1, maxLength: 6 }), (reasons) => {
        using scratch = new Scratch();
        const files = new StateFiles(scratch.path);
        for (const each of reasons) {
          files.save(spec, state(each), { id: each, process: null });
          const [saved, ...more] = new StateFiles(scratch.path).load(neverBad);
          expect([saved?.state.reason, saved?.running?.id, more]).toEqual([each, each, []]);
        }
        expect(readdirSync(scratch.path)).toEqual(["web.json"]);
      }),
      { numRuns: 60 },
    );
  });

  test("is its owner's alone, and a link in its place is not followed", () => {
    using scratch = new Scratch();
    const folder = join(scratch.path, "supervisor");
    const files = new StateFiles(folder);
    const before = process.umask(0);
    try {
      files.save(spec, state(null), null);
    } finally {
      process.umask(before);
    }
    expect(statSync(join(folder, "web.json")).mode & 0o777).toBe(0o600);
    writeFileSync(join(scratch.path, "elsewhere"), "mine");
    symlinkSync(join(scratch.path, "elsewhere"), join(folder, "db.json"));
    expect(() => files.save({ ...spec, name: "db" }, state(null), null)).toThrow(/ELOOP/);
    expect(readFileSync(join(scratch.path, "elsewhere"), "utf8")).toBe("mine");
  });

  test("that is empty, of another boot or no state file gives nothing, and the last is kept aside", () => {
    using scratch = new Scratch();
    new StateFiles(scratch.path).save(spec, state(null), null);
    const text = readFileSync(join(scratch.path, "web.json"), "utf8");
    writeFileSync(join(scratch.path, "before.json"), text.replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    writeFileSync(join(scratch.path, "begun.json"), "");
    writeFileSync(join(scratch.path, "half.json"), text.slice(0, 40));
    const bad: string[] = [];
    const found = new StateFiles(scratch.path).load((path) => bad.push(path));
    expect(found.map((each) => each.spec.name)).toEqual(["web"]);
    expect(bad).toEqual([join(scratch.path, "half.json.bad")]);
  });
});

test("what is overwritten keeps its file where it fits in a page, and is complete under another name where it does not", () => {
  using scratch = new Scratch();
  mkdirSync(join(scratch.path, "a"));
  const path = join(scratch.path, "a/file");
  const at = (text: string): readonly [string, number, number] => {
    overwriteFile(path, text, 0o600);
    return [readFileSync(path, "utf8").trimEnd(), statSync(path).size, statSync(path).ino];
  };
  const [, , inode] = at("x".repeat(3_000));
  expect(at("short")).toEqual(["short", 3_000, inode]);
  expect(at("y".repeat(4_096))).toEqual(["y".repeat(4_096), 4_096, inode]);
  const [text, size, other] = at("z".repeat(4_097));
  expect([text, size]).toEqual(["z".repeat(4_097), 4_097]);
  expect(other).not.toBe(inode);
  // What was once larger than a page is not filled up: it is made anew.
  expect(at("short").slice(0, 2)).toEqual(["short", 5]);
});
