/** The record of a container, and the name that is guessed where none is given. */
import { imageBaseName, parseImageRef } from "../base/index.ts";
import { type OciImage, ociImage } from "../image/index.ts";
import {
  absolutePath,
  boolean,
  decimal,
  defineRecord,
  either,
  type FieldType,
  integer,
  isRecord,
  listOf,
  oneOf,
  type RecordConstructor,
  recordOf,
  signal,
  string,
  stringWhere,
} from "../record/index.ts";
import { pairs, stageableText } from "../store/index.ts";
import {
  address,
  capability,
  device,
  exposedPort,
  hostName,
  hostPairs,
  idMapping,
  labelPairs,
  size,
  sysctls,
  timeZone,
  tmpfsPairs,
  ulimits,
} from "./engine-values.ts";
import { foreignContainer } from "./foreign-fields.ts";
import { accountName, unitName } from "./names.ts";
import { ociAttachment } from "./oci-attachment.ts";
import type { OciContainer, OciContainerInput } from "./oci-container.types.ts";
import { ociHealth } from "./oci-health.ts";
import { runFields } from "./run-fields.ts";
import { secret } from "./secret.ts";
import { action } from "./unit.ts";

const imageReference = stringWhere(
  "an image reference such as docker.io/library/nginx:1.27",
  (text) => parseImageRef(text) !== undefined,
);
const cpuList = stringWhere("processors such as 0-2,7", (text) => /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/.test(text));
const image: FieldType<string | OciImage> = either(imageReference, recordOf(ociImage));

/** A container that runs as a unit. */
export const ociContainer: RecordConstructor<OciContainerInput, OciContainer> = defineRecord(
  "ociContainer",
  "A container, run as a unit.",
  {
    user: {
      type: accountName,
      optional: true,
      doc: "The host's user under whose authority the engine's commands run; the service's where unset.",
    },
    group: {
      type: accountName,
      optional: true,
      doc: "The host's group for the engine's commands; the user's where unset.",
    },
    command: { type: listOf(string), default: [], doc: "What the image's program is given, after the image." },
    entrypoint: {
      type: either(string, listOf(string)),
      optional: true,
      doc: "Replaces the image's program, with its fixed arguments.",
    },
    hostEnvironment: {
      type: pairs("="),
      default: [],
      doc: "The environment of the engine's own process: how a secret gets in without standing in an argument. Name it in `environment` to pass it on.",
    },
    environment: {
      type: pairs("="),
      default: [],
      doc: "Variables in the container. A name alone takes its value from `hostEnvironment`.",
    },
    image: { type: image, doc: "The image: a reference, or an `ociImage`, which is built and loaded first." },
    provision: {
      type: unitName,
      optional: true,
      doc: "The unit's and the container's name; ENGINE-NAME, guessed from the image, where unset.",
    },
    requirement: {
      type: listOf(unitName),
      default: [],
      doc: "Units that must be running first, beside those that the engine needs.",
    },
    restartWith: {
      type: listOf(unitName),
      default: [],
      doc: "Units that it requires, and with which it is replaced and restarted; the container whose network it shares is one of them by itself.",
    },
    logFile: {
      type: absolutePath,
      optional: true,
      doc: "Where output is appended, with times; a file under Lading's own logs where unset.",
    },
    autoStart: { type: boolean, default: true, doc: "Whether it starts with the generation." },
    oneShot: {
      type: boolean,
      default: false,
      doc: "Whether it does its work and ends, as a migration of a database does; it then counts as done, and what requires it starts.",
    },
    ...runFields,
    actions: { type: listOf(recordOf(action)), default: [], doc: "Actions of its own, after the built-in ones." },
    network: {
      type: string,
      optional: true,
      doc: "The network that it is on, or a mode of the engine such as host, none or container:NAME.",
    },
    ports: { type: pairs(":"), default: [], doc: "Published ports, `[[address:]host:]container[/protocol]`." },
    volumes: { type: pairs(":"), default: [], doc: "Volumes and folders of the host, `source:target[:options]`." },
    containerUser: { type: string, optional: true, doc: "The user inside the container." },
    workdir: { type: absolutePath, optional: true, doc: "The folder that the program starts in." },
    networks: {
      type: listOf(recordOf(ociAttachment)),
      default: [],
      doc: "The networks that it is on, instead of `network`, where it is on several or has names or addresses there.",
    },
    health: { type: recordOf(ociHealth), optional: true, doc: "How its health is checked; not at all where unset." },
    secrets: { type: listOf(recordOf(secret)), default: [], doc: "Values that only it may see." },
    memory: { type: size, optional: true, doc: "How much memory it may use." },
    memoryReservation: { type: size, optional: true, doc: "The memory that it is left when the host runs short." },
    memorySwap: {
      type: either(size, oneOf("unlimited")),
      optional: true,
      doc: "Memory and swap together; twice `memory` where unset.",
    },
    cpus: { type: decimal(0.01, 4096), optional: true, doc: "How many processors' time it may use, such as 1.5." },
    cpusetCpus: { type: cpuList, optional: true, doc: "The processors that it may run on, such as 0-2,7." },
    pidsLimit: { type: integer(1, 4_194_304), optional: true, doc: "How many processes it may have." },
    shmSize: { type: size, optional: true, doc: "The size of its /dev/shm; 64m by the engine's default." },
    ulimits: { type: ulimits, default: [], doc: "Resource limits of its processes, `name=soft[:hard]`." },
    sysctls: { type: sysctls, default: [], doc: "Kernel parameters of its namespaces." },
    addCapabilities: { type: listOf(capability), default: [], doc: "Capabilities beyond the engine's default set." },
    dropCapabilities: {
      type: listOf(capability),
      default: [],
      doc: "Capabilities of the engine's default set that it does without.",
    },
    noNewPrivileges: { type: boolean, default: false, doc: "Whether no program in it can gain privileges." },
    securityOptions: {
      type: listOf(stageableText),
      default: [],
      doc: "Security options of the engine, such as seccomp=PATH, label=disable, apparmor=PROFILE, mask=PATH.",
    },
    userNamespace: {
      type: string,
      optional: true,
      doc: "Which ids it sees: keep-id, auto, host and the other modes of Podman; Docker knows host only.",
    },
    uidMap: { type: listOf(idMapping), default: [], doc: "Its own mapping of user ids (Podman)." },
    gidMap: { type: listOf(idMapping), default: [], doc: "Its own mapping of group ids (Podman)." },
    groups: { type: listOf(string), default: [], doc: "Further groups of its first process, inside the container." },
    readOnly: { type: boolean, default: false, doc: "Whether its root file system cannot be written." },
    readOnlyTmpfs: {
      type: boolean,
      default: true,
      doc: "Whether a read-only container has a tmpfs at /run, /tmp and /var/tmp all the same (Podman).",
    },
    tmpfs: { type: tmpfsPairs, default: [], doc: "File systems in memory, `path[:options]`." },
    mounts: {
      type: listOf(stageableText),
      default: [],
      doc: "Mounts in the engine's long form, such as type=bind,source=/srv,target=/data,ro.",
    },
    devices: { type: listOf(device), default: [], doc: "Devices of the host, `host[:container][:rwm]`." },
    init: { type: boolean, default: false, doc: "Whether an init forwards signals and reaps processes as its PID 1." },
    stopSignal: { type: signal, optional: true, doc: "What asks it to end; the image's, or SIGTERM, where unset." },
    hostName: { type: hostName, optional: true, doc: "Its host name; the start of its identifier where unset." },
    hosts: { type: hostPairs, default: [], doc: "Further names of hosts, `name:address`." },
    dns: { type: listOf(address), default: [], doc: "Name servers; the network's where empty." },
    dnsSearch: { type: listOf(string), default: [], doc: "Domains that short names are looked up in." },
    dnsOptions: { type: listOf(string), default: [], doc: "Options of the resolver (resolv.conf(5))." },
    expose: { type: listOf(exposedPort), default: [], doc: "Ports that it listens on, published or not." },
    labels: { type: labelPairs, default: [], doc: "Labels." },
    annotations: { type: labelPairs, default: [], doc: "Annotations for the runtime (Podman)." },
    environmentFiles: {
      type: listOf(stageableText),
      default: [],
      doc: "Files of the host with a variable on each line; `environment` wins over them.",
    },
    timezone: { type: timeZone, optional: true, doc: "Its time zone, such as Europe/Berlin, or local (Podman)." },
    cgroups: {
      type: oneOf("enabled", "disabled", "no-conmon", "split"),
      optional: true,
      doc: "How its control groups are made (Podman); enabled where unset.",
    },
    logDriver: {
      type: string,
      optional: true,
      doc: "Where the engine sends its output, such as journald or none; Lading's own log file where unset.",
    },
    logOptions: { type: labelPairs, default: [], doc: "Options of `logDriver`." },
    extraArguments: {
      type: listOf(stageableText),
      default: [],
      doc: "Further arguments for the engine, after all other options and before the image.",
    },
  },
  foreignContainer,
);

/** The container's name: its own, or the engine's and the last part of the image's repository. */
export function containerName(container: OciContainer, engine: string): string {
  if (container.provision !== undefined) return container.provision;
  const image = container.image;
  const repository = isRecord(image, "ociImage") ? (image as OciImage).repository : (image as string);
  return `${engine}-${imageBaseName(repository)}`;
}
