/** Where an error points to: the field itself where the source shows it, through spreads, helpers, imports and lists. */
import { describe, expect, test } from "vitest";
import { lading, Scratch } from "../support.ts";

interface Report {
  readonly code: string;
  readonly where?: Position;
  readonly also?: Position;
}

interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const imports = 'import { homeEnvironment, ociContainer, ociNetwork, ociServiceType, service } from "lading";\n';

const home = (containers: string): string =>
  `\nexport default homeEnvironment({ services: [service(ociServiceType, { containers: [${containers}] })] });\n`;

/**
 * Checks a declaration in which `«` marks where the errors should be and `‹` the second places; gives the marked places
 * beside the reported ones.
 */
async function check(sources: Readonly<Record<string, string>>): Promise<{
  readonly marked: readonly string[];
  readonly second: readonly string[];
  readonly where: readonly string[];
  readonly also: readonly string[];
  readonly codes: readonly string[];
}> {
  using scratch = new Scratch();
  const marks = { "«": [] as string[], "‹": [] as string[] };
  for (const [file, source] of Object.entries(sources)) {
    const lines = source.split("\n").map((text, index) => {
      let line = text;
      for (let at = line.search(/[«‹]/); at !== -1; at = line.search(/[«‹]/)) {
        marks[line[at] as "«" | "‹"].push(`${file}:${index + 1}:${at + 1}`);
        line = line.slice(0, at) + line.slice(at + 1);
      }
      return line;
    });
    scratch.write({ [file]: lines.join("\n") });
  }
  const { stderr } = await lading(scratch, "check", "host.ts", "--json");
  const { errors } = JSON.parse(stderr) as { readonly errors: readonly Report[] };
  const show = (places: readonly (Position | undefined)[]): readonly string[] => {
    const shown = places.flatMap((each) =>
      each === undefined ? [] : [`${each.file.slice(scratch.path.length + 1)}:${each.line}:${each.column}`],
    );
    return [...new Set(shown)].sort();
  };
  return {
    marked: marks["«"].sort(),
    second: marks["‹"].sort(),
    where: show(errors.map(({ where }) => where)),
    also: show(errors.map(({ also }) => also)),
    codes: errors.map(({ code }) => code),
  };
}

describe("the field that is wrong", () => {
  test.each<readonly [what: string, host: string, files?: Readonly<Record<string, string>>]>([
    ["in the call", `const a = ociContainer({ image: "x", «ports: "8080:80" });${home("a")}`],
    ["on a line of its own", `const a = ociContainer({\n  image: "x",\n  «respawn: 1,\n});${home("a")}`],
    ["with a quoted name", `const a = ociContainer({ image: "x", «"respawn": 1 });${home("a")}`],
    ["in short", `const respawn = 1;\nconst a = ociContainer({ image: "x", «respawn });${home("a")}`],
    ["that does not exist", `const a = ociContainer({ image: "x", «portz: [] });${home("a")}`],
    ["that is missing: the call", `const a = «ociContainer({ provision: "a" });${home("a")}`],
    [
      "within an object",
      `const a = ociContainer({ image: "x", health: { command: "true", «interval: "soon" } });${home("a")}`,
    ],
    ["within a list", `const a = ociContainer({ image: "x", ports: [["80", "80"], «7, ["81", "81"]] });${home("a")}`],
    [
      "of a pair in an object",
      `const a = ociContainer({ image: "x", environment: { A: "1", «DEBUG: true as never, B: "2" } });${home("a")}`,
    ],
    [
      "of a pair whose key has dots",
      `const a = ociContainer({ image: "x", labels: { "traefik.http": "1", «"traefik.enable": true as never } });${home("a")}`,
    ],
    ["with a name of no word", `const a = ociContainer({ image: "x", «"x-base": 1 } as never);${home("a")}`],
    ["of a plain object in a list", home('{ image: "x" }, { image: "y", «respawn: 1 }')],
    [
      "behind comments, strings, templates and expressions with brackets",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the declaration's.
      'const a = ociContainer({ // { respawn: 2,\n  image: \'x\', /* respawn: , { */ workdir: \'/}\', command: [`${["}"].join("`")} {`, String(/[{"/]/)], «respawn: 1 });' +
        home("a"),
    ],
    [
      "behind wide characters and a tab",
      `const a = ociContainer({ image: "x", workdir: "/名前🙂",\t«respawn: 1 });${home("a")}`,
    ],
    [
      "in a namespace's call",
      `import * as l from "lading";\nconst a = l.ociContainer({ image: "x", «respawn: 1 });${home("a")}`,
    ],
    [
      "under another name",
      `import { ociContainer as box } from "lading";\nconst a = box({ image: "x", «respawn: 1 });${home("a")}`,
    ],
    [
      "with types around it",
      `const a = ociContainer({ image: "x", «respawn: <never>(1 as unknown) } as never);${home("a")}`,
    ],
    [
      "that is written twice: the last counts",
      `const a = ociContainer({ image: "x", respawn: true, «respawn: 1 });${home("a")}`,
    ],
    [
      "after a spread",
      `const base = { image: "x", respawn: true };\nconst a = ociContainer({ ...base, «respawn: 1 });${home("a")}`,
    ],
    [
      "in a list beside what a spread adds: the list",
      `const more = [ociContainer({ provision: "m", image: "x" })];${home('...more, { image: "y", respawn: 1 }').replace("containers", "«containers")}`,
    ],
  ])("%s", async (_, host, files = {}) => {
    const { marked, where, also } = await check({ "host.ts": imports + host, ...files });
    expect(where).toEqual(marked);
    expect(also).toEqual([]);
  });
});

describe("the field and the call", () => {
  test.each<readonly [what: string, host: string, files?: Readonly<Record<string, string>>]>([
    [
      "a spread",
      `const base = {\n  image: "x",\n  «respawn: 1,\n};\nconst a = ‹ociContainer({ ...base, provision: "a" });${home("a")}`,
    ],
    [
      "a spread of a spread",
      `const first = { «respawn: 1 };\nconst second = { ...first, image: "x" };\nconst a = ‹ociContainer({ ...second });${home("a")}`,
    ],
    [
      "a constant with a type",
      `const options: { image: string; respawn: never } = { image: "x", «respawn: 1 as never };\nconst a = ‹ociContainer(options);${home("a")}`,
    ],
    [
      "a spread of what another file exports",
      `import { base as shared } from "./lib/base.ts";\nconst a = ‹ociContainer({ ...shared, image: "x" });${home("a")}`,
      { "lib/base.ts": "// Shared.\nexport const base = { «respawn: 1 };\n" },
    ],
    [
      "a helper's own field",
      `const make = (provision: string) => ociContainer({ provision, image: "x", «respawn: 1 });\nconst a = ‹make("a");${home("a")}`,
    ],
    [
      "what a helper is passed",
      `function make(respawn: never) {\n  return ociContainer({ image: "x", «respawn });\n}\nconst a = ‹make(1 as never);${home("a")}`,
    ],
    [
      "a generated list",
      `const all = ["a", "b"].‹map((provision) => ociContainer({ provision, image: "x", «respawn: 1 }));${home("...all")}`,
    ],
    [
      "a helper of another file",
      `import { web } from "./web.ts";\nconst a = ‹web(7);${home("a")}`,
      {
        "web.ts":
          'import { ociContainer } from "lading";\nexport const web = (port: unknown) => ociContainer({ image: "x", «ports: port as never });\n',
      },
    ],
  ])("%s", async (_, host, files = {}) => {
    const { marked, second, where, also } = await check({ "host.ts": imports + host, ...files });
    expect({ where, also }).toEqual({ where: marked, also: second });
  });
});

describe("the call, where the source does not tell the field", () => {
  test.each<readonly [what: string, host: string]>([
    [
      "a value that a function makes",
      `const base = Object.assign({ image: "x" }, { respawn: 1 });\nconst a = «ociContainer({ ...base });${home("a")}`,
    ],
    ["a computed name", `const a = «ociContainer({ image: "x", ["res" + "pawn"]: 1 });${home("a")}`],
    [
      "one name for two values",
      `const base = { image: "x", respawn: true };\n{ const base = { image: "x", respawn: 1 }; «ociContainer({ ...base }); }${home("")}`,
    ],
    [
      "a parameter with a constant's name",
      `const base = { image: "x", respawn: true };\nconst make = (base: never) => «ociContainer({ ...base });\nmake({ image: "x", respawn: 1 } as never);${home("ociContainer(base)")}`,
    ],
  ])("%s", async (_, host) => {
    const { marked, where } = await check({ "host.ts": imports + host });
    expect(where).toEqual(marked);
  });
});

test("one mistake of a helper is told once, however long the list", async () => {
  const all = `const all = Array.from({ length: 50 }, (_, n) => ociContainer({ provision: "c" + n, image: "x", respawn: 1 }));`;
  const { codes } = await check({ "host.ts": imports + all + home("...all") });
  expect(codes).toEqual(["invalid-value"]);
});

test("a syntax error behind wide characters has its column, too", async () => {
  const { marked, where } = await check({
    "host.ts": 'const a = "名前🙂é"; const «= 1;',
  });
  expect(where).toEqual(marked);
});

test("a folder and a file may be called as they like", async () => {
  using scratch = new Scratch();
  const folder = 'a %22 "q" {b} ü';
  scratch.write({
    [`${folder}/host.ts`]: `${imports}import "./o %41.ts";${home("")}`,
    [`${folder}/o %41.ts`]: `${imports}ociContainer({ image: "localhost/x", nope: 1 } as never);`,
  });
  const { stderr } = await lading(scratch, "check", `${folder}/host.ts`);
  expect(stderr).toContain(`${folder}/o %41.ts:2:38: error unknown-field`);
});
