/** What the kernel and the host's files tell about running containers as plain users: one look, as plain data. */
import { release } from "node:os";
import { cgroupLayout, existsSync, readTextIfExists, run, statSync } from "../sys/index.ts";

/** What a program that maps ids may do. */
export type MapperState = "missing" | "powerless" | "set-user-id" | "file capabilities";

export type DeviceState = "missing" | "closed" | "open";

export interface HostFacts {
  readonly cgroups: ReturnType<typeof cgroupLayout>;
  /** Whether systemd is the init, and whether its login manager keeps runtime folders. */
  readonly systemd: boolean;
  readonly logind: boolean;
  /** By program, newuidmap and newgidmap. */
  readonly mappers: Readonly<Record<string, { readonly path: string; readonly state: MapperState }>>;
  /** By path. */
  readonly devices: Readonly<Record<string, DeviceState>>;
  /** Whether the kernel has overlay, and lets plain users mount it (Linux 5.11). */
  readonly overlay: boolean;
  readonly overlayForUsers: boolean;
  readonly fuseOverlayfs: boolean;
  /** Kernel parameters by name; null where this kernel has none of that name. */
  readonly sysctls: Readonly<Record<string, number | null>>;
  /** Users whose services run without a login session. */
  readonly lingering: readonly string[];
  /** Controllers that systemd delegates to each user's manager, by user id; absent while none runs. */
  readonly delegated: Readonly<Record<string, readonly string[]>>;
}

/** The devices that rootless engines open as their user, with their numbers (Linux's devices.txt). */
export const rootlessDevices: readonly { readonly path: string; readonly major: number; readonly minor: number }[] = [
  { path: "/dev/net/tun", major: 10, minor: 200 },
  { path: "/dev/fuse", major: 10, minor: 229 },
];

/** The kernel parameters that decide whether, and what, plain users may do. */
export const rootlessSysctls = {
  userNamespaces: "user.max_user_namespaces",
  unprivilegedUserNamespaces: "kernel.unprivileged_userns_clone",
  portStart: "net.ipv4.ip_unprivileged_port_start",
} as const;

/** Where the kernel keeps a parameter. */
export function sysctlPath(key: string): string {
  return `/proc/sys/${key.replaceAll(".", "/")}`;
}

function sysctl(key: string): number | null {
  const text = readTextIfExists(sysctlPath(key));
  return text === undefined ? null : Number(text.trim());
}

async function mapper(program: string): Promise<{ readonly path: string; readonly state: MapperState }> {
  const path = ["/usr/bin", "/usr/local/bin", "/bin"].map((folder) => `${folder}/${program}`).find(existsSync);
  if (path === undefined) return { path: `/usr/bin/${program}`, state: "missing" };
  if ((statSync(path).mode & 0o4000) !== 0) return { path, state: "set-user-id" };
  const capabilities = await run(["getcap", path]).catch(() => undefined);
  return { path, state: capabilities?.stdout.includes("cap_set") === true ? "file capabilities" : "powerless" };
}

function device(path: string): DeviceState {
  if (!existsSync(path)) return "missing";
  return (statSync(path).mode & 0o006) === 0o006 ? "open" : "closed";
}

/** Overlay may be a module that nobody has asked for yet. */
async function hasOverlay(): Promise<boolean> {
  const known = (readTextIfExists("/proc/filesystems") ?? "").includes("\toverlay\n");
  if (known) return true;
  const probe = await run(["modprobe", "--dry-run", "--quiet", "overlay"]).catch(() => undefined);
  return probe?.status === 0;
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return first > major || (first === major && second >= minor);
}

/** Looks at the host; `users` are those whose containers it is to run, by name and number. */
export async function observeHost(
  users: readonly { readonly name: string; readonly uid: number }[],
): Promise<HostFacts> {
  const delegated = users.flatMap(({ uid }) => {
    const path = `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service/cgroup.controllers`;
    const text = readTextIfExists(path);
    return text === undefined ? [] : [[String(uid), text.trim().split(/\s+/)] as const];
  });
  const [newuidmap, newgidmap, overlay] = await Promise.all([mapper("newuidmap"), mapper("newgidmap"), hasOverlay()]);
  const systemd = existsSync("/run/systemd/system");
  return {
    cgroups: cgroupLayout(),
    systemd,
    // logind needs systemd; its folder alone may come with an image.
    logind: systemd && existsSync("/run/systemd/seats"),
    mappers: { newuidmap, newgidmap },
    devices: Object.fromEntries(rootlessDevices.map(({ path }) => [path, device(path)])),
    overlay,
    overlayForUsers: overlay && isAtLeast(release(), 5, 11),
    fuseOverlayfs: existsSync("/usr/bin/fuse-overlayfs"),
    sysctls: Object.fromEntries(Object.values(rootlessSysctls).map((key) => [key, sysctl(key)])),
    lingering: users.map(({ name }) => name).filter((name) => existsSync(`/var/lib/systemd/linger/${name}`)),
    delegated: Object.fromEntries(delegated),
  };
}
