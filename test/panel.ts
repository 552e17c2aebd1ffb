/**
 * The panel: declarations with one mistake each, that people really make, and declarations that are right and look as if
 * they might not be. `npm run panel` puts all of them through `lading check` and prints what came out.
 */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { lading, Scratch } from "./support.ts";

/** A declaration, and the code that must be told of it. */
export interface Defect {
  readonly title: string;
  readonly code: string;
  readonly declaration: string;
  /** Files beside it; a name with "private" in it is readable by its owner only. */
  readonly files?: Readonly<Record<string, string>>;
  /** A warning, which --strict makes an error. */
  readonly warning?: true;
}

/** A declaration that nothing is to be told of. */
export interface Valid {
  readonly title: string;
  readonly declaration: string;
  readonly files?: Readonly<Record<string, string>>;
}

const web = `docker.io/library/nginx@sha256:${"1".repeat(64)}`;
const db = `docker.io/library/postgres@sha256:${"2".repeat(64)}`;

const imports = `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, operatingSystem, ownRule, rootlessPodmanServiceType, service, simpleService, supervisorServiceType, unit } from "lading";
`;

/** A home environment with these fields of its container service. */
const oci = (fields: string, runtime = "podman"): string =>
  `${imports}export default homeEnvironment({\n  services: [service(ociServiceType, { runtime: "${runtime}", ${fields} })],\n});\n`;

/** One container with these fields; `more`: further fields of the service. */
const one = (fields: string, { more = "", image = web, runtime = "podman" } = {}): string =>
  oci(`${more}\n    containers: [ociContainer({ provision: "web", image: "${image}", ${fields} })]`, runtime);

/** Two containers. */
const two = (first: string, second: string, more = ""): string =>
  oci(
    `${more}\n    containers: [\n      ociContainer({ provision: "web", image: "${web}", ${first} }),\n      ociContainer({ provision: "db", image: "${db}", ${second} }),\n    ]`,
  );

/** Units that are programs. */
const units = (...declared: readonly string[]): string =>
  `${imports}export default operatingSystem({\n  services: [simpleService("units", supervisorServiceType, [${declared.map((fields) => `unit({ ${fields} })`).join(", ")}])],\n});\n`;

export const defects: readonly Defect[] = [
  { title: "a key that no container has", code: "unknown-field", declaration: one('port: ["8080:80"]') },
  { title: "a port that is no number", code: "invalid-value", declaration: one('ports: ["http:80"]') },
  { title: "a port over 65535", code: "invalid-value", declaration: one('ports: ["8080:80800"]') },
  {
    title: "a port of the host that two containers want",
    code: "port-published-twice",
    declaration: two('ports: ["8080:80"]', 'ports: ["127.0.0.1:8080:5432"]'),
  },
  {
    title: "a port inside another's range",
    code: "port-published-twice",
    declaration: two('ports: ["8000-8010:8000-8010"]', 'ports: ["8005:5432"]'),
  },
  {
    title: "a requirement on nothing",
    code: "missing-requirement",
    declaration: two('requirement: ["databse"]', ""),
  },
  {
    title: "containers that require each other",
    code: "requirement-cycle",
    declaration: two('requirement: ["db"]', 'requirement: ["web"]'),
  },
  {
    title: "waiting for health where nothing checks it",
    code: "invalid-value",
    declaration: one("ready: { healthy: true }"),
  },
  {
    title: "a volume that nobody declares",
    code: "object-undeclared",
    declaration: one('volumes: ["dta:/var/lib/data"]', { more: 'volumes: [{ name: "data" }],' }),
  },
  {
    title: "a network that nobody declares",
    code: "object-undeclared",
    declaration: one('network: "backnd"', { more: 'networks: [{ name: "backend" }],' }),
  },
  { title: "a size that does not parse", code: "invalid-value", declaration: one('memory: "512 MiB of"') },
  {
    title: "a duration that does not parse",
    code: "invalid-value",
    declaration: one('health: { command: "true", interval: "30 seconds" }'),
  },
  {
    title: "a path in the container that is not absolute",
    code: "invalid-value",
    declaration: one('volumes: ["data:var/lib/data"]', { more: 'volumes: [{ name: "data" }],' }),
  },
  {
    title: "a file system in memory over a volume",
    code: "mount-target-twice",
    declaration: one('volumes: ["data:/data"], tmpfs: ["/data"]', { more: 'volumes: [{ name: "data" }],' }),
  },
  {
    title: "a mount that hides a part of another",
    code: "mount-hidden",
    warning: true,
    declaration: one('volumes: ["logs:/srv/app/logs", "app:/srv/app"]', {
      more: 'volumes: [{ name: "logs" }, { name: "app" }],',
    }),
  },
  {
    title: "an image reference that does not parse",
    code: "invalid-value",
    declaration: one("", { image: "docker.io/Library/NGINX:1.27" }),
  },
  {
    title: "an image that is not pinned",
    code: "image-unpinned",
    warning: true,
    declaration: one("", { image: "docker.io/library/nginx:latest" }),
  },
  {
    title: "one name twice",
    code: "duplicate-name",
    declaration: two("", 'provision: "web"').replace('provision: "db", ', ""),
  },
  {
    title: "a secret that is missing",
    code: "secret-unsafe",
    declaration: one('secrets: [{ name: "key", file: "/no/such/key" }]'),
  },
  {
    title: "a secret that everybody can read",
    code: "secret-unsafe",
    declaration: one('secrets: [{ name: "key", file: "SCRATCH/key" }]'),
    files: { key: "x" },
  },
  {
    title: "a variable of a name that cannot be",
    code: "environment-invalid",
    declaration: one('environment: ["LOG LEVEL=debug"]'),
  },
  { title: "a user that cannot be", code: "user-invalid", declaration: one('containerUser: "www data"') },
  {
    title: "a field that the engine has nothing for",
    code: "unsupported-field",
    declaration: one('timezone: "Europe/Berlin"', { runtime: "docker" }),
  },
  {
    title: "a folder of the host that does not exist",
    code: "volume-source-missing",
    declaration: one('volumes: ["/srv/no-such-site:/usr/share/nginx/html:ro"]'),
  },
  {
    title: "work that ends and is restarted whenever it ends",
    code: "fields-contradict",
    declaration: units('provision: ["migrate"], start: ["/bin/true"], oneShot: true, respawn: true'),
  },
  {
    title: "published ports on the host's network",
    code: "fields-contradict",
    declaration: one('network: "host", ports: ["8080:80"]'),
  },
  {
    title: "an address outside its subnet",
    code: "subnet-overlap",
    declaration: one('networks: [{ network: "backend", ip: "10.88.1.5" }]', {
      more: 'networks: [{ name: "backend", subnet: "10.213.0.0/24" }],',
    }),
  },
  {
    title: "an argument that contradicts a field",
    code: "argument-repeats-field",
    declaration: one('hostName: "web", extraArguments: ["--hostname=api"]'),
  },
  {
    title: "a password in the environment",
    code: "secret-in-environment",
    warning: true,
    declaration: one('environment: { POSTGRES_PASSWORD: "hunter2" }', { image: db }),
  },
];

/** What the rules find beside the panel. */
export const further: readonly Defect[] = [
  {
    title: "one target in two spellings",
    code: "mount-target-twice",
    declaration: one('volumes: ["/etc:/data", "/usr:/x/..//data/."]'),
  },
  {
    title: "a port that a short option publishes again",
    code: "port-published-twice",
    declaration: two('ports: ["8080:80"]', 'extraArguments: ["-q", "-p=8080:80"]'),
  },
  {
    title: "a volume in a mount's long form that nobody declares",
    code: "object-undeclared",
    declaration: one('mounts: ["source=dta,target=/data"]', { more: 'volumes: [{ name: "data" }],' }),
  },
  {
    title: "a file of variables that is not there",
    code: "volume-source-missing",
    declaration: one('environmentFiles: ["/nope/web.env"]'),
  },
  {
    title: "a device that is not there",
    code: "volume-source-missing",
    declaration: one('devices: ["/dev/no-such-device"]'),
  },
  {
    title: "a relative source in a mount's long form",
    code: "invalid-value",
    declaration: one('mounts: ["type=bind,source=./site,target=/www"]'),
  },
  {
    title: "a network that only another engine has",
    code: "object-undeclared",
    declaration: one('network: "net"').replace(
      "services: [",
      'services: [service(ociServiceType, { runtime: "docker", networks: [{ name: "net" }] }), ',
    ),
  },
  {
    title: "an address that two containers ask for",
    code: "subnet-overlap",
    declaration: two(
      'networks: [{ network: "n", ip: "10.213.0.9" }]',
      'networks: [{ network: "n", ip: "10.213.0.9" }]',
      'networks: [{ name: "n", subnet: "10.213.0.0/24" }],',
    ),
  },
  {
    title: "subnets that overlap",
    code: "subnet-overlap",
    declaration: oci('networks: [{ name: "a", subnet: "10.213.0.0/16" }, { name: "b", subnet: "10.213.7.0/24" }]'),
  },
  {
    title: "a capability that the kernel does not have",
    code: "invalid-value",
    declaration: one('addCapabilities: ["NET_ADMINISTRATION"]'),
  },
  {
    title: "a kernel parameter of the host's network",
    code: "sysctl-forbidden",
    declaration: one('network: "host", sysctls: { "net.core.somaxconn": "1024" }'),
  },
  {
    title: "a read-only root that the health check writes to",
    code: "read-only-written",
    warning: true,
    declaration: one('readOnly: true, health: { command: "date > /var/lib/app/alive" }'),
  },
  {
    title: "a read-only root that the log goes to",
    code: "read-only-written",
    warning: true,
    declaration: one('readOnly: true, command: ["serve", "--log-file=/var/log/app.log"]'),
  },
  {
    title: "a user that the user namespace does not have",
    code: "id-not-mapped",
    declaration: one('containerUser: "100000"').replace(
      "homeEnvironment({\n  services: [",
      "operatingSystem({\n  services: [service(rootlessPodmanServiceType, {}), ",
    ),
  },
  {
    title: "a mode of user namespaces beside a mapping",
    code: "fields-contradict",
    declaration: one('userNamespace: "keep-id", uidMap: ["0:1:1000"]'),
  },
  {
    title: "an address that the host does not have",
    code: "address-not-local",
    declaration: one('ports: ["192.0.2.7:8080:80"]'),
  },
  {
    title: "a name that no other container could look up",
    code: "name-too-long",
    declaration: one(`network: "n", provision: "${"w".repeat(64)}"`, { more: 'networks: [{ name: "n" }],' }).replace(
      'provision: "web", ',
      "",
    ),
  },
  {
    title: "a label that is longer than an argument may be",
    code: "name-too-long",
    declaration: one('labels: { notes: "x".repeat(140000) }'),
  },
  {
    title: "an argument that repeats a field",
    code: "argument-repeats-field",
    declaration: one('environment: { MODE: "a" }, extraArguments: ["-e", "MODE=a"]'),
  },
  {
    title: "a secret of the engine that nothing makes",
    code: "secret-undeclared",
    declaration: one('extraArguments: ["--secret", "token,type=env"]'),
  },
  {
    title: "a secret that the container's user cannot read",
    code: "secret-unreadable",
    warning: true,
    declaration: one('containerUser: "app", secrets: [{ name: "key", command: ["cat", "/etc/hostname"] }]'),
  },
  {
    title: "a volume without a name",
    code: "volume-anonymous",
    warning: true,
    declaration: one('volumes: ["/var/lib/app"]'),
  },
  {
    title: "a variable whose value comes from nowhere",
    code: "environment-unset",
    warning: true,
    declaration: one('environment: ["API_URL"]'),
  },
  {
    title: "a token that is recognised by its form",
    code: "secret-in-environment",
    warning: true,
    declaration: one('environment: { UPSTREAM: "postgres://app:s3cr3t@db:5432/app" }'),
  },
  {
    title: "memory inside a volume",
    code: "mount-hidden",
    warning: true,
    declaration: one('volumes: ["data:/data"], tmpfs: ["/data/index"]', { more: 'volumes: [{ name: "data" }],' }),
  },
  {
    title: "a volume at the root",
    code: "mount-hidden",
    warning: true,
    declaration: one('volumes: ["data:/"]', { more: 'volumes: [{ name: "data" }],' }),
  },
  {
    title: "a suppression without a reason",
    code: "suppression-invalid",
    declaration: `// lading-ignore image-unpinned\n${one("", { image: web })}`,
  },
  {
    title: "a suppression of what is no code",
    code: "suppression-invalid",
    declaration: `// lading-ignore image-unpined: by hand\n${one("", { image: web })}`,
  },
  {
    title: "a suppression of what is not there",
    code: "suppression-unused",
    warning: true,
    declaration: `// lading-ignore image-unpinned: by hand\n${one("", { image: web })}`,
  },
  {
    title: "a rule of the declaration's own",
    code: "own/limited",
    declaration: one("").replace(
      "export default homeEnvironment({",
      'const limited = ownRule({\n  name: "limited",\n  check: ({ containers }) =>\n    containers\n      .filter(({ options }) => options("--memory").length === 0)\n      .map(({ name, place }) => ({ message: name + " has no limit of memory", where: place, hint: "declare `memory`" })),\n});\nexport default homeEnvironment({\n  rules: [limited],',
    ),
  },
  {
    title: "a rule of the declaration's own that throws",
    code: "declaration-threw",
    declaration: one("").replace(
      "export default homeEnvironment({",
      'const broken = ownRule({ name: "broken", check: () => { throw new Error("no"); } });\nexport default homeEnvironment({\n  rules: [broken],',
    ),
  },
  {
    title: "a rule of the declaration's own that returns nonsense",
    code: "declaration-threw",
    declaration: one("").replace(
      "export default homeEnvironment({",
      'const broken = ownRule({ name: "broken", check: () => ["no"] as never });\nexport default homeEnvironment({\n  rules: [broken],',
    ),
  },
  {
    title: "a rule of the declaration's own whose finding is none",
    code: "declaration-threw",
    declaration: one("").replace(
      "export default homeEnvironment({",
      'const broken = ownRule({ name: "broken", check: () => [{ message: "no", where: { file: "/x", line: Number.NaN, column: 0 }, hint: 5 }] as never });\nexport default homeEnvironment({\n  rules: [broken],',
    ),
  },
  {
    title: "a rule of the declaration's own that throws what has no text",
    code: "declaration-threw",
    declaration: one("").replace(
      "export default homeEnvironment({",
      'const broken = ownRule({ name: "broken", check: () => { throw Object.create(null); } });\nexport default homeEnvironment({\n  rules: [broken],',
    ),
  },
];

export const valid: readonly Valid[] = [
  { title: "a container that is only named", declaration: one("") },
  { title: "a port on every address", declaration: one('ports: ["8080:80"]') },
  { title: "a port that the engine chooses", declaration: one('ports: ["80"]') },
  { title: "one port of two protocols", declaration: one('ports: ["5353:53/tcp", "5353:53/udp"]') },
  {
    title: "one port on two loopback addresses",
    declaration: one('ports: ["127.0.0.1:8080:80", "127.0.0.2:8080:80"]'),
  },
  { title: "ranges side by side", declaration: two('ports: ["8000-8004:8000-8004"]', 'ports: ["8005:5432"]') },
  { title: "one container's port inside two", declaration: two('ports: ["8080:80"]', 'ports: ["8081:80"]') },
  {
    title: "a port on all addresses of IPv4 and of IPv6, and on both loopbacks",
    declaration: one(
      'ports: ["0.0.0.0:8080:80/TCP", "[::]:8080:80", "127.0.0.1:8081:80", "[0:0:0:0:0:0:0:1]:8081:80"]',
    ),
  },
  { title: "a requirement on another container", declaration: two('requirement: ["db"]', "") },
  {
    title: "a diamond of requirements",
    declaration: units(
      'provision: ["a"], requirement: ["b", "c"]',
      'provision: ["b"], requirement: ["d"]',
      'provision: ["c"], requirement: ["d"]',
      'provision: ["d"], start: ["/bin/true"], oneShot: true',
    ),
  },
  {
    title: "a wait for health that is checked",
    declaration: one('health: { command: "true" }, ready: { healthy: true }'),
  },
  {
    title: "a declared volume and network",
    declaration: one('network: "net", volumes: ["data:/data"]', {
      more: 'networks: [{ name: "net" }], volumes: [{ name: "data" }],',
    }),
  },
  {
    title: "a network whose name begins as a mode does",
    declaration: one('networks: [{ network: "host-side", ip: "10.213.0.9", aliases: ["www"] }]', {
      more: 'networks: [{ name: "host-side", subnet: "10.213.0.0/24" }],',
    }),
  },
  { title: "the engine's own network", declaration: one('network: "bridge"') },
  { title: "the network of another container", declaration: two('network: "container:db"', 'ports: ["8080:80"]') },
  { title: "a folder of the host that exists", declaration: one('volumes: ["/etc:/host/etc:ro"]') },
  {
    title: "a volume inside a volume, the outer one first",
    declaration: one('volumes: ["app:/srv/app", "logs:/srv/app/logs"]', {
      more: 'volumes: [{ name: "logs" }, { name: "app" }],',
    }),
  },
  {
    title: "memory beside a volume of a similar path",
    declaration: one('volumes: ["data:/data"], tmpfs: ["/database"]', { more: 'volumes: [{ name: "data" }],' }),
  },
  { title: "a volume inside memory", declaration: one('volumes: ["/etc:/run/etc:ro"], tmpfs: ["/run"]') },
  {
    title: "sizes in all their units",
    declaration: one('memory: "1.5g", memorySwap: "2048m", shmSize: "64k"', { runtime: "docker" }),
  },
  {
    title: "durations in all their units",
    declaration: one('health: { command: "true", interval: "1m30s", timeout: "500ms", startPeriod: "0s" }'),
  },
  { title: "an image by tag and digest", declaration: one("", { image: web.replace("@", ":1.27@") }) },
  { title: "an image of this host", declaration: one("", { image: "localhost/mine:latest" }) },
  {
    title: "an image on a port of a registry",
    declaration: one("", { image: web.replace("docker.io", "registry.example:5000") }),
  },
  {
    title: "an image that is built here",
    declaration: `${imports}const site = ociImage({ repository: "site", value: manifest([localTree("./site", { target: "/www" })]) });\nexport default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ provision: "web", image: site })] })] });\n`,
    files: { "site/index.html": "<p>hello</p>\n" },
  },
  {
    title: "an image that is pinned in the lock file",
    declaration: one("", { image: "docker.io/library/nginx:1.27" }),
    files: {
      "host.lock.json": JSON.stringify({
        version: 2,
        packages: [],
        images: {
          "docker.io/library/nginx:1.27": {
            ...{ digest: `sha256:${"3".repeat(64)}`, created: null, labels: {}, layers: [] },
          },
        },
      }),
    },
  },
  {
    title: "a secret of its owner's alone",
    declaration: one('secrets: [{ name: "key", file: "SCRATCH/private" }]'),
    files: { private: "x" },
  },
  {
    title: "variables that are about secrets and hold none",
    declaration: one(
      'environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/password", TOKEN_EXPIRY: "3600", KEYCLOAK_URL: "https://id.example", ALLOW_EMPTY_PASSWORD: "yes", API_KEY_NAME: "main", TOKEN_ENDPOINT: "https://id.example/token", PASSWORD_RESET_URL: "https://id.example/reset", SECRET_STORE: "vault" }',
    ),
  },
  {
    title: "variables as Java takes them",
    declaration: one('environment: { "spring.datasource.url": "jdbc:postgresql://db/app" }'),
  },
  {
    title: "a variable passed on from the engine's environment",
    declaration: one('hostEnvironment: { API_URL: "https://api.example" }, environment: ["API_URL"]'),
  },
  {
    title: "users by name, number and group",
    declaration: two('containerUser: "nginx:www-data"', 'containerUser: "999:999"'),
  },
  { title: "a field of Docker's, on Docker", declaration: one("cpus: 1.5, init: true", { runtime: "docker" }) },
  {
    title: "work that ends, run each night",
    declaration: units('provision: ["backup"], start: ["/bin/true"], schedule: { calendar: ["daily"] }'),
  },
  {
    title: "a program that respawns",
    declaration: units('provision: ["agent"], start: ["/bin/sleep", "inf"], respawn: true'),
  },
  { title: "the host's network without ports", declaration: one('network: "host"') },
  {
    title: "addresses inside their subnets, and of another family",
    declaration: two(
      'networks: [{ network: "n", ip: "10.213.0.9", ip6: "fd00:9::5" }]',
      'networks: [{ network: "n", ip: "10.213.0.10" }, { network: "m", ip: "10.213.1.10" }]',
      'networks: [{ name: "n", subnet: "10.213.0.0/24", ipv6: true, extraArguments: ["--subnet=fd00:9::/64"] }, { name: "m", subnet: "10.213.1.0/24" }],',
    ),
  },
  {
    title: "all capabilities dropped but one",
    declaration: one('dropCapabilities: ["ALL"], addCapabilities: ["NET_BIND_SERVICE"]'),
  },
  {
    title: "a read-only root with room to write",
    declaration: one(
      'readOnly: true, tmpfs: ["/var/cache/nginx"], health: { command: "date > /tmp/alive && touch /var/cache/nginx/x" }',
    ),
  },
  {
    title: "secrets that the container's user can read, or that are no files",
    declaration: one(
      'containerUser: "app:app", secrets: [{ name: "a", uid: 70 }, { name: "b", mode: 0o444 }, { name: "c", gid: 70, mode: 0o440 }, { name: "d", as: "environment" }].map((each) => ({ ...each, command: ["cat", "/etc/hostname"] }))',
    ),
  },
  {
    title: "a secret of root's in a container that runs as root",
    declaration: one('containerUser: "0:100", secrets: [{ name: "a", command: ["cat", "/etc/hostname"] }]'),
  },
  {
    title: "arguments that no field says",
    declaration: one(
      'environment: { MODE: "a" }, extraArguments: ["--env", "OTHER=b", "--ipc", "host", "-P", "-qe", "MORE=c", "--memory-swappiness", "0", "--no-healthcheck", "--sig-proxy", "--systemd=false", "--hostuser", "root"]',
    ),
  },
];

export interface Result {
  readonly title: string;
  /** Codes of what was told, in order. */
  readonly found: readonly { readonly code: string; readonly place: boolean; readonly hint: boolean }[];
  /** Exit statuses, as declared and with --strict. */
  readonly status: number | null;
  readonly output: string;
}

/** What `lading check --format json` tells of a declaration. */
export async function checkOne(
  { title, declaration, files = {} }: Valid,
  ...flags: readonly string[]
): Promise<Result> {
  using scratch = new Scratch();
  scratch.write({ "host.ts": declaration.replaceAll("SCRATCH", scratch.path), ...files });
  for (const name of Object.keys(files)) if (name.includes("private")) chmodSync(join(scratch.path, name), 0o600);
  const { status, stdout, stderr } = await lading(scratch, "check", "host.ts", "--format", "json", ...flags);
  const output = stdout + stderr;
  if (stdout === "") return { title, found: [], status, output };
  const report = JSON.parse(stdout) as Record<
    "problems" | "warnings",
    { code: string; where?: object; hint?: string }[]
  >;
  const found = [...report.problems, ...report.warnings].map(({ code, where, hint }) => ({
    ...{ code, place: where !== undefined, hint: hint !== undefined },
  }));
  return { title, found, status, output };
}

/** Checks a list of declarations, two at a time. */
export async function checkAll(list: readonly Valid[], ...flags: readonly string[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = [...list.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, each] = next;
      results[index] = await checkOne(each, ...flags);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/** Whether a defect was found, alone, with its place and with what to do. */
export function isFound({ code }: Defect, { found, status }: Result): boolean {
  return status === 1 && found.length === 1 && found.every((each) => each.code === code && each.place && each.hint);
}
