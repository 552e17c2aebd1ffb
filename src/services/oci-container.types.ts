// Generated from the fields in oci-container.ts by `npm run generate`.
import type { OciImage, OciImageInput } from "../image/index.ts";
import type { Pairs, StagedText } from "../store/index.ts";
import type { LogRotation, LogRotationInput } from "./log-rotation.types.ts";
import type { OciAttachment, OciAttachmentInput } from "./oci-attachment.types.ts";
import type { OciHealth, OciHealthInput } from "./oci-health.types.ts";
import type { Readiness, ReadinessInput } from "./readiness.types.ts";
import type { Schedule, ScheduleInput } from "./schedule.types.ts";
import type { Secret, SecretInput } from "./secret.types.ts";
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
  /**
   * Units that it requires, and with which it is replaced and restarted; the container whose network it shares is one
   * of them by itself. Default: `[]`.
   */
  readonly restartWith?: readonly string[] | undefined;
  /** Where output is appended, with times; a file under Lading's own logs where unset. */
  readonly logFile?: string | undefined;
  /** Whether it starts with the generation. Default: `true`. */
  readonly autoStart?: boolean | undefined;
  /**
   * Whether it is started again when it ends by itself; "on-failure": only when its exit status is not 0. Default:
   * `false`.
   */
  readonly respawn?: boolean | "on-failure" | undefined;
  /**
   * How many respawns within 7 seconds are too many; the unit has then failed, and is tried again ever more rarely.
   * Default: `5`.
   */
  readonly respawnLimit?: number | undefined;
  /** Milliseconds from its end to the next start. Default: `100`. */
  readonly respawnDelay?: number | undefined;
  /** How much of its log is kept; 16 MiB and four rotated files of as much, where unset. */
  readonly log?: LogRotationInput | undefined;
  /** When it is run; it then does not start by itself, and is to do its work and end. */
  readonly schedule?: ScheduleInput | undefined;
  /** When it counts as up; once it was started, where unset. */
  readonly ready?: ReadinessInput | undefined;
  /** Seconds between the request to end and the kill. Default: `5`. */
  readonly stopGrace?: number | undefined;
  /** Actions of its own, after the built-in ones. Default: `[]`. */
  readonly actions?: readonly ActionInput[] | undefined;
  /** The network that it is on, or a mode of the engine such as host, none or container:NAME. */
  readonly network?: string | undefined;
  /** Published ports, `[[address:]host:]container[/protocol]`. Default: `[]`. */
  readonly ports?: Pairs | undefined;
  /** Volumes and folders of the host, `source:target[:options]`. Default: `[]`. */
  readonly volumes?: Pairs | undefined;
  /** The user inside the container. */
  readonly containerUser?: string | undefined;
  /** The folder that the program starts in. */
  readonly workdir?: string | undefined;
  /**
   * The networks that it is on, instead of `network`, where it is on several or has names or addresses there.
   * Default: `[]`.
   */
  readonly networks?: readonly OciAttachmentInput[] | undefined;
  /** How its health is checked; not at all where unset. */
  readonly health?: OciHealthInput | undefined;
  /** Values that only it may see. Default: `[]`. */
  readonly secrets?: readonly SecretInput[] | undefined;
  /** How much memory it may use. */
  readonly memory?: string | undefined;
  /** The memory that it is left when the host runs short. */
  readonly memoryReservation?: string | undefined;
  /** Memory and swap together; twice `memory` where unset. */
  readonly memorySwap?: string | "unlimited" | undefined;
  /** How many processors' time it may use, such as 1.5. */
  readonly cpus?: number | undefined;
  /** The processors that it may run on, such as 0-2,7. */
  readonly cpusetCpus?: string | undefined;
  /** How many processes it may have. */
  readonly pidsLimit?: number | undefined;
  /** The size of its /dev/shm; 64m by the engine's default. */
  readonly shmSize?: string | undefined;
  /** Resource limits of its processes, `name=soft[:hard]`. Default: `[]`. */
  readonly ulimits?: Pairs | undefined;
  /** Kernel parameters of its namespaces. Default: `[]`. */
  readonly sysctls?: Pairs | undefined;
  /** Capabilities beyond the engine's default set. Default: `[]`. */
  readonly addCapabilities?: readonly string[] | undefined;
  /** Capabilities of the engine's default set that it does without. Default: `[]`. */
  readonly dropCapabilities?: readonly string[] | undefined;
  /** Whether no program in it can gain privileges. Default: `false`. */
  readonly noNewPrivileges?: boolean | undefined;
  /**
   * Security options of the engine, such as seccomp=PATH, label=disable, apparmor=PROFILE, mask=PATH. Default: `[]`.
   */
  readonly securityOptions?: readonly (string | StagedText)[] | undefined;
  /** Which ids it sees: keep-id, auto, host and the other modes of Podman; Docker knows host only. */
  readonly userNamespace?: string | undefined;
  /** Its own mapping of user ids (Podman). Default: `[]`. */
  readonly uidMap?: readonly string[] | undefined;
  /** Its own mapping of group ids (Podman). Default: `[]`. */
  readonly gidMap?: readonly string[] | undefined;
  /** Further groups of its first process, inside the container. Default: `[]`. */
  readonly groups?: readonly string[] | undefined;
  /** Whether its root file system cannot be written. Default: `false`. */
  readonly readOnly?: boolean | undefined;
  /** Whether a read-only container has a tmpfs at /run, /tmp and /var/tmp all the same (Podman). Default: `true`. */
  readonly readOnlyTmpfs?: boolean | undefined;
  /** File systems in memory, `path[:options]`. Default: `[]`. */
  readonly tmpfs?: Pairs | undefined;
  /** Mounts in the engine's long form, such as type=bind,source=/srv,target=/data,ro. Default: `[]`. */
  readonly mounts?: readonly (string | StagedText)[] | undefined;
  /** Devices of the host, `host[:container][:rwm]`. Default: `[]`. */
  readonly devices?: readonly string[] | undefined;
  /** Whether an init forwards signals and reaps processes as its PID 1. Default: `false`. */
  readonly init?: boolean | undefined;
  /** What asks it to end; the image's, or SIGTERM, where unset. */
  readonly stopSignal?: string | undefined;
  /** Its host name; the start of its identifier where unset. */
  readonly hostName?: string | undefined;
  /** Further names of hosts, `name:address`. Default: `[]`. */
  readonly hosts?: Pairs | undefined;
  /** Name servers; the network's where empty. Default: `[]`. */
  readonly dns?: readonly string[] | undefined;
  /** Domains that short names are looked up in. Default: `[]`. */
  readonly dnsSearch?: readonly string[] | undefined;
  /** Options of the resolver (resolv.conf(5)). Default: `[]`. */
  readonly dnsOptions?: readonly string[] | undefined;
  /** Ports that it listens on, published or not. Default: `[]`. */
  readonly expose?: readonly string[] | undefined;
  /** Labels. Default: `[]`. */
  readonly labels?: Pairs | undefined;
  /** Annotations for the runtime (Podman). Default: `[]`. */
  readonly annotations?: Pairs | undefined;
  /** Files of the host with a variable on each line; `environment` wins over them. Default: `[]`. */
  readonly environmentFiles?: readonly (string | StagedText)[] | undefined;
  /** Its time zone, such as Europe/Berlin, or local (Podman). */
  readonly timezone?: string | undefined;
  /** How its control groups are made (Podman); enabled where unset. */
  readonly cgroups?: "enabled" | "disabled" | "no-conmon" | "split" | undefined;
  /** Where the engine sends its output, such as journald or none; Lading's own log file where unset. */
  readonly logDriver?: string | undefined;
  /** Options of `logDriver`. Default: `[]`. */
  readonly logOptions?: Pairs | undefined;
  /** Further arguments for the engine, after all other options and before the image. Default: `[]`. */
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
  /**
   * Units that it requires, and with which it is replaced and restarted; the container whose network it shares is one
   * of them by itself. Default: `[]`.
   */
  readonly restartWith: readonly string[];
  /** Where output is appended, with times; a file under Lading's own logs where unset. */
  readonly logFile?: string | undefined;
  /** Whether it starts with the generation. Default: `true`. */
  readonly autoStart: boolean;
  /**
   * Whether it is started again when it ends by itself; "on-failure": only when its exit status is not 0. Default:
   * `false`.
   */
  readonly respawn: boolean | "on-failure";
  /**
   * How many respawns within 7 seconds are too many; the unit has then failed, and is tried again ever more rarely.
   * Default: `5`.
   */
  readonly respawnLimit: number;
  /** Milliseconds from its end to the next start. Default: `100`. */
  readonly respawnDelay: number;
  /** How much of its log is kept; 16 MiB and four rotated files of as much, where unset. */
  readonly log?: LogRotation | undefined;
  /** When it is run; it then does not start by itself, and is to do its work and end. */
  readonly schedule?: Schedule | undefined;
  /** When it counts as up; once it was started, where unset. */
  readonly ready?: Readiness | undefined;
  /** Seconds between the request to end and the kill. Default: `5`. */
  readonly stopGrace: number;
  /** Actions of its own, after the built-in ones. Default: `[]`. */
  readonly actions: readonly Action[];
  /** The network that it is on, or a mode of the engine such as host, none or container:NAME. */
  readonly network?: string | undefined;
  /** Published ports, `[[address:]host:]container[/protocol]`. Default: `[]`. */
  readonly ports: readonly (string | StagedText)[];
  /** Volumes and folders of the host, `source:target[:options]`. Default: `[]`. */
  readonly volumes: readonly (string | StagedText)[];
  /** The user inside the container. */
  readonly containerUser?: string | undefined;
  /** The folder that the program starts in. */
  readonly workdir?: string | undefined;
  /**
   * The networks that it is on, instead of `network`, where it is on several or has names or addresses there.
   * Default: `[]`.
   */
  readonly networks: readonly OciAttachment[];
  /** How its health is checked; not at all where unset. */
  readonly health?: OciHealth | undefined;
  /** Values that only it may see. Default: `[]`. */
  readonly secrets: readonly Secret[];
  /** How much memory it may use. */
  readonly memory?: string | undefined;
  /** The memory that it is left when the host runs short. */
  readonly memoryReservation?: string | undefined;
  /** Memory and swap together; twice `memory` where unset. */
  readonly memorySwap?: string | "unlimited" | undefined;
  /** How many processors' time it may use, such as 1.5. */
  readonly cpus?: number | undefined;
  /** The processors that it may run on, such as 0-2,7. */
  readonly cpusetCpus?: string | undefined;
  /** How many processes it may have. */
  readonly pidsLimit?: number | undefined;
  /** The size of its /dev/shm; 64m by the engine's default. */
  readonly shmSize?: string | undefined;
  /** Resource limits of its processes, `name=soft[:hard]`. Default: `[]`. */
  readonly ulimits: readonly (string | StagedText)[];
  /** Kernel parameters of its namespaces. Default: `[]`. */
  readonly sysctls: readonly (string | StagedText)[];
  /** Capabilities beyond the engine's default set. Default: `[]`. */
  readonly addCapabilities: readonly string[];
  /** Capabilities of the engine's default set that it does without. Default: `[]`. */
  readonly dropCapabilities: readonly string[];
  /** Whether no program in it can gain privileges. Default: `false`. */
  readonly noNewPrivileges: boolean;
  /**
   * Security options of the engine, such as seccomp=PATH, label=disable, apparmor=PROFILE, mask=PATH. Default: `[]`.
   */
  readonly securityOptions: readonly (string | StagedText)[];
  /** Which ids it sees: keep-id, auto, host and the other modes of Podman; Docker knows host only. */
  readonly userNamespace?: string | undefined;
  /** Its own mapping of user ids (Podman). Default: `[]`. */
  readonly uidMap: readonly string[];
  /** Its own mapping of group ids (Podman). Default: `[]`. */
  readonly gidMap: readonly string[];
  /** Further groups of its first process, inside the container. Default: `[]`. */
  readonly groups: readonly string[];
  /** Whether its root file system cannot be written. Default: `false`. */
  readonly readOnly: boolean;
  /** Whether a read-only container has a tmpfs at /run, /tmp and /var/tmp all the same (Podman). Default: `true`. */
  readonly readOnlyTmpfs: boolean;
  /** File systems in memory, `path[:options]`. Default: `[]`. */
  readonly tmpfs: readonly (string | StagedText)[];
  /** Mounts in the engine's long form, such as type=bind,source=/srv,target=/data,ro. Default: `[]`. */
  readonly mounts: readonly (string | StagedText)[];
  /** Devices of the host, `host[:container][:rwm]`. Default: `[]`. */
  readonly devices: readonly string[];
  /** Whether an init forwards signals and reaps processes as its PID 1. Default: `false`. */
  readonly init: boolean;
  /** What asks it to end; the image's, or SIGTERM, where unset. */
  readonly stopSignal?: string | undefined;
  /** Its host name; the start of its identifier where unset. */
  readonly hostName?: string | undefined;
  /** Further names of hosts, `name:address`. Default: `[]`. */
  readonly hosts: readonly (string | StagedText)[];
  /** Name servers; the network's where empty. Default: `[]`. */
  readonly dns: readonly string[];
  /** Domains that short names are looked up in. Default: `[]`. */
  readonly dnsSearch: readonly string[];
  /** Options of the resolver (resolv.conf(5)). Default: `[]`. */
  readonly dnsOptions: readonly string[];
  /** Ports that it listens on, published or not. Default: `[]`. */
  readonly expose: readonly string[];
  /** Labels. Default: `[]`. */
  readonly labels: readonly (string | StagedText)[];
  /** Annotations for the runtime (Podman). Default: `[]`. */
  readonly annotations: readonly (string | StagedText)[];
  /** Files of the host with a variable on each line; `environment` wins over them. Default: `[]`. */
  readonly environmentFiles: readonly (string | StagedText)[];
  /** Its time zone, such as Europe/Berlin, or local (Podman). */
  readonly timezone?: string | undefined;
  /** How its control groups are made (Podman); enabled where unset. */
  readonly cgroups?: "enabled" | "disabled" | "no-conmon" | "split" | undefined;
  /** Where the engine sends its output, such as journald or none; Lading's own log file where unset. */
  readonly logDriver?: string | undefined;
  /** Options of `logDriver`. Default: `[]`. */
  readonly logOptions: readonly (string | StagedText)[];
  /** Further arguments for the engine, after all other options and before the image. Default: `[]`. */
  readonly extraArguments: readonly (string | StagedText)[];
}
