/** What Compose and Quadlet call what a container's records say: hints for whoever writes their keys. Pure. */

/** A foreign key as it is spelled there, and what says the same here. */
type Table = Readonly<Record<string, string>>;

const composeContainer: Table = {
  annotations_file: "`annotations`",
  blkio_config: "`extraArguments`, such as --blkio-weight",
  build: "an `ociImage`, or an image that is built elsewhere and pulled",
  cap_add: "`addCapabilities`",
  cap_drop: "`dropCapabilities`",
  configs: "`mounts`, or a file of the image",
  container_name: "`provision`",
  cpu_shares: '`extraArguments: ["--cpu-shares=…"]`',
  cpuset: "`cpusetCpus`",
  depends_on: "`requirement`, a list of names; to wait until one is healthy, that one has `ready: { healthy: true }`",
  deploy: "`memory`, `cpus` and `pidsLimit`",
  dns_opt: "`dnsOptions`",
  dns_search: "`dnsSearch`",
  env_file: "`environmentFiles`",
  extends: "`...base`, the spread of an object",
  extra_hosts: "`hosts`",
  group_add: "`groups`",
  healthcheck: "`health`, whose `command` is the test",
  hostname: "`hostName`",
  ipc: '`extraArguments: ["--ipc=…"]`',
  links: "`networks`: containers on one network find each other by name",
  logging: "`logDriver` and `logOptions`; `log` says how much Lading keeps itself",
  mem_limit: "`memory`",
  mem_reservation: "`memoryReservation`",
  memswap_limit: "`memorySwap`",
  network_mode: "`network`",
  pid: '`extraArguments: ["--pid=…"]`',
  pids_limit: "`pidsLimit`",
  platform: "the `system` of an `ociImage`",
  privileged: '`extraArguments: ["--privileged"]`',
  profiles: "`autoStart: false`, and `lading start NAME`",
  pull_policy: "nothing here: images are pulled before the switch, and `lading lock` pins them",
  read_only: "`readOnly`",
  restart: '`respawn`: true, or "on-failure"',
  security_opt: "`securityOptions`, and `noNewPrivileges`",
  shm_size: "`shmSize`",
  stdin_open: "nothing here: units have no terminal",
  stop_grace_period: "`stopGrace`, in seconds",
  stop_signal: "`stopSignal`",
  tty: "nothing here: units have no terminal",
  ulimit: "`ulimits`",
  userns_mode: "`userNamespace`",
  working_dir: "`workdir`",
};

const quadletContainer: Table = {
  AddCapability: "`addCapabilities`",
  AddDevice: "`devices`",
  AddHost: "`hosts`",
  ContainerName: "`provision`",
  DropCapability: "`dropCapabilities`",
  EnvironmentFile: "`environmentFiles`",
  Exec: "`command`",
  HealthCmd: "`health: { command: … }`",
  PodmanArgs: "`extraArguments`",
  PublishPort: "`ports`",
  RunInit: "`init`",
  StopTimeout: "`stopGrace`",
  Sysctl: "`sysctls`",
  UserNS: "`userNamespace`",
  WorkingDir: "`workdir`",
};

const composeHealth: Table = {
  disable: "leaving `health` out",
  start_interval: "`interval`: there is one",
  start_period: "`startPeriod`",
  test: '`command`: a list without "CMD", or a string for the shell',
};

const composeAttachment: Table = { ipv4_address: "`ip`", ipv6_address: "`ip6`", mac_address: "`macAddress`" };

const composeObject: Table = {
  driver_opts: '`extraArguments: ["--opt", "KEY=VALUE"]`',
  enable_ipv6: "`ipv6`",
  external: "nothing here: declare it by its name, and what is there already is taken as it is",
  ipam: "`subnet`, `gateway` and `ipRange`",
};

const composeSecret: Table = {
  environment: '`as: "environment"`, with a `file` or `command` that has the value',
  external: "nothing here: say where the value comes from, `file`, `command` or `ageFile`",
  source: "`name`",
};

const composeService: Table = { services: "`containers`, a list" };

/** Letters alone: dependsOn, depends-on and depends_on are one key. */
const lettersOf = (key: string): string => key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Looks foreign keys up, as they are spelled or near it. */
function foreignFields(compose: Table, quadlet: Table = {}): (key: string) => string | undefined {
  const all = [
    ...Object.entries(compose).map(([key, here]) => ({ key, hint: `Compose's ${key} is ${here}` })),
    ...Object.entries(quadlet).map(([key, here]) => ({ key, hint: `Quadlet's ${key} is ${here}` })),
  ];
  return (asked) =>
    (all.find(({ key }) => key === asked) ?? all.find(({ key }) => lettersOf(key) === lettersOf(asked)))?.hint;
}

export const foreignContainer: (key: string) => string | undefined = foreignFields(composeContainer, quadletContainer);
export const foreignHealth: (key: string) => string | undefined = foreignFields(composeHealth);
export const foreignAttachment: (key: string) => string | undefined = foreignFields(composeAttachment);
export const foreignObject: (key: string) => string | undefined = foreignFields(composeObject);
export const foreignSecret: (key: string) => string | undefined = foreignFields(composeSecret);
export const foreignService: (key: string) => string | undefined = foreignFields(composeService);
