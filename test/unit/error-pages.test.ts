/**
 * The pages of the error codes: one for each, in one shape, and every example does what its page says. `vitest -u` writes
 * into the pages what the commands print now.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeGroups, codes, type ErrorCode } from "../../src/base/index.ts";
import {
  commandsOf,
  type ErrorPage,
  type Example,
  openShell,
  readErrorPage,
  runSessions,
  sections,
} from "../error-page.ts";
import { lading, root, Scratch } from "../support.ts";
import { type FakeOptions, FakeRegistry } from "./fake-registry.ts";

const all = Object.keys(codes) as readonly ErrorCode[];

/** How the registry of a page's examples behaves; where nothing is said, it takes and gives what it is asked for. */
const registries: Readonly<Partial<Record<ErrorCode, FakeOptions>>> = {
  "registry-unauthorised": { auth: "basic", user: "deploy", password: "secret" },
  "registry-denied": {
    meddle: (request, response) => {
      if (request.url?.includes("/other/") !== true) return false;
      request.resume();
      response.writeHead(403, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: [{ code: "DENIED", message: "requested access is denied" }] }));
      return true;
    },
  },
  "registry-failed": {
    meddle: (request, response, { kind }) => {
      if (kind !== "put-manifest" || request.url?.includes("/frozen/") !== true) return false;
      request.resume();
      response.writeHead(422, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: [{ code: "UNSUPPORTED", message: "this repository is frozen" }] }));
      return true;
    },
  },
};

const says = (output: string, code: string): boolean => new RegExp(`(?:error|warning) ${code}:`).test(output);

/** What stands in for the sessions of `example` in the page's text. */
function filled(text: string, example: Example, sessions: readonly string[]): string {
  return example.sessions.reduce((page, session, index) => page.replace(session, () => sessions[index] ?? ""), text);
}

/**
 * Runs the right example: with its own commands, or with the last one of the wrong example. One that is told in words
 * takes what no test has, such as an engine.
 */
async function runRight({ wrong, right }: ErrorPage, registry: string): ReturnType<typeof runSessions> {
  const hasBlocks = right.sessions.length > 0 || Object.keys(right.files).length > 0;
  const last = wrong.sessions.flatMap(commandsOf).at(-1) ?? "";
  const sessions = right.sessions.length > 0 || !hasBlocks ? right.sessions : [`$ ${last}\n`];
  using shell = openShell({ ...wrong.files, ...right.files }, registry);
  return await runSessions(shell, { ...right, sessions });
}

test("every code has a page, and every page a code", () => {
  const pages = readdirSync(join(root, "docs/errors")).map((name) => name.replace(/\.md$/, ""));
  expect(pages.sort()).toEqual([...all].sort());
});

test("every code is in one group", () => {
  expect(codeGroups.flatMap((group) => group.codes)).toEqual(all);
});

describe.each(all)("%s", (code) => {
  const page = readErrorPage(code);
  let registry: FakeRegistry;
  beforeAll(async () => {
    registry = await FakeRegistry.open(registries[code] ?? {});
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  test("the page has its shape, and the code's own sentence", () => {
    expect([page.heading, page.meaning]).toEqual([`# ${code}`, codes[code]]);
    expect(page.titles).toEqual(sections);
    for (const { text } of [page.wrong, page.right]) expect(text).toMatch(/\w/);
    expect(page.wrong.sessions.length > 0, "either an example, or a test that shows it").toBe(
      page.shownBy === undefined,
    );
  });

  if (page.shownBy !== undefined) {
    test("the test that it names provokes it", () => {
      expect(page.shownBy).toMatch(/^test\/.*\.test\.ts$/);
      expect(readFileSync(join(root, page.shownBy ?? ""), "utf8")).toMatch(new RegExp(`(?<![\\w-])${code}["'\`:]`));
    });
    return;
  }

  test("the wrong example gives it, and the page shows what is printed; the right one does not", async () => {
    using wrongShell = openShell(page.wrong.files, registry.address);
    const wrong = await runSessions(wrongShell, page.wrong);
    expect(says(wrong.output, code), wrong.output).toBe(true);

    const right = await runRight(page, registry.address);
    expect(says(right.output, code), right.output).toBe(false);
    expect(right.output).not.toMatch(/^(?:\S+: )?error /m);

    const now = filled(filled(page.text, page.wrong, wrong.sessions), page.right, right.sessions);
    await expect(now).toMatchFileSnapshot(page.path);
  });
});

describe("lading explain", () => {
  test("prints the page of a code, without its Markdown", async () => {
    using scratch = new Scratch();
    const { status, stdout } = await lading(scratch, "explain", "missing-field");
    expect(status).toBe(0);
    expect(stdout.startsWith(`missing-field: ${codes["missing-field"]}\n\nWhat it means\n\n`)).toBe(true);
    expect(stdout).not.toContain("```");
    expect(stdout).toContain("    $ lading check host.ts\n    host.ts:");
  });

  test("prints every code in its group where none is named", async () => {
    using scratch = new Scratch();
    const { stdout } = await lading(scratch, "explain");
    for (const { title, codes: members } of codeGroups) {
      const [, part = ""] = stdout.split(`${title}\n`);
      const listed = part
        .split("\n\n")[0]
        ?.split("\n")
        .map((line) => line.trim().split(" ")[0]);
      expect(listed?.filter((each) => each !== "")).toEqual(members);
    }
  });

  test("gives both as data", async () => {
    using scratch = new Scratch();
    const one = JSON.parse((await lading(scratch, "explain", "locked", "--json")).stdout);
    expect(one).toMatchObject({
      version: 1,
      code: "locked",
      meaning: codes.locked,
      group: "Switching and supervising",
    });
    expect(one.sections.map(({ title }: { title: string }) => title)).toEqual(sections);
    const list = JSON.parse((await lading(scratch, "explain", "--json")).stdout);
    expect(list.groups.flatMap((group: { codes: { code: string }[] }) => group.codes.map(({ code }) => code))).toEqual(
      all,
    );
  });

  test("knows what was meant by a code that is none", async () => {
    using scratch = new Scratch();
    const { status, stderr } = await lading(scratch, "explain", "mising-field");
    expect([status, stderr]).toEqual([
      2,
      'error usage: no error has the code "mising-field"\n  hint: did you mean "missing-field"?\n',
    ]);
    expect((await lading(scratch, "explain", "../usage")).status).toBe(2);
  });
});
