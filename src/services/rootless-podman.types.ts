// Generated from the fields in rootless-podman.ts by `npm run generate`.
import type { FileLike, FileSource, StagedText } from "../store/index.ts";
import type { ContainersConf, ContainersConfInput } from "./containers-conf.types.ts";
import type { PamLimitsEntry, PamLimitsEntryInput } from "./pam-limits.types.ts";
import type { SubidRange, SubidRangeInput } from "./subids.types.ts";

/** What `rootlessPodmanConfiguration({ … })` takes. What a host needs so that plain users can run Podman. */
export interface RootlessPodmanConfigurationInput {
  /** The Debian package that must be installed; false: bring your own. Default: `"podman"`. */
  readonly podman?: string | false | undefined;
  /** The group that owns the delegated part of /sys/fs/cgroup. Default: `"cgroup"`. */
  readonly groupName?: string | undefined;
  /**
   * /etc/containers/registries.conf. By default docker.io, registry.fedora.org and registry.opensuse.org are
   * searched.
   */
  readonly containersRegistries?: string | StagedText | FileLike | FileSource | undefined;
  /** /etc/containers/storage.conf. By default the overlay driver, in Podman's usual folders. */
  readonly containersStorage?: string | StagedText | FileLike | FileSource | undefined;
  /** /etc/containers/policy.json. By default any image is accepted. */
  readonly containersPolicy?: string | StagedText | FileLike | FileSource | undefined;
  /** /etc/containers/containers.conf: Podman's own settings. Not managed where unset. */
  readonly containersConf?: string | StagedText | FileLike | FileSource | ContainersConfInput | undefined;
  /** Lines of the limits file. Default: `[{"domain":"*","type":"both","item":"nofile","value":100000}]`. */
  readonly pamLimits?: readonly PamLimitsEntryInput[] | undefined;
  /** Ranges of group ids for each user. Default: `[]`. */
  readonly subgids?: readonly SubidRangeInput[] | undefined;
  /** Ranges of user ids for each user. Default: `[]`. */
  readonly subuids?: readonly SubidRangeInput[] | undefined;
}

/** A checked, frozen `rootlessPodmanConfiguration`. What a host needs so that plain users can run Podman. */
export interface RootlessPodmanConfiguration {
  /** The Debian package that must be installed; false: bring your own. Default: `"podman"`. */
  readonly podman: string | false;
  /** The group that owns the delegated part of /sys/fs/cgroup. Default: `"cgroup"`. */
  readonly groupName: string;
  /**
   * /etc/containers/registries.conf. By default docker.io, registry.fedora.org and registry.opensuse.org are
   * searched.
   */
  readonly containersRegistries: string | StagedText | FileLike;
  /** /etc/containers/storage.conf. By default the overlay driver, in Podman's usual folders. */
  readonly containersStorage: string | StagedText | FileLike;
  /** /etc/containers/policy.json. By default any image is accepted. */
  readonly containersPolicy: string | StagedText | FileLike;
  /** /etc/containers/containers.conf: Podman's own settings. Not managed where unset. */
  readonly containersConf?: string | StagedText | FileLike | ContainersConf | undefined;
  /** Lines of the limits file. Default: `[{"domain":"*","type":"both","item":"nofile","value":100000}]`. */
  readonly pamLimits: readonly PamLimitsEntry[];
  /** Ranges of group ids for each user. Default: `[]`. */
  readonly subgids: readonly SubidRange[];
  /** Ranges of user ids for each user. Default: `[]`. */
  readonly subuids: readonly SubidRange[];
}
