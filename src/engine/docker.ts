/**
 * Docker, through its command line. A container is created, joined to its networks, and started by a client of its own
 * (`docker start --attach`) that writes what it prints to the unit's log from its first byte; that client outlives us.
 */
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isDigest, KnownError } from "../base/index.ts";
import {
  chownSync,
  closeSync,
  fstatSync,
  lastWords,
  mkdtempSync,
  openSync,
  readSync,
  removeTree,
  spawn,
} from "../sys/index.ts";
import { EngineProgram } from "./cli.ts";
import { labels, runArgv } from "./container-spec.ts";
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
import { commandAs, runAs, userEnvironment } from "./identity.ts";

/** Debian 11 and 12 have 20.10; what is used here is no newer. */
const oldest = [20, 10] as const;

interface DockerContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> | null };
  readonly State: { readonly Status: string; readonly Pid: number };
}

interface DockerObject {
  readonly Name: string;
  readonly Driver: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Internal?: boolean;
  readonly EnableIPv6?: boolean;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet: string; readonly Gateway?: string }[] | null };
}

const endFormat = "{{.Action}} {{.ID}} {{.Actor.Attributes.exitCode}}";

/** Takes lines of `endFormat`, in their order, and tells of each end: that memory ran out is an event before it. */
function endsOf(onEnd: EndListener): (line: string) => void {
  const outOfMemory = new Set<string>();
  return (line) => {
    const [action, id = "", status = ""] = line.split(" ");
    if (action === "oom") outOfMemory.add(id);
    else if (/^\d+$/.test(status)) onEnd(id, { status: Number(status), outOfMemory: outOfMemory.delete(id) });
  };
}

export class Docker extends EngineProgram implements Engine {
  requireUsable(): Promise<string> {
    const hint = "on Debian: apt-get install docker.io; its daemon must run, and the user must be in the group docker";
    return this.requireVersion(["version", "--format", "version {{.Server.Version}}"], {
      name: "Docker",
      oldest,
      hint,
    });
  }

  /** What `inspect` says of everything that a listing names; what went away in between is passed over. */
  async #inspectAll<T>(list: readonly string[], inspect: readonly string[]): Promise<readonly T[]> {
    const ids = (await this.text(list)).split("\n").filter((line) => line !== "");
    if (ids.length === 0) return [];
    const args = [...inspect, ...ids];
    const result = await this.ask(args);
    if (result.status !== 0 && !/no such/i.test(result.stderr)) throw this.failure(args, result);
    return this.parse(inspect, result.stdout);
  }

  async containers(): Promise<readonly EngineContainer[]> {
    const listed = await this.#inspectAll<DockerContainer>(
      ["ps", "--all", "--quiet", "--no-trunc"],
      ["container", "inspect"],
    );
    return listed.map((each) => ({
      id: each.Id,
      name: each.Name.replace(/^\//, ""),
      image: each.Config.Image,
      imageId: each.Image,
      state: each.State.Status,
      pid: each.State.Pid,
      labels: each.Config.Labels ?? {},
    }));
  }

  async objects(object: "network" | "volume"): Promise<readonly EngineObject[]> {
    const listed = await this.#inspectAll<DockerObject>([object, "ls", "--quiet"], [object, "inspect"]);
    return listed.map((each) => ({
      name: each.Name,
      labels: each.Labels ?? {},
      driver: each.Driver,
      options: each.Options ?? {},
      subnets: (each.IPAM?.Config ?? []).map(({ Subnet: subnet, Gateway: gateway }) => ({ subnet, gateway })),
      internal: each.Internal === true,
      ipv6: each.EnableIPv6 === true,
    }));
  }

  async imageId(reference: string): Promise<string | undefined> {
    const result = await this.ask(["image", "inspect", "--format", "{{.Id}}", reference]);
    const id = result.stdout.trim();
    return result.status === 0 && isDigest(id) ? id : undefined;
  }

  async load(imageItem: string, reference: string, { signal }: TransferOptions = {}): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "lading-load-"));
    try {
      const archive = join(folder, "image.tar");
      // Loaded where there is something to load: a supervisor makes no archives.
      const { writeArchive } = await import("../image/index.ts");
      await writeArchive(imageItem, archive, "docker-archive");
      if (process.getuid?.() === 0) for (const path of [folder, archive]) chownSync(path, this.identity.uid, -1);
      const result = await this.run(["load", "--quiet", "--input", archive], signal);
      if (result.status === 0) return;
      const words = lastWords(result);
      const full = /no space left on device/.test(words);
      const hint = full
        ? "free some space where Docker keeps its data"
        : "`lading store verify` tells whether the image is whole";
      throw new KnownError(full ? "no-space" : "engine-failed", `loading ${reference} failed: ${words}`, { hint });
    } finally {
      removeTree(folder);
    }
  }

  async start({ container, image, own, environment, connect, log }: StartOptions): Promise<string> {
    const id = await this.#create(runArgv(this.cli, container, image, own), environment);
    try {
      for (const network of connect) {
        const args = ["network", "connect", ...network, id];
        const joined = await this.ask(args);
        if (joined.status !== 0) throw this.failure(args, joined);
      }
      await this.#attach(id, log);
      return id;
    } catch (error) {
      await this.removeContainer(id, 0);
      throw error;
    }
  }

  /** `docker run --detach …` as `docker create …`: what is attached to before the start loses no output. */
  async #create(argv: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
    const verb = 1 + this.cli.extraArguments.length;
    const rest = argv.slice(verb + 1);
    const detach = rest.indexOf("--detach");
    const args = ["create", ...rest.slice(0, detach), ...rest.slice(detach + 1)];
    const make = async (): Promise<{ id: string; result: Awaited<ReturnType<typeof runAs>> }> => {
      const result = await runAs(this.identity, this.argv(args), { env: environment });
      return { id: result.stdout.trim(), result };
    };
    let made = await make();
    const name = rest[rest.indexOf("--name") + 1] ?? "";
    if (made.result.status !== 0 && /is already in use by container/.test(made.result.stderr)) {
      // Podman's --replace, for what an earlier supervisor left behind; what is not ours is found before the switch.
      const left = (await this.containers()).find((each) => each.name === name);
      const own = argv.includes(`${labels.owner}=${left?.labels[labels.owner]}`);
      if (left === undefined || own) {
        await this.removeContainer(name, 0);
        made = await make();
      }
    }
    if (made.result.status !== 0 || !/^[0-9a-f]{64}$/.test(made.id)) throw this.failure(["run"], made.result);
    return made.id;
  }

  /** Starts a created container through a client that copies its output to the log; resolves once it has started. */
  async #attach(id: string, { descriptor, path }: StartOptions["log"]): Promise<void> {
    const before = fstatSync(descriptor).size;
    const [program = "", ...args] = commandAs(this.identity, this.argv(["start", "--attach", id]));
    const client = spawn(program, args, {
      cwd: "/",
      env: userEnvironment(this.identity),
      stdio: ["ignore", descriptor, descriptor],
      detached: true,
    });
    let ended = false;
    const exit = once(client, "exit").then(([status]) => {
      ended = true;
      return status as number | null;
    });
    client.unref();
    const inspect = ["container", "inspect", "--format", "{{.State.Status}}", id];
    for (;;) {
      const state = await this.ask(inspect);
      if (state.status === 0 && state.stdout.trim() !== "created") return;
      if (ended) break;
      await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    // It ended already: either it ran, or the daemon refused to start it and its client said why.
    const said = readFrom(path, before).trim();
    const daemon = (await exit) === 0 ? undefined : /Error response from daemon: (.*)/.exec(said)?.[1];
    const last = await this.ask(inspect);
    const refusal = daemon ?? (last.stdout.trim() === "created" ? said : undefined);
    if (refusal !== undefined) {
      throw new KnownError("engine-failed", `docker start failed: ${refusal}`, {
        hint: "`lading doctor` checks what an engine needs",
      });
    }
  }

  async processOf(id: string): Promise<number | undefined> {
    const result = await this.ask(["container", "inspect", "--format", "{{.State.Pid}}", id]);
    const pid = Number(result.stdout.trim());
    return result.status === 0 && pid > 0 ? pid : undefined;
  }

  async removeContainer(name: string, grace: number): Promise<void> {
    if (grace > 0) await this.remove(["stop", "--time", String(grace), name]);
    // A container that the daemon is removing by itself (--rm) is as good as gone, once it is gone.
    const removed = await this.run(["rm", "--force", name]);
    if (removed.status !== 0 && !/no such container|already in progress/i.test(removed.stderr))
      throw this.failure(["rm"], removed);
    for (let tries = 0; tries < 600; tries += 1) {
      const left = await this.ask(["container", "inspect", "--format", "{{.Id}}", name]);
      if (left.status !== 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new KnownError("engine-failed", `docker does not remove the container ${name}`, {
      hint: `see why with: docker inspect ${name}`,
    });
  }

  discard(id: string): Promise<void> {
    return this.removeContainer(id, 0);
  }

  /** Docker's daemon runs the checks; this only asks what it found. */
  async health(name: string, timeout: number): Promise<Health> {
    const args = ["container", "inspect", "--format", "{{.State.Health.Status}}", name];
    const result = await this.ask(args, timeout);
    const status = result.stdout.trim();
    return status === "healthy" || status === "starting" ? status : "unhealthy";
  }

  watchEnds(onEnd: EndListener, onLost: (reason: string) => void): () => void {
    const filters = ["--filter", "type=container", "--filter", "event=oom", "--filter", "event=die"];
    const args = ["events", ...filters, "--format", endFormat];
    const [program = "", ...rest] = commandAs(this.identity, this.argv(args));
    const child = spawn(program, rest, {
      cwd: "/",
      env: userEnvironment(this.identity),
      stdio: ["ignore", "pipe", "ignore"],
    });
    if (child.stdout !== null) {
      const take = endsOf(onEnd);
      createInterface({ input: child.stdout }).on("line", take);
    }
    let closed = false;
    child.once("error", (error) => onLost(error.message));
    child.once("exit", () => {
      if (!closed) onLost("docker events ended");
    });
    return () => {
      closed = true;
      child.kill();
    };
  }

  async endOf(id: string): Promise<ContainerEnd | undefined> {
    const filters = ["--filter", `container=${id}`, "--filter", "event=oom", "--filter", "event=die"];
    const args = ["events", "--since", "24h", "--until", "0s", ...filters];
    const result = await this.ask([...args, "--format", endFormat]);
    let last: ContainerEnd | undefined;
    const take = endsOf((_, end) => {
      last = end;
    });
    if (result.status === 0) result.stdout.split("\n").forEach(take);
    return last;
  }

  /** Its daemon knows all that it started. */
  endOrphans(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async recover(): ReturnType<Engine["recover"]> {
    return { containers: await this.containers(), ended: [] };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  giveFile(path: string, uid: number, gid: number): Promise<void> {
    if (process.getuid?.() === 0) chownSync(path, uid, gid);
    else if (uid !== 0 || gid !== 0) {
      const hint = "leave out the secret's uid and gid, or let root run the supervisor";
      throw new KnownError("needs-root", "only root can give a secret's file to another user of a Docker container", {
        hint,
      });
    }
    return Promise.resolve();
  }
}

/** What a file holds after a place, as far as an error message needs it. */
function readFrom(path: string, start: number): string {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(64 * 1024);
    return buffer.toString("utf8", 0, readSync(descriptor, buffer, 0, buffer.length, start));
  } finally {
    closeSync(descriptor);
  }
}
