/** The record of a container, and the name that is guessed where none is given. */
import { imageBaseName, parseImageRef } from "../base/index.ts";
import { type OciImage, ociImage } from "../image/index.ts";
import {
  absolutePath,
  boolean,
  defineRecord,
  either,
  type FieldType,
  integer,
  isRecord,
  listOf,
  type RecordConstructor,
  recordOf,
  string,
  stringWhere,
} from "../record/index.ts";
import { pairs, stageableText } from "../store/index.ts";
import { accountName, unitName } from "./names.ts";
import type { OciContainer, OciContainerInput } from "./oci-container.types.ts";
import { action } from "./unit.ts";

const imageReference = stringWhere(
  "an image reference such as docker.io/library/nginx:1.27",
  (text) => parseImageRef(text) !== undefined,
);
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
    logFile: {
      type: absolutePath,
      optional: true,
      doc: "Where output is appended, with times; a file under Lading's own logs where unset.",
    },
    autoStart: { type: boolean, default: true, doc: "Whether it starts with the generation." },
    respawn: { type: boolean, default: false, doc: "Whether it is started again when it ends by itself." },
    respawnLimit: {
      type: integer(1, 1000),
      default: 5,
      doc: "How many respawns within 7 seconds are too many; the unit then fails.",
    },
    respawnDelay: { type: integer(0, 3_600_000), default: 100, doc: "Milliseconds from its end to the next start." },
    stopGrace: { type: integer(0, 3_600), default: 5, doc: "Seconds between the request to end and the kill." },
    actions: { type: listOf(recordOf(action)), default: [], doc: "Actions of its own, after the built-in ones." },
    network: { type: string, optional: true, doc: "The network that it is on." },
    ports: { type: pairs(":"), default: [], doc: "Published ports, `[[address:]host:]container[/protocol]`." },
    volumes: { type: pairs(":"), default: [], doc: "Volumes and folders of the host, `source:target[:options]`." },
    containerUser: { type: string, optional: true, doc: "The user inside the container." },
    workdir: { type: absolutePath, optional: true, doc: "The folder that the program starts in." },
    extraArguments: {
      type: listOf(stageableText),
      default: [],
      doc: "Further arguments for the engine, before the image.",
    },
  },
);

/** The container's name: its own, or the engine's and the last part of the image's repository. */
export function containerName(container: OciContainer, engine: string): string {
  if (container.provision !== undefined) return container.provision;
  const image = container.image;
  const repository = isRecord(image, "ociImage") ? (image as OciImage).repository : (image as string);
  return `${engine}-${imageBaseName(repository)}`;
}
