/** JSON files that people, other programs or a bad disk have been at: each one error with a code, whatever is in them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pathsFor } from "../../src/base/index.ts";
import { readGeneration } from "../../src/system/generations.ts";
import { Journal } from "../../src/system/journal.ts";
import { LedgerFileStore } from "../../src/system/ledger.ts";
import { readLock } from "../../src/system/lock-file.ts";
import { readPlanFile } from "../../src/system/plan-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lading-hostile-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const paths = () => pathsFor({ uid: 0, environment: { LADING_STATE: folder, LADING_RUNTIME: folder } });

const readers = [
  ["plan.json", "plan-invalid", () => readPlanFile(join(folder, "plan.json"))],
  ["host.lock.json", "lock-invalid", () => readLock(join(folder, "host.ts"))],
  ["ledger.json", "state-corrupt", () => new LedgerFileStore(paths()).read()],
  ["journal/switch.json", "state-corrupt", () => new Journal(paths()).read()],
  ["1.json", "state-corrupt", () => readGeneration(join(folder, "1.json"))],
] as const;

const pinned = (image: unknown): string => JSON.stringify({ version: 1, images: { "docker.io/library/web:1": image } });
const plan = (more: object): string =>
  JSON.stringify({ version: 1, source: "/host.ts", basis: "sha256:0", replaceVolumes: [], steps: [], ...more });

describe.each(readers)("%s", (name, code, read) => {
  test.each(["", "null", "[]", "7", '"text"', "{", "\u0000".repeat(64), "\ufeff{}"])("that holds %j", (text) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(join(folder, name)) }));
  });

  test("that is a folder", () => {
    mkdirSync(join(folder, name), { recursive: true });
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining("EISDIR") }));
  });
});

test.each([
  ["plan.json", "version", plan({ version: 2 })],
  ["plan.json", "source and basis", plan({ basis: 7 })],
  ["plan.json", "replaceVolumes", plan({ replaceVolumes: "data" })],
  ["plan.json", "steps", plan({ steps: [null] })],
  ["plan.json", "steps", plan({ steps: {} })],
  ["host.lock.json", "version", "{}"],
  ["host.lock.json", "library/web:1", pinned(null)],
  ["host.lock.json", "library/web:1", pinned({ digest: "sha256:0", labels: {}, layers: [] })],
  ["host.lock.json", "library/web:1", pinned({ digest: `sha256:${"0".repeat(64)}`, labels: {} })],
])("%s names what is wrong: %s", (name, word, text) => {
  writeFileSync(join(folder, name), text);
  const [, code, read] = readers.find(([each]) => each === name) as (typeof readers)[number];
  expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(word) }));
});

test("what the readers take is what the writers write", () => {
  writeFileSync(join(folder, "plan.json"), plan({ steps: [{ what: "start web", details: ["port 80"] }] }));
  expect(readPlanFile(join(folder, "plan.json")).steps).toHaveLength(1);
  writeFileSync(
    join(folder, "host.lock.json"),
    pinned({ digest: `sha256:${"0".repeat(64)}`, created: null, labels: {}, layers: [] }),
  );
  expect(Object.keys(readLock(join(folder, "host.ts"))?.images ?? {})).toEqual(["docker.io/library/web:1"]);
});
