/** Tables and lines within a terminal's width. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsIn, shorten, wrapLine } from "../../src/cli/columns.ts";
import { table } from "../../src/cli/table.ts";

const rows = [
  ["UNIT", "STATE", "SINCE", "PID", "CONTAINER", ""],
  ["web", "running", "3 min", "12345", "0123456789ab", ""],
  [
    "reverse-proxy-for-everything",
    "failed",
    "12 s",
    "-",
    "-",
    "ended with status 1 because its configuration names a file that is not there",
  ],
];

describe("columns", () => {
  test("wide characters take two, combining ones, joiners and colours none", () => {
    expect(["日本", "e\u0301", "👩‍👩‍👧", "🇨🇭", "\u001b[31mred\u001b[0m", "ﬁ"].map(columnsIn)).toEqual([
      4, 1, 2, 2, 3, 1,
    ]);
  });

  test("what is shortened ends with an ellipsis and never has half of a character", () => {
    expect(shorten("container", 6)).toBe("conta…");
    expect(shorten("日本語日本語", 6)).toBe("日本…");
    expect(shorten("\u001b[31mcontainer\u001b[0m", 6)).toBe("\u001b[31mconta\u001b[39m…");
    expect(shorten("web", 3)).toBe("web");
  });

  test("a line goes on below its own beginning", () => {
    expect(wrapLine("    image: sha256:0123 → sha256:4567, built from other files", 34)).toBe(
      "    image: sha256:0123 →\n      sha256:4567, built from\n      other files",
    );
    expect(wrapLine("x".repeat(200), undefined)).toBe("x".repeat(200));
  });
});

describe("tables", () => {
  test("as they are without a width", () => {
    expect(table(rows).split("\n")).toEqual([
      "UNIT                          STATE    SINCE  PID    CONTAINER",
      "web                           running  3 min  12345  0123456789ab",
      "reverse-proxy-for-everything  failed   12 s   -      -             ended with status 1 because its configuration names a file that is not there",
    ]);
  });

  test("the last column is wrapped where there is room beside the others", () => {
    expect(table(rows, 100).split("\n")).toEqual([
      "UNIT                          STATE    SINCE  PID    CONTAINER",
      "web                           running  3 min  12345  0123456789ab",
      "reverse-proxy-for-everything  failed   12 s   -      -             ended with status 1 because its",
      "                                                                   configuration names a file that",
      "                                                                   is not there",
    ]);
  });

  test("it goes below its row where there is none, and the widest columns give way", () => {
    expect(table(rows, 40).split("\n")).toEqual([
      "UNIT     STATE    SINCE  PID    CONTAIN…",
      "web      running  3 min  12345  0123456…",
      "revers…  failed   12 s   -      -",
      "    ended with status 1 because its",
      "    configuration names a file that is",
      "    not there",
    ]);
  });

  test("no line is ever wider than the terminal, and no row is lost", () => {
    const cell = fc
      .oneof(fc.string(), fc.constantFrom("日本語の名前", "👩‍👩‍👧 family", "a b c", "\u001b[32mrunning\u001b[0m"))
      .map((text) => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === "\u001b" ? sign : " ")));
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 200 }),
        fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        (columns, cells) => {
          const lines = table(cells, columns).split("\n");
          expect(lines.length).toBeGreaterThanOrEqual(cells.length);
          for (const line of lines) expect(columnsIn(line)).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});
