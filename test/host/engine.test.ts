/**
 * One suite for every engine: the same declaration on a plain user's Podman, on root's, and on Docker, with everything
 * that a container can be told looked for inside it.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Encrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, filesBelow } from "../support.ts";
import { Registry } from "./registry.ts";
import { freePort, notHere, until, World, type WorldKind } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: engines: ${notHere}`);

/** What no argument, log, store item, generation's listing or report may hold. */
const values = ["from-the-host-environment", "from-a-file", "from-a-command", "from-an-age-file"] as const;

const report = `
for name in PLAIN QUOTED TOKEN SECRET_VARIABLE; do eval "echo $name=[\\$$name]"; done
echo "id=$(busybox id -u):$(busybox id -g)"; echo "groups=$(busybox id -G)"; echo "pwd=$(busybox pwd)"; echo "hostname=$(busybox hostname)"
echo "nofile=$(ulimit -Sn):$(ulimit -Hn)"; echo "shm=$(busybox df -k /dev/shm | busybox awk 'NR == 2 { print $2 }')"
echo "somaxconn=$(busybox cat /proc/sys/net/core/somaxconn)"
busybox grep -E '^(NoNewPrivs|CapBnd)' /proc/self/status
busybox touch /nope 2> /dev/null && echo writable || echo read-only
busybox touch /scratch/yes && echo scratch; echo "mounted=$(busybox cat /mounted.txt)"
busybox grep elsewhere /etc/hosts; test -e /dev/fuse && echo device
echo "addresses=$(busybox ip -o -4 addr | busybox awk '{ print $4 }' | busybox sort | busybox tr '\\n' ' ')"
busybox ls -ln /run/secrets | busybox awk '{ print $1, $3, $4, $NF }'
for each in /run/secrets/*; do echo "$each=$(busybox cat $each)"; done
echo "init=$(busybox cat /proc/1/comm)"; echo "arguments=[$1][$2]"; echo reported
trap 'echo asked to end; exit 0' QUIT
while :; do busybox sleep 0.1; done
`;

function declaration(
  world: World,
  {
    port,
    more = "",
    network = "10.91.1.0/24",
    volumes = "{ name: 'conf-data' }",
  }: {
    readonly port: number;
    readonly more?: string;
    readonly network?: string;
    readonly volumes?: string;
  },
): string {
  const docker = world.kind === "docker";
  const runtime = docker
    ? `runtime: "docker", runtimeExtraArguments: ["--host", "unix://${world.dockerSocket}"],`
    : 'runtime: "podman",';
  return `
import { homeEnvironment, localFile, localTree, manifest, ociContainer, ociImage, ociServiceType, plainFile, service } from "lading";
const tools = ociImage({ repository: "conf-tools", packOptions: { symlinks: [["/bin/sh", "busybox"]] }, value: manifest([
  localTree("/bin/busybox", { target: "/bin/busybox" }),
  { target: "/etc/passwd", source: plainFile("passwd", "root:x:0:0:root:/:/bin/sh\\nworker:x:1234:1234::/:/bin/sh\\n") },
  { target: "/etc/group", source: plainFile("group", "root:x:0:\\nworker:x:1234:\\nhelpers:x:4321:\\n") },
]) });
const report = ${JSON.stringify(report)};
const forever = { image: tools, entrypoint: ["/bin/busybox", "sleep"], command: ["100000"], init: true, stopGrace: 1 };
export default homeEnvironment({ services: [service(ociServiceType, { ${runtime}
  networks: [{ name: "conf-one", subnet: "${network}" }, { name: "conf-two", subnet: "10.91.2.0/24", labels: { team: "blue" } }],
  volumes: [${volumes}],
  containers: [
    ociContainer({
      provision: "full", image: tools, entrypoint: ["/bin/busybox", "sh", "-c"], command: [report, "name", "two words", 'and "quotes"\\n'],
      environment: { PLAIN: "1", QUOTED: "a b \\"c\\" $d 'e'", TOKEN: "" }, containerUser: "1234:1234", groups: ["4321"], workdir: "/scratch",
      networks: [{ network: "conf-one", aliases: ["full-alias"], ip: "10.91.1.7" }, { network: "conf-two", ip: "10.91.2.7" }],
      volumes: [["${world.path("mounted.txt")}", "/mounted.txt:ro"], ["conf-data", "/data"]],
      ulimits: { nofile: "512:1024", nproc: "4096:4096" }, shmSize: "8m", sysctls: { "net.core.somaxconn": "333" },
      dropCapabilities: ["CHOWN", "CAP_KILL"], addCapabilities: ["NET_ADMIN"], noNewPrivileges: true, readOnly: true,
      tmpfs: ["/scratch:size=1m,mode=1777"], devices: ["/dev/fuse"], init: true, hostName: "conf-host", hosts: { elsewhere: "10.9.8.7" },
      labels: { "com.example.team": "blue and green" }, stopSignal: "SIGQUIT", stopGrace: 20, expose: ["9000"],
      secrets: [
        { name: "file", file: "${world.path("secret.txt")}", ${world.kind === "docker" || world.kind === "root" ? "uid: 1234, gid: 1234," : "uid: 1234,"} },
        { name: "command", command: ["/bin/sh", "-c", "cat ${world.path("secret-of-command")}"], mode: 0o444 },
        { name: "age", ageFile: localFile("./secret.age"), ageIdentity: "${world.path("age.key")}", mode: 0o444 },
        { name: "SECRET_VARIABLE", as: "environment", file: "${world.path("secret.txt")}" },
      ],
      actions: [{ name: "greet", program: ["/bin/sh", "-c", 'echo "hello $1 and $2"; echo oops >&2; exit 7', "greet"] }],
    }),
    ociContainer({ ...forever, provision: "token", hostEnvironment: { TOKEN: ${JSON.stringify(values[0])} }, environment: ["TOKEN"] }),
    ociContainer({ image: tools, provision: "web", requirement: ["full"], networks: [{ network: "conf-one", aliases: ["pages"] }], init: true, stopGrace: 1,
      entrypoint: "/bin/busybox", command: ["httpd", "-f", "-p", "8080", "-h", "/data"], volumes: ["conf-data:/data"], ports: [["127.0.0.1:${port}", "8080"]] }),
    ociContainer({ ...forever, provision: "more", dns: ["10.99.1.1", "10.99.1.2"], dnsSearch: ["example.test"], dnsOptions: ["ndots:3"], logDriver: "none",
      environment: { FROM_RECORD: "wins" }, environmentFiles: ["${world.path("variables")}"], mounts: ["type=bind,source=${world.path("mounted.txt")},target=/long-form,readonly"],
      userNamespace: "${world.kind === "rootless" ? "keep-id" : "host"}", memoryReservation: ${world.kind === "rootless" ? "undefined" : '"32m"'},
      securityOptions: ["seccomp=unconfined"], readOnly: true ${docker ? "" : ', timezone: "Asia/Tokyo", annotations: { "com.example.note": "seen" }, readOnlyTmpfs: false'} }),
    ${more}
  ],
})] });
`;
}

describe.skipIf(notHere !== undefined).each<WorldKind>(["rootless", "root", "docker"])("containers on %s", (kind) => {
  let world: World;
  let port: number;

  beforeAll(async () => {
    world = await World.open(kind);
    port = await freePort();
    const age = new Encrypter();
    const identity = await generateIdentity();
    age.addRecipient(await identityToRecipient(identity));
    await world.write({
      "mounted.txt": "from the host",
      variables: "FROM_FILE=from a file\nFROM_RECORD=loses\n",
      "secret.txt": values[1],
      "secret-of-command": values[2],
      "age.key": `# made for a test\n${identity}\n`,
    });
    writeFileSync(world.path("secret.age"), await age.encrypt(values[3]));
    for (const name of ["secret.txt", "secret-of-command", "age.key"]) chmodSync(world.path(name), 0o600);
    await world.write({ "host.ts": declaration(world, { port }) });
    await world.ok("apply", "host.ts", "--yes");
  });
  afterAll(() => world.close());

  /** What a container of the suite wrote. */
  const lines = async (unit: string): Promise<readonly string[]> =>
    (await world.ok("logs", unit))
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\d{4}-\S+ /, ""));

  test("everything that a container was told is so inside it", async () => {
    const seen = await until(async () => {
      const found = await lines("full");
      return found.some((line) => line.endsWith("reported")) ? found : undefined;
    });
    const expected = [
      "PLAIN=[1]",
      `QUOTED=[a b "c" $d 'e']`,
      `SECRET_VARIABLE=[${values[1]}]`,
      "id=1234:1234",
      "groups=1234 4321",
      "pwd=/scratch",
      "hostname=conf-host",
      "nofile=512:1024",
      "shm=8192",
      "somaxconn=333",
      "NoNewPrivs:\t1",
      "read-only",
      "scratch",
      "mounted=from the host",
      "device",
      "addresses=10.91.1.7/24 10.91.2.7/24 127.0.0.1/8 ",
      `-r-------- 1234 ${kind === "rootless" ? "0" : "1234"} file`,
      "-r--r--r-- 0 0 command",
      "-r--r--r-- 0 0 age",
      `/run/secrets/file=${values[1]}`,
      `/run/secrets/command=${values[2]}`,
      `/run/secrets/age=${values[3]}`,
      'arguments=[two words][and "quotes"',
    ];
    for (const line of expected) expect(seen, line).toContainEqual(expect.stringContaining(line));
    expect(seen).toContainEqual(expect.stringMatching(/10\.9\.8\.7\s+elsewhere/));
    const bounding = BigInt(`0x${/CapBnd:\s*([0-9a-f]+)/.exec(seen.join("\n"))?.[1]}`);
    const has = (bit: bigint): boolean => ((bounding >> bit) & 1n) === 1n;
    expect({ chown: has(0n), kill: has(5n), netAdmin: has(12n) }).toEqual({
      chown: false,
      kill: false,
      netAdmin: true,
    });
    expect(seen).toContainEqual(expect.stringMatching(/^init=(?:catatonit|docker-init|podman-init|tini)$/));
  });

  test("name servers, files of variables, long mounts, namespaces of users, log drivers and what only one engine has", async () => {
    const inside = async (command: string): Promise<string> =>
      (await world.engine("exec", "more", "/bin/sh", "-c", command)).stdout;
    const resolver = await inside("busybox cat /etc/resolv.conf");
    for (const line of ["nameserver 10.99.1.1", "nameserver 10.99.1.2", "search example.test"])
      expect(resolver).toContain(line);
    expect(resolver).toMatch(/options .*ndots:3/);
    expect(await inside("echo $FROM_FILE $FROM_RECORD; busybox cat /long-form")).toBe(
      "from a file wins\nfrom the host",
    );
    expect(await inside("busybox grep Seccomp: /proc/self/status")).toMatch(/Seccomp:\s*0/);
    expect((await world.engine("exec", "more", "/bin/busybox", "touch", "/tmp/x")).status).not.toBe(0);
    const { pid } = await world.unit("more");
    const owner = (await exec(["stat", "-c", "%u", `/proc/${pid}`])).stdout.trim();
    expect(owner).toBe(String(world.uid));
    const { stdout } = await world.engine("inspect", "more");
    const [{ HostConfig, Config }] = JSON.parse(stdout) as [
      {
        HostConfig: { LogConfig: { Type: string } };
        Config: { Annotations?: Record<string, string>; Timezone?: string };
      },
    ];
    expect(HostConfig.LogConfig.Type).toBe("none");
    if (kind !== "docker") {
      expect(Config.Annotations?.["com.example.note"]).toBe("seen");
      expect(Config.Timezone).toBe("Asia/Tokyo");
    }
  });

  test("labels and ports are the engine's to show", async () => {
    const { stdout } = await world.engine("inspect", "full");
    const [{ Config }] = JSON.parse(stdout) as [{ Config: { Labels: Record<string, string>; ExposedPorts?: object } }];
    expect(Config.Labels["com.example.team"]).toBe("blue and green");
    expect(Config.Labels["dev.lading.unit"]).toBe("full");
    const { stdout: team } = await world.engine("network", "inspect", "conf-two", "--format", "{{.Labels.team}}");
    expect(team.trim()).toBe("blue");
  });

  test("one container finds another by name and alias, shares a volume with it, and its port is the host's", async () => {
    const inside = (name: string, command: string): Promise<string> =>
      world.engine("exec", name, "/bin/sh", "-c", command).then(({ stdout, stderr }) => stdout + stderr);
    expect(await inside("web", "echo shared > /data/index.html; busybox cat /data/index.html")).toBe("shared\n");
    expect(
      await until(() =>
        fetch(`http://127.0.0.1:${port}/`)
          .then((answer) => answer.text())
          .catch(() => undefined),
      ),
    ).toBe("shared\n");
    for (const name of ["web", "pages"])
      expect(await inside("full", `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc ${name} 8080`), name).toContain(
        "shared",
      );
    expect(
      await inside("web", "busybox nslookup full-alias 2> /dev/null || busybox ping -c 1 -w 2 full-alias"),
    ).toContain("10.91.1.7");
  });

  test("actions: the user's, with arguments and exit status; pull and command-line, built in", async () => {
    const { status, stdout, stderr } = await world.lading(["action", "full", "greet", "one", "two words"]);
    expect([status, stdout, stderr]).toEqual([7, "hello one and two words\n", "oops\n"]);
    const { stdout: line } = await world.lading(["action", "web", "command-line"]);
    expect(line).toContain(" run --rm ");
    expect(line).toContain("--network");
    expect((await world.lading(["action", "web", "pull"])).stderr).toContain("error unknown-action:");
  });

  test("what is secret stands in no argument, log, store, report or inspection; the container has it", async () => {
    expect((await world.engine("exec", "token", "/bin/sh", "-c", "echo $TOKEN")).stdout).toBe(`${values[0]}\n`);
    const places: [string, string][] = [];
    for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
      try {
        places.push([`/proc/${name}/cmdline`, readFileSync(`/proc/${name}/cmdline`, "utf8")]);
      } catch {
        // It ended in between.
      }
    }
    for (const part of ["state/store", "state/supervisor", "state/logs"])
      for (const path of filesBelow(world.path(part)))
        if (!/logs\/full\.log$/.test(path)) places.push([path, readFileSync(path, "latin1")]);
    places.push(["daemon.log", readFileSync(world.path("state/daemon.log"), "utf8")]);
    for (const args of [
      ["inspect", "host.ts"],
      ["inspect", "host.ts", "--json"],
      ["status", "--json"],
      ["plan", "host.ts", "--json"],
      ["why", "token", "--json"],
      ["action", "token", "command-line"],
      ["generations", "--json"],
    ])
      places.push([args.join(" "), (await world.lading(args)).stdout]);
    for (const unit of ["full", "token"]) {
      // What the container itself was given to see stands in its own environment, which the engine shows to its owner.
      const { stdout } = await world.engine("inspect", unit);
      places.push([`inspect ${unit}`, stdout.replace(/"(?:TOKEN|SECRET_VARIABLE)=[^"]*"/g, "")]);
    }
    expect(places.length).toBeGreaterThan(50);
    // The generation's file, which its owner alone can read, and the state of units say where hostEnvironment's values come from.
    const allowed = (place: string, value: string): boolean =>
      value === values[0] && place.includes("/state/supervisor/token.json");
    for (const [place, text] of places)
      for (const value of values)
        if (!allowed(place, value)) expect(text.includes(value), `${value} in ${place}`).toBe(false);
    expect(statSync(world.path("state/generations/1.json")).mode & 0o777).toBe(0o600);
    expect(statSync(world.path("state/supervisor/token.json")).mode & 0o777).toBe(0o600);
  });

  test("the stop signal is the declared one, and secrets go when the container does", async () => {
    await world.ok("stop", "full");
    expect((await lines("full")).at(-1)).toContain("asked to end");
    const secrets = `${world.path("run")}-secrets/full`;
    expect(existsSync(secrets)).toBe(false);
    await world.ok("start", "web");
    expect(existsSync(secrets)).toBe(true);
  });

  test("again, nothing changes; a killed supervisor finds every container again", async () => {
    expect(await world.ok("apply", "host.ts", "--yes")).toContain("Nothing to do");
    const before = await world.status();
    process.kill(before.pid, "SIGKILL");
    await until(async () => (await world.lading(["status"])).status === 3);
    await world.ok("apply", "host.ts", "--yes");
    const after = await world.status();
    const ids = (status: typeof before): readonly unknown[] =>
      status.units.map(({ name, containerId, pid }) => [name, containerId, pid]);
    expect(after.pid).not.toBe(before.pid);
    expect(ids(after)).toEqual(ids(before));
  });

  test("health: an unhealthy container is restarted, stopped or killed, as declared; status tells", async () => {
    const sick = (name: string, onFailure: string, more = ""): string =>
      `ociContainer({ ...forever, provision: "${name}", ${more} health: { command: "test ! -e /tmp/sick", interval: "200ms", timeout: "5s", retries: 2, onFailure: "${onFailure}" }, tmpfs: ["/tmp"] }),`;
    const more = [
      sick("sick-none", "none"),
      sick("sick-restart", "restart"),
      sick("sick-stop", "stop"),
      sick("sick-kill", "kill", "respawn: true, respawnDelay: 0,"),
    ].join("\n");
    await world.write({ "health.ts": declaration(world, { port, more }) });
    await world.ok("apply", "health.ts", "--yes");
    const names = ["sick-none", "sick-restart", "sick-stop", "sick-kill"];
    const healthOf = async (name: string): Promise<string | null | undefined> =>
      ((await world.unit(name)) as { readonly health?: string | null }).health;
    for (const name of names) await until(async () => (await healthOf(name)) === "healthy");
    const before = new Map(await Promise.all(names.map(async (name) => [name, await world.unit(name)] as const)));
    for (const name of names) await world.engine("exec", name, "/bin/busybox", "touch", "/tmp/sick");
    await until(async () => (await healthOf("sick-none")) === "unhealthy");
    for (const name of ["sick-restart", "sick-kill"]) {
      await until(async () => {
        const unit = await world.unit(name);
        return (
          unit.status === "running" && unit.containerId !== null && unit.containerId !== before.get(name)?.containerId
        );
      });
    }
    await until(async () => (await world.unit("sick-stop")).status === "stopped");
    expect((await world.unit("sick-none")).containerId).toBe(before.get("sick-none")?.containerId);
    expect(await world.ok("why", "sick-stop")).toContain("health check failed");
    await world.ok("apply", "host.ts", "--yes");
  });

  test("restart policies: never, on failure, always, and too often", async () => {
    const ends = (name: string, respawn: string, exit: number): string =>
      `ociContainer({ image: tools, provision: "${name}", respawn: ${respawn}, respawnDelay: 50, respawnLimit: 2, volumes: ["conf-data:/data"], entrypoint: ["/bin/sh", "-c"],
        command: ["test -e /data/${name} && ${name === "often" ? "exit 4" : "exec busybox sleep 100000"}; until test -e /data/go; do busybox sleep 0.1; done; busybox touch /data/${name}; exit ${exit}"], stopGrace: 0 }),`;
    const more = [
      ends("never", "false", 3),
      ends("failure", '"on-failure"', 3),
      ends("clean", '"on-failure"', 0),
      ends("always", "true", 0),
      ends("often", "true", 4),
    ].join("\n");
    await world.write({ "respawn.ts": declaration(world, { port, more }) });
    await world.ok("apply", "respawn.ts", "--yes");
    await world.engine("exec", "web", "/bin/busybox", "touch", "/data/go");
    // It is tried again after a while, so its reason comes and goes.
    const tooFast = /respawning too fast: 2 times in 7 s; last ended with exit status 4/;
    await until(async () => tooFast.test((await world.unit("often")).reason ?? ""));
    await until(async () => (await world.unit("never")).status === "failed");
    await until(async () => (await world.unit("clean")).status === "stopped");
    await until(
      async () =>
        (await world.unit("failure")).status === "running" && (await world.unit("always")).status === "running",
    );
    expect((await world.unit("never")).exit).toEqual({ status: 3, signal: null });
    await world.ok("apply", "host.ts", "--yes");
  });

  test("a network that is declared otherwise is made anew with what is on it; a volume only on the user's word", async () => {
    await world.engine("exec", "web", "/bin/sh", "-c", "echo precious > /data/precious");
    const token = (await world.unit("token")).containerId;
    const changed = {
      port,
      network: "10.92.1.0/24",
      volumes: `{ name: "conf-data", extraArguments: ["--opt", "type=tmpfs", "--opt", "device=tmpfs"] }`,
    };
    const source = declaration(world, changed).replaceAll("10.91.1.7", "10.92.1.7");
    await world.write({ "other.ts": source });
    const refused = await world.lading(["plan", "other.ts"]);
    expect(refused.stderr).toMatch(
      /other\.ts:\d+:\d+: error object-differs: the volume conf-data exists with other options: extraArguments: changed/,
    );
    expect(refused.stderr).toContain("--replace-volume conf-data");
    const planned = await world.lading(["plan", "other.ts", "--replace-volume", "conf-data"]);
    expect([planned.status, planned.stdout]).toEqual([
      4,
      expect.stringContaining("subnet: 10.91.1.0/24 → 10.92.1.0/24"),
    ]);
    expect(planned.stdout).toContain("make the volume conf-data anew, without its data");
    expect(planned.stdout).toContain("1 with loss of data");
    await world.ok("apply", "other.ts", "--yes", "--replace-volume", "conf-data");
    expect((await world.engine("exec", "web", "/bin/busybox", "ls", "/data")).stdout).toBe("");
    expect((await world.engine("exec", "full", "/bin/busybox", "ip", "-o", "-4", "addr")).stdout).toContain(
      "10.92.1.7/24",
    );
    expect((await world.unit("token")).containerId).toBe(token);
  });

  test("a network and a volume of somebody else's are compared, never replaced", async () => {
    await world.engine("network", "create", "--subnet", "10.93.9.0/24", "foreign");
    await world.engine("volume", "create", "foreign-data");
    const foreign = declaration(world, { port })
      .replace(
        'networks: [{ name: "conf-one"',
        'networks: [{ name: "foreign", subnet: "10.93.8.0/24" }, { name: "conf-one"',
      )
      .replace("volumes: [{", 'volumes: [{ name: "foreign-data" }, {');
    await world.write({ "foreign.ts": foreign });
    const { stderr } = await world.lading(["plan", "foreign.ts", "--replace-volume", "conf-data"]);
    expect(stderr).toMatch(
      /error object-differs: the network foreign exists with other options: subnet: 10\.93\.9\.0\/24 → 10\.93\.8\.0\/24/,
    );
    expect(stderr).toContain("Lading did not make it");
    await world.write({
      "overlap.ts": foreign.replace(
        'name: "foreign", subnet: "10.93.8.0/24"',
        'name: "mine", subnet: "10.93.9.128/25"',
      ),
    });
    expect((await world.lading(["plan", "overlap.ts", "--replace-volume", "conf-data"])).stderr).toMatch(
      /error subnet-overlap: network "mine": .* of the network "foreign"/,
    );
    await world.engine("network", "rm", "foreign");
    await world.engine("volume", "rm", "foreign-data");
  });

  test("work that ends is done; what requires it starts after it, and not when it failed", async () => {
    const work = (name: string, script: string): string =>
      `ociContainer({ image: tools, provision: "${name}", oneShot: true, volumes: ["conf-data:/data"], entrypoint: ["/bin/busybox", "sh", "-c"], command: [${JSON.stringify(script)}], stopGrace: 1 }),`;
    const app = (requirement: string): string =>
      `ociContainer({ image: tools, provision: "app", requirement: ["${requirement}"], volumes: ["conf-data:/data"], init: true, stopGrace: 1, entrypoint: ["/bin/busybox", "sh", "-c"], command: ["busybox cat /data/migrated > /data/seen; exec busybox sleep 100000"] }),`;
    const migrate = work("migrate", "busybox sleep 1; echo once >> /data/migrated");
    await world.write({
      "work.ts": declaration(world, { port, more: migrate + app("migrate") }),
      "broken.ts": declaration(world, { port, more: work("broken", "exit 3") + app("broken") }),
    });
    const seen = async (): Promise<string> =>
      (await world.engine("exec", "app", "/bin/busybox", "cat", "/data/seen")).stdout;
    const apply = ["--yes", "--replace-volume", "conf-data"];
    await world.ok("apply", "work.ts", ...apply);
    expect(await world.unit("migrate")).toMatchObject({ status: "done", pid: null });
    expect(await seen()).toBe("once\n");
    // Done is done: neither another apply nor a restart of what requires it does the work again.
    await world.ok("apply", "work.ts", ...apply);
    await world.ok("restart", "app");
    expect(await seen()).toBe("once\n");
    await world.ok("restart", "migrate");
    await until(async () => (await world.unit("app")).status === "running");
    expect(await seen()).toBe("once\nonce\n");
    const refused = await world.lading(["apply", "broken.ts", ...apply, "--on-failure", "keep"]);
    expect(refused.status).not.toBe(0);
    expect(await world.unit("broken")).toMatchObject({ status: "failed", exit: { status: 3 } });
    expect((await world.unit("app")).status).not.toBe("running");
    await world.ok("apply", "host.ts", ...apply);
  });

  test("an image of a registry is pulled before the switch, and again by its action", async () => {
    const registry = await Registry.open(join(world.folder, "registry"));
    try {
      await world.ok("image", "build", "host.ts", "conf-tools", "--format", "oci-dir", "-o", world.path("layout"));
      const reference = await registry.push(world.path("layout"), "team/tools:1");
      const more = `ociContainer({ ...forever, provision: "pulled", image: "${reference}" }),`;
      await world.write({ "pull.ts": declaration(world, { port, more }) });
      const planned = await world.lading(["plan", "pull.ts", "--replace-volume", "conf-data"]);
      expect(planned.stdout).toContain(`pull ${reference}`);
      await world.ok("apply", "pull.ts", "--yes", "--replace-volume", "conf-data");
      expect((await world.unit("pulled")).status).toBe("running");
      const { status, stdout } = await world.lading(["action", "pulled", "pull"]);
      expect([status, stdout]).toEqual([0, expect.stringMatching(/[0-9a-f]{12}/)]);
      await world.ok("apply", "host.ts", "--yes", "--replace-volume", "conf-data");
    } finally {
      await registry.close();
    }
  });

  test("memory, processor and process limits hold where control groups allow", async () => {
    const limits = 'memory: "64m", memorySwap: "64m", pidsLimit: 33, cpus: 0.5, cpusetCpus: "0"';
    await world.write({
      "limits.ts": declaration(world, { port, more: `ociContainer({ ...forever, provision: "limited", ${limits} }),` }),
    });
    const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");
    const { stdout } = await world.lading(["plan", "limits.ts", "--replace-volume", "conf-data"]);
    if (kind === "rootless" && !unified) {
      // Users have no control groups there: the plan says so, rather than pretend.
      expect(stdout).toMatch(/note: control groups of lading-test .*: limits of rootless containers do not hold/);
      return;
    }
    await world.ok("apply", "limits.ts", "--yes", "--replace-volume", "conf-data");
    const { pid } = await world.unit("limited");
    const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
    const at = (controller: string, v1: string, v2: string): string => {
      const wanted = unified ? /^0::(.*)$/m : new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m");
      const path = wanted.exec(groups)?.[1] ?? "";
      return readFileSync(join("/sys/fs/cgroup", unified ? "" : controller, path, unified ? v2 : v1), "utf8").trim();
    };
    expect(at("memory", "memory.limit_in_bytes", "memory.max")).toBe(String(64 * 1024 * 1024));
    expect(at("pids", "pids.max", "pids.max")).toBe("33");
    expect(at("cpu", "cpu.cfs_quota_us", "cpu.max")).toMatch(/^50000\b/);
    expect(at("cpuset", "cpuset.cpus", "cpuset.cpus")).toBe("0");
  });

  if (kind === "docker")
    test("a whole host: the engine runs under its user's authority, and the daemon that the host runs is asked for", async () => {
      await world.ok("down", "--yes", "--volumes");
      const system = declaration(world, { port })
        .replaceAll("homeEnvironment", "operatingSystem")
        .replace("{ runtime:", '{ user: "lading-docker-test", runtime:');
      await world.write({ "system.ts": system });
      await world.ok("apply", "system.ts", "--yes");
      expect((await world.unit("dockerd")).status).toBe("done");
      expect((await world.unit("web")).status).toBe("running");
      const { stdout } = await exec(["id", "lading-docker-test"]);
      expect(stdout).toMatch(/\(docker\)/);
      await world.ok("down", "--yes", "--volumes");
      expect((await exec(["id", "lading-docker-test"])).status).not.toBe(0);
      await world.ok("apply", "host.ts", "--yes");
    });

  test("down takes away what was made, and leaves no container, network or volume behind", async () => {
    await world.ok("down", "--yes", "--volumes");
    expect((await world.engine("ps", "--all", "--quiet")).stdout).toBe("");
    const names = (await world.engine("network", "ls", "--format", "{{.Name}}")).stdout;
    expect(names).not.toContain("conf-");
    expect((await world.engine("volume", "ls", "--quiet")).stdout).not.toContain("conf-data");
  });
});
