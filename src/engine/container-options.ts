/** What a container's record says as the options of an engine. Pure. */
import { shellLine } from "../base/index.ts";

export type EngineName = "podman" | "docker";

/** A container's place on a network. */
export interface Attachment {
  readonly network: string;
  readonly aliases: readonly string[];
  readonly ip?: string | undefined;
  readonly ip6?: string | undefined;
  readonly macAddress?: string | undefined;
}

export interface HealthFields {
  readonly command: string | readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly startPeriod: string;
}

/** What a container's record says, with all staged text written out. */
export interface ContainerFields {
  readonly entrypoint: string | readonly string[] | undefined;
  readonly environment: readonly string[];
  readonly network: string | undefined;
  readonly containerUser: string | undefined;
  readonly workdir: string | undefined;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
}

/** The fields beyond those that Guix has. */
export interface FurtherFields {
  readonly networks: readonly Attachment[];
  readonly health?: HealthFields | undefined;
  readonly memory?: string | undefined;
  readonly memoryReservation?: string | undefined;
  readonly memorySwap?: string | undefined;
  readonly cpus?: number | undefined;
  readonly cpusetCpus?: string | undefined;
  readonly pidsLimit?: number | undefined;
  readonly shmSize?: string | undefined;
  readonly ulimits: readonly string[];
  readonly sysctls: readonly string[];
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly securityOptions: readonly string[];
  readonly userNamespace?: string | undefined;
  readonly uidMap: readonly string[];
  readonly gidMap: readonly string[];
  readonly groups: readonly string[];
  readonly readOnly: boolean;
  readonly readOnlyTmpfs: boolean;
  readonly tmpfs: readonly string[];
  readonly mounts: readonly string[];
  readonly devices: readonly string[];
  readonly init: boolean;
  readonly stopSignal?: string | undefined;
  readonly stopGrace: number;
  readonly hostName?: string | undefined;
  readonly hosts: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly expose: readonly string[];
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
  readonly environmentFiles: readonly string[];
  readonly timezone?: string | undefined;
  readonly cgroups?: string | undefined;
  readonly logDriver?: string | undefined;
  readonly logOptions: readonly string[];
}

/** The record's field behind each option, for whoever explains what differs between two containers. */
export const fieldOfOption: Readonly<Record<string, string>> = {
  "--entrypoint": "entrypoint",
  "--env": "environment",
  "--network": "network",
  "--user": "containerUser",
  "--workdir": "workdir",
  "-p": "ports",
  "-v": "volumes",
  "--network-alias": "networks",
  "--ip": "networks",
  "--ip6": "networks",
  "--health-cmd": "health",
  "--health-interval": "health",
  "--health-timeout": "health",
  "--health-retries": "health",
  "--health-start-period": "health",
  "--memory": "memory",
  "--memory-reservation": "memoryReservation",
  "--memory-swap": "memorySwap",
  "--cpus": "cpus",
  "--cpuset-cpus": "cpusetCpus",
  "--pids-limit": "pidsLimit",
  "--shm-size": "shmSize",
  "--ulimit": "ulimits",
  "--sysctl": "sysctls",
  "--cap-add": "addCapabilities",
  "--cap-drop": "dropCapabilities",
  "--security-opt": "securityOptions",
  "--userns": "userNamespace",
  "--uidmap": "uidMap",
  "--gidmap": "gidMap",
  "--group-add": "groups",
  "--read-only": "readOnly",
  "--read-only-tmpfs": "readOnlyTmpfs",
  "--tmpfs": "tmpfs",
  "--mount": "mounts",
  "--device": "devices",
  "--init": "init",
  "--stop-signal": "stopSignal",
  "--stop-timeout": "stopGrace",
  "--hostname": "hostName",
  "--add-host": "hosts",
  "--dns": "dns",
  "--dns-search": "dnsSearch",
  "--dns-option": "dnsOptions",
  "--expose": "expose",
  "--label": "labels",
  "--annotation": "annotations",
  "--env-file": "environmentFiles",
  "--tz": "timezone",
  "--cgroups": "cgroups",
  "--log-driver": "logDriver",
  "--log-opt": "logOptions",
};

/** Options as pairs of name and value; one that is written with "=" is its own pair. */
export function optionPairs(options: readonly string[]): readonly (readonly [name: string, value: string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index < options.length; index += 1) {
    const name = options[index] ?? "";
    const cut = name.indexOf("=");
    if (cut !== -1) pairs.push([name.slice(0, cut), name.slice(cut + 1)]);
    else {
      index += 1;
      pairs.push([name, options[index] ?? ""]);
    }
  }
  return pairs;
}

/** The values that an option is given. */
export function optionValues(options: readonly string[], name: string): readonly string[] {
  return optionPairs(options).flatMap(([each, value]) => (each === name ? [value] : []));
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}

function each(name: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [name, value]);
}

/** An option that is on or off is written with its value. */
function flag(name: string, on: boolean): string[] {
  return on ? [`${name}=true`] : [];
}

/** The options in their one order: entrypoint, env, network, user, workdir, ports, volumes; then the further ones. */
export function containerOptions(
  engine: EngineName,
  fields: ContainerFields,
  further?: FurtherFields,
): readonly string[] {
  return [
    ...option("--entrypoint", entrypointArgument(engine, fields.entrypoint)),
    ...each("--env", fields.environment),
    ...option("--network", fields.network),
    ...option("--user", fields.containerUser),
    ...option("--workdir", fields.workdir),
    ...each("-p", fields.ports),
    ...each("-v", fields.volumes),
    ...(further === undefined ? [] : furtherOptions(engine, further)),
  ];
}

function furtherOptions(engine: EngineName, fields: FurtherFields): readonly string[] {
  return [
    ...networkOptions(engine, fields.networks),
    ...(fields.health === undefined ? [] : healthOptions(engine, fields.health)),
    ...option("--memory", fields.memory),
    ...option("--memory-reservation", fields.memoryReservation),
    ...option("--memory-swap", fields.memorySwap === "unlimited" ? "-1" : fields.memorySwap),
    ...option("--cpus", fields.cpus),
    ...option("--cpuset-cpus", fields.cpusetCpus),
    ...option("--pids-limit", fields.pidsLimit),
    ...option("--shm-size", fields.shmSize),
    ...each("--ulimit", fields.ulimits),
    ...each("--sysctl", fields.sysctls),
    ...each("--cap-add", fields.addCapabilities),
    ...each("--cap-drop", fields.dropCapabilities),
    ...each("--security-opt", fields.noNewPrivileges ? ["no-new-privileges"] : []),
    ...each("--security-opt", fields.securityOptions),
    ...option("--userns", fields.userNamespace),
    ...each("--uidmap", fields.uidMap),
    ...each("--gidmap", fields.gidMap),
    ...each("--group-add", fields.groups),
    ...flag("--read-only", fields.readOnly),
    ...(fields.readOnlyTmpfs ? [] : ["--read-only-tmpfs=false"]),
    ...each("--tmpfs", fields.tmpfs),
    ...each("--mount", fields.mounts),
    ...each("--device", fields.devices),
    ...flag("--init", fields.init),
    ...option("--stop-signal", fields.stopSignal),
    ...option("--hostname", fields.hostName),
    ...each("--add-host", fields.hosts),
    ...each("--dns", fields.dns),
    ...each("--dns-search", fields.dnsSearch),
    ...each("--dns-option", fields.dnsOptions),
    ...each("--expose", fields.expose),
    ...each("--label", fields.labels),
    ...each("--annotation", fields.annotations),
    ...each("--env-file", fields.environmentFiles),
    ...option("--tz", fields.timezone),
    ...option("--cgroups", fields.cgroups),
    ...option("--log-driver", fields.logDriver),
    ...each("--log-opt", fields.logOptions),
  ];
}

/** Podman takes a list as JSON; Docker takes one word, and the rest goes before the command. */
function entrypointArgument(engine: EngineName, entrypoint: ContainerFields["entrypoint"]): string | undefined {
  if (entrypoint === undefined || typeof entrypoint === "string") return entrypoint;
  return engine === "podman" ? JSON.stringify(entrypoint) : entrypoint[0];
}

/** The container's arguments after the image. */
export function commandArguments(
  engine: EngineName,
  entrypoint: ContainerFields["entrypoint"],
  command: readonly string[],
): readonly string[] {
  return engine === "docker" && Array.isArray(entrypoint) ? [...entrypoint.slice(1), ...command] : command;
}

/** Podman joins all networks as it runs a container; Docker joins the first, and the others before it starts. */
function networkOptions(engine: EngineName, networks: readonly Attachment[]): readonly string[] {
  if (engine === "docker") {
    const [first] = networks;
    return first === undefined ? [] : ["--network", first.network, ...dockerAttachment(first, "--network-alias")];
  }
  return networks.flatMap(({ network, aliases, ip, ip6, macAddress }) => {
    const details = [
      ...aliases.map((alias) => `alias=${alias}`),
      ...(ip === undefined ? [] : [`ip=${ip}`]),
      ...(ip6 === undefined ? [] : [`ip6=${ip6}`]),
      ...(macAddress === undefined ? [] : [`mac=${macAddress}`]),
    ];
    return ["--network", details.length === 0 ? network : `${network}:${details.join(",")}`];
  });
}

function dockerAttachment({ aliases, ip, ip6 }: Attachment, aliasOption: string): readonly string[] {
  return [...each(aliasOption, aliases), ...option("--ip", ip), ...option("--ip6", ip6)];
}

/** What Docker's `network connect` is given for each network after the first. */
export function laterNetworks(engine: EngineName, networks: readonly Attachment[]): readonly (readonly string[])[] {
  if (engine === "podman") return [];
  return networks.slice(1).map((each) => [...dockerAttachment(each, "--alias"), each.network]);
}

/** Checks are asked for by the supervisor: Podman's own timers need a systemd (`disable`). Docker has its own. */
function healthOptions(engine: EngineName, health: HealthFields): readonly string[] {
  const { command } = health;
  const exec = typeof command === "string" ? ["CMD-SHELL", command] : command;
  const asShell = typeof command === "string" ? command : shellLine(command);
  return [
    ...["--health-cmd", engine === "podman" ? JSON.stringify(exec) : asShell],
    ...["--health-interval", engine === "podman" ? "disable" : health.interval],
    ...["--health-timeout", health.timeout],
    ...["--health-retries", String(health.retries)],
    ...["--health-start-period", health.startPeriod],
  ];
}

/** Fields that Docker has no counterpart for, with what to do instead; undefined where all is well. */
export function unsupportedFields(
  engine: EngineName,
  fields: FurtherFields,
): readonly { readonly field: string; readonly hint: string }[] {
  if (engine === "podman") return [];
  const found: { field: string; hint: string }[] = [];
  const refuse = (
    field: string,
    is: boolean,
    hint = 'it is Podman\'s; leave it out, or declare runtime: "podman"',
  ): void => {
    if (is) found.push({ field, hint });
  };
  refuse("readOnlyTmpfs", !fields.readOnlyTmpfs, "Docker makes no tmpfs by itself; leave it out");
  refuse("annotations", fields.annotations.length > 0);
  refuse("uidMap", fields.uidMap.length > 0, "Docker maps ids for the whole daemon: userns-remap in daemon.json");
  refuse("gidMap", fields.gidMap.length > 0, "Docker maps ids for the whole daemon: userns-remap in daemon.json");
  refuse("timezone", fields.timezone !== undefined, "set TZ in `environment`");
  refuse("cgroups", fields.cgroups !== undefined);
  const otherNamespace = fields.userNamespace !== undefined && fields.userNamespace !== "host";
  refuse("userNamespace", otherNamespace, "Docker knows host only");
  refuse(
    "networks.macAddress",
    fields.networks.some((each) => each.macAddress !== undefined),
  );
  return found;
}
