/** A host on which nothing was declared yet and rootless containers lack nothing, as `observe` would see it. */
import { emptyLedger } from "../src/system/ledger.ts";
import type { Observed } from "../src/system/observe.ts";
import type { PlanContext } from "../src/system/planner.ts";

export const observedNothing: Observed = {
  uid: 0,
  user: "root",
  host: {
    cgroups: "v2",
    systemd: false,
    logind: false,
    mappers: {
      newuidmap: { path: "/usr/bin/newuidmap", state: "set-user-id" },
      newgidmap: { path: "/usr/bin/newgidmap", state: "set-user-id" },
    },
    devices: { "/dev/net/tun": "open", "/dev/fuse": "open" },
    overlay: true,
    overlayForUsers: true,
    fuseOverlayfs: false,
    sysctls: {
      "user.max_user_namespaces": 15_000,
      "kernel.unprivileged_userns_clone": null,
      "net.ipv4.ip_unprivileged_port_start": 1024,
    },
    lingering: [],
    delegated: {},
  },
  groups: {},
  users: {},
  subuids: [],
  subgids: [],
  files: {},
  engines: [],
  supervisor: null,
  ports: [],
  sources: {},
  ledger: emptyLedger,
  current: null,
  missingPrograms: [],
};

/** Look-ups that find nothing, of a Lading whose label is "me". */
export const noLookups: PlanContext = {
  content: () => Buffer.from(""),
  image: () => undefined,
  imageBefore: () => undefined,
  filesIn: () => undefined,
  replaceVolumes: [],
  withVolumes: false,
  removeAccounts: { users: [], groups: [] },
  owner: "me",
};
