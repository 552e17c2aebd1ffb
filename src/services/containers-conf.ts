/** Podman's own settings, /etc/containers/containers.conf (containers.conf(5)), as a record. */
import { stringify } from "smol-toml";
import { defineRecord, oneOf, type RecordConstructor, string } from "../record/index.ts";
import type { ContainersConf, ContainersConfInput } from "./containers-conf.types.ts";
import { ulimits } from "./engine-values.ts";

/** Podman's own settings. */
export const containersConf: RecordConstructor<ContainersConfInput, ContainersConf> = defineRecord(
  "containersConf",
  "Podman's own settings, /etc/containers/containers.conf. What is unset is left to Podman.",
  {
    runtime: {
      type: string,
      optional: true,
      doc: "The OCI runtime, such as crun or runc; crun refuses hosts whose control groups are hybrid.",
    },
    cgroupManager: {
      type: oneOf("systemd", "cgroupfs"),
      optional: true,
      doc: "Who makes control groups; cgroupfs where no systemd runs.",
    },
    eventsLogger: {
      type: oneOf("file", "journald", "none"),
      optional: true,
      doc: "Where Podman writes what happened; file where no journald runs.",
    },
    networkBackend: {
      type: oneOf("netavark", "cni"),
      optional: true,
      doc: "What makes networks; left alone, an old installation may keep CNI.",
    },
    defaultUlimits: {
      type: ulimits,
      default: [],
      doc: "Limits of every container; lower than Podman's own where the host's hard limits are.",
    },
  },
);

/** The record as the file's text. */
export function formatContainersConf(settings: ContainersConf): string {
  const { runtime, cgroupManager, eventsLogger, networkBackend, defaultUlimits } = settings;
  const table = {
    ...(defaultUlimits.length > 0 ? { containers: { default_ulimits: defaultUlimits.map(String) } } : {}),
    engine: {
      ...(runtime === undefined ? {} : { runtime }),
      ...(cgroupManager === undefined ? {} : { cgroup_manager: cgroupManager }),
      ...(eventsLogger === undefined ? {} : { events_logger: eventsLogger }),
    },
    ...(networkBackend === undefined ? {} : { network: { network_backend: networkBackend } }),
  };
  return `${stringify(table)}\n`;
}
