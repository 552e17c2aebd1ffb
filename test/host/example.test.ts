/** The README's commands and the documented JSON, on a copy of the sources such as a clone is, as a plain user. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, type Ran, root } from "../support.ts";
import { freePort, notHere, page, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: the example from a fresh clone: ${notHere}`);

describe.skipIf(notHere !== undefined)("a fresh clone", () => {
  let world: World;
  let clone: string;
  let port: number;

  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  const npm = (...args: readonly string[]): Promise<Ran> =>
    world.as(["npm", "--silent", ...args], {
      cwd: clone,
      env: certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates },
    });
  const lading = (...args: readonly string[]): Promise<Ran> =>
    world.as([process.execPath, join(clone, "dist/cli/main.js"), ...args], { cwd: clone });

  beforeAll(async () => {
    world = await World.open();
    port = await freePort();
    clone = world.path("clone");
    const { stdout } = await exec(["git", "ls-files"], { cwd: root });
    for (const name of stdout.trim().split("\n")) {
      mkdirSync(dirname(join(clone, name)), { recursive: true });
      cpSync(join(root, name), join(clone, name));
    }
    // Another port, for the example's own may be taken by the example itself.
    for (const name of ["examples/hello/services.ts", "scripts/up.sh"]) {
      const text = readFileSync(join(clone, name), "utf8");
      writeFileSync(join(clone, name), text.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`));
    }
    await world.write({});
  });
  afterAll(async () => {
    await npm("run", "down", "--", "--volumes");
    await world.close();
  });

  test("npm run up installs, builds, applies and fetches the page", async () => {
    const { status, stdout, stderr } = await npm("run", "up");
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain(`http://127.0.0.1:${port}/ answers 200: Hello from Lading`);
    expect(stdout).toContain("What to try next");
    expect(await page(port, "/about.html")).toContain("<h1>About</h1>");
  });

  test("again, it changes nothing and says so", async () => {
    const { status, stdout } = await npm("run", "up");
    expect([status, stdout]).toEqual([0, expect.stringContaining("Nothing to do: this host is as declared.")]);
  });

  test("an edited page is one layer and one container in the plan", async () => {
    const path = join(clone, "examples/hello/site/about.html");
    const before = readFileSync(path, "utf8");
    writeFileSync(path, before.replace("<h1>About</h1>", "<h1>Edited</h1>"));
    const { status, stdout } = await lading("plan", "examples/hello/home.ts", "--json");
    const { steps } = JSON.parse(stdout) as { steps: { what: string; details: string[] }[] };
    expect([status, steps.map((step) => step.what)]).toEqual([4, ["load localhost/hello:latest", "replace web"]]);
    expect(steps[0]?.details).toEqual([expect.stringMatching(/^layer .+ → /), expect.stringMatching(/about\.html/)]);
    expect((await lading("apply", "examples/hello/home.ts", "--yes")).status).toBe(0);
    expect(await page(port, "/about.html")).toContain("<h1>Edited</h1>");
    expect((await lading("rollback", "--yes")).status).toBe(0);
    expect(await page(port, "/about.html")).toContain("<h1>About</h1>");
    writeFileSync(path, before);
  });

  test("each command's JSON has the documented members", async () => {
    const rows = readFileSync(join(root, "docs/json.md"), "utf8").matchAll(/^\| `([\w ]+)` \| ([\w, ]+) \|$/gm);
    const given: Readonly<Record<string, readonly string[]>> = {
      check: ["examples/hello/home.ts"],
      inspect: ["examples/hello/home.ts"],
      plan: ["examples/hello/home.ts"],
      why: ["web"],
      "image build": ["examples/hello/home.ts"],
      "image inspect": ["examples/hello/home.ts"],
      "image diff": ["examples/hello/home.ts#localhost/hello:tools", "examples/hello/home.ts#localhost/hello:latest"],
      "image verify": ["examples/hello/home.ts"],
      graph: ["examples/hello/home.ts"],
      store: ["gc", "--dry-run"],
      diff: ["1"],
      lock: ["examples/hello/home.ts", "--dry-run"],
      completion: ["bash"],
    };
    const checked: string[] = [];
    for (const [, command = "", members = ""] of rows) {
      // It needs a registry: its own test looks at what it prints.
      if (command === "image push") continue;
      const { stdout, stderr } = await lading(...command.split(" "), ...(given[command] ?? []), "--json");
      expect(stdout, `${command}: ${stderr}`).not.toBe("");
      const value = JSON.parse(stdout) as Record<string, unknown>;
      expect(Object.keys(value).sort(), command + stderr).toEqual(["version", ...members.split(", ")].sort());
      expect(value.version).toBe(1);
      checked.push(command);
    }
    expect(checked).toHaveLength(16);
  });

  test("npm run down takes it away", async () => {
    const { status } = await npm("run", "down", "--", "--volumes");
    expect(status).toBe(0);
    expect((await lading("status")).status).toBe(3);
    expect((await world.podman("ps", "--all", "--quiet")).stdout).toBe("");
  });
});
