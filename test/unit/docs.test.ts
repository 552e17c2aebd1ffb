/** The documents: links lead somewhere, files and commands that they name exist, and their examples do what they show. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import * as api from "../../src/index.ts";
import { complaint, hostOf, matches, programsOf, type StepResult, stepsOf } from "../documents/examples.ts";
import {
  anchorsOf,
  hasExamples,
  inlineCodeOf,
  linksOf,
  type Page,
  parsePage,
  readPages,
  unknownMarks,
} from "../documents/page.ts";
import { checkTypes, fragmentsOf } from "../documents/types.ts";
import { exec, lading, main, root, Scratch } from "../support.ts";

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));

/** What blocks may go unchecked, all pages together; each says why. */
const mostNotRun = 12;

describe("links", () => {
  test.each(pages)("of $path lead to files and headings that exist", (page) => {
    const broken = linksOf(page).filter((target) => {
      const [file = "", anchor] = target.split("#");
      const path = file === "" ? page.path : normalize(join(dirname(page.path), file));
      if (!existsSync(join(root, path))) return true;
      const there = byPath.get(path);
      return anchor !== undefined && (there === undefined || !anchorsOf(there).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  test("lead from docs/README.md to every page of docs", () => {
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const page = byPath.get(path);
      if (page === undefined || reached.has(path)) return;
      reached.add(path);
      for (const target of linksOf(page)) {
        const [file = ""] = target.split("#");
        const to = normalize(join(dirname(path), file));
        // A link to a folder is one to all that is in it.
        for (const each of pages)
          if (each.path === to || each.path.startsWith(`${to.replace(/\/$/, "")}/`)) visit(each.path);
      }
    };
    visit("docs/README.md");
    expect(pages.map(({ path }) => path).filter((path) => path.startsWith("docs/") && !reached.has(path))).toEqual([]);
  });
});

/** What a command line names that no command has: the command, or an option. */
function unknownParts(line: string): readonly string[] {
  const [, name = "", rest = ""] = /^lading ([a-z]+)\b(.*)$/.exec(line) ?? [];
  if (name === "") return [];
  const entry = commands.find((each) => each.name.split(" ")[0] === name);
  if (entry === undefined) return [name];
  const common = ["--json", "--root", "--deadline", "--quiet", "--verbose", "--help", "-q"];
  const known = [...common, ...(entry.options ?? []).flatMap(([flags]) => flags.match(/--?[a-z][a-z-]*/g) ?? [])];
  const [own = ""] = rest.split(/ [|>#] | #|;|&&/);
  return (own.match(/(?<= )--?[a-z][a-z-]*/g) ?? []).filter((flag) => !known.includes(flag));
}

describe("names", () => {
  test.each(pages)("of files and commands in $path exist", (page) => {
    const missing = inlineCodeOf(page)
      .filter((code) => /^(?:src|test|docs|scripts|examples)\/[\w./-]+$/.test(code))
      .filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
    const shown = page.blocks
      .filter(({ language }) => language === "console" || language === "sh")
      .flatMap(({ code }) => code.split("\n").map((line) => line.replace(/^\$ /, "")));
    const unknown = [...inlineCodeOf(page), ...shown].flatMap((line) => unknownParts(line));
    expect(unknown).toEqual([]);
  });

  const fields = Object.values(api).flatMap((value) =>
    typeof value === "function" && "recordType" in value ? Object.keys(value.recordType.fields) : [],
  );
  const moves = pages.filter(({ path }) => path.startsWith("docs/how-to/from-"));
  test.each(moves)("of fields in the tables of $path exist", ({ prose }) => {
    const cells = [...prose.matchAll(/^\| [^|]+ \| ([^|]*) \|/gm)].map(([, ours = ""]) => ours);
    const names = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !fields.includes(name) && !(name in api))).toEqual([]);
  });

  test("of service types exist", () => {
    const types = pages.flatMap(inlineCodeOf).filter((code) => /^[a-z]\w*ServiceType$/.test(code));
    expect(types.length).toBeGreaterThan(10);
    expect(types.filter((name) => !(name in api))).toEqual([]);
  });

  test("of modules in ARCHITECTURE.md exist", () => {
    const page = byPath.get("ARCHITECTURE.md");
    const modules = inlineCodeOf(page as Page).filter((code) => /^[a-z-]+\/[a-z/-]+\.ts$/.test(code));
    expect(modules.length).toBeGreaterThan(10);
    expect(modules.filter((path) => !existsSync(join(root, "src", path)))).toEqual([]);
  });
});

describe("examples", () => {
  const shown = pages.filter(hasExamples);

  test("have marks that mean something", () => {
    expect(shown.flatMap(unknownMarks)).toEqual([]);
  });

  test("that are not run are few, and each says why", () => {
    const left = shown.flatMap(({ path, blocks }) =>
      blocks.flatMap(({ line, marks }) =>
        marks["not-run"] === undefined ? [] : [{ where: `${path}:${line}`, why: marks["not-run"] }],
      ),
    );
    for (const { where, why } of left) console.log(`not run: ${where}: ${why}`);
    for (const { where, why } of left) expect(why, where).toMatch(/\w+ \w+/);
    expect(left.length).toBeLessThanOrEqual(mostNotRun);
  });

  test("type check, fragments as well", async () => {
    using scratch = new Scratch();
    const { stdout } = await checkTypes(scratch, shown);
    expect(stdout).toBe("");
  });

  const withFragments = shown.filter((page) => fragmentsOf(page).length > 0);
  test.each(withFragments)("of $path that are fragments hold values that their records take", async (page) => {
    using scratch = new Scratch();
    const fragments = fragmentsOf(page);
    scratch.write(Object.fromEntries(fragments.map(({ line, code }) => [`line-${line}.ts`, code])));
    const imports = fragments.map(({ line }) => `import "./line-${line}.ts";`).join("\n");
    scratch.write({
      "host.ts": `import { homeEnvironment } from "lading";\n${imports}\nexport default homeEnvironment({});\n`,
    });
    const { status, stderr } = await lading(scratch, "check", "host.ts");
    expect(status, stderr).toBe(0);
  });

  const isThere = (program: string): boolean => spawnSync("which", [program]).status === 0;
  const withSteps = shown.filter((page) => stepsOf(page, { host: false }).length > 0);
  test.each(withSteps)("of $path do what the page shows", async (page) => {
    const lacking = programsOf(page).filter((program) => !isThere(program));
    if (lacking.length > 0 && hostOf(page) === undefined) {
      console.log(`skipped: ${page.path}: there is no ${lacking.join(", ")}`);
      return;
    }
    using scratch = new Scratch();
    const steps = stepsOf(page, { host: false });
    scratch.write({
      "bin/lading": `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`,
      "steps.json": JSON.stringify(steps),
      "page/.keep": "",
    });
    const at = (name: string): string => join(scratch.path, name);
    await exec(["chmod", "755", at("bin/lading")]);
    await exec([process.execPath, join(root, "test/documents/runner.mjs"), at("steps.json"), at("results.json")], {
      cwd: at("page"),
      env: {
        PATH: `${at("bin")}:${process.env.PATH}`,
        HOME: at("home"),
        LADING_STATE: at("state"),
        LADING_RUNTIME: at("run"),
      },
    });
    const results = JSON.parse(readFileSync(at("results.json"), "utf8")) as readonly StepResult[];
    const wrong = steps.map((step, index) => complaint(page.path, step, results[index]));
    expect(wrong.find((each) => each !== undefined)).toBeUndefined();
  });
});

describe("the notation", () => {
  test("`…` is any text of a line, alone any lines; spaces count as one", () => {
    expect(matches("a   b\n", "a b\n")).toBe(true);
    expect(matches("pid …, up\n", "pid 12, up\n")).toBe(true);
    expect(matches("a\n…\nz\n", "a\nb\nc\nz\n")).toBe(true);
    expect(matches("a\n…\nz\n", "a\nz\n")).toBe(true);
    expect(matches("a\n…\n", "b\n")).toBe(false);
    expect(matches("a.c\n", "abc\n")).toBe(false);
    expect(matches("a\n", "a\nb\n")).toBe(false);
  });

  test("a page's blocks become steps in order: files, their check, commands with what is shown and their status", () => {
    const page = parsePage(
      "page.md",
      [
        '<!-- file "site/index.html"',
        "hello",
        "-->",
        "```ts",
        "export default 1;",
        "```",
        "```console status=4",
        "$ lading status",
        "one",
        "$ lading plan \\",
        "    host.ts",
        "```",
        '```sh host="user"',
        "true",
        "```",
        '```sh not-run="needs the moon"',
        "false",
        "```",
        "",
      ].join("\n"),
    );
    const unit = [
      { line: 1, write: "site/index.html", content: "hello\n" },
      { line: 4, write: "host.ts", content: "export default 1;\n" },
      { line: 4, run: "lading check host.ts", status: 0, shows: undefined },
      { line: 8, run: "lading status", status: 0, shows: "one\n" },
      { line: 10, run: "lading plan \\\n    host.ts", status: 4, shows: undefined },
    ];
    expect(stepsOf(page, { host: false })).toEqual(unit);
    expect(stepsOf(page, { host: true })).toEqual([
      ...unit,
      { line: 13, run: "set -eu\ntrue\n", status: 0, shows: undefined },
    ]);
    expect(hostOf(page)).toBe("user");
    const [, , , status] = unit;
    const ran = { status: 0, stdout: "two\n", stderr: "" };
    expect(complaint("page.md", status as never, ran)).toContain("page.md:8: lading status\nthe page shows:\none");
    expect(complaint("page.md", status as never, { ...ran, stdout: "one\n" })).toBeUndefined();
    expect(complaint("page.md", status as never, undefined)).toContain("was not reached");
  });

  test("a mark that does not exist is an error, and so is a block that does not end", () => {
    expect(unknownMarks(parsePage("page.md", "```ts titel=x\n```\n"))).toEqual(["page.md:1: titel"]);
    expect(() => parsePage("page.md", "```ts\n")).toThrow("page.md:1: this block does not end");
  });

  test("anchors are those of GitHub", () => {
    const page = parsePage("page.md", "# `lading init [dir]`\n## What's *new*, and why?\n## Twice\n## Twice\n");
    expect([...anchorsOf(page)]).toEqual(["lading-init-dir", "whats-new-and-why", "twice", "twice-1"]);
  });
});
