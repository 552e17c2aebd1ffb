/**
 * A container as Podman's API takes it: the body of `POST /libpod/containers/create` (podman-system-service(1)), made from
 * the options that its command line would be given. Pure. An option that is not in this table, or is written in a way that
 * only the command line understands, yields no body: the container is then started by the command line.
 */
import { constants } from "node:os";
import { parseDuration, parseSize } from "../base/index.ts";
import { optionPairs, optionValues } from "./container-options.ts";
import type { Bookkeeping, ContainerSpec } from "./container-spec.ts";

/** The JSON of Podman's SpecGenerator, as far as it is used here. */
export type CreateBody = Readonly<Record<string, unknown>>;

type Draft = Record<string, unknown>;

/** Takes an option's value into the draft; false where only the command line understands it. */
type Taker = (draft: Draft, value: string, environment: Readonly<Record<string, string>>) => boolean;

function set(draft: Draft, key: string, value: unknown): boolean {
  if (value === undefined || Number.isNaN(value)) return false;
  draft[key] = value;
  return true;
}

function append(draft: Draft, key: string, value: unknown): boolean {
  const before = (draft[key] as readonly unknown[] | undefined) ?? [];
  return set(draft, key, [...before, value]);
}

function merge(draft: Draft, key: string, value: object): boolean {
  return set(draft, key, { ...(draft[key] as object | undefined), ...value });
}

const text =
  (key: string): Taker =>
  (draft, value) =>
    set(draft, key, value);

const list =
  (key: string): Taker =>
  (draft, value) =>
    append(draft, key, value);

const pair =
  (key: string): Taker =>
  (draft, value) => {
    const [, name, rest] = /^([^=]+)=(.*)$/s.exec(value) ?? [];
    return name !== undefined && merge(draft, key, { [name]: rest });
  };

/** A JSON list of words, or one word. */
function words(value: string): readonly string[] {
  return value.startsWith("[") ? (JSON.parse(value) as readonly string[]) : [value];
}

/** `[[address:]host:]container[/protocol]`, without ranges and IPv6. */
const takePort: Taker = (draft, value) => {
  const match = /^(?:(?:(\d+(?:\.\d+){3}):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(value);
  if (match === null) return false;
  const [, address, host, container, protocol = "tcp"] = match;
  return append(draft, "portmappings", {
    host_ip: address ?? "",
    container_port: Number(container),
    // Zero: any port that is free.
    host_port: Number(host ?? 0),
    protocol,
    range: 1,
  });
};

/** `source:target[:options]`, for folders of the host and named volumes. */
const takeVolume: Taker = (draft, value) => {
  const [source = "", target, options = "", ...more] = value.split(":");
  const words = options.split(",").filter((each) => each !== "");
  if (target === undefined || more.length > 0 || words.some((each) => !/^(?:ro|rw|z|Z)$/.test(each))) return false;
  if (source.startsWith("/"))
    return append(draft, "mounts", { type: "bind", source, destination: target, options: words });
  const isName = /^[A-Za-z0-9][\w.-]*$/.test(source);
  return isName && append(draft, "volumes", { Name: source, Dest: target, Options: words });
};

/** Modes that need nothing said beside their name. */
const networkModes: readonly string[] = ["none", "host"];

const takeNetwork: Taker = (draft, value) => {
  const mode = networkModes.find((each) => each === value);
  if (mode !== undefined) return set(draft, "netns", { nsmode: mode });
  const [, container] = /^container:(.+)$/.exec(value) ?? [];
  if (container !== undefined) return set(draft, "netns", { nsmode: "container", value: container });
  const [name = "", details = "", ...more] = value.split(":");
  if (more.length > 0 || ["bridge", "private", "slirp4netns", "pasta", "ns", "pod", "default"].includes(name))
    return false;
  const network: { aliases: string[]; static_ips: string[]; static_mac?: string } = { aliases: [], static_ips: [] };
  for (const [, key, detail = ""] of details.matchAll(/([^=,]+)=([^,]*)/g)) {
    if (key === "alias") network.aliases.push(detail);
    else if (key === "ip" || key === "ip6") network.static_ips.push(detail);
    else return false;
  }
  return set(draft, "netns", { nsmode: "bridge" }) && merge(draft, "Networks", { [name]: network });
};

export interface ResourceLimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

/** `name=soft[:hard]`. */
export function parseLimit(value: string): ResourceLimit | undefined {
  const [, type, soft, hard = soft] = /^(\w+)=(\d+)(?::(\d+))?$/.exec(value) ?? [];
  return type === undefined ? undefined : { type, soft: Number(soft), hard: Number(hard) };
}

const nanoseconds = (value: string): number => (parseDuration(value) ?? Number.NaN) * 1e6;

function health(key: string, convert: (value: string) => unknown): Taker {
  return (draft, value) => merge(draft, "healthconfig", { [key]: convert(value) });
}

/** How each option gets into the body. */
const takers: Readonly<Record<string, Taker>> = {
  "--entrypoint": (draft, value) => set(draft, "entrypoint", words(value)),
  "--env": (draft, value, environment) => {
    if (value.includes("=")) return pair("env")(draft, value, environment);
    const given = environment[value];
    return given !== undefined && merge(draft, "env", { [value]: given });
  },
  "--network": takeNetwork,
  "--user": text("user"),
  "--workdir": text("work_dir"),
  "-p": takePort,
  "-v": takeVolume,
  "--health-cmd": health("Test", words),
  "--health-interval": health("Interval", (value) => (value === "disable" ? 0 : nanoseconds(value))),
  "--health-timeout": health("Timeout", nanoseconds),
  "--health-retries": health("Retries", Number),
  "--health-start-period": health("StartPeriod", nanoseconds),
  "--shm-size": (draft, value) => set(draft, "shm_size", parseSize(value)),
  "--ulimit": (draft, value) => {
    const limit = parseLimit(value);
    return limit !== undefined && append(draft, "r_limits", limit);
  },
  "--sysctl": pair("sysctl"),
  "--cap-add": list("cap_add"),
  "--cap-drop": list("cap_drop"),
  "--security-opt": (draft, value) => value === "no-new-privileges" && set(draft, "no_new_privileges", true),
  "--group-add": list("groups"),
  "--init": (draft) => set(draft, "init", true),
  "--stop-signal": (draft, value) =>
    set(draft, "stop_signal", constants.signals[`SIG${value.replace(/^SIG/, "")}` as NodeJS.Signals]),
  "--hostname": text("hostname"),
  "--add-host": list("hostadd"),
  "--dns": list("dns_server"),
  "--dns-search": list("dns_search"),
  "--dns-option": list("dns_option"),
  "--label": pair("labels"),
  "--annotation": pair("annotations"),
  "--tz": text("timezone"),
};

/**
 * The body that makes the same container as the command line of `runArgv`, or undefined. `environment` is what the
 * command line would be given as its own: variables that are passed on by name alone come from there.
 */
export function createBody(
  container: ContainerSpec,
  image: string,
  own: Bookkeeping,
  environment: Readonly<Record<string, string>>,
): CreateBody | undefined {
  const options = [
    ...own.mounts.flatMap((mount) => ["-v", mount]),
    ...own.variables.flatMap((name) => ["--env", name]),
    ...container.options,
  ];
  const passed = optionValues(options, "--env");
  // What is given to the engine itself, and not passed on, is for the command line to act on.
  const isForEngine = Object.keys(environment).some((name) => !passed.includes(name));
  if (container.extraArguments.length > 0 || isForEngine) return undefined;
  const draft: Draft = {
    name: container.name,
    image,
    remove: true,
    sdnotifyMode: "container",
    log_configuration: { driver: "k8s-file", path: own.logFile },
    labels: own.labels,
    // As the command line has it: no terminal.
    annotations: { "io.kubernetes.cri-o.TTY": "false" },
    ...(container.command.length === 0 ? {} : { command: container.command }),
  };
  const understood = optionPairs(options).every(([name, value]) => takers[name]?.(draft, value, environment) === true);
  return understood ? draft : undefined;
}
