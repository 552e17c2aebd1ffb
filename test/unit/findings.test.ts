/** Findings without end: a person sees the first of them and how many there are, programs have all. */
import { describe, expect, test } from "vitest";
import { lading, type Ran, Scratch } from "../support.ts";

/** Checks a declaration of as many containers; each is not pinned, and the first `wrong` join a network that nothing declares. */
async function check(containers: number, wrong: number, ...more: readonly string[]): Promise<Ran> {
  using scratch = new Scratch();
  scratch.write({
    "host.ts": `import { homeEnvironment, ociContainer, ociServiceType, service } from "lading";
const containers = Array.from({ length: ${containers} }, (_, n) =>
  ociContainer({ provision: "c" + n, image: "docker.io/library/x" + n + ":1", ...(n < ${wrong} && { network: "backend" }) }),
);
export default homeEnvironment({ services: [service(ociServiceType, { containers })] });
`,
  });
  return await lading(scratch, "check", "host.ts", ...more);
}

const lines = (text: string, form: RegExp): readonly string[] => text.split("\n").filter((line) => form.test(line));

describe("many errors", () => {
  test("the first hundred are shown, then how many there are, and the warnings not at all", async () => {
    const { status, stdout, stderr } = await check(150, 150);
    expect([status, stdout]).toEqual([1, ""]);
    expect(lines(stderr, /: error object-undeclared:/)).toHaveLength(100);
    expect(lines(stderr, /: warning /)).toEqual([]);
    expect(lines(stderr, /^\S+ \d+ more|^\d+ problems/)).toEqual([
      "and 150 more warnings; `lading check --format json` has all",
      "and 50 more errors; --format json has all",
      "150 problems; `lading explain object-undeclared` tells of the first, with examples",
    ]);
  });

  test("other commands tell of the option that they have for it", async () => {
    using scratch = new Scratch();
    scratch.write({ "host.ts": Array.from({ length: 101 }, (_, n) => `import "none-${n}";`).join("\n") });
    const { status, stderr } = await lading(scratch, "inspect", "host.ts");
    expect([status, ...lines(stderr, /^and /)]).toEqual([1, "and 1 more error; --json has all"]);
    const all = JSON.parse((await lading(scratch, "inspect", "host.ts", "--json")).stderr) as { errors: unknown[] };
    expect(all.errors).toHaveLength(101);
  });

  test("warnings take the room that errors leave", async () => {
    const { status, stderr } = await check(120, 40);
    expect(status).toBe(1);
    expect(lines(stderr, /: error /)).toHaveLength(40);
    expect(lines(stderr, /: warning /)).toHaveLength(60);
    expect(lines(stderr, /^and /)).toEqual(["and 60 more warnings; `lading check --format json` has all"]);
  });

  test("json, sarif and github have all, and github those that weigh most first", async () => {
    const json = await check(150, 150, "--format", "json");
    const { problems, warnings } = JSON.parse(json.stdout) as Record<"problems" | "warnings", readonly unknown[]>;
    expect([json.status, problems.length, warnings.length]).toEqual([1, 150, 150]);
    const sarif = JSON.parse((await check(150, 150, "--format", "sarif")).stdout);
    expect(sarif.runs[0].results).toHaveLength(300);
    const github = (await check(150, 150, "--format", "github")).stdout.trim().split("\n");
    expect(github.map((line) => line.split(" ")[0])).toEqual([
      ...Array.from({ length: 150 }, () => "::error"),
      ...Array.from({ length: 150 }, () => "::warning"),
    ]);
  });
});

test("as many warnings as are shown are no more than that", async () => {
  const { status, stdout, stderr } = await check(100, 0);
  expect(status).toBe(0);
  expect(lines(stderr, /: warning /)).toHaveLength(100);
  expect(lines(stderr, /^and /)).toEqual([]);
  expect(stdout).toContain("no errors, 100 warnings");
});
