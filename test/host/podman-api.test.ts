/**
 * Podman's API and its command line make the same container of the same options: each is made by both, and what
 * `podman inspect` says of the two is compared.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProgressStep } from "../../src/base/index.ts";
import { type Bookkeeping, type Engine, findIdentity, openEngine } from "../../src/engine/index.ts";
import { createBody } from "../../src/engine/podman-create.ts";
import { exec } from "../support.ts";
import { SlowRegistry } from "./registry.ts";
import { notHere, until, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: Podman's API: ${notHere}`);

/** Also what env(1) can be given. */
const sleep = ["/bin/sleep", "100000"];

/** What is told, by what it is about. */
const told: Readonly<Record<string, readonly string[]>> = {
  nothing: [],
  "no network": ["--network", "none"],
  "the host's network": ["--network", "host"],
  "a network with names and an address": [
    "--network",
    "api-net:alias=one,alias=two,ip=10.92.1.9",
    "--network",
    "api-other",
  ],
  "another container's network": ["--network", "container:seed"],
  ports: ["--network", "api-net", "-p", "127.0.0.1:39181:80", "-p", "39182:81/udp"],
  variables: ["--network", "none", "--env", "A=1", "--env", "B=two = 2", "--env", "EMPTY=", "--env", "PASSED"],
  "a program": ["--network", "none", "--entrypoint", "/bin/env"],
  "a program with arguments": ["--network", "none", "--entrypoint", '["/bin/busybox","env"]'],
  "a user": ["--network", "none", "--user", "12:34", "--group-add", "56", "--workdir", "/bin"],
  volumes: ["--network", "none", "-v", "api-data:/data", "-v", "/etc/hostname:/name:ro", "-v", "/usr/share:/share"],
  health: [
    ...["--network", "none", "--health-cmd", '["CMD-SHELL","true"]', "--health-interval", "disable"],
    ...["--health-timeout", "30s", "--health-retries", "3", "--health-start-period", "1m30s"],
  ],
  limits: [
    "--network",
    "none",
    "--ulimit",
    "nofile=512:1024",
    "--ulimit",
    "nproc=4096",
    "--ulimit",
    "core=0",
    "--shm-size",
    "8m",
  ],
  "kernel parameters": ["--network", "none", "--sysctl", "net.ipv4.ip_unprivileged_port_start=0"],
  rights: [
    ...["--network", "none", "--cap-add", "NET_ADMIN", "--cap-drop", "CAP_KILL", "--cap-drop", "CHOWN"],
    ...["--security-opt", "no-new-privileges"],
  ],
  "an init and a signal": ["--network", "none", "--init=true", "--stop-signal", "SIGQUIT"],
  names: [
    ...["--network", "api-net", "--hostname", "twin-host", "--add-host", "elsewhere:10.9.8.7"],
    ...["--dns", "10.99.1.1", "--dns-search", "example.test", "--dns-option", "ndots:3"],
  ],
  "words about it": [
    "--network",
    "none",
    "--label",
    "team=blue and green",
    "--annotation",
    "com.example.note=seen",
    "--tz",
    "Asia/Tokyo",
  ],
};

/** Parts of an inspection that are of one container alone. */
const ofOne = new Set([
  ...[
    "Id",
    "Created",
    "StartedAt",
    "FinishedAt",
    "Pid",
    "ConmonPid",
    "CreateCommand",
    "io.kubernetes.cri-o.Created",
    "LockNumber",
    "UpperDir",
    "WorkDir",
  ],
  ...[
    "MergedDir",
    "SandboxID",
    "SandboxKey",
    "EndpointID",
    "MacAddress",
    "IPAddress",
    "CgroupPath",
    "Size",
    "LowerDir",
  ],
]);

function comparable(inspected: string): unknown {
  const [container] = JSON.parse(inspected) as readonly [{ readonly Id: string }];
  const named = inspected.replaceAll(container.Id, "ID").replaceAll(container.Id.slice(0, 12), "ID");
  return JSON.parse(named, (key, value: unknown) => {
    if (ofOne.has(key)) return undefined;
    // Each has all of them; which comes first says nothing.
    if (["Env", "Mounts", "Binds"].includes(key))
      return [...(value as readonly unknown[])].map((each) => JSON.stringify(each)).sort();
    return value;
  });
}

describe.skipIf(notHere !== undefined).each(["rootless", "root"] as const)("%s", (kind) => {
  let world: World;
  let image: string;
  const engines: { api?: Engine; cli?: Engine } = {};
  const environment = { PASSED: "a value" };
  const cli = { engine: "podman", cli: "podman", extraArguments: [], verbose: false } as const;

  beforeAll(async () => {
    world = await World.open(kind);
    await world.write({
      "host.ts": `
import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const image = ociImage({ repository: "api-twin", value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]),
  packOptions: { symlinks: [["/bin/env", "busybox"], ["/bin/sleep", "busybox"]] } });
export default homeEnvironment({ services: [service(ociServiceType, {
  networks: [{ name: "api-net", subnet: "10.92.1.0/24" }, { name: "api-other", subnet: "10.92.2.0/24" }],
  volumes: [{ name: "api-data" }],
  containers: [ociContainer({ provision: "seed", image, network: "api-net", command: ${JSON.stringify(sleep)}, stopGrace: 0 })],
})] });
`,
    });
    await world.ok("apply", "host.ts", "--yes");
    image = "localhost/api-twin:latest";
    const identity = await findIdentity(kind === "root" ? "root" : "lading-test");
    if (identity === undefined) throw new Error("no identity");
    engines.api = openEngine(cli, identity, { service: true });
    engines.cli = openEngine(cli, identity);
  });
  afterAll(() => world.close());

  const own = (): Bookkeeping => ({
    labels: { "dev.lading.test": "twin" },
    logFile: world.path("twin.log"),
    mounts: [],
    variables: [],
  });
  const container = (options: readonly string[]) =>
    ({ engine: "podman", name: "twin", image, options, extraArguments: [], command: sleep }) as const;
  const start = (engine: Engine | undefined, options: readonly string[]): Promise<string> =>
    engine?.start({
      ...{ container: container(options), image, own: own(), connect: [], log: { descriptor: -1, path: "" } },
      environment: options.includes("PASSED") ? environment : {},
    }) ?? Promise.reject(new Error("no engine"));

  test.each(Object.entries(told))("the same with %s", async (_, options) => {
    expect(createBody(container(options), image, own(), options.includes("PASSED") ? environment : {})).toBeDefined();
    await start(engines.cli, options);
    const byCommandLine = (await world.podman("inspect", "twin")).stdout;
    await engines.cli?.removeContainer("twin", 0);
    // An earlier one of the name goes, as with the command line's --replace.
    await start(engines.cli, ["--network", "none"]);
    const id = await start(engines.api, options);
    const byApi = (await world.podman("inspect", "twin")).stdout;
    await engines.api?.removeContainer("twin", 0);
    expect(byApi).toContain(id);
    expect(byApi).not.toContain('"CreateCommand"');
    expect(comparable(byApi)).toEqual(comparable(byCommandLine));
    expect((await world.podman("container", "exists", "twin")).status).toBe(1);
  });

  test("what a container cannot be started with is told in Podman's words, and nothing stays", async () => {
    const broken = { ...container(["--network", "none"]), command: ["/no/such/program"] };
    const options = { image, own: own(), connect: [], log: { descriptor: -1, path: "" }, environment: {} };
    await expect(engines.api?.start({ container: broken, ...options })).rejects.toThrow(
      /podman run failed: .*no such/s,
    );
    expect((await world.podman("container", "exists", "twin")).status).toBe(1);
    const unknown = engines.api?.start({ container: container([]), ...options, image: "localhost/nowhere:1" });
    await expect(unknown).rejects.toThrow(/localhost\/nowhere:1/);
  });

  test.each(["SIGKILL", "SIGSTOP"] as const)(
    "after %s of the service the command line does its work",
    async (signal) => {
      await engines.api?.removeContainer("twin", 0);
      const found = await exec(["pgrep", "--full", `system service .*lading-podman-${process.pid}-`]);
      const services = found.stdout.trim().split("\n").map(Number);
      expect(services.length).toBeGreaterThan(0);
      for (const pid of services) process.kill(pid, signal);
      process.env.LADING_ENGINE_DEADLINE = "1";
      await start(engines.api, ["--network", "none"]);
      delete process.env.LADING_ENGINE_DEADLINE;
      const inspected = (await world.podman("inspect", "twin")).stdout;
      expect(inspected).toContain('"Status": "running"');
      expect(inspected).toContain('"CreateCommand"');
      await until(async () => services.every((pid) => !existsSync(`/proc/${pid}`)));
      // The next one comes from a new service.
      await engines.api?.removeContainer("twin", 0);
      await start(engines.api, ["--network", "none"]);
      expect((await world.podman("inspect", "twin")).stdout).not.toContain('"CreateCommand"');
      await engines.api?.removeContainer("twin", 0);
    },
  );

  test("a load tells of its layers, a pull of its bytes, and an image that is not there is told of in Podman's words", async () => {
    writeFileSync(world.path("noise"), randomBytes(12 << 20));
    await world.write({
      "noise.ts": `
import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const image = ociImage({ repository: "noise", value: manifest([localTree("noise", { target: "/noise" })]) });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image })] })] });
`,
    });
    await world.ok("image", "build", "noise.ts", "--format", "oci-dir", "-o", world.path("noise-layout"));
    const built = JSON.parse(await world.ok("image", "build", "noise.ts", "--json"));
    const told: ProgressStep[] = [];
    await engines.cli?.load(built.images[0].path, "localhost/noise:1", { onProgress: (step) => told.push(step) });
    expect(told).toContainEqual({ waitsFor: expect.stringMatching(/^layer [0-9a-f]{12}/) });
    await world.podman("rmi", "localhost/noise:1");
    using registry = await SlowRegistry.open(world.path("noise-layout"));
    const steps: ProgressStep[] = [];
    await engines.cli?.pull(registry.reference, { onProgress: (step) => steps.push(step) });
    expect(await engines.cli?.imageId(registry.reference)).toMatch(/^sha256:/);
    const layer = steps.filter(({ total = 0 }) => total > 12 << 20);
    expect(layer.length).toBeGreaterThan(0);
    for (const { done = 0, total = 0 } of layer) expect(done).toBeLessThanOrEqual(total);
    expect(layer.some(({ done = 0 }) => done > 0)).toBe(true);
    await world.podman("rmi", registry.reference);
    const stopped = new AbortController();
    const pulled = engines.cli?.pull(registry.reference, { signal: stopped.signal, onProgress: () => stopped.abort() });
    await expect(pulled).rejects.toThrow();
    expect(await engines.cli?.imageId(registry.reference)).toBeUndefined();
    const nowhere = registry.reference.replace(/slow:1$/, `none@sha256:${"0".repeat(64)}`);
    const options = { onProgress: () => undefined };
    await expect(engines.cli?.pull(nowhere, options)).rejects.toThrow(/is not here and cannot be pulled: .*none/s);
  });

  test("the service ends by itself when nobody needs it", async () => {
    const folder = kind === "root" ? "/run" : `/run/user/${world.uid}`;
    const ours = `lading-podman-${process.pid}-`;
    await until(async () => !readdirSync(folder).some((name) => name.startsWith(ours)));
  });
});
