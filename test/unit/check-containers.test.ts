/** Containers, networks, volumes, secrets and files that cannot be: found by `check`, before anything runs. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lading, type Ran, Scratch } from "../support.ts";

const imports =
  'import { homeEnvironment, localFile, localTree, manifest, ociAttachment, ociContainer, ociExtension, ociImage, ociNetwork, ociServiceType, ociVolume, operatingSystem, plainFile, rootlessPodmanServiceType, service, simpleService, text } from "lading";\n';

/** A home environment; its first line is line 2. */
const home = (fields: string, runtime = "podman"): string =>
  `export default homeEnvironment({ services: [service(ociServiceType, { runtime: "${runtime}", ${fields} })] });\n`;

const pinned = `docker.io/library/nginx@sha256:${"1".repeat(64)}`;

const one = (fields: string, runtime?: string): string =>
  home(`containers: [ociContainer({ provision: "web", image: "${pinned}", ${fields} })]`, runtime);

const pair = (first: string, second: string): string =>
  home(
    `containers: [ociContainer({ provision: "a", image: "${pinned}", ${first} }), ociContainer({ provision: "b", image: "${pinned}", ${second} })]`,
  );

const host = (fields: string): string =>
  `export default operatingSystem({ services: [service(rootlessPodmanServiceType, { ${fields} })] });\n`;

async function check(body: string, files: Readonly<Record<string, string>> = {}): Promise<Ran> {
  using scratch = new Scratch();
  scratch.write({ "host.ts": imports + body.replaceAll("SCRATCH", scratch.path), ...files });
  for (const name of Object.keys(files)) chmodSync(join(scratch.path, name), name.includes("private") ? 0o600 : 0o644);
  const { stderr, ...rest } = await lading(scratch, "check", "host.ts");
  return { ...rest, stderr: stderr.replaceAll(scratch.path, "SCRATCH") };
}

describe("refused, with the place and what to do", () => {
  test.each<readonly [what: string, body: string, code: string, message: RegExp, files?: Record<string, string>]>([
    [
      "a port pair that is none",
      one('ports: ["eighty:80"]'),
      "invalid-value",
      /publishes "eighty:80", which is no port/,
    ],
    ["a port over 65535", one('ports: ["8080:70000"]'), "invalid-value", /which is no port/],
    ["ranges of different lengths", one('ports: ["8000-8002:80-81"]'), "invalid-value", /which is no port/],
    [
      "a mount target that is no path",
      one('volumes: ["data:relative"]'),
      "invalid-value",
      /"relative" is not an absolute path/,
    ],
    [
      "a source that is neither path nor name",
      one('volumes: ["./data:/data"]'),
      "invalid-value",
      /neither an absolute path nor the name/,
    ],
    [
      "a source that does not exist",
      one('volumes: ["/no/such/folder:/data"]'),
      "volume-source-missing",
      /\/no\/such\/folder, which does not exist\n +\d+ \| .*\n +\| +\^\n {2}hint: make it first/,
    ],
    [
      "a tmpfs over a volume",
      one('volumes: ["data:/data"], tmpfs: ["/data/"]'),
      "mount-target-twice",
      /two things at \/data/,
    ],
    ["a size that does not parse", one('memory: "64 megs"'), "invalid-value", /expected a size such as "512m"/],
    [
      "a duration that does not parse",
      one('health: { command: "true", interval: "soon" }'),
      "invalid-value",
      /field "health\.interval": expected a duration/,
    ],
    [
      "work that is to begin again whenever it ends",
      one("oneShot: true, respawn: true"),
      "fields-contradict",
      /does its work and ends, but respawns/,
    ],
    [
      "the health of work",
      one('oneShot: true, health: { command: "true" }'),
      "fields-contradict",
      /nobody asks for its health/,
    ],
    [
      "the network of work that ends",
      pair("oneShot: true", 'network: "container:a"'),
      "fields-contradict",
      /"b" is on the network of "a", which is gone once its work is done/,
    ],
    [
      "a requirement on what runs at its times",
      pair('schedule: { calendar: ["daily"] }', 'requirement: ["a"]'),
      "fields-contradict",
      /"b" requires "a", which runs at its times and is at rest between them/,
    ],
    [
      "work that is waited for until it is ready",
      one("oneShot: true, ready: { tcp: 80 }"),
      "invalid-value",
      /a unit that does its work and ends is never ready/,
    ],
    [
      "a health check in Compose's spelling",
      one('health: { command: ["CMD", "true"] }'),
      "invalid-value",
      /field "health\.command": expected a command, got \["CMD","true"\][\s\S]*leave "CMD" out: a list is run as it is/,
    ],
    [
      "a health check in Compose's spelling, by the shell",
      one('health: { command: ["CMD-SHELL", "true"] }'),
      "invalid-value",
      /write the command as a string/,
    ],
    ["a health check of nothing", one("health: { command: [] }"), "invalid-value", /field "health\.command"/],
    [
      "an interval of nothing",
      one('health: { command: "true", interval: "0s" }'),
      "invalid-value",
      /the interval of its health check is 0/,
    ],
    [
      "a capability that the kernel does not know",
      one('addCapabilities: ["NET_ADMINS"]'),
      "invalid-value",
      /field "addCapabilities\[0\]": expected a capability/,
    ],
    [
      "a capability added and dropped",
      one('addCapabilities: ["CAP_KILL"], dropCapabilities: ["kill"]'),
      "fields-contradict",
      /KILL is added and dropped/,
    ],
    [
      "ports on the host's network",
      one('network: "host", ports: ["8080:80"]'),
      "fields-contradict",
      /ports are published, but its network is host/,
    ],
    ["swap without memory", one('memorySwap: "1g"'), "fields-contradict", /memorySwap is declared without memory/],
    [
      "a reservation above the limit",
      one('memory: "64m", memoryReservation: "1g"'),
      "fields-contradict",
      /memoryReservation is more than memory/,
    ],
    [
      "two mappings of ids",
      one('userNamespace: "keep-id", uidMap: ["0:1:2"]'),
      "fields-contradict",
      /userNamespace and a mapping/,
    ],
    [
      "a limit that setrlimit does not know",
      one('ulimits: ["files=1"]'),
      "invalid-value",
      /a limit such as nofile=1024:2048/,
    ],
    [
      "a kernel parameter of no namespace",
      one('sysctls: ["vm.swappiness=1"]'),
      "invalid-value",
      /a kernel parameter of a namespace/,
    ],
    ["an address that is none", one('hosts: ["db:10.1.2.300"]'), "invalid-value", /a host and its address/],
    ["a device that is no path", one('devices: ["fuse"]'), "invalid-value", /a device such as \/dev\/fuse/],
    ["a signal that is none", one('stopSignal: "SIGNOPE"'), "invalid-value", /a signal such as SIGTERM/],
    [
      "a field that Docker has not",
      one('timezone: "local"', "docker"),
      "unsupported-field",
      /docker has nothing for the field "timezone"\n +\d+ \| .*\n +\| +\^\n {2}hint: set TZ/,
    ],
    [
      "a hardware address on Docker",
      one('networks: [{ network: "n", macAddress: "92:d0:c6:0a:29:33" }]', "docker"),
      "unsupported-field",
      /networks\.macAddress/,
    ],
    [
      "a network declared by two services",
      `const more = simpleService("more", ociServiceType, ociExtension({ networks: [ociNetwork({ name: "net" })] }));\nconst base = service(ociServiceType, { networks: [ociNetwork({ name: "net" })] });\nexport default homeEnvironment({ services: [base, more] });`,
      "duplicate-name",
      /^host\.ts:2:\d+: error duplicate-name: network "net" is declared twice\n +\d+ \| .*\n +\| +\^\n {2}also: host\.ts:3:\d+/,
    ],
    [
      "a volume declared by two services",
      `const more = simpleService("more", ociServiceType, ociExtension({ volumes: [ociVolume({ name: "vol" })] }));\nconst base = service(ociServiceType, { volumes: [ociVolume({ name: "vol" })] });\nexport default homeEnvironment({ services: [base, more] });`,
      "duplicate-name",
      /^host\.ts:2:\d+: error duplicate-name: volume "vol" is declared twice\n +\d+ \| .*\n +\| +\^\n {2}also: host\.ts:3:\d+/,
    ],
    [
      "a container declared by two extensions",
      `const a = simpleService("a", ociServiceType, ociExtension({ containers: [ociContainer({ image: "docker.io/library/nginx" })] }));\nconst b = simpleService("b", ociServiceType, ociExtension({ containers: [ociContainer({ image: "quay.io/other/nginx:2" })] }));\nexport default homeEnvironment({ services: [a, b] });`,
      "duplicate-name",
      /^host\.ts:3:\d+: error duplicate-name: unit "podman-nginx" is declared twice\n +\d+ \| .*\n +\| +\^\n {2}also: host\.ts:2:\d+/,
    ],
    [
      "two subnets that overlap",
      home('networks: [{ name: "a", subnet: "10.1.0.0/16" }, { name: "b", subnet: "10.1.2.0/24" }]'),
      "subnet-overlap",
      /its subnet 10\.1\.2\.0\/24 overlaps 10\.1\.0\.0\/16 of network "a"/,
    ],
    [
      "a gateway outside its subnet",
      home('networks: [{ name: "a", subnet: "10.1.0.0/24", gateway: "10.2.0.1" }]'),
      "subnet-overlap",
      /its gateway 10\.2\.0\.1 is outside/,
    ],
    [
      "a gateway without a subnet",
      home('networks: [{ name: "a", gateway: "10.2.0.1" }]'),
      "subnet-overlap",
      /gateway without a subnet/,
    ],
    [
      "a range outside its subnet",
      home('networks: [{ name: "a", subnet: "10.1.0.0/24", ipRange: "10.1.0.0/16" }]'),
      "subnet-overlap",
      /ipRange 10\.1\.0\.0\/16 is not a part/,
    ],
    [
      "a static address outside the subnet",
      home(
        'networks: [{ name: "a", subnet: "10.1.0.0/24" }], containers: [ociContainer({ provision: "x", image: "docker.io/library/x", networks: [{ network: "a", ip: "10.9.0.1" }] })]',
      ),
      "subnet-overlap",
      /"x" asks for 10\.9\.0\.1, which is outside/,
    ],
    [
      "a static address used twice",
      home(
        'networks: [{ name: "a", subnet: "10.1.0.0/24" }], containers: [ociContainer({ provision: "x", image: "docker.io/library/x", networks: [{ network: "a", ip: "10.1.0.9" }] }), ociContainer({ provision: "y", image: "docker.io/library/x", networks: [{ network: "a", ip: "10.1.0.9" }] })]',
      ),
      "subnet-overlap",
      /"y" asks for 10\.1\.0\.9 on network "a", which "x" has/,
    ],
    [
      "a secret that is missing",
      one('secrets: [{ name: "key", file: "/no/such/key" }]'),
      "secret-unsafe",
      /the file of the secret "key" is missing: \/no\/such\/key\n +\d+ \| .*\n +\| +\^\n {2}hint: put it there/,
    ],
    [
      "a secret that everybody can read",
      one('secrets: [{ name: "key", file: "SCRATCH/open" }]'),
      "secret-unsafe",
      /can be read by everybody: SCRATCH\/open has mode 644\n +\d+ \| .*\n +\| +\^\n {2}hint: chmod 600/,
      { open: "x" },
    ],
    [
      "an age identity that everybody can read",
      one('secrets: [{ name: "key", ageFile: localFile("./sealed"), ageIdentity: "SCRATCH/open" }]'),
      "secret-unsafe",
      /the age identity of the secret "key" can be read by everybody/,
      { open: "x", sealed: "y" },
    ],
    [
      "a secret of two sources",
      one('secrets: [{ name: "key", file: "SCRATCH/private", command: ["/bin/true"] }]'),
      "invalid-value",
      /secret "key" has several sources/,
      { private: "x" },
    ],
    ["a secret of no source", one('secrets: [{ name: "key" }]'), "invalid-value", /secret "key" has no source/],
    [
      "a secret that can be no variable",
      one('secrets: [{ name: "my-key", as: "environment", file: "SCRATCH/private" }]'),
      "invalid-value",
      /cannot be the name of a variable/,
      { private: "x" },
    ],
    [
      "registries.conf with a mistake in its TOML",
      host('containersRegistries: "unqualified-search-registries = [\\n"'),
      "file-invalid",
      /\/etc\/containers\/registries\.conf, line \d+: /,
    ],
    [
      "registries.conf with a scheme in a registry",
      host(`containersRegistries: "unqualified-search-registries = ['https://docker.io']"`),
      "file-invalid",
      /a registry without scheme/,
    ],
    [
      "storage.conf that root's Podman would refuse",
      host(`containersStorage: text\`[storage]\\ndriver = "overlay"\``),
      "file-invalid",
      /storage\.runroot must be set, or root's Podman refuses to run/,
    ],
    [
      "storage.conf with a driver that does not exist",
      host(`containersStorage: text\`[storage]\\ndriver = "overlai"\\nrunroot = "/run/c"\\ngraphroot = "/srv/c"\``),
      "file-invalid",
      /storage\.driver: expected one of .*overlay/,
    ],
    [
      "policy.json that is no JSON",
      host('containersPolicy: plainFile("policy.json", "{")'),
      "file-invalid",
      /\/etc\/containers\/policy\.json/,
    ],
    [
      "policy.json with a requirement that does not exist",
      host(`containersPolicy: { content: '{"default":[{"type":"acceptAnything"}]}' }`),
      "file-invalid",
      /acceptAnything|type/,
    ],
    [
      "containers.conf with a value of the wrong kind",
      host(`containersConf: { file: "./containers.conf" }`),
      "file-invalid",
      /engine\.cgroup_manager: expected one of systemd, cgroupfs/,
      { "containers.conf": '[engine]\ncgroup_manager = "openrc"\n' },
    ],
    [
      "a range that begins below the first",
      host("subuids: [{ name: 'alice', start: 5 }]"),
      "invalid-value",
      /field "subuids\[0\]\.start": expected a whole number from 100000/,
    ],
    [
      "a range of the host's ports for one of the container",
      one('ports: ["8080-8082:80"]'),
      "invalid-value",
      /"8080-8082:80", a range of 3 ports of the host for 1 of the container/,
    ],
    [
      "a file of variables beside the declaration",
      one('environmentFiles: [".env"]'),
      "invalid-value",
      /not an absolute path[\s\S]*hint: resolve\(import\.meta\.dirname, "\.env"\)/,
    ],
    [
      "a time zone that is none",
      one('timezone: "Europe/Berln"'),
      "invalid-value",
      /field "timezone": expected a time zone[\s\S]*did you mean "Europe\/Berlin"/,
    ],
    ["a time zone that is an offset", one('timezone: "+01:00"'), "invalid-value", /expected a time zone/],
    [
      "a mount of no type",
      one('mounts: ["type=bnd,source=/etc,target=/data"]'),
      "invalid-value",
      /there is no mount of type "bnd"[\s\S]*did you mean "bind"/,
    ],
    [
      "an option that no volume has",
      one('volumes: ["/tmp:/data:ro,foobar"]'),
      "invalid-value",
      /a volume has no option "foobar"[\s\S]*expected one of rw, ro, z/,
    ],
    [
      "a network beside networks",
      one('network: "podman", networks: [{ network: "podman" }]'),
      "fields-contradict",
      /it has `network` \(podman\) and `networks`/,
    ],
    [
      "the network of a service, as Compose says it",
      one('network: "service:db"'),
      "object-undeclared",
      /hint: write "container:db"\n/,
    ],
    [
      "a folder beside the declaration",
      one('volumes: ["./data:/data:ro"]'),
      "invalid-value",
      /hint: resolve\(import\.meta\.dirname, "data"\) \+ ":\/data:ro"\n/,
    ],
    [
      "a folder beside the declaration, in the long form",
      one('mounts: ["type=bind,source=../site,target=/www"]'),
      "invalid-value",
      /hint: `type=bind,source=\$\{resolve\(import\.meta\.dirname, "\.\.\/site"\)\},target=\/www`\n/,
    ],
    ["a folder of one's home", one('volumes: ["~/data:/data"]'), "invalid-value", /write the home folder in full/],
    [
      "a tree without its target",
      home('containers: [{ image: ociImage({ repository: "a", value: manifest([localTree("./data")]) }) }]'),
      "missing-field",
      /localTree\("\.\/data"\): the target is missing[\s\S]*localTree\("\.\/data", \{ target: "\/data" \}\)/,
    ],
    [
      "a tree whose target is no field",
      home('containers: [{ image: ociImage({ repository: "a", value: manifest([localTree("./data", "/www")]) }) }]'),
      "missing-field",
      /the target is missing/,
    ],
    [
      "a file without its path",
      home(
        'containers: [{ image: ociImage({ repository: "a", value: manifest([{ source: localFile(), target: "/a" }]) }) }]',
      ),
      "invalid-value",
      /localFile: the path is missing: expected a string, got undefined/,
    ],
    [
      "a variable that is true",
      one("environment: { DEBUG: true as never }"),
      "invalid-value",
      /field "environment\.DEBUG": expected a string, got boolean true[\s\S]*hint: write "true"/,
    ],
    [
      "a variable that is not set",
      one("environment: { HOME_PAGE: process.env.NO_SUCH_VARIABLE as never }"),
      "invalid-value",
      /expected a string, got undefined[\s\S]*hint: a variable that is not set is undefined/,
    ],
    [
      "a pair with a number",
      one('labels: [["tier", 3 as never]]'),
      "invalid-value",
      /labels\[0\]\[1\]"[\s\S]*write "3"/,
    ],
    [
      "a label that is false",
      one('labels: { "traefik.enable": false as never }'),
      "invalid-value",
      /field "labels\["traefik\.enable"\]": expected a string, got boolean false[\s\S]*write "false"/,
    ],
    ["a limit that is a number", one("ulimits: { nofile: 1024 as never }"), "invalid-value", /hint: write "1024"/],
    [
      "a port that is a number",
      one('ports: { "8080": 80 as never }'),
      "invalid-value",
      /ports\.8080"[\s\S]*write "80"/,
    ],
    ...(
      [
        ["depends_on", /Compose's depends_on is `requirement`/],
        ["dependsOn", /Compose's depends_on is `requirement`/],
        ["restart", /Compose's restart is `respawn`/],
        ["healthcheck", /Compose's healthcheck is `health`/],
        ["mem_limit", /Compose's mem_limit is `memory`/],
        ["container_name", /Compose's container_name is `provision`/],
        ["logging", /Compose's logging is `logDriver`/],
        ["deploy", /Compose's deploy is `memory`/],
        ["profiles", /Compose's profiles is `autoStart: false`/],
        ["env_file", /Compose's env_file is `environmentFiles`/],
        ["cap_add", /Compose's cap_add is `addCapabilities`/],
        ["network_mode", /Compose's network_mode is `network`/],
        ["working_dir", /Compose's working_dir is `workdir`/],
        ["stop_grace_period", /Compose's stop_grace_period is `stopGrace`/],
        ["ulimit", /Compose's ulimit is `ulimits`/],
        ["extra_hosts", /Compose's extra_hosts is `hosts`/],
        ["read_only", /Compose's read_only is `readOnly`/],
        ["PublishPort", /Quadlet's PublishPort is `ports`/],
        ["zzz", /hint: the fields are (?:\w+, ){11}\w+ and \d+ more; docs\/records\.md has all\n/],
        ["x-base", /no field "x-base"/],
        ["imagee", /did you mean "image"/],
      ] as const
    ).map(
      ([key, hint]) =>
        [`the unknown field ${key}`, one(`...{ "${key}": [] }`), "unknown-field", hint] as [
          string,
          string,
          string,
          RegExp,
        ],
    ),
    [
      "the test of a health check",
      one('health: { command: "true", ...{ test: "true" } }'),
      "unknown-field",
      /field "health": ociHealth has no field "test"[\s\S]*Compose's test is `command`/,
    ],
    ["a name of its own", one('extraArguments: ["--name=h2foo"]'), "argument-repeats-field", /say it in `provision`/],
    ["restarts by the engine", one('extraArguments: ["--restart=always"]'), "argument-repeats-field", /`respawn`/],
    ["what Lading sets itself", one('extraArguments: ["--rm"]'), "argument-repeats-field", /Lading sets it itself/],
    ["detaching", one('extraArguments: ["-d"]'), "argument-repeats-field", /has --detach in extraArguments/],
    ["replacing", one('extraArguments: ["--replace"]'), "argument-repeats-field", /has --replace in extraArguments/],
    ["a terminal", one('extraArguments: ["-qt"]'), "argument-repeats-field", /units have no terminal/],
    ["pulling", one('extraArguments: ["--pull", "always"]'), "argument-repeats-field", /has --pull always in/],
    ["a file of its id", one('extraArguments: ["--cidfile", "/run/x"]'), "argument-repeats-field", /its name/],
    ["a file of its process", one('extraArguments: ["--conmon-pidfile=/x"]'), "argument-repeats-field", /its name/],
    ["a word that is no option", one('extraArguments: ["nginx"]'), "invalid-value", /"nginx" in extraArguments/],
    ["a word behind a flag", one('extraArguments: ["--privileged", "true"]'), "invalid-value", /"true" in extraArg/],
    ["two words in one", one('extraArguments: ["--pid host"]'), "invalid-value", /write two: "--pid", "host"/],
    ["two words in one, short", one('extraArguments: ["-e A=b"]'), "invalid-value", /write two: "-e", "A=b"/],
  ])("%s", async (_, body, code, message, files) => {
    const { status, stdout, stderr } = await check(body, files);
    expect([status, stdout], stderr).toEqual([1, ""]);
    expect(stderr).toMatch(/^host\.ts:\d+:\d+: error /);
    expect(stderr).toContain(`error ${code}:`);
    expect(stderr.match(/error [a-z-]+:/g), stderr).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("  hint: ");
  });
});

describe("not refused", () => {
  test.each<readonly [what: string, body: string, files?: Record<string, string>]>([
    [
      "arguments with values in the next word, or joined",
      one(
        'extraArguments: ["--ipc", "host", "-P", "--label=a b", "-m512m", "--oom-score-adj", "-5", "--sig-proxy=true"]',
      ),
    ],
    ["a range of Docker's, one of which is taken", one('ports: ["8080-8082:80"]', "docker")],
    ["ranges as long as each other, and without the host's side", one('ports: ["8080-8082:80-82", "90-92"]')],
    ["time zones", one('timezone: "America/Argentina/Buenos_Aires"')],
    ["the host's time zone", one('timezone: "local"')],
    ["UTC", one('timezone: "UTC"')],
    [
      "mounts of every kind, and options of volumes",
      one(
        'mounts: ["type=devpts,target=/dev/pts", "type=tmpfs,target=/a", "type=glob,src=/etc/host*,target=/b"], volumes: ["/etc:/c:ro,z,U,nodev,noexec,nosuid,rslave", "/usr:/d:O", "/opt:/e:idmap=uids=0-1-10"]',
      ),
    ],
    ["a file of variables", one('environmentFiles: ["/etc/environment"]')],
    ["dollars that are no placeholder", one(`environment: { A: "$" + "{", B: "$HOME", C: "cost$" + "{1}" }`)],
    ["one port of two protocols", one('ports: ["53:53/tcp", "53:53/udp"]')],
    ["one port on two addresses", one('ports: ["127.0.0.1:8080:80", "127.0.0.2:8080:81"]')],
    ["a folder that exists", one('volumes: ["/etc:/data:ro"]')],
    ["all capabilities but one", one('addCapabilities: ["NET_ADMIN"], dropCapabilities: ["ALL"]')],
    ["a secret of its owner's alone", one('secrets: [{ name: "key", file: "SCRATCH/private" }]'), { private: "x" }],
    [
      "everything that Podman's files take",
      host(
        `containersRegistries: { content: "[[registry]]\\nlocation = 'localhost:5000'\\ninsecure = true\\n" }, containersStorage: localFile("./storage.conf"), containersConf: { runtime: "runc", cgroupManager: "cgroupfs", defaultUlimits: { nofile: "1024:2048" } }`,
      ),
      { "storage.conf": "[storage]\ndriver = 'vfs'\nrunroot = '/run/c'\ngraphroot = '/srv/c'\n" },
    ],
    [
      "two subnets side by side",
      home(
        'networks: [{ name: "a", subnet: "10.1.0.0/24" }, { name: "b", subnet: "10.1.1.0/24", gateway: "10.1.1.1", ipRange: "10.1.1.128/25" }, { name: "c", subnet: "fd00:1::/64", ipv6: true }]',
      ),
    ],
  ])("%s", async (_, body, files) => {
    const { status, stderr } = await check(body, files);
    expect([status, stderr]).toEqual([0, ""]);
  });

  test.each<readonly [what: string, body: string, hint: string | undefined]>([
    ["a number's secret that is root's", 'containerUser: "1000:1000", secrets: [KEY]', "uid: 1000"],
    [
      "a number's own secret without the owner's bit",
      'containerUser: "7", secrets: [{ ...KEY, uid: 7, mode: 0o044 }]',
      "mode: 0o444",
    ],
    ["another number's secret", 'containerUser: "7", secrets: [{ ...KEY, uid: 8 }]', "uid: 7"],
    ["a name's secret that is root's", 'containerUser: "app", secrets: [KEY]', "mode: 0o444"],
    ["a secret of another group", 'containerUser: "7:7", secrets: [{ ...KEY, mode: 0o440 }]', "uid: 7"],
    ["a number's own secret", 'containerUser: "7", secrets: [{ ...KEY, uid: 7 }]', undefined],
    ["a secret of the group", 'containerUser: "7:0", secrets: [{ ...KEY, mode: 0o440 }]', undefined],
    ["a variable", 'containerUser: "7", secrets: [{ ...KEY, as: "environment" }]', undefined],
    ["root's secret", 'containerUser: "root", secrets: [KEY]', undefined],
    ["the image's user", "secrets: [KEY]", undefined],
  ])("whether a container's user can read its secret: %s", async (_, fields, hint) => {
    const { status, stderr } = await check(one(fields.replace("KEY", '{ name: "key", command: ["cat", "/x"] }')));
    expect(status).toBe(0);
    if (hint === undefined) expect(stderr).toBe("");
    else expect(stderr).toMatch(new RegExp(`^host\\.ts:2:\\d+: warning secret-unreadable: [\\s\\S]*hint: .*${hint}`));
  });

  test.each(["HOST", "HOST:-db", "HOST:?no host"])("a placeholder of Compose is warned of: %s", async (inside) => {
    const { status, stderr } = await check(one(`environment: { URL: "http://$" + "{${inside}}/x" }`));
    expect(status).toBe(0);
    expect(stderr).toMatch(/^host\.ts:2:\d+: warning environment-unset: "web" has \$\{HOST.*\} in its variable URL/);
    expect(stderr).toMatch(/hint: TypeScript fills it in: `\$\{process\.env\.HOST \?\? ""\}`/);
  });

  test("an image without its registry is warned of, with its full name", async () => {
    const { status, stdout, stderr } = await check(one("").replace("docker.io/library/", ""));
    expect([status, stdout]).toEqual([0, expect.stringContaining("no errors, 1 warning")]);
    expect(stderr).toMatch(
      /^host\.ts:2:\d+: warning short-name: .*\n +\d+ \| .*\n +\| +\^\n {2}hint: name it in full, such as docker\.io\/library\/nginx@sha256:1+\n$/,
    );
  });
});

describe("what a service and its extensions declare together", () => {
  test("stands in the order in which it was written, for every kind", async () => {
    using scratch = new Scratch();
    const extension = (name: string): string =>
      `simpleService("${name}", ociServiceType, ociExtension({ containers: [ociContainer({ provision: "${name}", image: "docker.io/library/x" })], networks: [{ name: "net-${name}" }], volumes: [{ name: "vol-${name}" }] }))`;
    scratch.write({
      "host.ts": `${imports}export default homeEnvironment({ services: [${extension("b")}, service(ociServiceType, { containers: [ociContainer({ provision: "z", image: "docker.io/library/x" }), ociContainer({ provision: "y", image: "docker.io/library/x" })], networks: [{ name: "net-z" }], volumes: [{ name: "vol-z" }] }), ${extension("a")}] });`,
    });
    const { stdout } = await lading(scratch, "inspect", "host.ts", "--json");
    const { units, networks, volumes } = JSON.parse(stdout) as {
      units: { provision: string[] }[];
      networks: string[];
      volumes: string[];
    };
    expect(units.map(({ provision }) => provision[0])).toEqual([
      "z",
      "y",
      "b",
      "a",
      "podman-networks",
      "podman-volumes",
    ]);
    expect(networks).toEqual(["net-z", "net-b", "net-a"]);
    expect(volumes).toEqual(["vol-z", "vol-b", "vol-a"]);
  });

  test("networks of two users are two units, of one user one service's", async () => {
    using scratch = new Scratch();
    const of = (user: string, network: string): string =>
      `service(ociServiceType, { user: "${user}", networks: [{ name: "${network}" }] })`;
    const host = (...services: readonly string[]): string =>
      `${imports}export default operatingSystem({ services: [service(rootlessPodmanServiceType), ${services.join(", ")}] });`;
    scratch.write({
      "two.ts": host(of("blue", "net"), of("green", "net"), of("oci-container", "net")),
      "one.ts": host(of("blue", "net"), of("blue", "other")),
    });
    const { stdout, stderr } = await lading(scratch, "inspect", "two.ts", "--json");
    expect(stderr).toBe("");
    const names = (JSON.parse(stdout) as { units: { provision: string[] }[] }).units.flatMap((each) => each.provision);
    expect(names.filter((name) => name.startsWith("podman-"))).toEqual([
      "podman-networks-blue",
      "podman-networks-green",
      "podman-networks",
    ]);
    const refused = (await lading(scratch, "check", "one.ts")).stderr;
    expect(refused).toMatch(/one\.ts:\d+:\d+: error duplicate-name: unit "podman-networks-blue" is declared twice/);
    expect(refused).toContain("declare one service for each user");
  });

  test("both runtimes have the requirements that Guix's have, and none in a home environment", async () => {
    using scratch = new Scratch();
    for (const runtime of ["podman", "docker"]) {
      const services = `service(ociServiceType, { runtime: "${runtime}", networks: [{ name: "n" }], containers: [ociContainer({ provision: "x", image: "docker.io/library/x", requirement: ["own"] })] })`;
      const own = `simpleService("own", supervisorServiceType, [unit({ provision: ["own"] }), unit({ provision: ["dockerd"] })])`;
      scratch.write({
        "host.ts": `${imports}import { supervisorServiceType, unit } from "lading"; export default operatingSystem({ services: [service(rootlessPodmanServiceType), ${services}, ${own}] });`,
        "home.ts": `${imports}import { supervisorServiceType, unit } from "lading"; export default homeEnvironment({ services: [${services}, ${own}] });`,
      });
      const requirement = async (file: string): Promise<readonly string[] | undefined> => {
        const { stdout } = await lading(scratch, "inspect", file, "--json");
        const { units } = JSON.parse(stdout) as { units: { provision: string[]; requirement: string[] }[] };
        return units.find(({ provision }) => provision[0] === "x")?.requirement;
      };
      const needed = {
        podman: ["cgroups2-fs-owner", "cgroups2-limits", "rootless-podman-shared-root-fs", "user-processes"],
        docker: ["dockerd", "user-processes"],
      };
      expect(await requirement("host.ts")).toEqual(["own", ...needed[runtime as "podman"], `${runtime}-networks`]);
      expect(await requirement("home.ts")).toEqual(["own", `${runtime}-networks`]);
    }
  });
});
