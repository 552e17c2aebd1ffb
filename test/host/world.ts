/**
 * A plain user of this machine with real rootless Podman, and the built command run as that user: what the host tests
 * share. The command is copied to where the user can read it, for the checkout may lie in a folder of root's own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { type ExecOptions, exec, type Ran, root } from "../support.ts";

const user = "lading-test";

/** Why the host tests cannot run here; undefined where they can. */
export const notHere: string | undefined =
  process.getuid?.() === 0 ? undefined : "needs root, to make a user and to become it";

export interface Status {
  readonly pid: number;
  readonly generation: number;
  readonly units: readonly {
    readonly name: string;
    readonly status: string;
    readonly pid: number | null;
    readonly containerId: string | null;
    readonly reason: string | null;
    readonly exit: { readonly status: number | null } | null;
    readonly wanted: string;
  }[];
}

/** A port of loopback that nobody has at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Waits until `look` gives something, asking again and again. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("what was waited for did not come");
}

/** A plain user with ranges of ids, overlay storage and a runtime folder. */
async function makeUser(): Promise<{ readonly uid: number; readonly home: string }> {
  if ((await exec(["id", user])).status !== 0) {
    const made = await exec(["useradd", "--create-home", "--shell", "/bin/sh", user], {
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    });
    if (made.status !== 0) throw new Error(made.stderr);
  }
  const [, , uid = "0", gid = "0", , home = "/"] = (await exec(["getent", "passwd", user])).stdout.trim().split(":");
  if (!new RegExp(`^${user}:`, "m").test(readFileSync("/etc/subuid", "utf8"))) {
    await exec(["usermod", "--add-subuids", "2000000-2065535", "--add-subgids", "2000000-2065535", user], {
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    });
  }
  const settings = join(home, ".config/containers/storage.conf");
  if (!existsSync(settings)) {
    // As rootlessPodmanServiceType has it: left alone, this Podman takes vfs, which copies whole layers.
    mkdirSync(dirname(settings), { recursive: true });
    writeFileSync(settings, '[storage]\ndriver = "overlay"\n');
    await exec(["chown", "-R", `${uid}:${gid}`, join(home, ".config")]);
  }
  await exec(["install", "-d", "-m", "700", "-o", uid, "-g", gid, `/run/user/${uid}`]);
  return { uid: Number(uid), home };
}

/** Whose engine a world has: a plain user's Podman, root's, or a Docker daemon of its own. */
export type WorldKind = "rootless" | "root" | "docker";

export class World {
  readonly kind: WorldKind;
  readonly uid: number;
  readonly home: string;
  /** The folder of this world: declarations, state, and the command. */
  readonly folder: string;
  readonly #main: string;
  #daemon: ChildProcess | undefined;
  /** Whether dockerd made the bridge, which it leaves behind. */
  #ownBridge = false;

  private constructor(kind: WorldKind, uid: number, home: string, folder: string, main: string) {
    this.kind = kind;
    this.uid = uid;
    this.home = home;
    this.folder = folder;
    this.#main = main;
  }

  /** Makes the user where missing, and a fresh folder for this test file. */
  static async open(kind: WorldKind = "rootless"): Promise<World> {
    const { uid, home } = kind === "rootless" ? await makeUser() : { uid: 0, home: "/root" };
    const folder = mkdtempSync("/var/tmp/lading-host-");
    for (const part of ["dist", "package.json"])
      cpSync(join(root, part), join(folder, "lading", part), { recursive: true });
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { readonly dev?: boolean }>;
    };
    for (const [path, { dev }] of Object.entries(packages)) {
      if (path === "" || dev === true || !existsSync(join(root, path))) continue;
      cpSync(join(root, path), join(folder, "lading", path), { recursive: true });
    }
    await exec(["chmod", "755", folder]);
    await exec(["chmod", "-R", "a+rX", join(folder, "lading")]);
    mkdirSync(join(folder, "work"));
    await exec(["chown", `${uid}:${uid}`, join(folder, "work")]);
    const world = new World(kind, uid, home, folder, join(folder, "lading/dist/cli/main.js"));
    if (kind === "docker") await world.startDocker();
    return world;
  }

  get dockerSocket(): string {
    return join(this.folder, "docker.sock");
  }

  /** Debian's dockerd, with everything that it keeps in this world's folder. */
  async startDocker(...more: readonly string[]): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const log = openSync(at("dockerd.log"), "a");
    this.#ownBridge ||= !existsSync("/sys/class/net/docker0");
    const flags = ["--data-root", at("docker"), "--exec-root", at("docker-run"), "--pidfile", at("docker.pid")];
    this.#daemon = spawn("/usr/sbin/dockerd", ["--host", `unix://${this.dockerSocket}`, ...flags, ...more], {
      stdio: ["ignore", log, log],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" },
    });
    await until(async () => (await this.engine("version")).status === 0);
  }

  /** Ends the Docker daemon. */
  async stopDocker(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined) return;
    const ended = once(daemon, "exit");
    daemon.kill(signal);
    await ended;
    this.#daemon = undefined;
    if (signal === "SIGKILL") {
      // Its containerd dies with it; where nobody reaps that at once, the next daemon would take it for alive.
      rmSync(join(this.folder, "docker-run/containerd/containerd.pid"), { force: true });
      return;
    }
    if (this.#ownBridge)
      await exec(["ip", "link", "delete", "docker0"], { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  }

  path(name: string): string {
    return join(this.folder, "work", name);
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), content);
    }
    await exec(["chown", "-R", String(this.uid), join(this.folder, "work")]);
  }

  /** Runs a program as the user. */
  as(argv: readonly string[], { env = {}, ...options }: ExecOptions = {}): Promise<Ran> {
    const plain = this.kind === "rootless";
    const surroundings = {
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      HOME: this.home,
      USER: plain ? user : "root",
      ...(plain ? { XDG_RUNTIME_DIR: `/run/user/${this.uid}` } : {}),
      LADING_STATE: this.path("state"),
      LADING_RUNTIME: this.path("run"),
      NO_COLOR: "1",
      ...env,
    };
    const identity = plain ? ["setpriv", `--reuid=${this.uid}`, `--regid=${this.uid}`, "--init-groups"] : [];
    const become = [...identity, "env", "-i"];
    const variables = Object.entries(surroundings).map(([key, value]) => `${key}=${value}`);
    return exec([...become, ...variables, ...argv], { cwd: this.path("."), ...options });
  }

  /** The command, written out. */
  argv(...args: readonly string[]): readonly string[] {
    return [process.execPath, this.#main, ...args];
  }

  /** Runs the command as the user. */
  lading(args: readonly string[], options: ExecOptions = {}): Promise<Ran> {
    return this.as(this.argv(...args), options);
  }

  /** Runs the command, which must succeed. */
  async ok(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.lading(args);
    if (status !== 0) throw new Error(`lading ${args.join(" ")} exited with ${status}:\n${stdout}${stderr}`);
    return stdout;
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.ok("status", "--json")) as Status;
  }

  async unit(name: string): Promise<Status["units"][number]> {
    const found = (await this.status()).units.find((unit) => unit.name === name);
    if (found === undefined) throw new Error(`no unit ${name}`);
    return found;
  }

  async isUp(...names: readonly string[]): Promise<boolean> {
    const { units } = await this.status();
    return names.every((name) => units.some((each) => each.name === name && each.status === "running"));
  }

  podman(...args: readonly string[]): Promise<Ran> {
    return this.as(["podman", ...args]);
  }

  /** Runs the engine's own command line. */
  engine(...args: readonly string[]): Promise<Ran> {
    return this.kind === "docker"
      ? this.as(["docker", "--host", `unix://${this.dockerSocket}`, ...args])
      : this.podman(...args);
  }

  /** Takes everything down, and the folder with it. */
  async close(): Promise<void> {
    await this.lading(["down", "--yes", "--volumes"]);
    if (this.kind === "rootless") await this.podman("rm", "--all", "--force", "--time", "0");
    await this.stopDocker();
    // One that was killed leaves its folder mounted on itself.
    while (this.kind === "docker" && (await exec(["umount", "--lazy", join(this.folder, "docker")])).status === 0);
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A page server and a probe that requires it, from images of their own. */
export function declaration(
  port: number,
  more: { readonly containers?: string; readonly web?: string; readonly pack?: string } = {},
): string {
  return `
import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const base = [localTree("/bin/busybox", { target: "/bin/busybox" })];
const packOptions = { symlinks: [["/bin/sh", "busybox"]] as const ${more.pack ?? ""} };
const web = ociImage({ repository: "test-web", value: manifest([...base, localTree("./site", { target: "/www" })]), packOptions });
const tools = ociImage({ repository: "test-tools", value: manifest(base), packOptions });
export default homeEnvironment({ services: [service(ociServiceType, {
  networks: [{ name: "lading-test" }],
  volumes: [{ name: "lading-test-data" }],
  containers: [
    ociContainer({ provision: "web", image: web, command: ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"],
      network: "lading-test", ports: [["127.0.0.1:${port}", "8080"]], respawn: true, extraArguments: ["--init"], stopGrace: 1 ${more.web ?? ""} }),
    ociContainer({ provision: "probe", image: tools, requirement: ["web"], network: "lading-test", volumes: [["lading-test-data", "/data"]],
      command: ["/bin/sh", "-c", "echo probing; while :; do busybox sleep 1; done"], extraArguments: ["--init"], stopGrace: 1 }),
    ${more.containers ?? ""}
  ],
})] });
`;
}

/** The text of a page, once the server answers. */
export function page(port: number, path = "/"): Promise<string> {
  return until(() =>
    fetch(`http://127.0.0.1:${port}${path}`)
      .then((response) => response.text())
      .catch(() => undefined),
  );
}
