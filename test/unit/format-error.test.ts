/** How errors look: the source line with its mark, what a terminal can do, and what a hostile source may not. */
import { utimesSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorReport, type ErrorStyle, formatError, formatErrors, plainStyle } from "../../src/base/index.ts";
import { takesColours } from "../../src/cli/terminal.ts";
import { exec, lading, main, Scratch } from "../support.ts";

const report: ErrorReport = { code: "invalid-value", message: "no", where: { file: "/x/host.ts", line: 3, column: 5 } };

/** An error at a column of one line. */
function shown(line: string | undefined, column: number, width = 120): readonly string[] {
  const style: ErrorStyle = { ...plainStyle, sourceLine: () => line, width };
  return formatError({ ...report, where: { file: "/x/host.ts", line: 3, column } }, "error", style).split("\n");
}

describe("the source line", () => {
  test.each<readonly [what: string, line: string, column: number, text: string, mark: string]>([
    ["a plain line", "abc def", 5, "abc def", "    ^"],
    ["without its indent", "    abc def", 9, "abc def", "    ^"],
    ["a tab before the mark", "a\tb", 3, "a  b", "   ^"],
    ["wide characters before the mark", '"名前", x', 7, '"名前", x', "        ^"],
    ["an emoji of two units", "🙂 x", 4, "🙂 x", "   ^"],
    ["a combining character", "e\u0301 x", 4, "e\u0301 x", "  ^"],
    ["a control character", "\u001b[31m x", 7, "\\u{1b}[31m x", "           ^"],
    ["a character that turns the direction", "a\u202eb", 3, "a\\u{202e}b", "         ^"],
    ["half of a pair", "\ud83d x", 3, "\\u{d83d} x", "         ^"],
    ["the end of the line", "abc", 4, "abc", "   ^"],
    ["Windows' line ends", "abc\r", 1, "abc", "^"],
  ])("%s", (_, line, column, text, mark) => {
    expect(shown(line, column)).toEqual([
      `/x/host.ts:3:${column}: error invalid-value: no`,
      `  3 | ${text}`,
      `    | ${mark}`,
    ]);
  });

  test.each<readonly [what: string, line: string | undefined, column: number]>([
    ["a file that is gone", undefined, 1],
    ["a line that is shorter than the column", "abc", 9],
    ["an empty line", "", 1],
  ])("is left out for %s", (_, line, column) => {
    expect(shown(line, column)).toHaveLength(1);
  });

  test("is cut around the mark to the width, and the mark stays below its character", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b ", "\t", "名", "🙂", "\u0007"), { maxLength: 150 }),
        fc.array(fc.constantFrom("c", "d ", "\t", "前", "🙂"), { maxLength: 150 }),
        fc.integer({ min: 40, max: 120 }),
        (before, after, width) => {
          const head = `x${before.join("")}`;
          const [, text = "", mark = ""] = shown(`${head}@${after.join("")}`, head.length + 1, width);
          const columns = (part: string): number =>
            [...part].reduce((sum, character) => sum + (/[名前🙂]/u.test(character) ? 2 : 1), 0);
          expect(columns(text)).toBeLessThanOrEqual(width);
          expect(columns(text.slice(0, text.indexOf("@")))).toBe(mark.indexOf("^"));
        },
      ),
    );
  });

  test("stands before the second place, which has its own, and the hint", () => {
    const style: ErrorStyle = { ...plainStyle, sourceLine: (_, line) => (line === 3 ? "first line" : "second line") };
    const also = { file: "/x/other.ts", line: 12, column: 8 };
    expect(formatError({ ...report, also, hint: "do it" }, "warning", style)).toBe(
      [
        "/x/host.ts:3:5: warning invalid-value: no",
        "  3 | first line",
        "    |     ^",
        "  also: /x/other.ts:12:8",
        "  12 | second line",
        "     |        ^",
        "  hint: do it",
      ].join("\n"),
    );
  });
});

test("several errors end with their number and one command", () => {
  const other: ErrorReport = { code: "unknown-field", message: "what" };
  expect(formatErrors([report]).split("\n")).toHaveLength(1);
  expect(formatErrors([report, other]).split("\n").slice(2)).toEqual([
    "2 problems; `lading explain invalid-value` tells of the first, with examples",
  ]);
});

describe("colours", () => {
  test.each<readonly [isTTY: boolean, environment: Readonly<Record<string, string>>, coloured: boolean]>([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    [true, { FORCE_COLOR: "0" }, false],
  ])("a terminal: %s, %o: %s", (isTTY, environment, coloured) => {
    expect(takesColours({ isTTY }, { environment })).toBe(coloured);
  });

  test("change nothing but the colours", async () => {
    using scratch = new Scratch().write({ "host.ts": "const = 1;\n" });
    const plain = await lading(scratch, "check", "host.ts");
    const env = { LADING_STATE: join(scratch.path, "state"), LADING_RUNTIME: join(scratch.path, "run") };
    const painted = await exec([process.execPath, main, "check", "host.ts"], {
      env: { ...env, FORCE_COLOR: "1" },
      cwd: scratch.path,
    });
    expect(painted.stderr).toContain("\u001b[1;31merror syntax-error:\u001b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(painted.stderr.replaceAll(/\u001b\[[\d;]*m/g, "")).toBe(plain.stderr);
    expect(plain.stderr).toContain("\n  1 | const = 1;\n    |       ^\n");
  });
});

test("a file that was changed after it was read gives no line", async () => {
  using scratch = new Scratch().write({ "host.ts": "const = 1;\n" });
  const later = new Date(Date.now() + 3_600_000);
  utimesSync(join(scratch.path, "host.ts"), later, later);
  const { status, stderr } = await lading(scratch, "check", "host.ts");
  expect([status, stderr]).toEqual([
    1,
    'host.ts:1:7: error syntax-error: Expected identifier but found "="\n  hint: mend the code at that place\n',
  ]);
});
