/**
 * Podman, rootless or root, through its command line: every command runs as the containers' user. Whoever starts many
 * containers has its API beside that (`service`).
 */
import { join } from "node:path";
import { KnownError, layoutTag, messageOf } from "../base/index.ts";
import { chownSync, existsSync, lastWords, readForeign, watch } from "../sys/index.ts";
import { EngineProgram, tellingOfLayers } from "./cli.ts";
import { type EngineCli, runArgv } from "./container-spec.ts";
import type {
  ContainerEnd,
  EndListener,
  Engine,
  EngineContainer,
  EngineObject,
  Health,
  StartOptions,
  TransferOptions,
} from "./engine.ts";
import { type Identity, runAs, runtimeFolder } from "./identity.ts";
import { endKeeper, type Keeper, keepersOf } from "./orphans.ts";
import { createBody } from "./podman-create.ts";
import { ranOutOfMemory } from "./podman-memory.ts";
import { PodmanService, Unavailable } from "./podman-service.ts";

/** `rm --time` and `network ls --format json` as used here came with 4.0. */
const oldest = [4, 0] as const;

interface PodmanContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly State: string;
  readonly Pid: number;
  readonly Labels: Readonly<Record<string, string>> | null;
}

interface PodmanNetwork {
  readonly name: string;
  readonly driver: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly subnets?: readonly { readonly subnet: string; readonly gateway?: string }[];
  readonly internal?: boolean;
  readonly ipv6_enabled?: boolean;
}

interface PodmanVolume {
  readonly Name: string;
  readonly Driver: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Options?: Readonly<Record<string, string>>;
}

export interface OpenOptions {
  /** Whether containers are started through Podman's API, where that makes the same of them. Default: `false`. */
  readonly service?: boolean;
}

export class Podman extends EngineProgram implements Engine {
  /** Where conmon leaves the exit status of each container, by identifier. */
  readonly #exitsFolder: string;

  readonly #service: PodmanService | undefined;

  constructor(cli: EngineCli, identity: Identity, { service = false }: OpenOptions = {}) {
    super(cli, identity);
    this.#service = service ? new PodmanService(identity, this.argv([])) : undefined;
    this.#exitsFolder =
      identity.uid === 0 ? "/run/libpod/exits" : join(runtimeFolder(identity), "libpod", "tmp", "exits");
  }

  requireUsable(): Promise<string> {
    const hint = "on Debian: apt-get install podman uidmap";
    return this.requireVersion(["--version"], { name: "Podman", oldest, hint });
  }

  async containers(): Promise<readonly EngineContainer[]> {
    const args = ["ps", "--all", "--no-trunc", "--format", "json"];
    const listed = await this.json<readonly PodmanContainer[]>(args);
    return listed.map((each) => ({
      id: each.Id,
      name: each.Names[0] ?? each.Id,
      image: each.Image,
      imageId: each.ImageID,
      state: each.State,
      pid: each.Pid,
      labels: each.Labels ?? {},
    }));
  }

  async objects(object: "network" | "volume"): Promise<readonly EngineObject[]> {
    const args = [object, "ls", "--format", "json"];
    if (object === "volume") {
      const volumes = await this.json<readonly PodmanVolume[]>(args);
      const none = { subnets: [], internal: false, ipv6: false };
      return volumes.map(({ Name: name, Driver: driver, Labels: labels = {}, Options: options = {} }) => ({
        ...{ name, driver, labels, options },
        ...none,
      }));
    }
    const networks = await this.json<readonly PodmanNetwork[]>(args);
    return networks.map(({ name, driver, labels = {}, options = {}, subnets = [], internal, ipv6_enabled }) => ({
      ...{ name, driver, labels, options },
      subnets: subnets.map(({ subnet, gateway }) => ({ subnet, gateway })),
      internal: internal === true,
      ipv6: ipv6_enabled === true,
    }));
  }

  async imageId(reference: string): Promise<string | undefined> {
    const result = await this.ask(["image", "inspect", "--format", "{{.Id}}", reference]);
    const id = result.stdout.trim();
    return result.status === 0 && /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : undefined;
  }

  /** skopeo skips the layers that the storage has; `podman load` reads and unpacks the whole archive every time. */
  async load(imageItem: string, reference: string, { signal, onProgress }: TransferOptions = {}): Promise<void> {
    // A new user's Podman settles on its network backend at its first command: before any image is there, or it would
    // take the old CNI.
    await this.text(["ps", "--quiet"]);
    const argv = [
      "skopeo",
      "--insecure-policy",
      "copy",
      `oci:${imageItem}:${layoutTag}`,
      `containers-storage:${reference}`,
    ];
    const onLine = tellingOfLayers(onProgress);
    const result = await runAs(this.identity, argv, { signal, onLine }).catch((error: unknown) => {
      if (!(error instanceof KnownError) || error.code !== "command-failed") throw error;
      const hint = "on Debian: apt-get install skopeo";
      throw new KnownError("engine-failed", "loading an image needs skopeo", { cause: error, hint });
    });
    if (result.status !== 0) {
      const words = lastWords(result);
      const full = /no space left on device/.test(words);
      const hint = full
        ? "free some space where the user's images are kept"
        : "`lading store verify` tells whether the image is whole";
      throw new KnownError(full ? "no-space" : "engine-failed", `loading ${reference} failed: ${words}`, { hint });
    }
  }

  /** The command line tells of layers alone where there is no terminal; the API tells of bytes. */
  override async pull(reference: string, options: TransferOptions = {}): Promise<void> {
    if (options.onProgress === undefined) return super.pull(reference, options);
    const service = this.#service ?? new PodmanService(this.identity, this.argv([]));
    try {
      await service.pull(reference, options);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await super.pull(reference, options);
    } finally {
      if (service !== this.#service) await service.close();
    }
  }

  async start(options: StartOptions): Promise<string> {
    try {
      return await this.#start(options);
    } catch (error) {
      // What a start that broke off left may still be mounted when its name is taken: it is gone at the second try.
      if (!(error instanceof KnownError) || !/removing container \w+ root filesystem/.test(error.message)) throw error;
      return this.#start(options);
    }
  }

  async #start({ container, image, own, environment }: StartOptions): Promise<string> {
    const body = this.#service === undefined ? undefined : createBody(container, image, own, environment);
    const started = body === undefined ? undefined : await this.#byService((service) => service.run(body));
    if (started !== undefined) return started.value;
    const result = await runAs(this.identity, runArgv(this.cli, container, image, own), { env: environment });
    // The service that broke off, or the command that did, may have left something.
    if (body !== undefined || result.status !== 0) {
      await this.endOrphans(new Set([own.logFile])).catch((error: unknown) => {
        // What cannot be looked at now is found by the next supervisor.
        if (!(error instanceof KnownError)) throw error;
      });
    }
    const id = result.stdout.trim().split("\n").at(-1) ?? "";
    if (result.status !== 0 || !/^[0-9a-f]{64}$/.test(id)) throw this.failure(["run"], result);
    return id;
  }

  async processOf(id: string): Promise<number | undefined> {
    // Asking Podman costs a process; the file from which it would answer is where containers/storage keeps it.
    const base = this.identity.uid === 0 ? "/run/containers/storage" : join(runtimeFolder(this.identity), "containers");
    for (const driver of ["overlay", "vfs"]) {
      const text = readForeign(join(base, `${driver}-containers`, id, "userdata", "pidfile"));
      if (text !== undefined && /^\d+$/.test(text.trim())) return Number(text.trim());
    }
    const result = await this.ask(["inspect", "--format", "{{.State.Pid}}", id]);
    const pid = Number(result.stdout.trim());
    return result.status === 0 && pid > 0 ? pid : undefined;
  }

  async removeContainer(name: string, grace: number): Promise<void> {
    try {
      await this.#remove(name, grace);
    } catch (error) {
      // Where its runtime's files went away, Podman can end nothing that runs, and remove only what does not.
      const isRefusal = error instanceof KnownError && /depend/.test(error.message);
      if (isRefusal || !(await this.#endKept(name, grace))) throw error;
      await this.#remove(name, 0);
    }
  }

  /** Ends what a container runs without asking its engine; false where nothing of it is found. */
  async #endKept(name: string, grace: number): Promise<boolean> {
    const found = (await this.containers()).find((each) => each.name === name || each.id === name);
    const keeper = keepersOf(this.identity).find(({ id }) => id === found?.id);
    if (keeper !== undefined) await endKeeper(this.identity, keeper, { runtime: await this.#runtime(), grace });
    return keeper !== undefined;
  }

  async #runtime(): Promise<string | undefined> {
    const { status, stdout } = await this.ask(["info", "--format", "{{.Host.OCIRuntime.Path}}"]);
    const path = stdout.trim();
    return status === 0 && path.startsWith("/") ? path : undefined;
  }

  async #remove(name: string, grace: number): Promise<void> {
    const removed = await this.#byService((service) => service.remove(name, grace));
    if (removed === undefined) await this.remove(["rm", "--force", "--ignore", "--time", String(grace), name]);
  }

  async discard(id: string): Promise<void> {
    const removed = await this.#byService((service) => service.discard(id));
    if (removed === undefined) await this.remove(["rm", "--force", "--ignore", "--time", "0", id]);
  }

  /** What the API does; undefined where the command line must do it. */
  async #byService<T>(work: (service: PodmanService) => Promise<T>): Promise<{ readonly value: T } | undefined> {
    if (this.#service === undefined) return undefined;
    try {
      return { value: await work(this.#service) };
    } catch (error) {
      if (error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  async health(name: string, timeout: number): Promise<Health> {
    const result = await this.ask(["healthcheck", "run", name], timeout).catch((error: unknown) => {
      if (!(error instanceof KnownError)) throw error;
      return undefined;
    });
    return result?.status === 0 ? "healthy" : "unhealthy";
  }

  watchEnds(onEnd: EndListener, onLost: (reason: string) => void): (() => void) | undefined {
    if (!existsSync(this.#exitsFolder)) return undefined;
    try {
      const watcher = watch(this.#exitsFolder, (_, file) => {
        const end = file === null ? undefined : this.#exitFile(String(file));
        if (end !== undefined) onEnd(String(file), end);
      });
      watcher.on("error", (error) => onLost(error.message));
      return () => watcher.close();
    } catch (error) {
      // The user's watches are all in use, or the folder went away at this moment.
      onLost(messageOf(error));
      return undefined;
    }
  }

  #exitFile(id: string): ContainerEnd | undefined {
    const text = readForeign(join(this.#exitsFolder, id))?.trim();
    if (text === undefined || !/^\d+$/.test(text)) return undefined;
    return { status: Number(text), outOfMemory: ranOutOfMemory(this.identity, id) };
  }

  async endOf(id: string): Promise<ContainerEnd | undefined> {
    const file = this.#exitFile(id);
    if (file !== undefined) return file;
    const filters = ["--filter", `container=${id}`, "--filter", "event=died"];
    const args = ["events", "--stream=false", "--since", "24h", ...filters, "--format", "{{.ContainerExitCode}}"];
    const result = await this.ask(args);
    const code = result.stdout.trim().split("\n").at(-1);
    const known = result.status === 0 && code !== undefined && /^\d+$/.test(code);
    return known ? { status: Number(code), outOfMemory: ranOutOfMemory(this.identity, id) } : undefined;
  }

  async endOrphans(logFiles: ReadonlySet<string>): Promise<readonly string[]> {
    const keepers = this.#keepersOf(logFiles);
    return keepers.length === 0 ? [] : this.#endUnknown(keepers, await this.containers());
  }

  async recover(logFiles: ReadonlySet<string>): ReturnType<Engine["recover"]> {
    const keepers = this.#keepersOf(logFiles);
    const containers = await this.containers();
    return { containers, ended: await this.#endUnknown(keepers, containers) };
  }

  #keepersOf(logFiles: ReadonlySet<string>): readonly Keeper[] {
    return keepersOf(this.identity).filter(({ logFile }) => logFiles.has(logFile));
  }

  /** What was listed after they were found, and is not among them, nobody knows. */
  async #endUnknown(keepers: readonly Keeper[], listed: readonly EngineContainer[]): Promise<readonly string[]> {
    const known = new Set(listed.map(({ id }) => id));
    const orphans = keepers.filter(({ id }) => !known.has(id));
    const runtime = orphans.length === 0 ? undefined : await this.#runtime();
    for (const orphan of orphans) await endKeeper(this.identity, orphan, { runtime, grace: 0 });
    return orphans.map(({ id }) => id);
  }

  async close(): Promise<void> {
    await this.#service?.close();
  }

  async giveFile(path: string, uid: number, gid: number): Promise<void> {
    if (this.identity.uid === 0) return chownSync(path, uid, gid);
    // Only the user's namespace knows which ids of the host the container's are.
    const args = ["unshare", "chown", `${uid}:${gid}`, path];
    const result = await this.ask(args);
    if (result.status !== 0) throw this.failure(args, result);
  }
}
