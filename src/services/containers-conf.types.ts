// Generated from the fields in containers-conf.ts by `npm run generate`.
import type { Pairs, StagedText } from "../store/index.ts";

/**
 * What `containersConf({ … })` takes. Podman's own settings, /etc/containers/containers.conf. What is unset is left
 * to Podman.
 */
export interface ContainersConfInput {
  /**
   * The OCI runtime, such as crun or runc; crun refuses hosts whose control groups are hybrid.
   * @defaultValue unset
   */
  readonly runtime?: string | undefined;
  /**
   * Who makes control groups; cgroupfs where no systemd runs.
   * @defaultValue unset
   */
  readonly cgroupManager?: "systemd" | "cgroupfs" | undefined;
  /**
   * Where Podman writes what happened; file where no journald runs.
   * @defaultValue unset
   */
  readonly eventsLogger?: "file" | "journald" | "none" | undefined;
  /**
   * What makes networks; left alone, an old installation may keep CNI.
   * @defaultValue unset
   */
  readonly networkBackend?: "netavark" | "cni" | undefined;
  /**
   * Limits of every container; lower than Podman's own where the host's hard limits are.
   * Takes pairs "key=value", each a limit such as nofile=1024:2048 (setrlimit(2)); -1 is unlimited.
   * @defaultValue `[]`
   */
  readonly defaultUlimits?: Pairs | undefined;
}

/**
 * A checked, frozen `containersConf`. Podman's own settings, /etc/containers/containers.conf. What is unset is left
 * to Podman.
 */
export interface ContainersConf {
  /**
   * The OCI runtime, such as crun or runc; crun refuses hosts whose control groups are hybrid.
   * @defaultValue unset
   */
  readonly runtime?: string | undefined;
  /**
   * Who makes control groups; cgroupfs where no systemd runs.
   * @defaultValue unset
   */
  readonly cgroupManager?: "systemd" | "cgroupfs" | undefined;
  /**
   * Where Podman writes what happened; file where no journald runs.
   * @defaultValue unset
   */
  readonly eventsLogger?: "file" | "journald" | "none" | undefined;
  /**
   * What makes networks; left alone, an old installation may keep CNI.
   * @defaultValue unset
   */
  readonly networkBackend?: "netavark" | "cni" | undefined;
  /**
   * Limits of every container; lower than Podman's own where the host's hard limits are.
   * Takes pairs "key=value", each a limit such as nofile=1024:2048 (setrlimit(2)); -1 is unlimited.
   * @defaultValue `[]`
   */
  readonly defaultUlimits: readonly (string | StagedText)[];
}
