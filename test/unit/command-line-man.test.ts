/** The manual's pages, by the programs that read them. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shapeOf } from "../../src/cli/command-shape.ts";
import { commands } from "../../src/cli/commands.ts";
import { environmentVariables } from "../../src/cli/environment.ts";
import { filesBelow, lading, root, Scratch } from "../support.ts";

const folder = join(root, "dist/man");
const pages = filesBelow(folder);
const isHere = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

describe("the manual", () => {
  test("has a page of lading and one of each command, which the package names", async () => {
    const names = ["lading.1", ...commands.map(({ name }) => `lading-${name.split(" ")[0]}.1`)].sort();
    expect(readdirSync(folder).sort()).toEqual(names);
    const { man } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect([...man].sort()).toEqual(names.map((name) => `./dist/man/${name}`));
    using scratch = new Scratch();
    expect((await lading(scratch, "man", "apply")).stdout).toBe(readFileSync(join(folder, "lading-apply.1"), "utf8"));
    expect(JSON.parse((await lading(scratch, "man", "--json")).stdout)).toEqual({
      ...{ version: 1, name: "lading", page: readFileSync(join(folder, "lading.1"), "utf8") },
    });
    expect((await lading(scratch, "man", "-o", "man1")).stdout).toBe(
      `wrote ${names.length} pages in ${scratch.path}/man1\n`,
    );
    expect(readdirSync(join(scratch.path, "man1")).sort()).toEqual(names);
  });

  test.skipIf(!isHere("mandoc"))("is right to mandoc's eye (skipped where it is not installed)", () => {
    const { stdout } = spawnSync("mandoc", ["-Tlint", "-W", "warning", ...pages], { encoding: "utf8" });
    // A date would be that of the build.
    expect(stdout.split("\n").filter((line) => line !== "" && !line.includes('missing date, using ""'))).toEqual([]);
  });

  test.skipIf(!isHere("groff"))(
    "is right to groff's eye, and says all that the tables say (skipped where it is not installed)",
    () => {
      const read = (name: string): string => {
        const argv = ["-man", "-ww", "-Tascii", "-P-cbou", "-rLL=400n", "-rHY=0", join(folder, name)];
        const { stdout, stderr } = spawnSync("groff", argv, { encoding: "utf8" });
        expect(stderr).toBe("");
        return stdout.replaceAll(/[^\S\n]+/g, " ");
      };
      const all = read("lading.1");
      for (const [name] of environmentVariables) expect(all).toContain(name);
      for (const entry of commands) {
        const { verb, options } = shapeOf(entry);
        expect(all).toContain(`lading ${entry.name}`);
        const page = read(`lading-${verb}.1`);
        for (const { flags } of options) expect(page, verb).toContain(flags.join(", "));
        expect(page, verb).toContain(entry.example.replaceAll(/ +/g, " "));
      }
    },
  );
});
