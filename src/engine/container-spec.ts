/** Containers as plain data, and the commands that an engine is given for them. Pure. */
import { type EngineName, optionValues } from "./container-options.ts";

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

/** What the supervisor adds to a container for its own bookkeeping. */
export interface Bookkeeping {
  readonly labels: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Secrets: files that are mounted, and names of variables whose values are in the engine's own environment. */
  readonly mounts: readonly string[];
  readonly variables: readonly string[];
}

/** The whole command that starts a container, detached: it outlives the supervisor. */
export function runArgv(cli: EngineCli, container: ContainerSpec, image: string, own: Bookkeeping): readonly string[] {
  const podman = cli.engine === "podman";
  const ownLog = podman && optionValues(container.options, "--log-driver").length === 0;
  const bookkeeping = [
    "--detach",
    ...Object.entries(own.labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...(podman ? ["--pull", "never"] : []),
    ...(ownLog ? ["--log-driver", "k8s-file", "--log-opt", `path=${own.logFile}`] : []),
    ...own.mounts.flatMap((mount) => ["--volume", mount]),
    ...own.variables.flatMap((name) => ["--env", name]),
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
