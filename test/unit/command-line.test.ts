/** The command line as people meet it: mistakes, help, colours, and what its tables must name. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { columnsIn } from "../../src/cli/columns.ts";
import { shapeOf } from "../../src/cli/command-shape.ts";
import { commands } from "../../src/cli/commands.ts";
import { environmentVariables } from "../../src/cli/environment.ts";
import { exitCodes, exitMeanings } from "../../src/cli/exit-codes.ts";
import { examplesOf } from "../../src/cli/help.ts";
import { exec, filesBelow, lading, main, type Ran, root, Scratch } from "../support.ts";
import { ladingOnTerminal } from "../terminal.ts";

const shapes = commands.map(shapeOf);

describe("a command line that is not right", () => {
  for (const [args, message] of [
    [["aply", "host.ts"], 'unknown command "aply"; did you mean "apply"?'],
    [["frobnicate"], 'unknown command "frobnicate"; see `lading --help`'],
    [["apply", "--on-failur", "keep"], 'unknown option "--on-failur"; did you mean "--on-failure"?'],
    [["check"], 'missing required argument "file"; see `lading check --help`'],
    [
      ["status", "web", "db"],
      'too many arguments for "status", expected 1 argument but got 2; see `lading status --help`',
    ],
    [["apply", "host.ts", "--on-failure", "panic"], '--on-failure takes rollback, stop, keep, not "panic"'],
    [["plan", "host.ts", "--deadline", "soon"], '--deadline takes seconds, not "soon"'],
    [["completion", "csh"], 'completion takes bash, zsh, fish, not "csh"'],
    [["man", "aply"], 'there is no command "aply"; did you mean "apply"?'],
  ] as const)
    test(`lading ${args.join(" ")} is one line, and exit 2`, async () => {
      using scratch = new Scratch();
      expect(await lading(scratch, ...args)).toEqual({ status: 2, stdout: "", stderr: `error usage: ${message}\n` });
      const { stderr } = await lading(scratch, ...args, "--json");
      expect(JSON.parse(stderr)).toEqual({ version: 1, errors: [{ code: "usage", message }] });
    });
});

describe("the help", () => {
  for (const columns of [40, 80, 200])
    test(`fits ${columns} columns, and names exit codes and variables`, async () => {
      using scratch = new Scratch();
      const { status, output } = await ladingOnTerminal(scratch, "--help", { columns });
      expect(status).toBe(0);
      for (const line of output.split("\r\n")) expect(columnsIn(line), line).toBeLessThanOrEqual(columns);
      for (const [name] of environmentVariables) expect(output.replaceAll(/\s+/g, " ")).toContain(name.split(",")[0]);
      expect(output).toContain("Exit codes:");
      const apply = await ladingOnTerminal(scratch, "apply --help", { columns });
      // Examples stay on their lines: they are there to be copied.
      const [about = ""] = apply.output.split("Examples:");
      for (const line of about.split("\r\n")) expect(columnsIn(line), line).toBeLessThanOrEqual(columns);
    });

  test("every example calls its command with options that it has and values that they take", () => {
    for (const [index, entry] of commands.entries()) {
      const { verb, options } = shapes[index] ?? { verb: "", options: [] };
      for (const example of examplesOf(entry)) {
        const own = example.split(/ [|>] /)[0] ?? "";
        const words = own.split(" ");
        expect(words.slice(0, 2)).toEqual(["lading", verb]);
        for (const [at, word] of words.entries()) {
          if (!word.startsWith("-")) continue;
          if (word === "-") continue;
          const option = options.find(({ flags }) => flags.includes(word));
          expect(option, example).toBeDefined();
          if (option?.value?.kind === "choice") expect(option.value.choices, example).toContain(words[at + 1]);
        }
      }
    }
  });

  test("options that take a number say in what unit, or of what", () => {
    const counted = shapes.flatMap(({ options }) => options.filter(({ value }) => value?.name === "seconds"));
    expect(counted.length).toBe(shapes.length);
    for (const { description } of counted) expect(description).toMatch(/seconds.*default/);
  });

  test("every exit code has a meaning", () => {
    expect(exitMeanings.map(([code]) => code)).toEqual(Object.values(exitCodes));
  });

  test("every variable of ours that the source reads is told of", () => {
    const told = environmentVariables.map(([name]) => name);
    const read = filesBelow(`${root}/src`).flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/\b(?:env|environment)\.(LADING_[A-Z_]+)/g)].map(([, name]) => ({
        name,
        path: relative(root, path),
      })),
    );
    expect(read.length).toBeGreaterThan(2);
    for (const { name, path } of read) expect(told, path).toContain(name);
  });
});

test("colours are for terminals, unless they are forced", async () => {
  using scratch = new Scratch();
  const none = "no generation";
  const shown = async (env: Readonly<Record<string, string>>): Promise<string> =>
    (await ladingOnTerminal(scratch, "doctor", { env })).output.includes("\u001b[3") ? "colours" : none;
  expect(await shown({})).toBe("colours");
  expect(await shown({ NO_COLOR: "1" })).toBe(none);
  expect(await shown({ TERM: "dumb" })).toBe(none);
  expect((await lading(scratch, "doctor")).stdout).not.toContain("\u001b");
});

describe("COLUMNS in a pipe", () => {
  const piped = (scratch: Scratch, columns: string, ...args: readonly string[]): Promise<Ran> => {
    const env = {
      LADING_STATE: join(scratch.path, "state"),
      LADING_RUNTIME: join(scratch.path, "run"),
      COLUMNS: columns,
    };
    return exec([process.execPath, main, ...args], { env, cwd: scratch.path });
  };
  const widest = (text: string): number => Math.max(...text.split("\n").map(columnsIn));

  test("help is laid out for it, and for 80 where it says nothing", async () => {
    using scratch = new Scratch();
    const [narrow, wide, none, odd] = await Promise.all(
      ["60", "200", "", "many"].map((columns) => piped(scratch, columns, "--help")),
    );
    expect(widest(narrow?.stdout ?? "")).toBeLessThanOrEqual(60);
    expect(widest(wide?.stdout ?? "")).toBeGreaterThan(80);
    expect(widest(none?.stdout ?? "")).toBeLessThanOrEqual(80);
    expect(odd?.stdout).toBe(none?.stdout);
  });

  test("so are the source lines of errors", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": `const = 1; // ${"long ".repeat(50)}` });
    const [, source = ""] = (await piped(scratch, "60", "check", "host.ts")).stderr.split("\n");
    expect(columnsIn(source)).toBe(60);
    const [, usual = ""] = (await piped(scratch, "", "check", "host.ts")).stderr.split("\n");
    expect(columnsIn(usual)).toBe(120);
  });

  test("tables are left whole: programs read them", async () => {
    using scratch = new Scratch();
    const narrow = await piped(scratch, "20", "doctor");
    const wide = await piped(scratch, "", "doctor");
    expect(narrow.stdout).toBe(wide.stdout);
    expect(widest(narrow.stdout)).toBeGreaterThan(20);
  });
});
