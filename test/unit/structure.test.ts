/** The house itself: imports point downwards, only sys/ touches the system, and the documents say what the code says. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { codes } from "../../src/base/index.ts";
import { commands } from "../../src/cli/commands.ts";
import * as lading from "../../src/index.ts";
import { filesBelow, root } from "../support.ts";

const source = join(root, "src");

const files = filesBelow(source).map((path) => ({ path: relative(source, path), text: readFileSync(path, "utf8") }));

/** From the ground up: a folder may import those before it. */
const order = [
  "base",
  "sys",
  "record",
  "archive",
  "registry",
  "store",
  "packages",
  "image",
  "service",
  "services",
  "engine",
  "supervisor",
  "system",
  "load",
  "cli",
];

/** What the supervisor's clients need not load, and all that the supervisor needs of what is above it. */
const sideDoors = ["../supervisor/daemon.ts", "../system/generations.ts"];

/** Who may use a module of Node that reaches outside the process. */
const effects: Readonly<Record<string, readonly string[]>> = {
  "node:fs": ["sys"],
  "node:child_process": ["sys"],
  "node:net": ["sys"],
  "node:http": ["sys"],
  "node:worker_threads": ["image", "load"],
  "node:https": ["sys"],
  "node:tls": ["sys"],
};

describe("the house", () => {
  test("every folder has its place", () => {
    const folders = readdirSync(source).filter((name) => !name.includes("."));
    expect(folders.sort()).toEqual([...order].sort());
  });

  for (const { path, text } of files) {
    const [folder = ""] = path.split("/");
    const imports = [...text.matchAll(/(?:from|import\() ?"([^"]+)"/g)].map(([, target = ""]) => target);
    test(`${path} imports downwards, through the front door, and does no effects that are not its own`, () => {
      for (const target of imports) {
        // From a folder within a folder too.
        const crossing = /^(?:\.\.\/)+([a-z]+)\/(.*)$/.exec(target);
        if (crossing !== null && folder !== "index.ts") {
          const [, other = "", file] = crossing;
          expect(order.indexOf(other), `${path} imports ${target}`).toBeLessThanOrEqual(order.indexOf(folder));
          if (other !== folder && !sideDoors.includes(target))
            expect(file, `${path} imports ${target}`).toBe("index.ts");
        }
        const allowed = effects[target];
        if (allowed !== undefined) expect(allowed, `${path} imports ${target}`).toContain(folder);
      }
    });
  }

  test("no file is long", () => {
    const long = files
      .filter(({ path, text }) => !path.endsWith(".types.ts") && text.split("\n").length > 450)
      .map(({ path }) => path);
    expect(long).toEqual([]);
  });

  test("every error code is used, and every code that is used is documented", () => {
    const used = new Set(
      files
        .filter(({ path }) => path !== "base/codes.ts")
        .flatMap(({ text }) =>
          [...text.matchAll(/"([a-z]+(?:-[a-z0-9]+)+|locked|interrupted|usage)"/g)].map(([, code = ""]) => code),
        ),
    );
    expect(Object.keys(codes).filter((code) => !used.has(code))).toEqual([]);
    const page = readFileSync(join(root, "docs/errors.md"), "utf8");
    for (const [code, meaning] of Object.entries(codes))
      expect(page).toContain(`| [\`${code}\`](errors/${code}.md) | ${meaning} |`);
  });

  test("every record has a page, and every public constructor of one is a record with documented fields", () => {
    const page = readFileSync(join(root, "docs/records.md"), "utf8");
    const records = Object.values(lading).flatMap((value) =>
      typeof value === "function" && "recordType" in value ? [value.recordType] : [],
    );
    expect(records.length).toBeGreaterThan(12);
    for (const { name, fields } of records) {
      expect(page).toContain(`## ${name}\n`);
      for (const [field, { doc }] of Object.entries(fields)) expect(doc, `${name}.${field}`).toMatch(/\w.*\.$/);
    }
  });

  test("the manual names every command", () => {
    const page = readFileSync(join(root, "docs/commands.md"), "utf8");
    for (const { name, example } of commands) {
      expect(page).toContain(`\`lading ${name.split(" ")[0]}`);
      expect(page, name).toContain(example);
    }
  });
});
