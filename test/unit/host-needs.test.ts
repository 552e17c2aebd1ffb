/** What rootless containers need of a host: each lack is found, said, and becomes a step of the plan or a clear error. */
import { describe, expect, test } from "vitest";
import type { Demand } from "../../src/system/host-demand.ts";
import type { HostFacts } from "../../src/system/host-facts.ts";
import { hostNeeds, type NeedsView, rangeNeeds } from "../../src/system/host-needs.ts";
import { plan } from "../../src/system/plan.ts";
import { emptySystem, type SystemSpec } from "../../src/system/spec.ts";
import { noLookups, observedNothing } from "../observed.ts";

const facts = observedNothing.host;
const alice = { uid: 1000, gid: 1000, home: "/home/alice", shell: "/bin/sh", groups: [], hasRuntimeFolder: true };
const range = [{ name: "alice", start: 100_000, count: 65_536 }];
const demand: Demand = { users: ["alice"], lowestPort: null, limits: false };

function view(host: Partial<HostFacts> = {}, more: Partial<NeedsView> = {}): NeedsView {
  return { host: { ...facts, ...host }, users: { alice }, subuids: range, subgids: range, ...more };
}

/** What is not as it should be. */
function lacks(seen: NeedsView, asked: Demand = demand): readonly object[] {
  return [...hostNeeds(seen, asked), ...rangeNeeds(seen, asked.users)]
    .filter(({ state }) => state !== "ok")
    .map(({ what, found, state, repair, fix }) => ({ what, found, state, repair: repair?.kind ?? null, fix }));
}

describe("what a host lacks", () => {
  test("a host that has everything lacks nothing", () => expect(lacks(view())).toEqual([]));

  test.each<readonly [string, NeedsView, Demand, object]>([
    [
      "newuidmap without the right to map",
      view({ mappers: { newuidmap: { path: "/usr/bin/newuidmap", state: "powerless" } } }),
      demand,
      { what: "/usr/bin/newuidmap", found: "neither", repair: "program-setuid", fix: "chmod u+s /usr/bin/newuidmap" },
    ],
    [
      "newgidmap that is not there",
      view({ mappers: { newgidmap: { path: "/usr/bin/newgidmap", state: "missing" } } }),
      demand,
      { what: "/usr/bin/newgidmap", found: "not installed", repair: null, fix: "apt-get install uidmap" },
    ],
    [
      "a tun device that is closed",
      view({ devices: { ...facts.devices, "/dev/net/tun": "closed" } }),
      demand,
      { what: "/dev/net/tun", found: "closed to users", repair: "device-open", fix: "chmod 0666 /dev/net/tun" },
    ],
    [
      "a fuse device that is missing, and needed",
      view({ overlayForUsers: false, fuseOverlayfs: true, devices: { ...facts.devices, "/dev/fuse": "missing" } }),
      demand,
      { what: "/dev/fuse", found: "missing", repair: "device-open", fix: "mknod -m 666 /dev/fuse c 10 229" },
    ],
    [
      "no overlay of any kind",
      view({ overlay: false, overlayForUsers: false, fuseOverlayfs: false }),
      demand,
      { what: "overlay file systems", found: "none", state: "note", fix: "apt-get install fuse-overlayfs" },
    ],
    [
      "a port below what users may have",
      view(),
      { ...demand, lowestPort: 80 },
      {
        what: "net.ipv4.ip_unprivileged_port_start",
        found: "1024",
        repair: "sysctl-set",
        fix: "sysctl -w net.ipv4.ip_unprivileged_port_start=80",
      },
    ],
    [
      "user namespaces that are forbidden, as Debian could",
      view({ sysctls: { ...facts.sysctls, "kernel.unprivileged_userns_clone": 0 } }),
      demand,
      { what: "kernel.unprivileged_userns_clone", found: "0", repair: "sysctl-set" },
    ],
    [
      "user namespaces that are forbidden by their number",
      view({ sysctls: { ...facts.sysctls, "user.max_user_namespaces": 0 } }),
      demand,
      { what: "user.max_user_namespaces", found: "0", repair: "sysctl-set" },
    ],
    [
      "no runtime folder, and no logind",
      view({}, { users: { alice: { ...alice, hasRuntimeFolder: false } } }),
      demand,
      { what: "/run/user/1000 of alice", found: "not there", repair: "runtime-folder" },
    ],
    [
      "no runtime folder under logind",
      view({ systemd: true, logind: true }, { users: { alice: { ...alice, hasRuntimeFolder: false } } }),
      demand,
      { what: "/run/user/1000 of alice", state: "missing", repair: "linger", fix: "loginctl enable-linger alice" },
    ],
    [
      "a session that will end",
      view({ systemd: true, logind: true, delegated: { 1000: ["cpu", "cpuset", "io", "memory", "pids"] } }),
      demand,
      { what: "/run/user/1000 of alice", state: "note", repair: "linger" },
    ],
    [
      "limits on hybrid control groups",
      view({ cgroups: "hybrid" }),
      { ...demand, limits: true },
      { what: "control groups of alice", state: "note", repair: null },
    ],
    [
      "limits where systemd delegates less",
      view({ systemd: true, delegated: { 1000: ["memory", "pids"] } }),
      { ...demand, limits: true },
      { what: "control groups of alice", found: "v2, without cpu, cpuset, io", state: "note" },
    ],
    [
      "no range of user ids",
      view({}, { subuids: [{ name: "bob", start: 200_000, count: 65_536 }] }),
      demand,
      { what: "/etc/subuid", found: "none", repair: "subid-add", fix: "usermod --add-subuids 265536-331071 alice" },
    ],
  ])("%s", (_, seen, asked, expected) => {
    expect(lacks(seen, asked)).toEqual([expect.objectContaining(expected)]);
  });

  test("a port that users may have already needs nothing", () => {
    const open = view({ sysctls: { ...facts.sysctls, "net.ipv4.ip_unprivileged_port_start": 0 } });
    expect(lacks(open, { ...demand, lowestPort: 80 })).toEqual([]);
  });

  test("file capabilities are as good as set-user-id, and root needs neither folder nor control groups", () => {
    const mappers = { newuidmap: { path: "/usr/bin/newuidmap", state: "file capabilities" as const } };
    expect(lacks(view({ mappers }))).toEqual([]);
    const root = { ...alice, uid: 0, hasRuntimeFolder: false };
    expect(
      hostNeeds(view({ cgroups: "v1" }, { users: { root } }), { ...demand, users: ["root"], limits: true }),
    ).toEqual(hostNeeds(view({}, { users: {} }), { ...demand, users: [] }));
  });
});

describe("the plan of what a host lacks", () => {
  const context = noLookups;
  const cli = { engine: "podman", cli: "podman", extraArguments: [], verbose: false } as const;
  const image = { reference: "localhost/x:1", item: null, cli };
  const target = (kind: SystemSpec["kind"]): SystemSpec => ({
    ...emptySystem,
    kind,
    images: [{ ...image, user: kind === "home" ? null : "alice" }],
  });
  const lacking = {
    ...observedNothing,
    uid: 1000,
    user: "alice",
    users: { alice: { ...alice, hasRuntimeFolder: false } },
    host: { ...facts, devices: { ...facts.devices, "/dev/net/tun": "closed" as const } },
  };

  test("a whole host is put right, each step with its reason", () => {
    const { steps, problems } = plan(lacking, target("system"), context);
    expect(problems).toEqual([]);
    expect(steps.map(({ what, why }) => [what, why])).toEqual(
      expect.arrayContaining([
        ["open /dev/net/tun to users", "networks of rootless containers: found closed to users, needed open to users"],
        ["runtime folder of alice", expect.stringContaining("found not there")],
      ]),
    );
  });

  test("a home environment can only be told what root must do", () => {
    const { steps, problems } = plan(lacking, target("home"), context);
    expect(steps.map(({ deed }) => deed.kind)).toEqual(["image-pull"]);
    expect(problems.map(({ code, hint }) => [code, hint])).toEqual([
      ["host-unfit", "as root: chmod 0666 /dev/net/tun"],
      ["host-unfit", "as root: install -d -m 700 -o 1000 -g 1000 /run/user/1000"],
      ["no-subid-range", "as root: usermod --add-subuids 100000-165535 alice"],
      ["no-subid-range", "as root: usermod --add-subgids 100000-165535 alice"],
    ]);
  });

  test("what was set for containers is taken back once nothing declares them, and not before", () => {
    const sysctls = [{ key: "net.ipv4.ip_unprivileged_port_start", value: 80, before: 1024 }];
    const observed = {
      ...observedNothing,
      host: { ...facts, logind: true },
      ledger: { ...observedNothing.ledger, sysctls, lingering: ["alice"] },
    };
    const { steps } = plan(observed, emptySystem, context);
    expect(steps.map(({ what }) => what)).toEqual([
      "set net.ipv4.ip_unprivileged_port_start = 1024 again",
      "let alice linger no more",
    ]);
    const still = plan({ ...observed, users: { alice } }, target("system"), context);
    expect(still.steps.map(({ deed }) => deed.kind)).not.toContain("linger-end");
  });
});
