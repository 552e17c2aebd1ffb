/** What a declaration is told that cannot be read to its end: imports, promises, and what is no declaration at all. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeOfError } from "../../src/base/index.ts";
import { lading, Scratch } from "../support.ts";

const home = 'import { homeEnvironment } from "lading";\n';

/** The errors and hints that `check` prints, each as one line; paths are those below the folder. */
async function told(files: Readonly<Record<string, string>>, argument = "host.ts"): Promise<readonly string[]> {
  using scratch = new Scratch();
  const { status, stdout, stderr } = await lading(scratch.write(files), "check", argument);
  expect([status, stdout]).toEqual([1, ""]);
  return stderr
    .replaceAll(`${scratch.path}/`, "")
    .replaceAll(scratch.path, ".")
    .split("\n")
    .filter((line) => /^(?:\S+: )?error |^ {2}(?:hint|also):/.test(line));
}

describe("a name that is not exported", () => {
  test.each<readonly [what: string, files: Readonly<Record<string, string>>, lines: readonly string[]]>([
    [
      "by Lading",
      { "host.ts": 'import { ociContaner } from "lading"; export default ociContaner;' },
      [
        'host.ts:1:10: error syntax-error: "lading" has no export "ociContaner"',
        '  hint: did you mean "ociContainer"?',
      ],
    ],
    [
      "by Lading, under another name",
      { "host.ts": 'import { service, ociContaner as x } from "lading";\nexport default [service, x];' },
      [
        'host.ts:1:19: error syntax-error: "lading" has no export "ociContaner"',
        '  hint: did you mean "ociContainer"?',
      ],
    ],
    [
      "by Lading, behind a namespace",
      { "host.ts": 'import * as l from "lading";\nexport default l.ociContaner({});' },
      [
        'host.ts:2:18: error syntax-error: "lading" has no export "ociContaner"',
        '  hint: did you mean "ociContainer"?',
      ],
    ],
    [
      "by Lading, in an imported file",
      {
        "host.ts": 'import { web } from "./lib/web.ts";\nexport default web;',
        "lib/web.ts": '\nimport { ociContaner } from "lading";\nexport const web = ociContaner({});',
      },
      [
        'lib/web.ts:2:10: error syntax-error: "lading" has no export "ociContaner"',
        '  hint: did you mean "ociContainer"?',
      ],
    ],
    [
      "by Lading, which has no default",
      { "host.ts": 'import lading from "lading";\nexport default lading.service;' },
      [
        'host.ts:1:8: error syntax-error: "lading" has no export "default"',
        '  hint: import by name: import { … } from "lading"',
      ],
    ],
    [
      "by a module of Node",
      { "host.ts": 'import { jion } from "node:path";\nexport default jion("a");' },
      ['host.ts:1:10: error syntax-error: "node:path" has no export "jion"', '  hint: did you mean "join"?'],
    ],
    [
      "by a package",
      {
        "host.ts": 'import { prase } from "pack";\nexport default prase;',
        "node_modules/pack/package.json":
          '{ "name": "pack", "version": "1.0.0", "type": "module", "main": "index.js" }',
        "node_modules/pack/index.js": "export const parse = 1;",
      },
      [
        'host.ts:1:10: error syntax-error: "node_modules/pack/index.js" has no export "prase"',
        "  also: node_modules/pack/index.js:1:14",
        '  hint: did you mean "parse"?',
      ],
    ],
  ])("%s", async (_, files, lines) => {
    expect(await told(files)).toEqual(lines);
  });

  test("is no mistake where it is a type, and the modules stay what they are", async () => {
    using scratch = new Scratch();
    scratch.write({
      "host.ts": `import { type Unit, Container, homeEnvironment } from "lading";
import * as l from "lading";
import path, { join } from "node:path";
import * as everything from "node:path";
import { Named } from "./types.ts";
const named: Named | Unit | Container | undefined = undefined;
if (path.join !== join || everything.join !== join || everything.default !== path || named) throw new Error("another");
if (Object.keys(l).length < 20 || (await import("lading")).service !== l.service) throw new Error("another lading");
export default homeEnvironment({ services: [] });`,
      "types.ts": 'export { Unit as Named } from "lading";',
    });
    const { status, stderr } = await lading(scratch, "check", "host.ts");
    expect([status, stderr]).toEqual([0, ""]);
  });
});

describe("an import that leads nowhere", () => {
  test.each<readonly [what: string, files: Readonly<Record<string, string>>, lines: readonly string[]]>([
    [
      "a package",
      { "host.ts": 'import "leftpad-nope";\nimport "@team/pack/part";' },
      [
        'host.ts:1:8: error syntax-error: Could not resolve "leftpad-nope"',
        "  hint: install it beside the declaration: npm install leftpad-nope",
        'host.ts:2:8: error syntax-error: Could not resolve "@team/pack/part"',
        "  hint: install it beside the declaration: npm install @team/pack",
      ],
    ],
    [
      "a part of a package that it does not give away",
      {
        "host.ts": 'import "pack/part";',
        "node_modules/pack/package.json": '{ "name": "pack", "version": "1.0.0", "exports": { ".": "./index.js" } }',
        "node_modules/pack/index.js": "",
      },
      [
        'host.ts:1:8: error syntax-error: Could not resolve "pack/part"',
        "  also: node_modules/pack/package.json:1:50",
        '  hint: The path "./part" is not exported by package "pack"',
      ],
    ],
    [
      "a file, in a file that is imported",
      { "host.ts": 'import "./lib/a.ts";', "lib/a.ts": 'import "../nope.ts";' },
      ['lib/a.ts:1:8: error syntax-error: Could not resolve "../nope.ts"', "  hint: there is no file nope.ts"],
    ],
    [
      "a file with a slip, without its dot, and a folder",
      { "host.ts": 'import "./lib/wbe.ts";\nimport "lib/web.ts";\nimport "./lib";', "lib/web.ts": "" },
      [
        'host.ts:1:8: error syntax-error: Could not resolve "./lib/wbe.ts"',
        '  hint: there is no file lib/wbe.ts; did you mean "./lib/web.ts"?',
        'host.ts:2:8: error syntax-error: Could not resolve "lib/web.ts"',
        '  hint: did you mean "./lib/web.ts"?',
        'host.ts:3:8: error syntax-error: Could not resolve "./lib"',
        "  hint: lib is a folder: name the file in it",
      ],
    ],
    [
      "a module that Node does not have",
      { "host.ts": 'import "node:pth";' },
      ['host.ts:1:8: error syntax-error: Node has no module "node:pth"', "  hint: mend the code at that place"],
    ],
    [
      "a file of another kind",
      { "host.ts": 'import "./data.yaml";', "data.yaml": "" },
      [
        'host.ts:1:8: error syntax-error: No loader is configured for ".yaml" files: data.yaml',
        "  hint: TypeScript, JavaScript, JSON and .txt files can be imported; node:fs reads others",
      ],
    ],
  ])("%s", async (_, files, lines) => {
    expect(await told(files)).toEqual(lines);
  });
});

test("a syntax error in an imported file says why that file is read", async () => {
  expect(await told({ "host.ts": 'import "./a.ts";', "a.ts": "const = 1;" })).toEqual([
    'a.ts:1:7: error syntax-error: Expected identifier but found "="',
    "  hint: mend the code at that place: it is part of what host.ts imports",
  ]);
});

test("a name that is declared twice has both places", async () => {
  expect(await told({ "host.ts": "const a = 1;\nconst a = 2;" })).toEqual([
    'host.ts:2:7: error syntax-error: The symbol "a" has already been declared',
    "  also: host.ts:1:7",
    '  hint: The symbol "a" was originally declared here',
  ]);
});

describe("what is no declaration", () => {
  test("a Compose file is told how it becomes one", async () => {
    expect(await told({ "compose.yaml": "services: {}\n" }, "compose.yaml")).toEqual([
      "compose.yaml:1:1: error syntax-error: a declaration is a TypeScript file, and compose.yaml ends in .yaml",
      "  hint: name a file such as host.ts, or write one with `lading init`; docs/how-to/from-compose.md shows how a Compose file becomes one",
    ]);
  });

  test("a folder is one, and the file in it is named", async () => {
    using scratch = new Scratch();
    mkdirSync(join(scratch.path, "empty"));
    expect(await told({ "lib/web.ts": "", "lib/host.ts": "" }, "lib")).toEqual([
      "error file-missing: lib is a folder",
      "  hint: name the file in it, such as lib/host.ts",
    ]);
    const { stderr } = await lading(scratch, "check", "empty");
    expect(stderr).toContain(`hint: name the file in it, such as ${scratch.path}/empty/host.ts`);
  });
});

describe("a promise", () => {
  const wanted = "the default export must be an operatingSystem or a homeEnvironment";

  test.each<readonly [what: string, host: string, lines: readonly string[]]>([
    [
      "of a declaration as the default export",
      `${home}const host = async () => homeEnvironment({ services: [] });\nexport default host();`,
      [`host.ts:1:1: error wrong-export: ${wanted}; it is a promise`, "  hint: wait for it: export default await …"],
    ],
    [
      "of something else",
      "export default (async () => 1)();",
      [
        `host.ts:1:1: error wrong-export: ${wanted}; it is a promise`,
        "  hint: end the file with: export default await …, where it comes to an operatingSystem or a homeEnvironment",
      ],
    ],
    [
      "that is rejected as the default export",
      'export default Promise.reject(new Error("no luck"));',
      [
        "host.ts:1:31: error declaration-threw: the declaration threw: Error: no luck",
        "  hint: mend the code at that place",
      ],
    ],
    [
      "that is rejected late as the default export",
      'export default new Promise((_, no) => setTimeout(() => no(new Error("late")), 10));',
      [
        "host.ts:1:59: error declaration-threw: the declaration threw: Error: late",
        "  hint: mend the code at that place",
      ],
    ],
    [
      "that is rejected where nobody waits for it",
      "Promise.reject(7);\nawait new Promise((yes) => setTimeout(yes, 1000));",
      ["error declaration-threw: the declaration threw: number 7"],
    ],
    [
      "that nothing settles",
      "await new Promise(() => {});",
      [
        "error declaration-timeout: host.ts waits for something that never comes",
        "  hint: look for an await of a promise that nothing settles",
      ],
    ],
    [
      "that nothing settles, as the default export",
      "export default new Promise(() => {});",
      [
        "error declaration-timeout: host.ts waits for something that never comes",
        "  hint: look for an await of a promise that nothing settles",
      ],
    ],
  ])("%s", async (_, host, lines) => {
    expect(await told({ "host.ts": host })).toEqual(lines);
  });
});

test("a timer's function that throws is the declaration's own error", async () => {
  const host =
    'setTimeout(() => {\n  throw new Error("late");\n}, 1);\nawait new Promise((yes) => setTimeout(yes, 1000));';
  expect(await told({ "host.ts": host })).toEqual([
    "host.ts:2:9: error declaration-threw: the declaration threw: Error: late",
    "  hint: mend the code at that place",
  ]);
});

test("a frame within Node is no place of an error", () => {
  const error = new SyntaxError("no export");
  error.stack = [
    "SyntaxError: no export",
    "    at #asyncInstantiate (node:internal/modules/esm/module_job:302:21)",
    "    at async ModuleJob.run (node:internal/modules/esm/module_job:213:21)",
    "    at node:internal/main/worker_thread:1:2",
  ].join("\n");
  expect(placeOfError(error)).toBeUndefined();
  error.stack += "\n    at async file:///a/b.ts:3:4";
  expect(placeOfError(error)).toEqual({ file: "/a/b.ts", line: 3, column: 4 });
});
