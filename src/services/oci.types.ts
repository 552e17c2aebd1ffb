// Generated from the fields in oci.ts by `npm run generate`.
import type { Pairs, StagedText } from "../store/index.ts";
import type { OciContainer, OciContainerInput } from "./oci-container.types.ts";
import type { SubidRange, SubidRangeInput } from "./subids.types.ts";

/** What `ociNetwork({ … })` takes. A network of the engine. */
export interface OciNetworkInput {
  /** The network's name. */
  readonly name: string;
  /** The driver; the engine's own where unset. */
  readonly driver?: string | undefined;
  /** The address of the gateway, inside `subnet`. */
  readonly gateway?: string | undefined;
  /** Whether the network has no way out. Default: `false`. */
  readonly internal?: boolean | undefined;
  /** The part of the subnet that addresses are given from, such as 10.1.2.128/25. */
  readonly ipRange?: string | undefined;
  /** What gives out addresses. */
  readonly ipamDriver?: string | undefined;
  /** Whether it has IPv6. Default: `false`. */
  readonly ipv6?: boolean | undefined;
  /** The subnet, such as 10.1.2.0/24. */
  readonly subnet?: string | undefined;
  /** Labels. Default: `[]`. */
  readonly labels?: Pairs | undefined;
  /** Further arguments of `network create`. Default: `[]`. */
  readonly extraArguments?: readonly (string | StagedText)[] | undefined;
}

/** A checked, frozen `ociNetwork`. A network of the engine. */
export interface OciNetwork {
  /** The network's name. */
  readonly name: string;
  /** The driver; the engine's own where unset. */
  readonly driver?: string | undefined;
  /** The address of the gateway, inside `subnet`. */
  readonly gateway?: string | undefined;
  /** Whether the network has no way out. Default: `false`. */
  readonly internal: boolean;
  /** The part of the subnet that addresses are given from, such as 10.1.2.128/25. */
  readonly ipRange?: string | undefined;
  /** What gives out addresses. */
  readonly ipamDriver?: string | undefined;
  /** Whether it has IPv6. Default: `false`. */
  readonly ipv6: boolean;
  /** The subnet, such as 10.1.2.0/24. */
  readonly subnet?: string | undefined;
  /** Labels. Default: `[]`. */
  readonly labels: readonly (string | StagedText)[];
  /** Further arguments of `network create`. Default: `[]`. */
  readonly extraArguments: readonly (string | StagedText)[];
}

/** What `ociVolume({ … })` takes. A volume of the engine. */
export interface OciVolumeInput {
  /** The volume's name. */
  readonly name: string;
  /** Labels. Default: `[]`. */
  readonly labels?: Pairs | undefined;
  /** Further arguments of `volume create`. Default: `[]`. */
  readonly extraArguments?: readonly (string | StagedText)[] | undefined;
}

/** A checked, frozen `ociVolume`. A volume of the engine. */
export interface OciVolume {
  /** The volume's name. */
  readonly name: string;
  /** Labels. Default: `[]`. */
  readonly labels: readonly (string | StagedText)[];
  /** Further arguments of `volume create`. Default: `[]`. */
  readonly extraArguments: readonly (string | StagedText)[];
}

/** What `ociExtension({ … })` takes. What another service adds to the container service. */
export interface OciExtensionInput {
  /** The containers, in the order in which they are listed. Default: `[]`. */
  readonly containers?: readonly OciContainerInput[] | undefined;
  /** The networks, made where missing. Default: `[]`. */
  readonly networks?: readonly OciNetworkInput[] | undefined;
  /** The volumes, made where missing. Default: `[]`. */
  readonly volumes?: readonly OciVolumeInput[] | undefined;
}

/** A checked, frozen `ociExtension`. What another service adds to the container service. */
export interface OciExtension {
  /** The containers, in the order in which they are listed. Default: `[]`. */
  readonly containers: readonly OciContainer[];
  /** The networks, made where missing. Default: `[]`. */
  readonly networks: readonly OciNetwork[];
  /** The volumes, made where missing. Default: `[]`. */
  readonly volumes: readonly OciVolume[];
}

/** What `ociService({ … })` takes. Containers, networks and volumes of one engine. */
export interface OciServiceInput {
  /** The engine. Default: `"podman"`. */
  readonly runtime?: "podman" | "docker" | undefined;
  /** The engine's program; found on the host's PATH where unset. */
  readonly runtimeCli?: string | undefined;
  /** Arguments of the engine's program, before every subcommand. Default: `[]`. */
  readonly runtimeExtraArguments?: readonly (string | StagedText)[] | undefined;
  /**
   * The host's user whose containers these are; made where missing. In a home environment, its owner. Default:
   * `"oci-container"`.
   */
  readonly user?: string | undefined;
  /** A further group of that user; `cgroup` for Podman and `docker` for Docker where unset. */
  readonly group?: string | undefined;
  /** The user's range of user ids; one of 65536 where unset. */
  readonly subuidsRange?: SubidRangeInput | undefined;
  /** The user's range of group ids; one of 65536 where unset. */
  readonly subgidsRange?: SubidRangeInput | undefined;
  /** The containers, in the order in which they are listed. Default: `[]`. */
  readonly containers?: readonly OciContainerInput[] | undefined;
  /** The networks, made where missing. Default: `[]`. */
  readonly networks?: readonly OciNetworkInput[] | undefined;
  /** The volumes, made where missing. Default: `[]`. */
  readonly volumes?: readonly OciVolumeInput[] | undefined;
  /** Whether each command of the engine is written to the supervisor's log. Default: `false`. */
  readonly verbose?: boolean | undefined;
}

/** A checked, frozen `ociService`. Containers, networks and volumes of one engine. */
export interface OciService {
  /** The engine. Default: `"podman"`. */
  readonly runtime: "podman" | "docker";
  /** The engine's program; found on the host's PATH where unset. */
  readonly runtimeCli?: string | undefined;
  /** Arguments of the engine's program, before every subcommand. Default: `[]`. */
  readonly runtimeExtraArguments: readonly (string | StagedText)[];
  /**
   * The host's user whose containers these are; made where missing. In a home environment, its owner. Default:
   * `"oci-container"`.
   */
  readonly user: string;
  /** A further group of that user; `cgroup` for Podman and `docker` for Docker where unset. */
  readonly group?: string | undefined;
  /** The user's range of user ids; one of 65536 where unset. */
  readonly subuidsRange?: SubidRange | undefined;
  /** The user's range of group ids; one of 65536 where unset. */
  readonly subgidsRange?: SubidRange | undefined;
  /** The containers, in the order in which they are listed. Default: `[]`. */
  readonly containers: readonly OciContainer[];
  /** The networks, made where missing. Default: `[]`. */
  readonly networks: readonly OciNetwork[];
  /** The volumes, made where missing. Default: `[]`. */
  readonly volumes: readonly OciVolume[];
  /** Whether each command of the engine is written to the supervisor's log. Default: `false`. */
  readonly verbose: boolean;
}
