/** Every mistake of the panel is found, alone and with its place; nothing is told of what is right. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostRules, rules } from "../../src/system/index.ts";
import { checkAll, type Defect, defects, further, isFound, valid } from "../panel.ts";
import { lading, root, Scratch } from "../support.ts";

/** Rules that ask a host which this one is not, and what tests them. */
const elsewhere = ["port-privileged", "limit-not-enforced", "needs-newer-engine", "short-name"];

describe("the panel", () => {
  test("has 29 defects and 41 valid declarations, and every rule has a declaration that it is for", () => {
    expect([defects.length, valid.length]).toEqual([29, 41]);
    const shown = new Set([...[...defects, ...further].map(({ code }) => code), ...elsewhere]);
    expect([...rules, ...hostRules].map(({ code }) => code).filter((code) => !shown.has(code))).toEqual([]);
  });

  test("the page of checks has every rule with its weight, and its declaration checks", async () => {
    const page = readFileSync(join(root, "docs/checks.md"), "utf8");
    for (const { code, weight } of [...rules, ...hostRules]) expect(page).toContain(`| \`${code}\` | ${weight} |`);
    const [, declaration = ""] = /```ts\n(import[\s\S]*?)```/.exec(page) ?? [];
    using scratch = new Scratch().write({ "host.ts": declaration });
    const right = await lading(scratch, "check", "host.ts", "--strict");
    expect([right.status, right.stderr]).toEqual([0, ""]);
    scratch.write({ "host.ts": declaration.replace(", noNewPrivileges: true", "") });
    expect((await lading(scratch, "check", "host.ts")).stderr).toContain("error own/confined");
  });

  test("every defect is found, alone, with its place and what to do; warnings with --strict", async () => {
    const all: readonly Defect[] = [...defects, ...further];
    const results = await checkAll(all, "--strict");
    const missed = all.flatMap((each, index) => {
      const result = results[index];
      return result !== undefined && isFound(each, result) ? [] : [{ ...each, output: result?.output }];
    });
    expect(missed).toEqual([]);
  }, 240_000);

  test("warnings alone do not stop a check", async () => {
    const warned = [...defects, ...further].filter(({ warning }) => warning === true);
    const results = await checkAll(warned);
    expect(results.filter(({ status }) => status !== 0)).toEqual([]);
    expect(results.map(({ found }) => found.map(({ code }) => code))).toEqual(warned.map(({ code }) => [code]));
  }, 240_000);

  test("nothing is told of what is right", async () => {
    const results = await checkAll(valid, "--strict");
    expect(results.filter(({ found, status }) => found.length > 0 || status !== 0)).toEqual([]);
  }, 240_000);
});
