/** Containers as plain data, and the arguments that an engine is given for them. Pure. */

export type EngineName = "podman" | "docker";

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

/** A container as the engine is asked to run it. */
export interface ContainerSpec {
  readonly engine: EngineName;
  readonly name: string;
  /** The declared reference. */
  readonly image: string;
  readonly options: readonly string[];
  readonly extraArguments: readonly string[];
  readonly command: readonly string[];
}

/** The engine's program and the arguments that stand before every subcommand. */
export interface EngineCli {
  readonly engine: EngineName;
  readonly cli: string;
  readonly extraArguments: readonly string[];
  /** Whether the supervisor writes the commands that it runs to its log. */
  readonly verbose: boolean;
}

/** Names of the labels that tie a container to its declaration. */
export const labels = {
  /** The folder of state whose supervisor owns the container. */
  owner: "dev.lading.owner",
  unit: "dev.lading.unit",
  /** The digest of the unit's definition. */
  spec: "dev.lading.spec",
} as const;

/** The options in their one order: entrypoint, env, network, user, workdir, ports, volumes. */
export function containerOptions(engine: EngineName, fields: ContainerFields): readonly string[] {
  const option = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value]);
  return [
    ...option("--entrypoint", entrypointArgument(engine, fields.entrypoint)),
    ...fields.environment.flatMap((pair) => ["--env", pair]),
    ...option("--network", fields.network),
    ...option("--user", fields.containerUser),
    ...option("--workdir", fields.workdir),
    ...fields.ports.flatMap((pair) => ["-p", pair]),
    ...fields.volumes.flatMap((pair) => ["-v", pair]),
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

/** What the supervisor adds to a container for its own bookkeeping. */
export interface Bookkeeping {
  readonly labels: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** The whole command that starts a container, detached: it outlives the supervisor. */
export function runArgv(cli: EngineCli, container: ContainerSpec, image: string, own: Bookkeeping): readonly string[] {
  const podman = cli.engine === "podman";
  const bookkeeping = [
    "--detach",
    ...Object.entries(own.labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...(podman ? ["--pull", "never", "--log-driver", "k8s-file", "--log-opt", `path=${own.logFile}`] : []),
  ];
  return [
    ...[cli.cli, ...cli.extraArguments, "run", "--rm", ...(podman ? ["--replace"] : []), "--name", container.name],
    ...bookkeeping,
    ...container.options,
    ...container.extraArguments,
    image,
    ...container.command,
  ];
}

/** The command that ends a container and waits until its name is free. */
export function removeArgv(cli: EngineCli, name: string, grace: number): readonly string[] {
  const podman = cli.engine === "podman" ? ["--ignore", "--time", String(grace)] : [];
  return [cli.cli, ...cli.extraArguments, "rm", "--force", ...podman, name];
}

export function pullArgv(cli: EngineCli, image: string): readonly string[] {
  return [cli.cli, ...cli.extraArguments, "pull", image];
}

/** A network's or volume's record, written out. */
export interface ObjectFields {
  readonly driver?: string | undefined;
  readonly gateway?: string | undefined;
  readonly internal?: boolean;
  readonly ipRange?: string | undefined;
  readonly ipamDriver?: string | undefined;
  readonly ipv6?: boolean;
  readonly subnet?: string | undefined;
  readonly labels: readonly string[];
  readonly extraArguments: readonly string[];
}

/** `network create` or `volume create`, with the options in Guix's order. */
export function createArgv(
  cli: EngineCli,
  object: "network" | "volume",
  name: string,
  fields: ObjectFields,
): readonly string[] {
  const option = (flag: string, value: string | undefined): string[] => (value === undefined ? [] : [flag, value]);
  return [
    ...[cli.cli, ...cli.extraArguments, object, "create"],
    ...option("--driver", fields.driver),
    ...option("--gateway", fields.gateway),
    ...(fields.internal ? ["--internal"] : []),
    ...option("--ip-range", fields.ipRange),
    ...option("--ipam-driver", fields.ipamDriver),
    ...(fields.ipv6 ? ["--ipv6"] : []),
    ...option("--subnet", fields.subnet),
    ...fields.labels.flatMap((label) => ["--label", label]),
    ...fields.extraArguments,
    name,
  ];
}
