/** The container service: containers, networks and volumes of one engine, run under one user's authority. */
import {
  absolutePath,
  boolean,
  defineRecord,
  listOf,
  oneOf,
  type RecordConstructor,
  recordOf,
  string,
} from "../record/index.ts";
import { extension, type FoldContext, type ServiceType, serviceType } from "../service/index.ts";
import { stageableText } from "../store/index.ts";
import { type AccountsInput, accountServiceType, userAccount } from "./account.ts";
import { address, labelPairs, subnet } from "./engine-values.ts";
import { foreignObject, foreignService } from "./foreign-fields.ts";
import { accountName, unitName } from "./names.ts";
import type {
  OciExtension,
  OciExtensionInput,
  OciNetwork,
  OciNetworkInput,
  OciService,
  OciServiceInput,
  OciVolume,
  OciVolumeInput,
} from "./oci.types.ts";
import { ociContainer } from "./oci-container.ts";
import { profileServiceType } from "./profile.ts";
import { subidRange, subidsServiceType } from "./subids.ts";
import type { ContainerUnit, ObjectsUnit } from "./supervised-unit.ts";
import { supervisorServiceType } from "./supervisor.ts";

/** A network of the engine. */
export const ociNetwork: RecordConstructor<OciNetworkInput, OciNetwork> = defineRecord(
  "ociNetwork",
  "A network of the engine.",
  {
    name: { type: unitName, doc: "The network's name." },
    driver: { type: string, optional: true, doc: "The driver; the engine's own where unset." },
    gateway: { type: address, optional: true, doc: "The address of the gateway, inside `subnet`." },
    internal: { type: boolean, default: false, doc: "Whether the network has no way out." },
    ipRange: {
      type: subnet,
      optional: true,
      doc: "The part of the subnet that addresses are given from, such as 10.1.2.128/25.",
    },
    ipamDriver: { type: string, optional: true, doc: "What gives out addresses." },
    ipv6: { type: boolean, default: false, doc: "Whether it has IPv6." },
    subnet: { type: subnet, optional: true, doc: "The subnet, such as 10.1.2.0/24." },
    labels: { type: labelPairs, default: [], doc: "Labels." },
    extraArguments: { type: listOf(stageableText), default: [], doc: "Further arguments of `network create`." },
  },
  foreignObject,
);

/** A volume of the engine. */
export const ociVolume: RecordConstructor<OciVolumeInput, OciVolume> = defineRecord(
  "ociVolume",
  "A volume of the engine.",
  {
    name: { type: unitName, doc: "The volume's name." },
    labels: { type: labelPairs, default: [], doc: "Labels." },
    extraArguments: { type: listOf(stageableText), default: [], doc: "Further arguments of `volume create`." },
  },
  foreignObject,
);

const parts = {
  containers: {
    type: listOf(recordOf(ociContainer)),
    default: [],
    doc: "The containers, in the order in which they are listed.",
  },
  networks: { type: listOf(recordOf(ociNetwork)), default: [], doc: "The networks, made where missing." },
  volumes: { type: listOf(recordOf(ociVolume)), default: [], doc: "The volumes, made where missing." },
};

/** What another service adds to the container service. */
export const ociExtension: RecordConstructor<OciExtensionInput, OciExtension> = defineRecord(
  "ociExtension",
  "What another service adds to the container service.",
  parts,
);

/** Whose containers they are where nobody says. */
const usualUser = "oci-container";

/** The configuration of `ociServiceType`. */
export const ociService: RecordConstructor<OciServiceInput, OciService> = defineRecord(
  "ociService",
  "Containers, networks and volumes of one engine.",
  {
    runtime: { type: oneOf("podman", "docker"), default: "podman", doc: "The engine." },
    runtimeCli: {
      type: absolutePath,
      optional: true,
      doc: "The engine's program; found on the host's PATH where unset.",
    },
    runtimeExtraArguments: {
      type: listOf(stageableText),
      default: [],
      doc: "Arguments of the engine's program, before every subcommand.",
    },
    user: {
      type: accountName,
      default: usualUser,
      doc: "The host's user whose containers these are; made where missing. In a home environment, its owner.",
    },
    group: {
      type: accountName,
      optional: true,
      doc: "A further group of that user; `cgroup` for Podman and `docker` for Docker where unset.",
    },
    subuidsRange: {
      type: recordOf(subidRange),
      optional: true,
      doc: "The user's range of user ids; one of 65536 where unset.",
    },
    subgidsRange: {
      type: recordOf(subidRange),
      optional: true,
      doc: "The user's range of group ids; one of 65536 where unset.",
    },
    ...parts,
    verbose: {
      type: boolean,
      default: false,
      doc: "Whether each command of the engine is written to the supervisor's log.",
    },
  },
  foreignService,
);

const runtimeRequirement = {
  podman: ["cgroups2-fs-owner", "cgroups2-limits", "rootless-podman-shared-root-fs", "user-processes"],
  docker: ["dockerd", "user-processes"],
} as const;

/** The unit of a service's networks or volumes. A system may have one service for each of several users. */
function objectsName({ runtime, user }: OciService, object: "network" | "volume", { home }: FoldContext): string {
  return home || user === usualUser ? `${runtime}-${object}s` : `${runtime}-${object}s-${user}`;
}

function units(service: OciService, context: FoldContext): readonly (ContainerUnit | ObjectsUnit)[] {
  const base = context.home ? [] : runtimeRequirement[service.runtime];
  const objects = (["network", "volume"] as const)
    .filter((object) => service[`${object}s`].length > 0)
    .map(
      (object): ObjectsUnit => ({
        kind: "objects",
        object,
        name: objectsName(service, object, context),
        service,
        requirement: base,
      }),
    );
  const requirement = [...base, ...objects.map((each) => each.name)];
  const containers = service.containers.map(
    (container): ContainerUnit => ({ kind: "container", container, service, requirement }),
  );
  return [...containers, ...objects];
}

function accounts(service: OciService, context: FoldContext): AccountsInput {
  if (context.home) return {};
  const podman = service.runtime === "podman";
  const account = userAccount({
    name: service.user,
    group: "users",
    supplementaryGroups: [service.group ?? (podman ? "cgroup" : "docker")],
    comment: "OCI services account",
    system: !podman,
    createHomeDirectory: podman,
    homeDirectory: podman ? `/home/${service.user}` : "/var/empty",
  });
  return { neededUsers: [account] };
}

/** Containers under one user's authority. */
export const ociServiceType: ServiceType<OciServiceInput, OciService> = serviceType<
  OciServiceInput,
  OciService,
  OciExtension
>({
  name: "oci",
  description: "Containers, networks and volumes.",
  configuration: ociService,
  extensions: [
    extension(profileServiceType, ({ runtime, runtimeCli }: OciService) =>
      runtimeCli === undefined ? [{ program: runtime, package: runtime === "podman" ? "podman" : "docker.io" }] : [],
    ),
    extension(subidsServiceType, ({ runtime, user, subuidsRange, subgidsRange }: OciService, context) =>
      runtime === "docker" || context.home
        ? {}
        : {
            subuids: [subuidsRange ?? subidRange({ name: user })],
            subgids: [subgidsRange ?? subidRange({ name: user })],
          },
    ),
    extension(accountServiceType, accounts),
    extension(supervisorServiceType, units),
  ],
  // Contributions arrive reversed; users read their containers in the order in which they wrote them.
  compose: (contributions) => [...contributions].reverse(),
  extend: (service, extensions: readonly OciExtension[]) => ({
    ...service,
    containers: [service, ...extensions].flatMap((each) => each.containers),
    networks: [service, ...extensions].flatMap((each) => each.networks),
    volumes: [service, ...extensions].flatMap((each) => each.volumes),
  }),
  defaultValue: {},
});
