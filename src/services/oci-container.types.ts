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
  /**
   * The host's user under whose authority the engine's commands run; the service's where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly user?: string | undefined;
  /**
   * The host's group for the engine's commands; the user's where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly group?: string | undefined;
  /**
   * What the image's program is given, after the image.
   * @defaultValue `[]`
   */
  readonly command?: readonly string[] | undefined;
  /**
   * Replaces the image's program, with its fixed arguments.
   * Takes a string, or a list, each element a string.
   * @defaultValue unset
   */
  readonly entrypoint?: string | readonly string[] | undefined;
  /**
   * The environment of the engine's own process: how a secret gets in without standing in an argument. Name it in
   * `environment` to pass it on.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly hostEnvironment?: Pairs | undefined;
  /**
   * Variables in the container. A name alone takes its value from `hostEnvironment`.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly environment?: Pairs | undefined;
  /**
   * The image: a reference, or an `ociImage`, which is built and loaded first.
   * Takes an image reference such as docker.io/library/nginx:1.27, or an ociImage.
   */
  readonly image: string | OciImageInput;
  /**
   * The unit's and the container's name; ENGINE-NAME, guessed from the image, where unset.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue unset
   */
  readonly provision?: string | undefined;
  /**
   * Units that must be running first, beside those that the engine needs.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly requirement?: readonly string[] | undefined;
  /**
   * Units that it requires, and with which it is replaced and restarted; the container whose network it shares is one
   * of them by itself.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly restartWith?: readonly string[] | undefined;
  /**
   * Where output is appended, with times; a file under Lading's own logs where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly logFile?: string | undefined;
  /**
   * Whether it starts with the generation.
   * @defaultValue `true`
   */
  readonly autoStart?: boolean | undefined;
  /**
   * Whether it does its work and ends, as a migration of a database does; it then counts as done, and what requires
   * it starts.
   * @defaultValue `false`
   */
  readonly oneShot?: boolean | undefined;
  /**
   * Whether it is started again when it ends by itself; "on-failure": only when its exit status is not 0.
   * Takes true or false, or "on-failure".
   * @defaultValue `false`
   */
  readonly respawn?: boolean | "on-failure" | undefined;
  /**
   * How many respawns within 7 seconds are too many; the unit has then failed, and is tried again ever more rarely.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `5`
   */
  readonly respawnLimit?: number | undefined;
  /**
   * Milliseconds from its end to the next start.
   * Takes a whole number from 0 to 3600000.
   * @defaultValue `100`
   */
  readonly respawnDelay?: number | undefined;
  /**
   * How much of its log is kept; 16 MiB and four rotated files of as much, where unset.
   * @defaultValue unset
   */
  readonly log?: LogRotationInput | undefined;
  /**
   * When it is run; it then does not start by itself, and is to do its work and end.
   * @defaultValue unset
   */
  readonly schedule?: ScheduleInput | undefined;
  /**
   * When it counts as up; once it was started, where unset.
   * @defaultValue unset
   */
  readonly ready?: ReadinessInput | undefined;
  /**
   * Seconds between the request to end and the kill.
   * Takes a whole number from 0 to 3600.
   * @defaultValue `5`
   */
  readonly stopGrace?: number | undefined;
  /**
   * Actions of its own, after the built-in ones.
   * @defaultValue `[]`
   */
  readonly actions?: readonly ActionInput[] | undefined;
  /**
   * The network that it is on, or a mode of the engine such as host, none or container:NAME.
   * @defaultValue unset
   */
  readonly network?: string | undefined;
  /**
   * Published ports, `[[address:]host:]container[/protocol]`.
   * Takes a list of pairs "key:value", or an object.
   * @defaultValue `[]`
   */
  readonly ports?: Pairs | undefined;
  /**
   * Volumes and folders of the host, `source:target[:options]`.
   * Takes a list of pairs "key:value", or an object.
   * @defaultValue `[]`
   */
  readonly volumes?: Pairs | undefined;
  /**
   * The user inside the container.
   * @defaultValue unset
   */
  readonly containerUser?: string | undefined;
  /**
   * The folder that the program starts in.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly workdir?: string | undefined;
  /**
   * The networks that it is on, instead of `network`, where it is on several or has names or addresses there.
   * @defaultValue `[]`
   */
  readonly networks?: readonly OciAttachmentInput[] | undefined;
  /**
   * How its health is checked; not at all where unset.
   * @defaultValue unset
   */
  readonly health?: OciHealthInput | undefined;
  /**
   * Values that only it may see.
   * @defaultValue `[]`
   */
  readonly secrets?: readonly SecretInput[] | undefined;
  /**
   * How much memory it may use.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue unset
   */
  readonly memory?: string | undefined;
  /**
   * The memory that it is left when the host runs short.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue unset
   */
  readonly memoryReservation?: string | undefined;
  /**
   * Memory and swap together; twice `memory` where unset.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes), or "unlimited".
   * @defaultValue unset
   */
  readonly memorySwap?: string | "unlimited" | undefined;
  /**
   * How many processors' time it may use, such as 1.5.
   * Takes a number from 0.01 to 4096.
   * @defaultValue unset
   */
  readonly cpus?: number | undefined;
  /**
   * The processors that it may run on, such as 0-2,7.
   * Takes processors such as 0-2,7.
   * @defaultValue unset
   */
  readonly cpusetCpus?: string | undefined;
  /**
   * How many processes it may have.
   * Takes a whole number from 1 to 4194304.
   * @defaultValue unset
   */
  readonly pidsLimit?: number | undefined;
  /**
   * The size of its /dev/shm; 64m by the engine's default.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue unset
   */
  readonly shmSize?: string | undefined;
  /**
   * Resource limits of its processes, `name=soft[:hard]`.
   * Takes pairs "key=value", each a limit such as nofile=1024:2048 (setrlimit(2)); -1 is unlimited.
   * @defaultValue `[]`
   */
  readonly ulimits?: Pairs | undefined;
  /**
   * Kernel parameters of its namespaces.
   * Takes pairs "key=value", each a kernel parameter of a namespace such as net.core.somaxconn=1024 (those below
   * net., fs.mqueue. and the kernel's ipc).
   * @defaultValue `[]`
   */
  readonly sysctls?: Pairs | undefined;
  /**
   * Capabilities beyond the engine's default set.
   * Takes a list, each element a capability such as NET_BIND_SERVICE (capabilities(7)), or ALL.
   * @defaultValue `[]`
   */
  readonly addCapabilities?: readonly string[] | undefined;
  /**
   * Capabilities of the engine's default set that it does without.
   * Takes a list, each element a capability such as NET_BIND_SERVICE (capabilities(7)), or ALL.
   * @defaultValue `[]`
   */
  readonly dropCapabilities?: readonly string[] | undefined;
  /**
   * Whether no program in it can gain privileges.
   * @defaultValue `false`
   */
  readonly noNewPrivileges?: boolean | undefined;
  /**
   * Security options of the engine, such as seccomp=PATH, label=disable, apparmor=PROFILE, mask=PATH.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly securityOptions?: readonly (string | StagedText)[] | undefined;
  /**
   * Which ids it sees: keep-id, auto, host and the other modes of Podman; Docker knows host only.
   * @defaultValue unset
   */
  readonly userNamespace?: string | undefined;
  /**
   * Its own mapping of user ids (Podman).
   * Takes a list, each element a mapping of ids such as 0:100000:65536 (container, host, count).
   * @defaultValue `[]`
   */
  readonly uidMap?: readonly string[] | undefined;
  /**
   * Its own mapping of group ids (Podman).
   * Takes a list, each element a mapping of ids such as 0:100000:65536 (container, host, count).
   * @defaultValue `[]`
   */
  readonly gidMap?: readonly string[] | undefined;
  /**
   * Further groups of its first process, inside the container.
   * @defaultValue `[]`
   */
  readonly groups?: readonly string[] | undefined;
  /**
   * Whether its root file system cannot be written.
   * @defaultValue `false`
   */
  readonly readOnly?: boolean | undefined;
  /**
   * Whether a read-only container has a tmpfs at /run, /tmp and /var/tmp all the same (Podman).
   * @defaultValue `true`
   */
  readonly readOnlyTmpfs?: boolean | undefined;
  /**
   * File systems in memory, `path[:options]`.
   * Takes pairs "key:value", each an absolute path in the container, with options such as /run:size=16m,mode=1777.
   * @defaultValue `[]`
   */
  readonly tmpfs?: Pairs | undefined;
  /**
   * Mounts in the engine's long form, such as type=bind,source=/srv,target=/data,ro.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly mounts?: readonly (string | StagedText)[] | undefined;
  /**
   * Devices of the host, `host[:container][:rwm]`.
   * Takes a list, each element a device such as /dev/fuse, /dev/ttyS0:/dev/modem or /dev/sda:/dev/disk:r.
   * @defaultValue `[]`
   */
  readonly devices?: readonly string[] | undefined;
  /**
   * Whether an init forwards signals and reaps processes as its PID 1.
   * @defaultValue `false`
   */
  readonly init?: boolean | undefined;
  /**
   * What asks it to end; the image's, or SIGTERM, where unset.
   * Takes a signal such as SIGTERM or QUIT (signal(7)).
   * @defaultValue unset
   */
  readonly stopSignal?: string | undefined;
  /**
   * Its host name; the start of its identifier where unset.
   * Takes a host name of letters, digits, '-' and '.', at most 63 characters.
   * @defaultValue unset
   */
  readonly hostName?: string | undefined;
  /**
   * Further names of hosts, `name:address`.
   * Takes pairs "key:value", each a host and its address such as db:10.1.2.3, or "host-gateway" as the address.
   * @defaultValue `[]`
   */
  readonly hosts?: Pairs | undefined;
  /**
   * Name servers; the network's where empty.
   * Takes a list, each element an IP address such as 10.1.2.3 or fd00::3.
   * @defaultValue `[]`
   */
  readonly dns?: readonly string[] | undefined;
  /**
   * Domains that short names are looked up in.
   * @defaultValue `[]`
   */
  readonly dnsSearch?: readonly string[] | undefined;
  /**
   * Options of the resolver (resolv.conf(5)).
   * @defaultValue `[]`
   */
  readonly dnsOptions?: readonly string[] | undefined;
  /**
   * Ports that it listens on, published or not.
   * Takes a list, each element a port such as 80, 53/udp or 8000-8010.
   * @defaultValue `[]`
   */
  readonly expose?: readonly string[] | undefined;
  /**
   * Labels.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly labels?: Pairs | undefined;
  /**
   * Annotations for the runtime (Podman).
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly annotations?: Pairs | undefined;
  /**
   * Files of the host with a variable on each line; `environment` wins over them.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly environmentFiles?: readonly (string | StagedText)[] | undefined;
  /**
   * Its time zone, such as Europe/Berlin, or local (Podman).
   * Takes a time zone such as Europe/Berlin, or local.
   * @defaultValue unset
   */
  readonly timezone?: string | undefined;
  /**
   * How its control groups are made (Podman); enabled where unset.
   * @defaultValue unset
   */
  readonly cgroups?: "enabled" | "disabled" | "no-conmon" | "split" | undefined;
  /**
   * Where the engine sends its output, such as journald or none; Lading's own log file where unset.
   * @defaultValue unset
   */
  readonly logDriver?: string | undefined;
  /**
   * Options of `logDriver`.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly logOptions?: Pairs | undefined;
  /**
   * Further arguments for the engine, after all other options and before the image.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly extraArguments?: readonly (string | StagedText)[] | undefined;
}

/** A checked, frozen `ociContainer`. A container, run as a unit. */
export interface OciContainer {
  /**
   * The host's user under whose authority the engine's commands run; the service's where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly user?: string | undefined;
  /**
   * The host's group for the engine's commands; the user's where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly group?: string | undefined;
  /**
   * What the image's program is given, after the image.
   * @defaultValue `[]`
   */
  readonly command: readonly string[];
  /**
   * Replaces the image's program, with its fixed arguments.
   * Takes a string, or a list, each element a string.
   * @defaultValue unset
   */
  readonly entrypoint?: string | readonly string[] | undefined;
  /**
   * The environment of the engine's own process: how a secret gets in without standing in an argument. Name it in
   * `environment` to pass it on.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly hostEnvironment: readonly (string | StagedText)[];
  /**
   * Variables in the container. A name alone takes its value from `hostEnvironment`.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly environment: readonly (string | StagedText)[];
  /**
   * The image: a reference, or an `ociImage`, which is built and loaded first.
   * Takes an image reference such as docker.io/library/nginx:1.27, or an ociImage.
   */
  readonly image: string | OciImage;
  /**
   * The unit's and the container's name; ENGINE-NAME, guessed from the image, where unset.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue unset
   */
  readonly provision?: string | undefined;
  /**
   * Units that must be running first, beside those that the engine needs.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly requirement: readonly string[];
  /**
   * Units that it requires, and with which it is replaced and restarted; the container whose network it shares is one
   * of them by itself.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly restartWith: readonly string[];
  /**
   * Where output is appended, with times; a file under Lading's own logs where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly logFile?: string | undefined;
  /**
   * Whether it starts with the generation.
   * @defaultValue `true`
   */
  readonly autoStart: boolean;
  /**
   * Whether it does its work and ends, as a migration of a database does; it then counts as done, and what requires
   * it starts.
   * @defaultValue `false`
   */
  readonly oneShot: boolean;
  /**
   * Whether it is started again when it ends by itself; "on-failure": only when its exit status is not 0.
   * Takes true or false, or "on-failure".
   * @defaultValue `false`
   */
  readonly respawn: boolean | "on-failure";
  /**
   * How many respawns within 7 seconds are too many; the unit has then failed, and is tried again ever more rarely.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `5`
   */
  readonly respawnLimit: number;
  /**
   * Milliseconds from its end to the next start.
   * Takes a whole number from 0 to 3600000.
   * @defaultValue `100`
   */
  readonly respawnDelay: number;
  /**
   * How much of its log is kept; 16 MiB and four rotated files of as much, where unset.
   * @defaultValue unset
   */
  readonly log?: LogRotation | undefined;
  /**
   * When it is run; it then does not start by itself, and is to do its work and end.
   * @defaultValue unset
   */
  readonly schedule?: Schedule | undefined;
  /**
   * When it counts as up; once it was started, where unset.
   * @defaultValue unset
   */
  readonly ready?: Readiness | undefined;
  /**
   * Seconds between the request to end and the kill.
   * Takes a whole number from 0 to 3600.
   * @defaultValue `5`
   */
  readonly stopGrace: number;
  /**
   * Actions of its own, after the built-in ones.
   * @defaultValue `[]`
   */
  readonly actions: readonly Action[];
  /**
   * The network that it is on, or a mode of the engine such as host, none or container:NAME.
   * @defaultValue unset
   */
  readonly network?: string | undefined;
  /**
   * Published ports, `[[address:]host:]container[/protocol]`.
   * Takes a list of pairs "key:value", or an object.
   * @defaultValue `[]`
   */
  readonly ports: readonly (string | StagedText)[];
  /**
   * Volumes and folders of the host, `source:target[:options]`.
   * Takes a list of pairs "key:value", or an object.
   * @defaultValue `[]`
   */
  readonly volumes: readonly (string | StagedText)[];
  /**
   * The user inside the container.
   * @defaultValue unset
   */
  readonly containerUser?: string | undefined;
  /**
   * The folder that the program starts in.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly workdir?: string | undefined;
  /**
   * The networks that it is on, instead of `network`, where it is on several or has names or addresses there.
   * @defaultValue `[]`
   */
  readonly networks: readonly OciAttachment[];
  /**
   * How its health is checked; not at all where unset.
   * @defaultValue unset
   */
  readonly health?: OciHealth | undefined;
  /**
   * Values that only it may see.
   * @defaultValue `[]`
   */
  readonly secrets: readonly Secret[];
  /**
   * How much memory it may use.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue unset
   */
  readonly memory?: string | undefined;
  /**
   * The memory that it is left when the host runs short.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue unset
   */
  readonly memoryReservation?: string | undefined;
  /**
   * Memory and swap together; twice `memory` where unset.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes), or "unlimited".
   * @defaultValue unset
   */
  readonly memorySwap?: string | "unlimited" | undefined;
  /**
   * How many processors' time it may use, such as 1.5.
   * Takes a number from 0.01 to 4096.
   * @defaultValue unset
   */
  readonly cpus?: number | undefined;
  /**
   * The processors that it may run on, such as 0-2,7.
   * Takes processors such as 0-2,7.
   * @defaultValue unset
   */
  readonly cpusetCpus?: string | undefined;
  /**
   * How many processes it may have.
   * Takes a whole number from 1 to 4194304.
   * @defaultValue unset
   */
  readonly pidsLimit?: number | undefined;
  /**
   * The size of its /dev/shm; 64m by the engine's default.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue unset
   */
  readonly shmSize?: string | undefined;
  /**
   * Resource limits of its processes, `name=soft[:hard]`.
   * Takes pairs "key=value", each a limit such as nofile=1024:2048 (setrlimit(2)); -1 is unlimited.
   * @defaultValue `[]`
   */
  readonly ulimits: readonly (string | StagedText)[];
  /**
   * Kernel parameters of its namespaces.
   * Takes pairs "key=value", each a kernel parameter of a namespace such as net.core.somaxconn=1024 (those below
   * net., fs.mqueue. and the kernel's ipc).
   * @defaultValue `[]`
   */
  readonly sysctls: readonly (string | StagedText)[];
  /**
   * Capabilities beyond the engine's default set.
   * Takes a list, each element a capability such as NET_BIND_SERVICE (capabilities(7)), or ALL.
   * @defaultValue `[]`
   */
  readonly addCapabilities: readonly string[];
  /**
   * Capabilities of the engine's default set that it does without.
   * Takes a list, each element a capability such as NET_BIND_SERVICE (capabilities(7)), or ALL.
   * @defaultValue `[]`
   */
  readonly dropCapabilities: readonly string[];
  /**
   * Whether no program in it can gain privileges.
   * @defaultValue `false`
   */
  readonly noNewPrivileges: boolean;
  /**
   * Security options of the engine, such as seccomp=PATH, label=disable, apparmor=PROFILE, mask=PATH.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly securityOptions: readonly (string | StagedText)[];
  /**
   * Which ids it sees: keep-id, auto, host and the other modes of Podman; Docker knows host only.
   * @defaultValue unset
   */
  readonly userNamespace?: string | undefined;
  /**
   * Its own mapping of user ids (Podman).
   * Takes a list, each element a mapping of ids such as 0:100000:65536 (container, host, count).
   * @defaultValue `[]`
   */
  readonly uidMap: readonly string[];
  /**
   * Its own mapping of group ids (Podman).
   * Takes a list, each element a mapping of ids such as 0:100000:65536 (container, host, count).
   * @defaultValue `[]`
   */
  readonly gidMap: readonly string[];
  /**
   * Further groups of its first process, inside the container.
   * @defaultValue `[]`
   */
  readonly groups: readonly string[];
  /**
   * Whether its root file system cannot be written.
   * @defaultValue `false`
   */
  readonly readOnly: boolean;
  /**
   * Whether a read-only container has a tmpfs at /run, /tmp and /var/tmp all the same (Podman).
   * @defaultValue `true`
   */
  readonly readOnlyTmpfs: boolean;
  /**
   * File systems in memory, `path[:options]`.
   * Takes pairs "key:value", each an absolute path in the container, with options such as /run:size=16m,mode=1777.
   * @defaultValue `[]`
   */
  readonly tmpfs: readonly (string | StagedText)[];
  /**
   * Mounts in the engine's long form, such as type=bind,source=/srv,target=/data,ro.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly mounts: readonly (string | StagedText)[];
  /**
   * Devices of the host, `host[:container][:rwm]`.
   * Takes a list, each element a device such as /dev/fuse, /dev/ttyS0:/dev/modem or /dev/sda:/dev/disk:r.
   * @defaultValue `[]`
   */
  readonly devices: readonly string[];
  /**
   * Whether an init forwards signals and reaps processes as its PID 1.
   * @defaultValue `false`
   */
  readonly init: boolean;
  /**
   * What asks it to end; the image's, or SIGTERM, where unset.
   * Takes a signal such as SIGTERM or QUIT (signal(7)).
   * @defaultValue unset
   */
  readonly stopSignal?: string | undefined;
  /**
   * Its host name; the start of its identifier where unset.
   * Takes a host name of letters, digits, '-' and '.', at most 63 characters.
   * @defaultValue unset
   */
  readonly hostName?: string | undefined;
  /**
   * Further names of hosts, `name:address`.
   * Takes pairs "key:value", each a host and its address such as db:10.1.2.3, or "host-gateway" as the address.
   * @defaultValue `[]`
   */
  readonly hosts: readonly (string | StagedText)[];
  /**
   * Name servers; the network's where empty.
   * Takes a list, each element an IP address such as 10.1.2.3 or fd00::3.
   * @defaultValue `[]`
   */
  readonly dns: readonly string[];
  /**
   * Domains that short names are looked up in.
   * @defaultValue `[]`
   */
  readonly dnsSearch: readonly string[];
  /**
   * Options of the resolver (resolv.conf(5)).
   * @defaultValue `[]`
   */
  readonly dnsOptions: readonly string[];
  /**
   * Ports that it listens on, published or not.
   * Takes a list, each element a port such as 80, 53/udp or 8000-8010.
   * @defaultValue `[]`
   */
  readonly expose: readonly string[];
  /**
   * Labels.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly labels: readonly (string | StagedText)[];
  /**
   * Annotations for the runtime (Podman).
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly annotations: readonly (string | StagedText)[];
  /**
   * Files of the host with a variable on each line; `environment` wins over them.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly environmentFiles: readonly (string | StagedText)[];
  /**
   * Its time zone, such as Europe/Berlin, or local (Podman).
   * Takes a time zone such as Europe/Berlin, or local.
   * @defaultValue unset
   */
  readonly timezone?: string | undefined;
  /**
   * How its control groups are made (Podman); enabled where unset.
   * @defaultValue unset
   */
  readonly cgroups?: "enabled" | "disabled" | "no-conmon" | "split" | undefined;
  /**
   * Where the engine sends its output, such as journald or none; Lading's own log file where unset.
   * @defaultValue unset
   */
  readonly logDriver?: string | undefined;
  /**
   * Options of `logDriver`.
   * Takes pairs "key=value", each a label such as com.example.team=web.
   * @defaultValue `[]`
   */
  readonly logOptions: readonly (string | StagedText)[];
  /**
   * Further arguments for the engine, after all other options and before the image.
   * Takes a list, each element a string or staged text.
   * @defaultValue `[]`
   */
  readonly extraArguments: readonly (string | StagedText)[];
}
