/** One declaration through everything, as a plain user with real rootless Podman. */
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, type Ran } from "../support.ts";
import { declaration, freePort, notHere, page, type Status, until, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: the walk through one declaration: ${notHere}`);

describe.skipIf(notHere !== undefined)("one declaration, from nothing to nothing", () => {
  let world: World;
  let port: number;

  beforeAll(async () => {
    world = await World.open();
    port = await freePort();
    await world.write({ "host.ts": declaration(port), "site/index.html": "one", "site/other.html": "other" });
  });
  afterAll(() => world.close());

  test("plan says what would be done, does nothing, and exits with 4", async () => {
    const { status, stdout } = await world.lading(["plan", "host.ts"]);
    expect(status).toBe(4);
    expect(stdout).toContain("+ start web");
    expect(stdout).toMatch(/host\.ts:\d+:\d+/);
    expect((await world.podman("ps", "--all", "--quiet")).stdout).toBe("");
    expect((await world.lading(["status"])).status).toBe(3);
  });

  test("apply needs a word where there is no terminal", async () => {
    const { status, stderr } = await world.lading(["apply", "host.ts"]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("error confirmation-needed:")]);
  });

  test("apply builds, loads, starts, and the page is there", async () => {
    await world.ok("apply", "host.ts", "--yes");
    expect(await page(port)).toBe("one");
    const { units, generation } = await world.status();
    expect(generation).toBe(1);
    expect(Object.fromEntries(units.map((unit) => [unit.name, unit.status]))).toEqual({
      web: "running",
      probe: "running",
      "podman-networks": "done",
      "podman-volumes": "done",
    });
  });

  test("a second apply changes nothing, says so, and writes nothing", async () => {
    // Lading's own state and sockets, the engine's storage, and what the user's engine keeps while it runs.
    const places = [world.path("state"), world.path("run"), world.home, `/run/user/${world.uid}`, "/etc/containers"];
    const listing = async (): Promise<string> =>
      (await exec(["find", ...places, "-not", "-path", "*/merged/*", "-printf", "%p %T@ %C@ %i %s\n"])).stdout;
    const before = await listing();
    expect(before).toContain("/state/generations/");
    expect(await world.ok("apply", "host.ts", "--yes")).toBe("Nothing to do: this host is as declared.\n");
    expect(await listing()).toBe(before);
    expect((await world.lading(["plan", "host.ts"])).status).toBe(0);
  });

  test("the image is what other tools take it for", async () => {
    await world.ok("image", "build", "host.ts", "test-web", "-o", world.path("web.oci.tar"));
    await world.ok("image", "build", "host.ts", "test-web", "-o", world.path("web.tar"), "--format", "docker-archive");
    await world.ok("image", "build", "host.ts", "test-web", "-o", world.path("web-dir"), "--format", "oci-dir");
    const { images } = JSON.parse(await world.ok("image", "inspect", "host.ts", "test-web", "--json")) as {
      images: { id: string; manifest: string; layers: { diffId: string }[] }[];
    };
    const [image] = images;
    for (const source of [
      `oci-archive:${world.path("web.oci.tar")}`,
      `docker-archive:${world.path("web.tar")}`,
      `oci:${world.path("web-dir")}`,
    ]) {
      const { status, stdout, stderr } = await world.as(["skopeo", "inspect", "--config", source]);
      expect([status, stderr]).toEqual([0, ""]);
      expect(JSON.parse(stdout)).toMatchObject({ rootfs: { diff_ids: image?.layers.map((layer) => layer.diffId) } });
    }
    const unpacked = await world.as([
      "umoci",
      "unpack",
      "--rootless",
      "--image",
      `${world.path("web-dir")}:image`,
      world.path("bundle"),
    ]);
    expect([unpacked.status, (await exec(["cat", world.path("bundle/rootfs/www/index.html")])).stdout]).toEqual([
      0,
      "one",
    ]);
    await world.podman("image", "rm", "--force", "localhost/test-web:again");
    for (const archive of ["web.tar", "web.oci.tar"]) {
      const loaded = await world.podman("load", "--quiet", "--input", world.path(archive));
      expect([loaded.status, loaded.stderr]).toEqual([0, ""]);
    }
    expect(
      (await world.podman("image", "inspect", "--format", "{{.Id}}", "localhost/test-web:latest")).stdout.trim(),
    ).toBe(image?.id.slice(7));
  });

  test("an edited page: the plan names the one layer and the one container, only that is replaced, and rollback brings all back", async () => {
    const before = await world.status();
    const id = (status: Status, name: string): string | null | undefined =>
      status.units.find((unit) => unit.name === name)?.containerId;
    const image = async (name: string): Promise<string> =>
      (await world.podman("inspect", "--format", "{{.Image}}", name)).stdout.trim();
    const firstImage = await image("web");
    await world.write({ "site/index.html": "two" });
    const { steps } = JSON.parse((await world.lading(["plan", "host.ts", "--json"])).stdout) as {
      steps: { kind: string; what: string; details: string[]; interrupts: string }[];
    };
    expect(steps.map(({ kind, what, interrupts }) => ({ kind, what, interrupts }))).toEqual([
      { kind: "image-load", what: "load localhost/test-web:latest", interrupts: "nothing" },
      { kind: "unit-replace", what: "replace web", interrupts: "restart" },
    ]);
    expect(steps[0]?.details).toEqual([
      expect.stringMatching(/^layer \/www: [0-9a-f]{12} → [0-9a-f]{12}$/),
      "  ~ /www/index.html",
    ]);
    await world.ok("apply", "host.ts", "--yes");
    expect(await page(port)).toBe("two");
    const after = await world.status();
    expect(id(after, "web")).not.toBe(id(before, "web"));
    expect(id(after, "probe")).toBe(id(before, "probe"));

    await world.ok("rollback", "--yes");
    expect(await page(port)).toBe("one");
    expect(await image("web")).toBe(firstImage);
    const back = await world.status();
    expect([back.generation, id(back, "probe")]).toEqual([1, id(before, "probe")]);
    const { generations } = JSON.parse(await world.ok("generations", "--json")) as {
      generations: { number: number; current: boolean }[];
    };
    expect(generations.map(({ number, current }) => [number, current])).toEqual([
      [1, true],
      [2, false],
    ]);
    await world.ok("switch", "2", "--yes");
    expect(await page(port)).toBe("two");
    expect((await world.lading(["switch", "9", "--yes"])).stderr).toContain("error generation-missing:");
    await world.ok("rollback", "--yes");
    // A generation that cannot be gone to is still there afterwards.
    const server = createServer();
    await world.ok("stop", "web");
    await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
    expect((await world.lading(["switch", "2", "--yes"])).stderr).toContain("error port-in-use:");
    await new Promise((resolve) => server.close(resolve));
    await world.ok("switch", "2", "--yes");
    await world.ok("start", "probe");
    expect(await page(port)).toBe("two");
  });

  test("loading a changed image leaves the other layers as they are in the engine's storage", async () => {
    const graph = (await world.podman("info", "--format", "{{.Store.GraphRoot}}")).stdout.trim();
    const busybox = (await exec(["find", graph, "-path", "*/diff/bin/busybox", "-printf", "%p %i %T@ %C@\n"])).stdout;
    expect(busybox).not.toBe("");
    await world.write({ "site/index.html": "three" });
    await world.ok("apply", "host.ts", "--yes");
    expect((await exec(["find", graph, "-path", "*/diff/bin/busybox", "-printf", "%p %i %T@ %C@\n"])).stdout).toBe(
      busybox,
    );
    expect(await page(port)).toBe("three");
  });

  test("logs, and following them", async () => {
    expect(await world.ok("logs", "probe")).toMatch(/^(\S+ probing\n)+$/);
    let followed = "";
    const ran = world.lading(["logs", "--follow", "probe"], {
      onStart: (child) => {
        child.stdout?.on("data", (chunk) => {
          followed += String(chunk);
        });
        void until(async () => followed.includes("probing")).then(() => child.kill("SIGINT"));
      },
    });
    expect((await ran).stdout).toContain("probing");
    expect((await world.lading(["logs", "nobody"])).stderr).toContain("error unknown-unit:");
  });

  test("stop takes what requires a unit with it; start and restart bring it back", async () => {
    await world.ok("stop", "web");
    const stopped = await world.status();
    expect(stopped.units.filter((unit) => unit.status === "stopped").map((unit) => unit.name)).toEqual([
      "probe",
      "web",
    ]);
    expect((await world.podman("ps", "--quiet")).stdout).toBe("");
    await world.ok("start", "probe");
    expect((await world.unit("web")).status).toBe("running");
    const before = (await world.unit("web")).containerId;
    await world.ok("restart", "web");
    const after = await world.unit("web");
    expect([after.status, after.containerId === before]).toEqual(["running", false]);
    const wrong = await world.lading(["stop", "wbe"]);
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("error unknown-unit:")]);
  });

  test("the control API tells of each change as it happens", async () => {
    const events: string[] = [];
    const client = request({ socketPath: world.path("run/control.sock"), path: "/v1/events" }, (answer) => {
      answer.on("data", (chunk) => events.push(String(chunk)));
    });
    client.on("error", () => undefined);
    client.end();
    await until(async () => events.join("").includes("event: status"));
    await world.ok("restart", "probe");
    await until(async () => /event: unit\ndata: .*"status":"running".*"name":"probe"/.test(events.join("")));
    client.destroy();
    // A restart passes "stopped" within one step: nobody could have acted on it.
    const seen = [...events.join("").matchAll(/event: unit\ndata: \{"status":"(\w+)"/g)].map(([, status]) => status);
    expect(seen).toEqual(["stopping", "starting", "running"]);
  });

  test("the action command-line prints a command that a shell can run; an unknown action is an error", async () => {
    const line = await world.ok("action", "web", "command-line");
    expect(line).toMatch(/^podman run --rm --replace --name web --detach --label .*httpd/);
    const { stdout } = await exec(["sh", "-c", `set -- ${line.trim()}; printf '%s\\n' "$#"`]);
    expect(Number(stdout)).toBeGreaterThan(20);
    expect((await world.lading(["action", "web", "dance"])).stderr).toContain("error unknown-action:");
  });

  test("the supervisor killed: containers go on; the next one finds them, restarts nothing, and status is right", async () => {
    const before = await world.status();
    process.kill(before.pid, "SIGKILL");
    expect(await page(port)).toBe("three");
    expect(await until(async () => ((await world.lading(["status"])).status === 3 ? "down" : undefined))).toBe("down");
    await world.ok("apply", "host.ts", "--yes");
    const after = await world.status();
    expect(after.pid).not.toBe(before.pid);
    expect(after.units.map((unit) => [unit.name, unit.status, unit.pid, unit.containerId])).toEqual(
      before.units.map((unit) => [unit.name, unit.status, unit.pid, unit.containerId]),
    );
  });

  test("a container that ends while nobody watches: its end and its status are known afterwards", async () => {
    const before = await world.status();
    process.kill(before.pid, "SIGKILL");
    const probe = before.units.find((unit) => unit.name === "probe");
    process.kill(probe?.pid ?? 0, "SIGKILL");
    await until(async () => (await world.podman("ps", "--all", "--quiet", "--filter", "name=^probe$")).stdout === "");
    await world.ok("apply", "host.ts", "--yes");
    const found = await until(async () => {
      const unit = await world.unit("probe");
      return unit.status === "failed" ? unit : undefined;
    });
    expect(found.exit).toEqual({ status: 137, signal: null });
    expect((await world.unit("web")).containerId).toBe(before.units.find((unit) => unit.name === "web")?.containerId);
    await world.ok("start", "probe");
  });

  test("a container's process killed: with respawn it comes back, without it is failed, and why tells its last lines", async () => {
    const web = await world.unit("web");
    process.kill(web.pid ?? 0, "SIGKILL");
    await until(async () => {
      const unit = await world.unit("web");
      return unit.status === "running" && unit.pid !== web.pid;
    });
    expect(await page(port)).toBe("three");
    process.kill((await world.unit("probe")).pid ?? 0, "SIGKILL");
    const failed = await until(async () => {
      const unit = await world.unit("probe");
      return unit.status === "failed" ? unit : undefined;
    });
    expect(failed.exit?.status).toBe(137);
    const why = await world.ok("why", "probe");
    expect(why).toContain("probe is failed");
    expect(why).toContain("exit status 137");
    expect(why).toContain("probing");
    await world.ok("apply", "host.ts", "--yes");
    expect((await world.unit("probe")).status).toBe("running");
  });

  test("gc deletes what no generation needs, and nothing that one needs", async () => {
    await world.ok("store", "gc");
    expect(await world.ok("store", "gc")).toContain("deleted 0 items");
    expect(await world.ok("store", "verify")).toContain("0 not intact");
    await world.ok("rollback", "1", "--yes");
    expect(await page(port)).toBe("one");
  });

  test("a home environment keeps its state below XDG's folders, with a supervisor of its own", async () => {
    const env = {
      LADING_STATE: "",
      LADING_RUNTIME: "",
      XDG_STATE_HOME: world.path("xdg"),
      XDG_RUNTIME_DIR: `/run/user/${world.uid}`,
    };
    await world.write({
      "xdg.ts":
        'import { homeEnvironment, simpleService, supervisorServiceType, unit } from "lading";\nexport default homeEnvironment({ services: [simpleService("own", supervisorServiceType, [unit({ provision: ["own"], start: ["/bin/sleep", "100000"] })])] });\n',
    });
    const own = (...args: readonly string[]): Promise<Ran> => world.lading(args, { env });
    expect((await own("apply", "xdg.ts", "--yes")).status).toBe(0);
    expect(existsSync(world.path("xdg/lading/generations/1.json"))).toBe(true);
    expect(existsSync(`/run/user/${world.uid}/lading/control.sock`)).toBe(true);
    const status = JSON.parse((await own("status", "--json")).stdout) as Status;
    expect(status.pid).not.toBe((await world.status()).pid);
    expect(readFileSync(`/proc/${status.pid}/status`, "utf8")).toContain(`\nUid:\t${world.uid}\t`);
    expect((await own("down", "--yes")).status).toBe(0);
    expect(existsSync(`/run/user/${world.uid}/lading`)).toBe(false);
    expect((await world.status()).units.length).toBeGreaterThan(0);
  });

  test("doctor finds nothing missing", async () => {
    const { status, stdout } = await world.lading(["doctor", "--json"]);
    const { findings } = JSON.parse(stdout) as { findings: { state: string }[] };
    expect([status, findings.filter((each) => each.state === "missing")]).toEqual([0, []]);
  });

  test("down takes all of it away, and volumes only when asked", async () => {
    await world.ok("down", "--yes");
    expect((await world.podman("ps", "--all", "--quiet")).stdout).toBe("");
    expect((await world.podman("network", "exists", "lading-test")).status).toBe(1);
    expect((await world.podman("volume", "exists", "lading-test-data")).status).toBe(0);
    expect((await world.lading(["status"])).status).toBe(3);
    await world.ok("apply", "host.ts", "--yes");
    await world.ok("down", "--yes", "--volumes");
    expect((await world.podman("volume", "exists", "lading-test-data")).status).toBe(1);
    expect((await exec(["ls", "-A", world.path("state")])).stdout).toBe("");
    expect(await world.ok("down", "--yes")).toContain("Nothing to do");
  });
});
