/** Podman, rootless or root, through its command line: every command runs as the containers' user. */
import { join } from "node:path";
import { KnownError, layoutTag } from "../base/index.ts";

import { lastWords, type RunResult, readTextIfExists } from "../sys/index.ts";
import type { EngineCli } from "./container-spec.ts";
import type { Engine, EngineContainer, EngineObject } from "./engine.ts";
import { type Identity, runAs, runtimeFolder } from "./identity.ts";

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

export class Podman implements Engine {
  readonly cli: EngineCli;
  readonly identity: Identity;
  readonly exitsFolder: string;

  constructor(cli: EngineCli, identity: Identity) {
    this.cli = cli;
    this.identity = identity;
    this.exitsFolder =
      identity.uid === 0 ? "/run/libpod/exits" : join(runtimeFolder(identity), "libpod", "tmp", "exits");
  }

  #run(args: readonly string[], signal?: AbortSignal): Promise<RunResult> {
    return runAs(this.identity, [this.cli.cli, ...this.cli.extraArguments, ...args], { signal });
  }

  async #query<T>(args: readonly string[]): Promise<T> {
    const result = await this.#run(args);
    if (result.status !== 0) throw this.#failed(args, result);
    try {
      return (JSON.parse(result.stdout || "[]") ?? []) as T;
    } catch (error) {
      throw new KnownError("engine-failed", `podman ${args[0]} answered with something that is no JSON`, {
        cause: error,
      });
    }
  }

  #failed(
    args: readonly string[],
    result: RunResult,
    code: "engine-failed" | "image-not-found" = "engine-failed",
  ): KnownError {
    return new KnownError(code, `podman ${args.slice(0, 2).join(" ")} failed: ${lastWords(result)}`, {
      hint: "`lading doctor` checks what a rootless engine needs",
    });
  }

  async requireUsable(): Promise<string> {
    // A new user's Podman settles on its network backend at its first command: this one, before any image is there,
    // or it would take the old CNI.
    const result = await this.#run(["info", "--format", "version {{.Version.Version}}"]).catch((error: unknown) => {
      if (!(error instanceof KnownError)) throw error;
      return undefined;
    });
    const version = /version (\d+)\.(\d+)\S*/.exec(result?.stdout ?? "");
    if (result === undefined || version === null) {
      const hint = "on Debian: apt-get install podman uidmap";
      const said = result === undefined ? "" : `: ${lastWords(result)}`;
      throw new KnownError("engine-missing", `"${this.cli.cli}" is not a Podman that can be run here${said}`, { hint });
    }
    const [text, major, minor] = version;
    if (Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1])) {
      throw new KnownError("engine-too-old", `Podman ${major}.${minor} is too old`, {
        hint: `install Podman ${oldest.join(".")} or newer`,
      });
    }
    return text.replace("version ", "");
  }

  async containers(): Promise<readonly EngineContainer[]> {
    const listed = await this.#query<readonly PodmanContainer[]>(["ps", "--all", "--no-trunc", "--format", "json"]);
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
    type Listed = { name?: string; Name?: string; labels?: Record<string, string>; Labels?: Record<string, string> };
    const listed = await this.#query<readonly Listed[]>([object, "ls", "--format", "json"]);
    return listed.map((each) => ({ name: each.name ?? each.Name ?? "", labels: each.labels ?? each.Labels ?? {} }));
  }

  async imageId(reference: string): Promise<string | undefined> {
    const result = await this.#run(["image", "inspect", "--format", "{{.Id}}", reference]);
    const id = result.stdout.trim();
    return result.status === 0 && /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : undefined;
  }

  /** skopeo skips the layers that the storage has; `podman load` reads and unpacks the whole archive every time. */
  async load(imageItem: string, reference: string, signal?: AbortSignal): Promise<void> {
    const argv = [
      "skopeo",
      "--insecure-policy",
      "copy",
      "--quiet",
      `oci:${imageItem}:${layoutTag}`,
      `containers-storage:${reference}`,
    ];
    const result = await runAs(this.identity, argv, { signal }).catch((error: unknown) => {
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

  async pull(reference: string, signal?: AbortSignal): Promise<void> {
    const result = await this.#run(["pull", "--quiet", reference], signal);
    if (result.status === 0) return;
    const hint =
      "check the name and that the registry can be reached; an image of this host needs its full name, such as localhost/web:latest";
    throw new KnownError(
      "image-not-found",
      `the image "${reference}" is not here and cannot be pulled: ${lastWords(result)}`,
      { hint },
    );
  }

  async start(argv: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
    const result = await runAs(this.identity, argv, { env: environment });
    const id = result.stdout.trim().split("\n").at(-1) ?? "";
    if (result.status !== 0 || !/^[0-9a-f]{64}$/.test(id)) throw this.#failed(["run"], result);
    return id;
  }

  async processOf(id: string): Promise<number | undefined> {
    // Asking Podman costs a process; the file from which it would answer is where containers/storage keeps it.
    const base = this.identity.uid === 0 ? "/run/containers/storage" : join(runtimeFolder(this.identity), "containers");
    for (const driver of ["overlay", "vfs"]) {
      const text = readTextIfExists(join(base, `${driver}-containers`, id, "userdata", "pidfile"));
      if (text !== undefined && /^\d+$/.test(text.trim())) return Number(text.trim());
    }
    const result = await this.#run(["inspect", "--format", "{{.State.Pid}}", id]);
    const pid = Number(result.stdout.trim());
    return result.status === 0 && pid > 0 ? pid : undefined;
  }

  async ensureObject(object: "network" | "volume", name: string, argv: readonly string[]): Promise<boolean> {
    const exists = await this.#run([object, "exists", name]);
    if (exists.status === 0) return false;
    // 1 is "no"; anything else is a failure, not an absence.
    if (exists.status !== 1) throw this.#failed([object, "exists"], exists);
    const made = await runAs(this.identity, argv);
    if (made.status !== 0) throw this.#failed([object, "create"], made);
    return true;
  }

  async #remove(args: readonly string[]): Promise<void> {
    const result = await this.#run(args);
    if (result.status !== 0 && !/no such|not found|not known/i.test(result.stderr)) throw this.#failed(args, result);
  }

  removeContainer(name: string, grace: number): Promise<void> {
    return this.#remove(["rm", "--force", "--ignore", "--time", String(grace), name]);
  }

  removeObject(object: "network" | "volume", name: string): Promise<void> {
    return this.#remove([object, "rm", name]);
  }

  removeImage(reference: string): Promise<void> {
    return this.#remove(["image", "rm", reference]);
  }

  async exitStatus(id: string): Promise<number | undefined> {
    const file = readTextIfExists(join(this.exitsFolder, id));
    if (file !== undefined && file.trim() !== "") return Number(file.trim());
    const args = [
      "events",
      "--stream=false",
      "--since",
      "24h",
      "--filter",
      `container=${id}`,
      "--filter",
      "event=died",
    ];
    const result = await this.#run([...args, "--format", "{{.ContainerExitCode}}"]);
    const code = result.stdout.trim().split("\n").at(-1);
    return result.status === 0 && code !== undefined && /^\d+$/.test(code) ? Number(code) : undefined;
  }
}
