/**
 * What a host needs so that plain users can run Podman: a group that owns the delegated control groups, three one-shot
 * units, limits, subordinate ids, and Podman's configuration files.
 */
import {
  defineRecord,
  either,
  isRecord,
  listOf,
  namedType,
  no,
  placeOf,
  type RecordConstructor,
  recordOf,
  string,
} from "../record/index.ts";
import { extension, type ServiceType, serviceType } from "../service/index.ts";
import { fileContent, plainFile, programFile, type StagedText, sh } from "../store/index.ts";
import { accountServiceType, userGroup } from "./account.ts";
import { containersConf, formatContainersConf } from "./containers-conf.ts";
import type { ContainersConf } from "./containers-conf.types.ts";
import { type EtcEntry, etcServiceType } from "./etc.ts";
import { accountName } from "./names.ts";
import { pamLimitsEntry, pamLimitsServiceType } from "./pam-limits.ts";
import { profileServiceType } from "./profile.ts";
import type { RootlessPodmanConfiguration, RootlessPodmanConfigurationInput } from "./rootless-podman.types.ts";
import { subidRange, subidsServiceType } from "./subids.ts";
import { supervisorServiceType } from "./supervisor.ts";
import { unit } from "./unit.ts";
import type { Unit } from "./unit.types.ts";

/** Without its two folders root's Podman refuses the file: "runroot must be set". Users' Podman has folders of its own. */
const storageConf = `[storage]
driver = "overlay"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
`;

/** The configuration of `rootlessPodmanServiceType`. */
export const rootlessPodmanConfiguration: RecordConstructor<
  RootlessPodmanConfigurationInput,
  RootlessPodmanConfiguration
> = defineRecord("rootlessPodmanConfiguration", "What a host needs so that plain users can run Podman.", {
  podman: {
    type: namedType(either(no, string), "string | false"),
    default: "podman",
    doc: "The Debian package that must be installed; false: bring your own.",
  },
  groupName: { type: accountName, default: "cgroup", doc: "The group that owns the delegated part of /sys/fs/cgroup." },
  containersRegistries: {
    type: fileContent,
    default: plainFile(
      "registries.conf",
      "unqualified-search-registries = ['docker.io', 'registry.fedora.org', 'registry.opensuse.org']\n",
    ),
    doc: "/etc/containers/registries.conf. By default docker.io, registry.fedora.org and registry.opensuse.org are searched.",
  },
  containersStorage: {
    type: fileContent,
    default: plainFile("storage.conf", storageConf),
    doc: "/etc/containers/storage.conf. By default the overlay driver, in Podman's usual folders.",
  },
  containersPolicy: {
    type: fileContent,
    default: plainFile("policy.json", '{"default": [{"type": "insecureAcceptAnything"}]}\n'),
    doc: "/etc/containers/policy.json. By default any image is accepted.",
  },
  containersConf: {
    type: either(fileContent, recordOf(containersConf)),
    optional: true,
    doc: "/etc/containers/containers.conf: Podman's own settings. Not managed where unset.",
  },
  pamLimits: {
    type: listOf(recordOf(pamLimitsEntry)),
    default: [{ domain: "*", type: "both", item: "nofile", value: 100_000 }],
    doc: "Lines of the limits file.",
  },
  subgids: { type: listOf(recordOf(subidRange)), default: [], doc: "Ranges of group ids for each user." },
  subuids: { type: listOf(recordOf(subidRange)), default: [], doc: "Ranges of user ids for each user." },
});

/** The controllers that containers are limited with. */
export const containerControllers: readonly string[] = ["cpu", "cpuset", "io", "memory", "pids"];

const shareRoot = sh`
if grep -q '^[0-9]* [0-9]* [0-9:]* [^ ]* / .* shared:' /proc/self/mountinfo; then
  echo "the mount at / is shared already"
else
  mount --make-shared /
  echo "made the mount at / shared"
fi`;

/** Where there is nothing to delegate, or somebody else delegates, the unit says so and is done. */
const onlyWhereOurs = sh`
case $(stat -f -c %T /sys/fs/cgroup 2> /dev/null) in
  cgroup2fs) ;;
  tmpfs)
    if [ -d /sys/fs/cgroup/unified ]; then layout=hybrid; else layout=v1; fi
    echo "control groups are $layout on this host: nothing can be delegated to users"; exit 0 ;;
  *) echo "there are no control groups at /sys/fs/cgroup: nothing to do"; exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
  echo "systemd delegates control groups on this host: nothing to do"; exit 0
fi
cd /sys/fs/cgroup
if ! [ -w cgroup.subtree_control ]; then
  echo "control groups are read-only here, as in a container: nothing can be delegated"; exit 0
fi`;

/** One write, all or nothing: tee names the kernel's error, where the shell's echo would say "I/O error". */
const enableControllers = sh`${onlyWhereOurs}
if ! echo ${containerControllers.map((each) => `+${each}`).join(" ")} | tee cgroup.subtree_control > /dev/null; then
  echo "the kernel offers here: $(cat cgroup.controllers)" >&2; exit 1
fi
echo "enabled for children: $(cat cgroup.subtree_control)"`;

function ownFiles(group: string): StagedText {
  return sh`${onlyWhereOurs}
chown root:${group} . cgroup.procs cgroup.subtree_control cgroup.threads
chmod 775 .
chmod 664 cgroup.procs cgroup.subtree_control cgroup.threads
echo "owned by the group "${group}`;
}

/** systemd gives users' managers memory and pids only, unless it is told otherwise (systemd.resource-control(5)). */
const delegation = `[Service]\nDelegate=${containerControllers.join(" ")}\n`;

function settings(configuration: RootlessPodmanConfiguration): readonly EtcEntry[] {
  const { containersConf: declared } = configuration;
  if (declared === undefined) return [];
  const content = isRecord(declared, "containersConf") ? formatContainersConf(declared as ContainersConf) : declared;
  return [["containers/containers.conf", content as EtcEntry[1], { place: placeOf(configuration) }]];
}

function oneShot(name: string, requirement: readonly string[], documentation: string, script: StagedText): Unit {
  const start = [programFile(name, sh`set -eu${script}`)];
  return unit({ provision: [name], requirement, documentation, oneShot: true, start });
}

function units(configuration: RootlessPodmanConfiguration): readonly Unit[] {
  const processes = "user-processes";
  const share = "rootless-podman-shared-root-fs";
  return [
    oneShot(share, [processes], "Shares the mount at / with the mount namespaces of rootless containers.", shareRoot),
    oneShot(
      "cgroups2-limits",
      [processes, share],
      "Enables the control group controllers for children.",
      enableControllers,
    ),
    oneShot(
      "cgroups2-fs-owner",
      [processes, "cgroups2-limits"],
      "Lets the group own the delegated control groups.",
      ownFiles(configuration.groupName),
    ),
  ];
}

/** Rootless Podman on the host. */
export const rootlessPodmanServiceType: ServiceType<RootlessPodmanConfigurationInput, RootlessPodmanConfiguration> =
  serviceType({
    name: "rootless-podman",
    description: "Prepares the host for rootless Podman.",
    configuration: rootlessPodmanConfiguration,
    extensions: [
      extension(subidsServiceType, ({ subuids, subgids }: RootlessPodmanConfiguration) => ({ subuids, subgids })),
      extension(accountServiceType, ({ groupName }: RootlessPodmanConfiguration) => ({
        groups: [userGroup({ name: groupName, system: true })],
      })),
      extension(profileServiceType, ({ podman }: RootlessPodmanConfiguration) =>
        podman === false
          ? []
          : [
              { program: "podman", package: podman },
              { program: "newuidmap", package: "uidmap" },
            ],
      ),
      extension(supervisorServiceType, units),
      extension(pamLimitsServiceType, ({ pamLimits }: RootlessPodmanConfiguration) => pamLimits),
      extension(etcServiceType, (configuration: RootlessPodmanConfiguration): readonly EtcEntry[] => [
        ["containers/registries.conf", configuration.containersRegistries, { place: placeOf(configuration) }],
        ["containers/storage.conf", configuration.containersStorage, { place: placeOf(configuration) }],
        ["containers/policy.json", configuration.containersPolicy, { place: placeOf(configuration) }],
        ...settings(configuration),
        ["systemd/system/user@.service.d/50-lading.conf", delegation, { onlyUnder: "systemd" }],
      ]),
    ],
    defaultValue: {},
  });
