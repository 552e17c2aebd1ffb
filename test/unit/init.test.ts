/** `lading init`: what its templates write checks and has the right types, and what it asks on a terminal. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shellLine } from "../../src/base/index.ts";
import { exec, filesBelow, lading, main, root, Scratch } from "../support.ts";

const tsc = join(root, "node_modules/typescript/bin/tsc");

/** Every template, for everybody whom it is for. */
const variants = [
  ["hello", []],
  ["hello", ["--home"]],
  ["web-database", []],
  ["web-database", ["--home"]],
  ["home", []],
] as const;

/** What `lading lock` writes beside a declaration, with digests that no registry was asked for. */
function pin(folder: string): void {
  const text = readFileSync(join(folder, "host.ts"), "utf8");
  const references = [...text.matchAll(/= "(docker\.io\/[^"]+)"/g)].map(([, reference = ""]) => reference);
  const image = { digest: `sha256:${"0".repeat(64)}`, created: null, labels: {}, layers: [] };
  const images = Object.fromEntries(references.map((reference) => [reference, image]));
  writeFileSync(join(folder, "host.lock.json"), JSON.stringify({ version: 2, images, packages: [] }));
}

/** A folder as npm would leave it: with a package named lading. */
function install(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/lading"));
}

describe("every template", () => {
  for (const [template, flags] of variants) {
    test([template, ...flags, "checks without a problem or a warning, in types as well"].join(" "), async () => {
      using scratch = new Scratch();
      const made = await lading(scratch, "init", "new", "--template", template, ...flags);
      expect([made.status, made.stderr, made.stdout]).toEqual([0, "", expect.stringContaining("wrote host.ts, ")]);
      const folder = join(scratch.path, "new");
      if (made.stdout.includes("next: lading lock new/host.ts")) {
        // What is pulled is pinned by the first of the next steps; until then that is all that there is to say.
        const unpinned = await lading(scratch, "check", "new/host.ts", "--json");
        const { problems, warnings } = JSON.parse(unpinned.stdout);
        expect([problems, warnings.map(({ code }: { code: string }) => code)]).toEqual([
          [],
          ["image-unpinned", "image-unpinned"],
        ]);
        pin(folder);
      }
      const check = await lading(scratch, "check", "new/host.ts", "--json");
      expect([check.status, check.stderr]).toEqual([0, ""]);
      expect(JSON.parse(check.stdout)).toMatchObject({ problems: [], warnings: [] });

      install(folder);
      const types = await exec([process.execPath, tsc, "--noEmit"], { cwd: folder });
      expect([types.stdout, types.status]).toEqual(["", 0]);
      // The types are really looked at: a misspelt field is found.
      const text = readFileSync(join(folder, "host.ts"), "utf8");
      writeFileSync(join(folder, "host.ts"), text.replace("respawn: true", "respwan: true"));
      const wrong = await exec([process.execPath, tsc, "--noEmit"], { cwd: folder });
      expect([wrong.status, wrong.stdout]).toEqual([1, expect.stringContaining("respwan")]);
    });
  }

  test("has a page whose commands are all commands", async () => {
    using scratch = new Scratch();
    const { commands } = await import("../../src/cli/commands.ts");
    const names = new Set(commands.map(({ name }) => name.split(" ")[0]));
    for (const [template, flags] of variants) {
      const folder = [template, ...flags].join("");
      await lading(scratch, "init", folder, "--template", template, ...flags);
      const page = readFileSync(join(scratch.path, folder, "LADING.md"), "utf8");
      const used = [...page.matchAll(/lading (\w+)/g)].map(([, name]) => name);
      expect(used.length).toBeGreaterThan(4);
      expect(used.filter((name) => !names.has(name))).toEqual([]);
    }
  });

  test("is used with the user and the port that flags say", async () => {
    using scratch = new Scratch();
    await lading(scratch, "init", "host", "--user", "sites", "--port", "9090");
    const host = await lading(scratch, "inspect", "host/host.ts", "--json");
    const web = JSON.parse(host.stdout).units.find((unit: { provision: string[] }) => unit.provision[0] === "web");
    expect(web.user).toBe("sites");
    expect(web.container.options).toEqual(expect.arrayContaining(["-p", "127.0.0.1:9090:8080"]));
    for (const wrong of [
      ["--template", "nonsense"],
      ["--user", "Not A User"],
      ["--port", "80"],
      ["--port", "x"],
    ]) {
      const { status, stderr } = await lading(scratch, "init", "wrong", ...wrong);
      expect([status, stderr]).toEqual([2, expect.stringContaining(`not "${wrong[1]}"`)]);
    }
    expect(existsSync(join(scratch.path, "wrong"))).toBe(false);
  });
});

describe("the database's password", () => {
  test("is random, readable by its owner alone, and left out by git", async () => {
    using scratch = new Scratch();
    const passwords = await Promise.all(
      ["one", "two"].map(async (name) => {
        await lading(scratch, "init", name, "--template", "web-database");
        const file = join(scratch.path, name, "secrets/database-password");
        expect(statSync(file).mode & 0o7777).toBe(0o600);
        const text = readFileSync(file, "utf8");
        expect(readFileSync(join(scratch.path, name, "host.ts"), "utf8")).not.toContain(text);
        return text;
      }),
    );
    expect(passwords[0]).toMatch(/^[\w-]{32}$/);
    expect(passwords[0]).not.toBe(passwords[1]);
    await exec(["git", "init", "--quiet"], { cwd: join(scratch.path, "one") });
    const { stdout } = await exec(["git", "status", "--porcelain", "--untracked-files=all"], {
      cwd: join(scratch.path, "one"),
    });
    expect(stdout).toContain("host.ts");
    expect(stdout).not.toContain("secrets");
  });

  test("is found by the declaration in a folder whose name would end a string", async () => {
    using scratch = new Scratch();
    const name = ['a "$', '{b}" \\ `c`'].join("");
    await lading(scratch, "init", name, "--template", "web-database");
    pin(join(scratch.path, name));
    const check = await lading(scratch, "check", `${name}/host.ts`);
    expect([check.status, check.stderr]).toEqual([0, ""]);
  });
});

describe("what is there", () => {
  test("is not overwritten, and then nothing is written", async () => {
    using scratch = new Scratch();
    scratch.write({ "a/secrets/database-password": "mine\n", "b/host.ts": "mine\n" });
    for (const [folder, template] of [
      ["a", "web-database"],
      ["b", "hello"],
    ] as const) {
      const before = filesBelow(join(scratch.path, folder));
      const { status, stderr } = await lading(scratch, "init", folder, "--template", template);
      expect([status, stderr]).toEqual([1, expect.stringContaining("error file-exists:")]);
      expect(filesBelow(join(scratch.path, folder))).toEqual(before);
      expect(readFileSync(before[0] ?? "", "utf8")).toBe("mine\n");
    }
  });

  test("of package.json and tsconfig.json is left and used", async () => {
    using scratch = new Scratch();
    scratch.write({ "package.json": '{ "type": "module" }\n' });
    const { stdout } = await lading(scratch, "init", "--json");
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      folder: scratch.path,
      files: ["host.ts", "LADING.md", "site/index.html", "tsconfig.json"],
    });
    expect(readFileSync(join(scratch.path, "package.json"), "utf8")).toBe('{ "type": "module" }\n');
  });

  test("that stands in the way of a folder leaves nothing half written", async () => {
    using scratch = new Scratch();
    scratch.write({ "new/site": "a file\n" });
    const { status, stderr } = await lading(scratch, "init", "new");
    expect([status, stderr]).toEqual([1, expect.stringContaining("nothing was written")]);
    expect(readdirSync(join(scratch.path, "new"))).toEqual(["site"]);
  });
});

const enter = "\r";
const down = "\u001b[B";
const interrupt = "\u0003";
const clearLine = "\u0015";

/** Runs `lading init` on a terminal of its own (script(1)), and types each answer once its question is there. */
function onTerminal(
  scratch: Scratch,
  args: readonly string[],
  answers: readonly (readonly [question: string, keys: string])[],
): Promise<{ readonly status: number | null; readonly output: string }> {
  const child = spawn("script", ["-qefc", shellLine([process.execPath, main, "init", ...args]), "/dev/null"], {
    cwd: scratch.path,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: scratch.path,
      TERM: "xterm",
      LADING_STATE: join(scratch.path, "state"),
      LADING_RUNTIME: join(scratch.path, "run"),
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const left = [...answers];
  let output = "";
  let seen = 0;
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
    const [question, keys] = left[0] ?? ["", ""];
    const at = output.indexOf(question, seen);
    if (left.length === 0 || at === -1) return;
    seen = at + question.length;
    left.shift();
    child.stdin.write(keys);
  });
  return new Promise((resolve, reject) => {
    child.stdin.on("error", reject);
    child.once("error", reject);
    child.once("exit", (status) => resolve({ status, output }));
  });
}

describe("on a terminal", () => {
  test("asks which template, for whom, and the port of a plain user's", async () => {
    using scratch = new Scratch();
    const { status, output } = await onTerminal(
      scratch,
      ["new"],
      [
        ["What shall it declare?", down + enter],
        ["For whom?", (process.getuid?.() === 0 ? down : "") + enter],
        ["On which port", `${clearLine}80${enter}`],
        ["expected a port from 1024", `${clearLine}9123${enter}`],
      ],
    );
    expect([status, output]).toEqual([0, expect.stringContaining("wrote host.ts")]);
    const text = readFileSync(join(scratch.path, "new/host.ts"), "utf8");
    expect(text).toContain("homeEnvironment({");
    expect(text).toContain('ports: [["127.0.0.1:9123", "3000"]]');
  });

  test("asks whom a whole host's containers belong to", async () => {
    using scratch = new Scratch();
    const { status } = await onTerminal(
      scratch,
      ["new"],
      [
        ["What shall it declare?", enter],
        ["For whom?", (process.getuid?.() === 0 ? "" : "\u001b[A") + enter],
        ["Which unprivileged user", `${clearLine}sites${enter}`],
      ],
    );
    expect(status).toBe(0);
    expect(readFileSync(join(scratch.path, "new/host.ts"), "utf8")).toContain('user: "sites"');
  });

  for (const [index, question] of ["What shall it declare?", "For whom?", "port|user"].entries()) {
    test(`leaves nothing behind when it is interrupted at question ${index + 1}`, async () => {
      using scratch = new Scratch();
      const before = ["What shall it declare?", "For whom?"].slice(0, index).map((each) => [each, enter] as const);
      const last = index < 2 ? question : process.getuid?.() === 0 ? "Which unprivileged user" : "On which port";
      const { status, output } = await onTerminal(scratch, ["new"], [...before, [last, interrupt]]);
      expect([status, output]).toEqual([130, expect.stringContaining("nothing was written")]);
      expect(readdirSync(scratch.path)).toEqual([]);
    });
  }

  test("asks nothing where flags say", async () => {
    using scratch = new Scratch();
    const { status, output } = await onTerminal(scratch, ["new", "--yes"], []);
    expect([status, output]).toEqual([0, expect.not.stringContaining("What shall it declare?")]);
    expect(existsSync(join(scratch.path, "new/host.ts"))).toBe(true);
  });
});
