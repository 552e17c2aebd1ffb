/** Paragraphs of fields, and what packages say of each other in them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseParagraph, parseParagraphs } from "../../src/packages/debian/control-fields.ts";
import { PackageIndex } from "../../src/packages/debian/package-index.ts";
import { readPackageVersion } from "../../src/packages/debian/package-version.ts";
import { allows, formatAlternatives, parseRelations } from "../../src/packages/debian/relations.ts";
import { packagesText } from "../debian-archive.ts";

const invalid = (message: string) =>
  expect.objectContaining({ code: "archive-invalid", message: expect.stringContaining(message) });

describe("paragraphs", () => {
  test("fold lines, and mind no case in names", () => {
    const text = "Package: a\nDESCRIPTION: short\n long\n .\n\tmore\nEmpty:\n\n\n \nPackage:b\n";
    const [first, second, ...rest] = parseParagraphs(text, "x");
    expect([...(first ?? [])]).toEqual([
      ["package", "a"],
      ["description", "short\nlong\n.\nmore"],
      ["empty", ""],
    ]);
    expect([...(second ?? [])]).toEqual([["package", "b"]]);
    expect(rest).toEqual([]);
  });

  test.each([
    [" folded", "none before it"],
    ["Package: a\n\n folded", "none before it"],
    ["no colon", "a field is"],
    [": nameless", "a field is"],
    ["a b: c", "a field is"],
    ["# a comment: of a source", "a field is"],
    ["#comment: 1", "a field is"],
    ["-a: 1", "a field is"],
    ["A: 1\na: 2", "twice"],
    ["\u0000: 1", "a field is"],
  ])("%j is refused", (text, why) => {
    expect(() => parseParagraphs(text, "the file")).toThrow(invalid(why));
  });

  test("where one is expected, none and two are refused", () => {
    expect(() => parseParagraph("\n", "the file")).toThrow(invalid("holds none"));
    expect(() => parseParagraph("A: 1\n\nA: 1\n", "the file")).toThrow(invalid("holds several"));
  });

  test("any text gives paragraphs or one known error", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("A", ":", " ", "\n", "#", "\t", "é", "\u0000") }), (text) => {
        try {
          for (const paragraph of parseParagraphs(text, "x")) expect(paragraph.size).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: "archive-invalid" });
        }
      }),
    );
  });
});

describe("relations", () => {
  test("have alternatives, versions and qualifiers", () => {
    const text =
      "libc6 (>= 2.36), python3:any (<<3.12) | python3.11 , a:native(= 1:2-3~x)|b:arm64,, c ( >> 0 ),d (< 1), e (> 1),";
    const relations = parseRelations(text, "x");
    expect(relations.map(formatAlternatives)).toEqual([
      "libc6 (>= 2.36)",
      "python3:any (<< 3.12) | python3.11",
      "a:native (= 1:2-3~x) | b:arm64",
      "c (>> 0)",
      "d (<= 1)",
      "e (>= 1)",
    ]);
    expect(relations[1]?.[0]).toEqual({ name: "python3", qualifier: "any", operator: "<<", version: "3.12" });
  });

  test("folded over lines are the same", () => {
    expect(parseRelations("a (= 1),\nb |\nc", "x").map(formatAlternatives)).toEqual(["a (= 1)", "b | c"]);
  });

  test.each([
    "a b",
    "a (1)",
    "a (== 1)",
    "a (>= 1",
    "a ()",
    "| b",
    "a |",
    "-a",
    "a [amd64]",
    "a (>< 1)",
    "a:",
    "a (= 1) (= 2)",
  ])("%j is refused", (text) => {
    expect(() => parseRelations(text, "the field")).toThrow(invalid("the field"));
  });

  test.each([
    ["a", undefined, true],
    ["a", "1", true],
    ["a (= 1)", undefined, false],
    ["a (= 1)", "1-0", true],
    ["a (<< 1)", "1~", true],
    ["a (<< 1)", "1", false],
    ["a (<= 1)", "1", true],
    ["a (>= 1)", "1~", false],
    ["a (>> 1)", "1", false],
    ["a (>> 1)", "1+b1", true],
  ])("%s with version %s: %s", (text, version, met) => {
    const [[relation] = []] = parseRelations(text, "x");
    expect(relation !== undefined && allows(relation, version)).toBe(met);
  });
});

describe("an index", () => {
  const index = (text: string): PackageIndex => new PackageIndex(Buffer.from(text), "the index");

  test("finds paragraphs by name, several versions of one, and who provides what", () => {
    const text = packagesText([
      { Package: "a", Version: "1", Provides: "v (= 2), w" },
      { Package: "b", Provides: "v,\n x" },
      { Package: "a", Version: "2" },
    ]);
    const found = index(`\n\n${text}`);
    expect([...found.names()]).toEqual(["a", "b"]);
    expect(found.startsOf("a").map((start) => found.read(start).get("version"))).toEqual(["1", "2"]);
    expect(found.startsOf("c")).toEqual([]);
    expect(["v", "w", "x", "y"].map((name) => found.providersOf(name))).toEqual([["a", "b"], ["a"], ["b"], []]);
    expect(found.namesWithLine("Version: 2")).toEqual(["a"]);
  });

  test("may be empty, end without a line end, and have its names behind other fields", () => {
    expect([...index("").names(), ...index("\n\n").names()]).toEqual([]);
    expect([...index("Package: a").names()]).toEqual(["a"]);
    expect([...index("Version: 1\nPackage: a\n\nVersion: 2\nPackage:b\n").names()]).toEqual(["a", "b"]);
  });

  test.each(["<html>\n<body>", "Version: 1\n\nPackage: a\n", "Package: ../x\n", "Package: \n", "\u0000\u0001"])(
    "%j is refused",
    (text) => {
      expect(() => index(text)).toThrow(invalid("names no package"));
    },
  );

  test.each([
    ["Filename", "../../etc/passwd", "no path"],
    ["Filename", "/etc/passwd", "no path"],
    ["Filename", "pool//x", "no path"],
    ["Filename", "pool/x?y", "no path"],
    ["Filename", "pool/a b", "no path"],
    ["Filename", "http://elsewhere/x", "no path"],
    ["SHA256", "", "SHA256"],
    ["SHA256", "d41d8cd98f00b204e9800998ecf8427e", "SHA256"],
    ["Size", "-1", "size"],
    ["Size", "1e99", "size"],
    ["Version", "one", "version"],
    ["Depends", "a (1)", "a 1, Depends"],
  ])("a package whose %s is %j is refused", (field, value, why) => {
    const version = field === "Version" ? value : "1";
    const found = index(packagesText([{ Package: "a", Version: version, [field]: value }]));
    const [start = 0] = found.startsOf("a");
    expect(() => readPackageVersion(found.read(start), 0, "the index")).toThrow(invalid(why));
  });
});
