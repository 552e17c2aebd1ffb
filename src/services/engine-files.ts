/**
 * The engines' configuration files, read as the engines read them: what they would refuse is refused before it is
 * written. Sources: containers-registries.conf(5), containers-storage.conf(5), containers-policy.json(5),
 * containers.conf(5). Keys that an engine does not know are its to warn of.
 */
import { parse, TomlError } from "smol-toml";

/** What is wrong with a file; `line` counts from 1 where the mistake has one. */
export interface FileProblem {
  readonly message: string;
  readonly line?: number;
}

type Table = Readonly<Record<string, unknown>>;

/** Completes "expected …"; undefined where the value is accepted. */
type Shape = (value: unknown) => string | undefined;

const isText: Shape = (value) => (typeof value === "string" ? undefined : "a string");
const isBoolean: Shape = (value) => (typeof value === "boolean" ? undefined : "true or false");
const isNumber: Shape = (value) => (typeof value === "number" || typeof value === "bigint" ? undefined : "a number");

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function listOf(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return "a list";
    for (const member of value) {
      const expected = shape(member);
      if (expected !== undefined) return `a list, each member ${expected}`;
    }
    return undefined;
  };
}

function oneOf(...values: readonly string[]): Shape {
  return (value) => (values.includes(value as string) ? undefined : `one of ${values.join(", ")}`);
}

/** The first member of a table that is not of its shape. */
function checkTable(table: Table, shapes: Readonly<Record<string, Shape>>, path = ""): string | undefined {
  for (const [key, shape] of Object.entries(shapes)) {
    if (!Object.hasOwn(table, key)) continue;
    const expected = shape(table[key]);
    if (expected !== undefined) return `${path}${key}: expected ${expected}, got ${JSON.stringify(table[key])}`;
  }
  return undefined;
}

/** A registry without scheme, as c/image's sysregistriesv2 takes it. */
const registryName: Shape = (value) =>
  typeof value === "string" && value !== "" && !/^[a-z]+:\/\//i.test(value) && !/\s/.test(value)
    ? undefined
    : 'a registry without scheme, such as "docker.io"';

function checkRegistries(table: Table): string | undefined {
  const mixed = isTable(table.registries) && (table.registry !== undefined || table["unqualified-search-registries"]);
  if (mixed) return "the old form ([registries.search]) and the new one cannot be mixed";
  const top = checkTable(table, {
    "unqualified-search-registries": listOf(registryName),
    "short-name-mode": oneOf("enforcing", "permissive", "disabled"),
    "credential-helpers": listOf(isText),
    aliases: (value) =>
      isTable(value) && Object.values(value).every((each) => typeof each === "string") ? undefined : "a table of names",
    registry: listOf((value) => (isTable(value) ? undefined : "a table")),
  });
  if (top !== undefined) return top;
  for (const [index, registry] of ((table.registry ?? []) as readonly Table[]).entries()) {
    const path = `registry[${index}].`;
    if (!registry.location && !registry.prefix) return `${path}location: a registry needs a location or a prefix`;
    const wrong = checkTable(
      registry,
      {
        location: registryName,
        prefix: registryName,
        insecure: isBoolean,
        blocked: isBoolean,
        "mirror-by-digest-only": isBoolean,
        mirror: listOf((value) =>
          isTable(value) && registryName(value.location) === undefined ? undefined : "a table with a location",
        ),
      },
      path,
    );
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** What c/storage asks for once there is a file, though only root's Podman uses them. */
const rootFolders = { runroot: "/run/containers/storage", graphroot: "/var/lib/containers/storage" };

function checkStorage(table: Table): string | undefined {
  if (table.storage === undefined) return undefined;
  if (!isTable(table.storage)) return "storage: expected a table";
  const { storage } = table;
  for (const [key, usual] of Object.entries(rootFolders)) {
    if (storage[key] !== undefined) continue;
    return `storage.${key} must be set, or root's Podman refuses to run; usually it is "${usual}"`;
  }
  return (
    checkTable(
      storage,
      {
        driver: oneOf("", "overlay", "overlay2", "vfs", "btrfs", "zfs", "aufs", "devicemapper"),
        runroot: isText,
        graphroot: isText,
        rootless_storage_path: isText,
        transient_store: isBoolean,
        options: (value) => (isTable(value) ? undefined : "a table"),
      },
      "storage.",
    ) ??
    (isTable(storage.options)
      ? checkTable(
          storage.options,
          {
            additionalimagestores: listOf(isText),
            size: isText,
            mount_program: isText,
            mountopt: isText,
            overlay: (value) => (isTable(value) ? undefined : "a table"),
          },
          "storage.options.",
        )
      : undefined)
  );
}

const engineShapes: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  containers: {
    default_ulimits: listOf(isText),
    default_capabilities: listOf(isText),
    default_sysctls: listOf(isText),
    dns_servers: listOf(isText),
    env: listOf(isText),
    init: isBoolean,
    log_driver: isText,
    log_size_max: isNumber,
    pids_limit: isNumber,
    userns: isText,
    netns: isText,
    seccomp_profile: isText,
  },
  engine: {
    runtime: isText,
    cgroup_manager: oneOf("systemd", "cgroupfs"),
    events_logger: oneOf("file", "journald", "none"),
    helper_binaries_dir: listOf(isText),
    conmon_path: listOf(isText),
    image_parallel_copies: isNumber,
    num_locks: isNumber,
    runtimes: (value) => (isTable(value) ? undefined : "a table of lists of paths"),
    tmp_dir: isText,
  },
  network: { network_backend: oneOf("", "netavark", "cni"), default_subnet: isText, default_network: isText },
};

function checkContainersConf(table: Table): string | undefined {
  for (const [section, shapes] of Object.entries(engineShapes)) {
    if (table[section] === undefined) continue;
    if (!isTable(table[section])) return `${section}: expected a table`;
    const wrong = checkTable(table[section], shapes, `${section}.`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** The members that each kind of requirement may have; c/image refuses any other. */
const requirements: Readonly<Record<string, readonly string[]>> = {
  insecureAcceptAnything: ["type"],
  reject: ["type"],
  signedBy: ["type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity"],
  signedBaseLayer: ["type", "baseLayerIdentity"],
  sigstoreSigned: [
    "type",
    "keyPath",
    "keyPaths",
    "keyData",
    "keyDatas",
    "fulcio",
    "rekorPublicKeyPath",
    "rekorPublicKeyPaths",
    "rekorPublicKeyData",
    "rekorPublicKeyDatas",
    "pki",
    "signedIdentity",
  ],
};

function checkRequirements(value: unknown, path: string): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return `${path}: expected a list of at least one requirement`;
  for (const [index, requirement] of value.entries()) {
    const at = `${path}[${index}]`;
    if (!isTable(requirement)) return `${at}: expected an object with a type`;
    const members = Object.hasOwn(requirements, String(requirement.type))
      ? requirements[String(requirement.type)]
      : undefined;
    if (members === undefined)
      return `${at}.type: expected one of ${Object.keys(requirements).join(", ")}, got ${JSON.stringify(requirement.type)}`;
    const odd = Object.keys(requirement).find((key) => !members.includes(key));
    if (odd !== undefined) return `${at}: a requirement of type ${requirement.type} has no "${odd}"`;
  }
  return undefined;
}

function checkPolicy(policy: unknown): string | undefined {
  if (!isTable(policy)) return "expected an object";
  const odd = Object.keys(policy).find((key) => key !== "default" && key !== "transports");
  if (odd !== undefined) return `"${odd}" is neither default nor transports`;
  if (policy.default === undefined) return "the default is missing";
  const wrong = checkRequirements(policy.default, "default");
  if (wrong !== undefined || policy.transports === undefined) return wrong;
  if (!isTable(policy.transports)) return "transports: expected an object";
  for (const [transport, scopes] of Object.entries(policy.transports)) {
    if (!isTable(scopes)) return `transports.${transport}: expected an object`;
    for (const [scope, list] of Object.entries(scopes)) {
      const inScope = checkRequirements(list, `transports.${transport}["${scope}"]`);
      if (inScope !== undefined) return inScope;
    }
  }
  return undefined;
}

function tomlProblem(text: string, check: (table: Table) => string | undefined): FileProblem | undefined {
  try {
    const message = check(parse(text));
    return message === undefined ? undefined : { message };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { message: `it is no TOML: ${error.message.split("\n")[0]}`, line: error.line };
  }
}

function jsonProblem(text: string, check: (value: unknown) => string | undefined): FileProblem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { message: `it is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const message = check(value);
  return message === undefined ? undefined : { message };
}

/** What the engines would refuse in a file of this path below /etc; undefined for a good one, and for other files. */
export function engineFileProblem(path: string, text: string): FileProblem | undefined {
  if (/^containers\/registries\.conf(?:\.d\/[^/]+\.conf)?$/.test(path)) return tomlProblem(text, checkRegistries);
  if (/^containers\/containers\.conf(?:\.d\/[^/]+\.conf)?$/.test(path)) return tomlProblem(text, checkContainersConf);
  if (path === "containers/storage.conf") return tomlProblem(text, checkStorage);
  if (path === "containers/policy.json") return jsonProblem(text, checkPolicy);
  return undefined;
}
