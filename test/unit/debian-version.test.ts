/** The order of Debian's versions: cases that have gone wrong elsewhere, and dpkg as the authority where it is installed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, isVersion } from "../../src/packages/debian/version.ts";
import { exec, Scratch } from "../support.ts";

/** Each line from the first to the last version. */
const ordered = [
  ["1.0~~", "1.0~~a", "1.0~", "1.0", "1.0a"],
  ["1.0~rc1-1", "1.0-1", "1.0-1+deb12u1", "1.0-1.1", "1.0-2"],
  ["9", "10", "1:0", "2:0"],
  ["1.2", "1.2a", "1.2+", "1.2.0", "1.2.1"],
  ["0-0", "0-0a", "0-1"],
  ["7.88.1-10+deb12u9", "7.88.1-10+deb12u14"],
  ["1-2", "1-1-1"],
  ["99999999999999999998", "99999999999999999999", "100000000000000000000"],
];
const equal = [
  ["1.0", "0:1.0"],
  ["1.0", "1.0-0"],
  ["1.0", "1.00"],
  ["01.002", "1.2"],
  ["1.0-", "1.0"],
  ["0:0-0", "0"],
  ["1.2.", "1.2.0"],
];

describe("the order of versions", () => {
  test.each(ordered)("%s is before %s, and so on", (...versions) => {
    for (const [i, a] of versions.entries())
      for (const [j, b] of versions.entries())
        expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
  });

  test.each(equal)("%s is %s", (a, b) => {
    expect(Math.abs(compareVersions(a, b)) + Math.abs(compareVersions(b, a))).toBe(0);
  });

  const part = fc.string({ unit: fc.constantFrom(..."0019aAzZ.+~-"), minLength: 0, maxLength: 7 });
  const version = fc
    .tuple(
      fc.constantFrom("", "0:", "1:", "10:"),
      fc.constantFrom("0", "1", "10"),
      part,
      fc.constantFrom("", "-1", "-0~a"),
    )
    .map((parts) => parts.join(""))
    .filter((text) => isVersion(text));

  test("is total and antisymmetric", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) || 0);
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(x, y)).toBeLessThanOrEqual(0);
      }),
    );
  });

  test.skipIf(!existsSync("/usr/bin/dpkg"))("is dpkg's", async () => {
    using scratch = new Scratch();
    const known = [...ordered, ...equal].flatMap((line) => line.flatMap((a) => line.map((b) => [a, b] as const)));
    const pairs = [...known, ...fc.sample(fc.tuple(version, version), 400)].filter((pair) => pair.every(isVersion));
    scratch.write({
      pairs: pairs.map((pair) => `${pair.join(" ")}\n`).join(""),
      "ask.sh":
        'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi; done <pairs\n',
    });
    const { stdout, stderr } = await exec(["sh", join(scratch.path, "ask.sh")], { cwd: scratch.path });
    const said = stdout.trim().split("\n").map(Number);
    expect(stderr).toBe("");
    expect(said.length).toBeGreaterThan(400);
    expect(pairs.map(([a, b], at) => `${a} ${b} ${said[at]}`)).toEqual(
      pairs.map(([a, b]) => `${a} ${b} ${Math.sign(compareVersions(a, b)) || 0}`),
    );
  });
});

describe("what is a version", () => {
  test.each(["0", "1.0-1", "2:7.4.052-1ubuntu3", "1.0~rc1", "1:2:3-4", "20240203~deb12u1", "1.0+dfsg-1+b1"])(
    "%s",
    (text) => {
      expect(isVersion(text)).toBe(true);
    },
  );

  test.each([
    "",
    " ",
    "1 0",
    "a1",
    "1.0-",
    ":1",
    "1:",
    "-1",
    "x:1",
    "1_0",
    "1.0-1:2",
    "99999999999:1",
    "1.0\n",
    "1.0é",
    "-",
  ])("%j is none", (text) => {
    expect(isVersion(text)).toBe(false);
  });

  test.skipIf(!existsSync("/usr/bin/dpkg"))("dpkg accepts what is one, and refuses what is none", async () => {
    using scratch = new Scratch();
    const texts = fc.sample(fc.string({ unit: fc.constantFrom(..."01a.+~-:_ "), minLength: 1, maxLength: 6 }), 300);
    scratch.write({ "ask.sh": 'for v; do dpkg --validate-version -- "$v" 2>/dev/null && echo yes || echo no; done\n' });
    const { stdout } = await exec(["sh", join(scratch.path, "ask.sh"), ...texts]);
    const said = stdout.trim().split("\n");
    const differing = texts
      .filter((text, at) => (said[at] === "yes") !== isVersion(text))
      // dpkg alone trims blanks around a version, and reads "-0" as an epoch.
      .filter((text) => text.trim() === text && !/^[+-]/.test(text));
    expect(differing).toEqual([]);
  });
});
