// Generated from the fields in oci.ts by `npm run generate`.
import type { Pairs, StagedText } from "../store/index.ts";
import type { OciContainer, OciContainerInput } from "./oci-container.types.ts";
import type { SubidRange, SubidRangeInput } from "./subids.types.ts";

/** What `ociNetwork({ … })` takes. A network of the engine. */
export interface OciNetworkInput {
  /**
   * The network's name.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly name: string;
  /**
   * The driver; the engine's own where unset.
   * @defaultValue unset
   */
  readonly driver?: string | undefined;
  /**
   * The address of the gateway, inside `subnet`.
   * Takes an IP address such as 10.1.2.3 or fd00::3.
   * @defaultValue unset
   */
  readonly gateway?: string | undefined;
  /**
   * Whether the network has no way out.
   * @defaultValue `false`
   */
  readonly internal?: boolean | undefined;
  /**
   * The part of the subnet that addresses are given from, such as 10.1.2.128/25.
   * Takes a subnet such as 10.1.2.0/24.
   * @defaultValue unset
   */
  readonly ipRange?: string | undefined;
  /**
   * What gives out addresses.
   * @defaultValue unset
   */
  readonly ipamDriver?: string | undefined;
  /**
   * Whether it has IPv6.
   * @defaultValue `false`
   */
  readonly ipv6?: boolean | undefined;
  /**
   * The subnet, such as 10.1.2.0/24.
   * Takes a subnet such as 10.1.2.0/24.
   * @defaultValue unset
   */
  readonly subnet?: string | undefined;
  /**
   * Labels.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly labels?: Pairs | undefined;
  /**
   * Further arguments of `network create`.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly extraArguments?: readonly (string | StagedText)[] | undefined;
}

/** A checked, frozen `ociNetwork`. A network of the engine. */
export interface OciNetwork {
  /**
   * The network's name.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly name: string;
  /**
   * The driver; the engine's own where unset.
   * @defaultValue unset
   */
  readonly driver?: string | undefined;
  /**
   * The address of the gateway, inside `subnet`.
   * Takes an IP address such as 10.1.2.3 or fd00::3.
   * @defaultValue unset
   */
  readonly gateway?: string | undefined;
  /**
   * Whether the network has no way out.
   * @defaultValue `false`
   */
  readonly internal: boolean;
  /**
   * The part of the subnet that addresses are given from, such as 10.1.2.128/25.
   * Takes a subnet such as 10.1.2.0/24.
   * @defaultValue unset
   */
  readonly ipRange?: string | undefined;
  /**
   * What gives out addresses.
   * @defaultValue unset
   */
  readonly ipamDriver?: string | undefined;
  /**
   * Whether it has IPv6.
   * @defaultValue `false`
   */
  readonly ipv6: boolean;
  /**
   * The subnet, such as 10.1.2.0/24.
   * Takes a subnet such as 10.1.2.0/24.
   * @defaultValue unset
   */
  readonly subnet?: string | undefined;
  /**
   * Labels.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly labels: readonly (string | StagedText)[];
  /**
   * Further arguments of `network create`.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly extraArguments: readonly (string | StagedText)[];
}

/** What `ociVolume({ … })` takes. A volume of the engine. */
export interface OciVolumeInput {
  /**
   * The volume's name.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly name: string;
  /**
   * Labels.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly labels?: Pairs | undefined;
  /**
   * Further arguments of `volume create`.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly extraArguments?: readonly (string | StagedText)[] | undefined;
}

/** A checked, frozen `ociVolume`. A volume of the engine. */
export interface OciVolume {
  /**
   * The volume's name.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly name: string;
  /**
   * Labels.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly labels: readonly (string | StagedText)[];
  /**
   * Further arguments of `volume create`.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly extraArguments: readonly (string | StagedText)[];
}

/** What `ociExtension({ … })` takes. What another service adds to the container service. */
export interface OciExtensionInput {
  /**
   * The containers, in the order in which they are listed.
   * @defaultValue `[]`
   */
  readonly containers?: readonly OciContainerInput[] | undefined;
  /**
   * The networks, made where missing.
   * @defaultValue `[]`
   */
  readonly networks?: readonly OciNetworkInput[] | undefined;
  /**
   * The volumes, made where missing.
   * @defaultValue `[]`
   */
  readonly volumes?: readonly OciVolumeInput[] | undefined;
}

/** A checked, frozen `ociExtension`. What another service adds to the container service. */
export interface OciExtension {
  /**
   * The containers, in the order in which they are listed.
   * @defaultValue `[]`
   */
  readonly containers: readonly OciContainer[];
  /**
   * The networks, made where missing.
   * @defaultValue `[]`
   */
  readonly networks: readonly OciNetwork[];
  /**
   * The volumes, made where missing.
   * @defaultValue `[]`
   */
  readonly volumes: readonly OciVolume[];
}

/** What `ociService({ … })` takes. Containers, networks and volumes of one engine. */
export interface OciServiceInput {
  /**
   * The engine.
   * @defaultValue `"podman"`
   */
  readonly runtime?: "podman" | "docker" | undefined;
  /**
   * The engine's program; found on the host's PATH where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly runtimeCli?: string | undefined;
  /**
   * Arguments of the engine's program, before every subcommand.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly runtimeExtraArguments?: readonly (string | StagedText)[] | undefined;
  /**
   * The host's user whose containers these are; made where missing. In a home environment, its owner.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue `"oci-container"`
   */
  readonly user?: string | undefined;
  /**
   * A further group of that user; `cgroup` for Podman and `docker` for Docker where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly group?: string | undefined;
  /**
   * The user's range of user ids; one of 65536 where unset.
   * @defaultValue unset
   */
  readonly subuidsRange?: SubidRangeInput | undefined;
  /**
   * The user's range of group ids; one of 65536 where unset.
   * @defaultValue unset
   */
  readonly subgidsRange?: SubidRangeInput | undefined;
  /**
   * The containers, in the order in which they are listed.
   * @defaultValue `[]`
   */
  readonly containers?: readonly OciContainerInput[] | undefined;
  /**
   * The networks, made where missing.
   * @defaultValue `[]`
   */
  readonly networks?: readonly OciNetworkInput[] | undefined;
  /**
   * The volumes, made where missing.
   * @defaultValue `[]`
   */
  readonly volumes?: readonly OciVolumeInput[] | undefined;
  /**
   * Whether each command of the engine is written to the supervisor's log.
   * @defaultValue `false`
   */
  readonly verbose?: boolean | undefined;
}

/** A checked, frozen `ociService`. Containers, networks and volumes of one engine. */
export interface OciService {
  /**
   * The engine.
   * @defaultValue `"podman"`
   */
  readonly runtime: "podman" | "docker";
  /**
   * The engine's program; found on the host's PATH where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly runtimeCli?: string | undefined;
  /**
   * Arguments of the engine's program, before every subcommand.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly runtimeExtraArguments: readonly (string | StagedText)[];
  /**
   * The host's user whose containers these are; made where missing. In a home environment, its owner.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue `"oci-container"`
   */
  readonly user: string;
  /**
   * A further group of that user; `cgroup` for Podman and `docker` for Docker where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly group?: string | undefined;
  /**
   * The user's range of user ids; one of 65536 where unset.
   * @defaultValue unset
   */
  readonly subuidsRange?: SubidRange | undefined;
  /**
   * The user's range of group ids; one of 65536 where unset.
   * @defaultValue unset
   */
  readonly subgidsRange?: SubidRange | undefined;
  /**
   * The containers, in the order in which they are listed.
   * @defaultValue `[]`
   */
  readonly containers: readonly OciContainer[];
  /**
   * The networks, made where missing.
   * @defaultValue `[]`
   */
  readonly networks: readonly OciNetwork[];
  /**
   * The volumes, made where missing.
   * @defaultValue `[]`
   */
  readonly volumes: readonly OciVolume[];
  /**
   * Whether each command of the engine is written to the supervisor's log.
   * @defaultValue `false`
   */
  readonly verbose: boolean;
}
