// Generated from the fields in oci-container.ts by `npm run generate`.
import type { OciImage, OciImageInput } from "../image/index.ts";
import type { Pairs, StagedText } from "../store/index.ts";
import type { Action, ActionInput } from "./unit.types.ts";

/** What `ociContainer({ … })` takes. A container, run as a unit. */
export interface OciContainerInput {
  /** The host's user under whose authority the engine's commands run; the service's where unset. */
  readonly user?: string | undefined;
  /** The host's group for the engine's commands; the user's where unset. */
  readonly group?: string | undefined;
  /** What the image's program is given, after the image. Default: `[]`. */
  readonly command?: readonly string[] | undefined;
  /** Replaces the image's program, with its fixed arguments. */
  readonly entrypoint?: string | readonly string[] | undefined;
  /**
   * The environment of the engine's own process: how a secret gets in without standing in an argument. Name it in
   * `environment` to pass it on. Default: `[]`.
   */
  readonly hostEnvironment?: Pairs | undefined;
  /** Variables in the container. A name alone takes its value from `hostEnvironment`. Default: `[]`. */
  readonly environment?: Pairs | undefined;
  /** The image: a reference, or an `ociImage`, which is built and loaded first. */
  readonly image: string | OciImageInput;
  /** The unit's and the container's name; ENGINE-NAME, guessed from the image, where unset. */
  readonly provision?: string | undefined;
  /** Units that must be running first, beside those that the engine needs. Default: `[]`. */
  readonly requirement?: readonly string[] | undefined;
  /** Where output is appended, with times; a file under Lading's own logs where unset. */
  readonly logFile?: string | undefined;
  /** Whether it starts with the generation. Default: `true`. */
  readonly autoStart?: boolean | undefined;
  /** Whether it is started again when it ends by itself. Default: `false`. */
  readonly respawn?: boolean | undefined;
  /** How many respawns within 7 seconds are too many; the unit then fails. Default: `5`. */
  readonly respawnLimit?: number | undefined;
  /** Milliseconds from its end to the next start. Default: `100`. */
  readonly respawnDelay?: number | undefined;
  /** Seconds between the request to end and the kill. Default: `5`. */
  readonly stopGrace?: number | undefined;
  /** Actions of its own, after the built-in ones. Default: `[]`. */
  readonly actions?: readonly ActionInput[] | undefined;
  /** The network that it is on. */
  readonly network?: string | undefined;
  /** Published ports, `[[address:]host:]container[/protocol]`. Default: `[]`. */
  readonly ports?: Pairs | undefined;
  /** Volumes and folders of the host, `source:target[:options]`. Default: `[]`. */
  readonly volumes?: Pairs | undefined;
  /** The user inside the container. */
  readonly containerUser?: string | undefined;
  /** The folder that the program starts in. */
  readonly workdir?: string | undefined;
  /** Further arguments for the engine, before the image. Default: `[]`. */
  readonly extraArguments?: readonly (string | StagedText)[] | undefined;
}

/** A checked, frozen `ociContainer`. A container, run as a unit. */
export interface OciContainer {
  /** The host's user under whose authority the engine's commands run; the service's where unset. */
  readonly user?: string | undefined;
  /** The host's group for the engine's commands; the user's where unset. */
  readonly group?: string | undefined;
  /** What the image's program is given, after the image. Default: `[]`. */
  readonly command: readonly string[];
  /** Replaces the image's program, with its fixed arguments. */
  readonly entrypoint?: string | readonly string[] | undefined;
  /**
   * The environment of the engine's own process: how a secret gets in without standing in an argument. Name it in
   * `environment` to pass it on. Default: `[]`.
   */
  readonly hostEnvironment: readonly (string | StagedText)[];
  /** Variables in the container. A name alone takes its value from `hostEnvironment`. Default: `[]`. */
  readonly environment: readonly (string | StagedText)[];
  /** The image: a reference, or an `ociImage`, which is built and loaded first. */
  readonly image: string | OciImage;
  /** The unit's and the container's name; ENGINE-NAME, guessed from the image, where unset. */
  readonly provision?: string | undefined;
  /** Units that must be running first, beside those that the engine needs. Default: `[]`. */
  readonly requirement: readonly string[];
  /** Where output is appended, with times; a file under Lading's own logs where unset. */
  readonly logFile?: string | undefined;
  /** Whether it starts with the generation. Default: `true`. */
  readonly autoStart: boolean;
  /** Whether it is started again when it ends by itself. Default: `false`. */
  readonly respawn: boolean;
  /** How many respawns within 7 seconds are too many; the unit then fails. Default: `5`. */
  readonly respawnLimit: number;
  /** Milliseconds from its end to the next start. Default: `100`. */
  readonly respawnDelay: number;
  /** Seconds between the request to end and the kill. Default: `5`. */
  readonly stopGrace: number;
  /** Actions of its own, after the built-in ones. Default: `[]`. */
  readonly actions: readonly Action[];
  /** The network that it is on. */
  readonly network?: string | undefined;
  /** Published ports, `[[address:]host:]container[/protocol]`. Default: `[]`. */
  readonly ports: readonly (string | StagedText)[];
  /** Volumes and folders of the host, `source:target[:options]`. Default: `[]`. */
  readonly volumes: readonly (string | StagedText)[];
  /** The user inside the container. */
  readonly containerUser?: string | undefined;
  /** The folder that the program starts in. */
  readonly workdir?: string | undefined;
  /** Further arguments for the engine, before the image. Default: `[]`. */
  readonly extraArguments: readonly (string | StagedText)[];
}
