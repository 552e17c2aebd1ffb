/** Plans that are reviewed, switches that wait for health, generations that are compared, pinned and pruned. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support.ts";
import { Registry } from "./registry.ts";
import { declaration, freePort, notHere, page, type Status, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: switching: ${notHere}`);

describe.skipIf(notHere !== undefined)("switching", () => {
  let world: World;
  let port: number;

  beforeAll(async () => {
    world = await World.open();
    port = await freePort();
    await world.write({ "host.ts": declaration(port), "site/index.html": "one" });
    await world.ok("apply", "host.ts", "--yes", "--message", "the first");
  });
  afterAll(() => world.close());

  const ids = ({ units }: Status): Record<string, unknown> =>
    Object.fromEntries(units.filter(({ containerId }) => containerId !== null).map(({ name, pid }) => [name, pid]));

  test("a plan is what its schema says, and tells record, fields, seconds and what can be undone", async () => {
    const validate = new Ajv2020().compile(JSON.parse(readFileSync(join(root, "docs/plan.schema.json"), "utf8")));
    const more = 'ociContainer({ provision: "third", image: tools, command: ["/bin/busybox", "sleep", "1000"] }),';
    await world.write({
      "plan.ts": declaration(port, { web: ', environment: { A: "1" }, stopSignal: "SIGINT"', containers: more }),
    });
    for (const args of [["plan.ts"], ["host.ts"]]) {
      const plan = JSON.parse((await world.lading(["plan", ...args, "--json"])).stdout) as {
        steps: { what: string }[];
      };
      expect(validate(plan), JSON.stringify(validate.errors)).toBe(true);
      if (args[0] === "host.ts") expect(plan.steps).toEqual([]);
      else {
        expect(plan.steps).toEqual([
          expect.objectContaining({
            what: "replace web",
            record: "ociContainer",
            fields: ["environment", "stopSignal"],
            interrupts: "restart",
            seconds: 2,
            canUndo: true,
          }),
          expect.objectContaining({
            what: "start third",
            record: "ociContainer",
            interrupts: "nothing",
            seconds: null,
          }),
        ]);
      }
    }
    expect((await world.lading(["plan", "plan.ts", "--no-exit-code"])).status).toBe(0);
    expect((await world.lading(["plan", "plan.ts"])).stdout).toMatch(
      /replace web .* away 2 s at most {2}\(plan\.ts:\d+:\d+\)/,
    );
  });

  test("a reviewed plan is carried out as it is, and refused once the host has moved on", async () => {
    const make = async (): Promise<void> =>
      writeFileSync(world.path("plan.json"), (await world.lading(["plan", "plan.ts", "--json"])).stdout);
    await make();
    await world.podman("volume", "create", "somebody-elses");
    expect((await world.lading(["plan", "plan.ts"])).stdout).toMatch(
      /not Lading's, and left alone: .*volume somebody-elses/,
    );
    await world.podman("volume", "rm", "somebody-elses");
    await world.write({ "site/index.html": "moved on" });
    const refused = await world.lading(["apply", "--plan", world.path("plan.json")]);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/error plan-outdated: .*now load localhost\/test-web:latest/),
    ]);
    expect((await world.status()).generation).toBe(1);
    await world.write({ "site/index.html": "one" });
    const before = await world.status();
    const { status, stdout } = await world.lading(["apply", "--plan", world.path("plan.json"), "-m", "reviewed"]);
    expect([status, stdout]).toEqual([0, expect.stringContaining("replace web")]);
    const after = await world.status();
    expect(ids(after).probe).toBe(ids(before).probe);
    expect(ids(after).web).not.toBe(ids(before).web);
    expect((await world.lading(["apply", "--plan", world.path("plan.json")])).stderr).toContain("error plan-outdated:");
    writeFileSync(world.path("bad.json"), '{"version":1,"steps":[]}');
    expect((await world.lading(["apply", "--plan", world.path("bad.json")])).stderr).toContain("error plan-invalid:");
    expect((await world.lading(["apply"])).status).toBe(2);
  });

  test("generations tell who, what for and from which source, and can be compared", async () => {
    const { generations } = JSON.parse(await world.ok("generations", "--json")) as {
      generations: Record<string, unknown>[];
    };
    expect(generations).toEqual([
      expect.objectContaining({
        number: 1,
        author: "lading-test",
        message: "the first",
        sourceDigest: expect.stringMatching(/^sha256:/),
        current: false,
      }),
      expect.objectContaining({ number: 2, message: "reviewed", source: world.path("plan.ts"), current: true }),
    ]);
    const { status, stdout } = await world.lading(["diff", "1"]);
    expect([status, stdout]).toEqual([
      4,
      "~ unit web\n    environment: + A=1\n    stopSignal: + SIGINT\n+ unit third\n",
    ]);
    expect((await world.lading(["diff", "1", "1"])).stdout).toBe("Nothing differs.\n");
    expect((await world.lading(["diff", "1", "7"])).stderr).toContain("error generation-missing:");
    await world.write({ "site/index.html": "two", "site/new.html": "new" });
    await world.ok("apply", "plan.ts", "--yes");
    expect((await world.lading(["diff", "2", "3"])).stdout).toMatch(
      /~ image localhost\/test-web:latest\n {4}layer \/www: .*\n {6}~ \/www\/index\.html\n {6}\+ \/www\/new\.html\n/,
    );
    rmSync(world.path("site/new.html"));
    await world.write({ "site/index.html": "one" });
    await world.ok("apply", "host.ts", "--yes");
  });

  /** What a health check that never succeeds is declared with. */
  const sick =
    ', health: { command: "false", interval: "100ms", timeout: "2s", retries: 2 }, environment: { NEW: "1" }';

  test("a unit that does not become healthy: the generation before is back by itself, with the unit's words", async () => {
    const before = await world.status();
    await world.write({ "sick.ts": declaration(port, { web: sick }) });
    const { status, stderr } = await world.lading(["apply", "sick.ts", "--yes"]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^sick\.ts:\d+:\d+: error unit-failed: "web" did not start: its health check fails/m),
    ]);
    expect((await world.status()).generation).toBe(before.generation);
    expect(await page(port)).toBe("one");
  });

  test("--on-failure=keep keeps the switch as it is, stop stops what failed, and both say so", async () => {
    const kept = await world.lading(["apply", "sick.ts", "--yes", "--on-failure", "keep"]);
    expect([kept.status, kept.stderr]).toEqual([1, expect.stringContaining("error unit-failed:")]);
    const now = await world.status();
    expect((await world.unit("web")).status).toBe("running");
    await world.ok("rollback", "--yes");
    expect((await world.status()).generation).toBeLessThan(now.generation);
    await world.lading(["switch", String(now.generation), "--yes", "--on-failure", "stop"]);
    expect((await world.status()).generation).toBe(now.generation);
    expect((await world.unit("web")).status).toBe("stopped");
    expect((await world.lading(["apply", "host.ts", "--on-failure", "ignore"])).status).toBe(2);
    await world.ok("apply", "host.ts", "--yes");
    expect(await page(port)).toBe("one");
  });

  test("what is healthy passes, and is waited for", async () => {
    const slow = ', health: { command: "test -e /tmp/ready", interval: "200ms", startPeriod: "20s" }, tmpfs: ["/tmp"]';
    const web = `${slow}, entrypoint: ["/bin/sh", "-c"]`;
    const source = declaration(port, { web }).replace(
      'command: ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]',
      'command: ["busybox sleep 2; busybox touch /tmp/ready; exec busybox httpd -f -p 8080 -h /www"]',
    );
    await world.write({ "slow.ts": source });
    await world.ok("apply", "slow.ts", "--yes");
    expect(((await world.unit("web")) as { readonly health?: string }).health).toBe("healthy");
    await world.ok("apply", "host.ts", "--yes");
  });

  test("what shares a container's network goes with it, what only requires it stays", async () => {
    const more = `ociContainer({ provision: "side", image: tools, network: "container:web", command: ["/bin/busybox", "sleep", "100000"], extraArguments: ["--init"], stopGrace: 1 }),
      ociContainer({ provision: "asks", image: tools, restartWith: ["web"], command: ["/bin/busybox", "sleep", "100000"], extraArguments: ["--init"], stopGrace: 1 }),`;
    await world.write({ "pod.ts": declaration(port, { containers: more }) });
    await world.ok("apply", "pod.ts", "--yes");
    const before = ids(await world.status());
    await world.write({ "pod2.ts": declaration(port, { containers: more, web: ', environment: { B: "2" }' }) });
    const { stdout } = await world.lading(["plan", "pod2.ts"]);
    expect(stdout).toMatch(/replace side +it goes with web/);
    expect(stdout).not.toContain("replace probe");
    await world.ok("apply", "pod2.ts", "--yes");
    const after = ids(await world.status());
    expect({
      probe: after.probe === before.probe,
      side: after.side === before.side,
      asks: after.asks === before.asks,
      web: after.web === before.web,
    }).toEqual({ probe: true, side: false, asks: false, web: false });
    const inside = await world.podman(
      "exec",
      "side",
      "/bin/sh",
      "-c",
      "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc 127.0.0.1 8080",
    );
    expect(inside.stdout).toContain("one");
    await world.ok("apply", "host.ts", "--yes");
  });

  test("prune forgets old generations, never the current one or the one before, and gc frees what only they needed", async () => {
    const numbers = async (): Promise<readonly number[]> =>
      (JSON.parse(await world.ok("generations", "--json")) as { generations: { number: number }[] }).generations.map(
        ({ number }) => number,
      );
    const before = await numbers();
    const current = (await world.status()).generation;
    expect(await world.ok("generations", "prune", "--keep", "1", "--dry-run")).toContain("would remove");
    expect(await numbers()).toEqual(before);
    await world.ok("generations", "prune", "--keep", "1");
    const left = await numbers();
    expect(left).toContain(current);
    expect(left.length).toBeLessThanOrEqual(3);
    expect(left).toContain(before.filter((number) => number < current).at(-1));
    await world.ok("store", "gc");
    expect(await world.ok("store", "verify")).toContain("0 not intact");
    await world.ok("rollback", "--yes");
    await world.ok("apply", "host.ts", "--yes");
    expect(await page(port)).toBe("one");
  });

  test("lock pins images to what the registry has; apply pulls that, whatever the tag means by then", async () => {
    const registry = await Registry.open(join(world.folder, "registry"));
    try {
      const layout = world.path("layout");
      const push = async (label: string): Promise<string> => {
        await world.write({
          "image.ts": declaration(port, { pack: `, labels: { version: "${label}", run: "${port}-${process.pid}" }` }),
        });
        rmSync(layout, { recursive: true, force: true });
        await world.ok("image", "build", "image.ts", "test-tools", "--format", "oci-dir", "-o", layout);
        return registry.push(layout, "team/tools:1");
      };
      const reference = await push("one");
      const more = `ociContainer({ provision: "pulled", image: "${reference}", command: ["/bin/busybox", "sleep", "100000"], extraArguments: ["--init"], stopGrace: 1 }),`;
      await world.write({ "pinned.ts": declaration(port, { containers: more }) });
      expect(await world.ok("lock", "pinned.ts")).toContain("pins changed: 1");
      expect(await world.ok("lock", "pinned.ts")).toContain("pinned already");
      const pins = (): { images: Record<string, { digest: string; labels: object }> } =>
        JSON.parse(readFileSync(world.path("pinned.lock.json"), "utf8"));
      const first = pins().images[reference];
      expect(first).toMatchObject({ digest: expect.stringMatching(/^sha256:/), labels: { version: "one" } });
      await push("two");
      const { stderr } = await world.lading(["apply", "pinned.ts", "--yes"]);
      expect(stderr).toContain("layer");
      const label = async (): Promise<string> =>
        (await world.podman("inspect", "--format", "{{.Config.Labels.version}}", "pulled")).stdout.trim();
      expect(await label()).toBe("one");
      const shown = await world.lading(["lock", "pinned.ts", "--update", "--dry-run"]);
      expect([shown.status, shown.stdout]).toEqual([
        4,
        expect.stringMatching(
          /digest: sha256:\w+ → sha256:\w+\n[\s\S]*layers: \d of \d as before\n[\s\S]*label version: one → two/,
        ),
      ]);
      expect(pins().images[reference]).toEqual(first);
      await world.ok("lock", "pinned.ts", "--update");
      expect(await world.ok("apply", "pinned.ts", "--yes")).toContain("pull");
      expect(await label()).toBe("two");
      expect(await world.ok("apply", "pinned.ts", "--yes")).toContain("Nothing to do");
      await world.write({ "pinned.lock.json": "{" });
      expect((await world.lading(["check", "pinned.ts"])).stderr).toContain("error lock-invalid:");
      await world.ok("apply", "host.ts", "--yes");
    } finally {
      await registry.close();
    }
  });
});
