// Generated from the fields in rootless-podman.ts by `npm run generate`.
import type { FileLike, FileSource, StagedText } from "../store/index.ts";
import type { ContainersConf, ContainersConfInput } from "./containers-conf.types.ts";
import type { PamLimitsEntry, PamLimitsEntryInput } from "./pam-limits.types.ts";
import type { SubidRange, SubidRangeInput } from "./subids.types.ts";

/** What `rootlessPodmanConfiguration({ … })` takes. What a host needs so that plain users can run Podman. */
export interface RootlessPodmanConfigurationInput {
  /**
   * The Debian package that must be installed; false: bring your own.
   * Takes false, or a string.
   * @defaultValue `"podman"`
   */
  readonly podman?: string | false | undefined;
  /**
   * The group that owns the delegated part of /sys/fs/cgroup.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue `"cgroup"`
   */
  readonly groupName?: string | undefined;
  /**
   * /etc/containers/registries.conf. By default docker.io, registry.fedora.org and registry.opensuse.org are
   * searched.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }.
   * @defaultValue as said above
   */
  readonly containersRegistries?: string | StagedText | FileLike | FileSource | undefined;
  /**
   * /etc/containers/storage.conf. By default the overlay driver, in Podman's usual folders.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }.
   * @defaultValue as said above
   */
  readonly containersStorage?: string | StagedText | FileLike | FileSource | undefined;
  /**
   * /etc/containers/policy.json. By default any image is accepted.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }.
   * @defaultValue as said above
   */
  readonly containersPolicy?: string | StagedText | FileLike | FileSource | undefined;
  /**
   * /etc/containers/containers.conf: Podman's own settings. Not managed where unset.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }, or a containersConf.
   * @defaultValue unset
   */
  readonly containersConf?: string | StagedText | FileLike | FileSource | ContainersConfInput | undefined;
  /**
   * Lines of the limits file.
   * @defaultValue `[{"domain":"*","type":"both","item":"nofile","value":100000}]`
   */
  readonly pamLimits?: readonly PamLimitsEntryInput[] | undefined;
  /**
   * Ranges of group ids for each user.
   * @defaultValue `[]`
   */
  readonly subgids?: readonly SubidRangeInput[] | undefined;
  /**
   * Ranges of user ids for each user.
   * @defaultValue `[]`
   */
  readonly subuids?: readonly SubidRangeInput[] | undefined;
}

/** A checked, frozen `rootlessPodmanConfiguration`. What a host needs so that plain users can run Podman. */
export interface RootlessPodmanConfiguration {
  /**
   * The Debian package that must be installed; false: bring your own.
   * Takes false, or a string.
   * @defaultValue `"podman"`
   */
  readonly podman: string | false;
  /**
   * The group that owns the delegated part of /sys/fs/cgroup.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue `"cgroup"`
   */
  readonly groupName: string;
  /**
   * /etc/containers/registries.conf. By default docker.io, registry.fedora.org and registry.opensuse.org are
   * searched.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }.
   * @defaultValue as said above
   */
  readonly containersRegistries: string | StagedText | FileLike;
  /**
   * /etc/containers/storage.conf. By default the overlay driver, in Podman's usual folders.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }.
   * @defaultValue as said above
   */
  readonly containersStorage: string | StagedText | FileLike;
  /**
   * /etc/containers/policy.json. By default any image is accepted.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }.
   * @defaultValue as said above
   */
  readonly containersPolicy: string | StagedText | FileLike;
  /**
   * /etc/containers/containers.conf: Podman's own settings. Not managed where unset.
   * Takes the file's text, staged text, a file-like, { content: text } or { file: path }, or a containersConf.
   * @defaultValue unset
   */
  readonly containersConf?: string | StagedText | FileLike | ContainersConf | undefined;
  /**
   * Lines of the limits file.
   * @defaultValue `[{"domain":"*","type":"both","item":"nofile","value":100000}]`
   */
  readonly pamLimits: readonly PamLimitsEntry[];
  /**
   * Ranges of group ids for each user.
   * @defaultValue `[]`
   */
  readonly subgids: readonly SubidRange[];
  /**
   * Ranges of user ids for each user.
   * @defaultValue `[]`
   */
  readonly subuids: readonly SubidRange[];
}
