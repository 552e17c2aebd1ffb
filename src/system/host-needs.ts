/**
 * What a host needs so that plain users can run containers there: what was found, what is needed, and how the one becomes
 * the other. The plan repairs it, and `lading doctor` lists it. Pure.
 */
import { containerControllers } from "../services/index.ts";
import type { Demand } from "./host-demand.ts";
import { type HostFacts, rootlessDevices, rootlessSysctls } from "./host-facts.ts";
import type { ObservedUser } from "./observe.ts";
import type { SubidSpec } from "./spec.ts";
import { allocateSubids, type SubidEntry } from "./subids.ts";

/** How a need is met by us, as root. */
export type Repair =
  | { readonly kind: "program-setuid"; readonly path: string }
  | { readonly kind: "device-open"; readonly path: string; readonly major: number; readonly minor: number }
  | { readonly kind: "sysctl-set"; readonly key: string; readonly value: number; readonly before: number }
  | { readonly kind: "subid-add"; readonly file: "subuid" | "subgid"; readonly entry: SubidEntry }
  | { readonly kind: "linger"; readonly user: string }
  | { readonly kind: "runtime-folder"; readonly user: string };

export interface Need {
  readonly what: string;
  readonly why: string;
  readonly needed: string;
  readonly found: string;
  /** "missing" stands in the way; "note" is told, and things go on without it. */
  readonly state: "ok" | "missing" | "note";
  /** What a person would do about it; null where nothing has to be done. */
  readonly fix: string | null;
  readonly repair: Repair | null;
}

/** A repair in a few words. */
export function repairWords(repair: Repair): string {
  switch (repair.kind) {
    case "program-setuid":
      return `set-user-id on ${repair.path}`;
    case "device-open":
      return `open ${repair.path} to users`;
    case "sysctl-set":
      return `set ${repair.key} = ${repair.value}`;
    case "subid-add":
      return `${repair.file} ${repair.entry.name}:${repair.entry.start}:${repair.entry.count}`;
    case "linger":
      return `let ${repair.user} linger`;
    case "runtime-folder":
      return `runtime folder of ${repair.user}`;
  }
}

/** What needs are judged by: a part of what `observe` sees. */
export interface NeedsView {
  readonly host: HostFacts;
  readonly users: Readonly<Record<string, ObservedUser>>;
  readonly subuids: readonly SubidEntry[];
  readonly subgids: readonly SubidEntry[];
}

/** The user namespaces that a user may have, where somebody forbade them: the kernel's own default on a small machine. */
const enoughNamespaces = 15_000;

/** A need that is met, or told of as what it is. */
function fine(what: string, why: string, needed: string, found: string): Need {
  return { what, why, needed, found, state: "ok", fix: null, repair: null };
}

function sysctlNeed(
  view: NeedsView,
  { key, value, why, needed }: { key: string; value: number; why: string; needed: string },
  isEnough: (now: number) => boolean,
): readonly Need[] {
  const before = view.host.sysctls[key] ?? null;
  if (before === null) return [];
  if (isEnough(before)) return [fine(key, why, needed, String(before))];
  const repair: Repair = { kind: "sysctl-set", key, value, before };
  return [
    { what: key, why, needed, found: String(before), state: "missing", fix: `sysctl -w ${key}=${value}`, repair },
  ];
}

function namespaceNeeds(view: NeedsView): readonly Need[] {
  const why = "user namespaces for users";
  return [
    ...sysctlNeed(
      view,
      { key: rootlessSysctls.unprivilegedUserNamespaces, value: 1, why, needed: "1" },
      (now) => now === 1,
    ),
    ...sysctlNeed(
      view,
      { key: rootlessSysctls.userNamespaces, value: enoughNamespaces, why, needed: "more than 0" },
      (now) => now > 0,
    ),
  ];
}

function mapperNeeds({ host }: NeedsView): readonly Need[] {
  return Object.values(host.mappers).map(({ path, state }): Need => {
    const about = { what: path, why: "maps a user's ids", needed: "set-user-id, or file capabilities" };
    if (state === "missing")
      return { ...about, found: "not installed", state: "missing", fix: "apt-get install uidmap", repair: null };
    if (state !== "powerless") return { ...about, found: state, state: "ok", fix: null, repair: null };
    const repair: Repair = { kind: "program-setuid", path };
    return { ...about, found: "neither", state: "missing", fix: `chmod u+s ${path}`, repair };
  });
}

function deviceNeeds({ host }: NeedsView): readonly Need[] {
  return rootlessDevices.map(({ path, major, minor }): Need => {
    const fuse = path === "/dev/fuse";
    const about = {
      what: path,
      why: fuse ? "fuse-overlayfs" : "networks of rootless containers",
      needed: "open to users",
    };
    const found = host.devices[path] ?? "missing";
    if (found === "open") return { ...about, found: "open to users", state: "ok", fix: null, repair: null };
    if (found === "missing" && fuse && host.overlayForUsers)
      return {
        ...about,
        found: "missing; the kernel's overlay does without it",
        state: "note",
        fix: null,
        repair: null,
      };
    const repair: Repair = { kind: "device-open", path, major, minor };
    const make = found === "missing" ? `mknod -m 666 ${path} c ${major} ${minor}` : `chmod 0666 ${path}`;
    return {
      ...about,
      found: found === "missing" ? "missing" : "closed to users",
      state: "missing",
      fix: make,
      repair,
    };
  });
}

function overlayNeed({ host }: NeedsView): Need {
  const what = "overlay file systems";
  const why = "layers of images without copies";
  const needed = "Linux 5.11 with overlay, or fuse-overlayfs";
  if (host.overlayForUsers) return fine(what, why, needed, "the kernel's, open to users");
  if (host.fuseOverlayfs) return fine(what, why, needed, "fuse-overlayfs");
  const found = host.overlay ? "the kernel's, for root only" : "none";
  // Not in the way: storage.conf may name another driver.
  return { what, why, needed, found, state: "note", fix: "apt-get install fuse-overlayfs", repair: null };
}

function portNeeds(view: NeedsView, { lowestPort }: Demand): readonly Need[] {
  if (lowestPort === null) return [];
  const why = `publishing port ${lowestPort} without root`;
  const needed = `at most ${lowestPort}`;
  const key = rootlessSysctls.portStart;
  return sysctlNeed(view, { key, value: lowestPort, why, needed }, (now) => now <= lowestPort);
}

/** What stands for a login session, where there is none: a folder, or a manager of its own under logind. */
function sessionNeed({ host, users }: NeedsView, user: string): Need {
  const known = users[user];
  const path = `/run/user/${known?.uid ?? "UID"}`;
  const there = known?.hasRuntimeFolder === true;
  const about = { what: `${path} of ${user}`, why: "a rootless engine's state, with or without a login session" };
  const found = there ? "there" : "not there";
  if (host.logind) {
    const needed = "lingering";
    if (there && host.lingering.includes(user)) return fine(about.what, about.why, needed, "lingering");
    const goes = there ? "there until the last session ends" : found;
    // Not in a user's way who is logged in; what the supervisor runs would end with the session.
    const state = there ? "note" : "missing";
    const fix = `loginctl enable-linger ${user}`;
    return { ...about, needed, found: goes, state, fix, repair: { kind: "linger", user } };
  }
  const needed = "a folder of the user's, mode 700";
  if (there) return fine(about.what, about.why, needed, found);
  const fix = known === undefined ? null : `install -d -m 700 -o ${known.uid} -g ${known.gid} ${path}`;
  return { ...about, needed, found, state: "missing", fix, repair: { kind: "runtime-folder", user } };
}

/** Limits of rootless containers need control groups that are the user's: only told, for containers run without. */
function delegationNeed({ host, users }: NeedsView, user: string): Need {
  const what = `control groups of ${user}`;
  const why = "limits of memory, processors and processes";
  const needed = `v2, with ${containerControllers.join(", ")} delegated`;
  const about = { what, why, needed };
  if (host.cgroups !== "v2") {
    const found =
      host.cgroups === "none" ? "no control groups" : `${host.cgroups}: limits of rootless containers do not hold`;
    const fix = host.cgroups === "none" ? null : "boot with systemd.unified_cgroup_hierarchy=1";
    return { ...about, found, state: "note", fix, repair: null };
  }
  if (!host.systemd)
    return { ...about, found: "v2; the unit cgroups2-limits enables them", state: "ok", fix: null, repair: null };
  const delegated = host.delegated[String(users[user]?.uid ?? "")];
  if (delegated === undefined)
    return { ...about, found: "v2; the user's manager does not run", state: "note", fix: null, repair: null };
  const lacking = containerControllers.filter((each) => !delegated.includes(each));
  if (lacking.length === 0) return fine(what, why, needed, `v2, with ${delegated.join(", ")}`);
  const fix = `rootlessPodmanServiceType declares it; it holds once the user's manager starts again: systemctl restart user@${users[user]?.uid}`;
  return { ...about, found: `v2, without ${lacking.join(", ")}`, state: "note", fix, repair: null };
}

/** Everything that rootless containers need of a host, for these users and ports. None are needed for root's. */
export function hostNeeds(view: NeedsView, demand: Demand): readonly Need[] {
  const users = demand.users.filter((user) => view.users[user]?.uid !== 0);
  return [
    ...namespaceNeeds(view),
    ...mapperNeeds(view),
    ...deviceNeeds(view),
    overlayNeed(view),
    ...portNeeds(view, demand),
    ...users.map((user) => sessionNeed(view, user)),
    ...(demand.limits ? users.map((user) => delegationNeed(view, user)) : []),
  ];
}

/** Whether each user has ranges of subordinate ids; `wanted` are those that are declared. */
export function rangeNeeds(
  view: NeedsView,
  users: readonly string[],
  wanted: Readonly<Record<"subuids" | "subgids", readonly SubidSpec[]>> = { subuids: [], subgids: [] },
): readonly Need[] {
  return (["subuid", "subgid"] as const).flatMap((file) => {
    const entries = view[`${file}s`];
    const isOwn = (user: string, name: string): boolean =>
      name === user || name === String(view.users[user]?.uid ?? "");
    const lacking = users.filter((user) => !entries.some(({ name }) => isOwn(user, name)));
    const asked = lacking.map(
      (name): SubidSpec =>
        wanted[`${file}s`].find((each) => each.name === name) ?? { name, start: null, count: 65_536 },
    );
    const added = allocateSubids(entries, asked);
    return users.map((user): Need => {
      const about = { what: `/etc/${file}`, why: "ids for the users of containers", needed: `a range for ${user}` };
      const entry = added.find(({ name }) => name === user);
      if (entry === undefined) {
        const own = entries.filter(({ name }) => isOwn(user, name));
        const found = own.map(({ start, count }) => `${start}:${count}`).join(", ");
        return { ...about, found, state: "ok", fix: null, repair: null };
      }
      const fix = `usermod --add-${file}s ${entry.start}-${entry.start + entry.count - 1} ${user}`;
      return { ...about, found: "none", state: "missing", fix, repair: { kind: "subid-add", file, entry } };
    });
  });
}
