/** What Lading asks of a container engine. One suite of tests holds every implementation to it. */
import type { ProgressStep } from "../base/index.ts";
import type { Bookkeeping, ContainerSpec, EngineCli } from "./container-spec.ts";
import type { Identity } from "./identity.ts";

/** A container that the engine knows. */
export interface EngineContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly state: string;
  readonly pid: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A network or volume that the engine knows. What does not apply to it is empty. */
export interface EngineObject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string | undefined }[];
  readonly internal: boolean;
  readonly ipv6: boolean;
}

export type Health = "starting" | "healthy" | "unhealthy";

/** How a container is started. */
export interface StartOptions {
  readonly container: ContainerSpec;
  /** The identifier of its image, or its reference. */
  readonly image: string;
  readonly own: Bookkeeping;
  /** The engine's own environment, beside its user's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Arguments of `network connect` for networks that are joined before the start. */
  readonly connect: readonly (readonly string[])[];
  /** Open for appending, for engines that do not write the log themselves. Its caller closes it. */
  readonly log: { readonly descriptor: number; readonly path: string };
}

/** How an image that is on its way is told of, and called off. */
export interface TransferOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears of bytes, of all layers together, or of each layer where the engine tells no more. */
  readonly onProgress?: ((step: ProgressStep) => void) | undefined;
}

/** How a container ended. */
export interface ContainerEnd {
  readonly status: number;
  /** Whether the kernel killed something of it for want of memory, as far as that can be known. */
  readonly outOfMemory: boolean;
}

/** Hears of containers that ended, by identifier. */
export type EndListener = (id: string, end: ContainerEnd) => void;

export interface Engine {
  readonly cli: EngineCli;
  readonly identity: Identity;
  /** Throws `engine-missing` or `engine-too-old` unless the engine can be used. */
  requireUsable(): Promise<string>;
  /** All containers, stopped ones included. */
  containers(): Promise<readonly EngineContainer[]>;
  objects(object: "network" | "volume"): Promise<readonly EngineObject[]>;
  /** The identifier of an image that is here; undefined when it is not. */
  imageId(reference: string): Promise<string | undefined>;
  /** Makes an image of the store available under `reference`. */
  load(imageItem: string, reference: string, options?: TransferOptions): Promise<void>;
  /** Gets an image from its registry; what is here of it already is not fetched again. */
  pull(reference: string, options?: TransferOptions): Promise<void>;
  /** Starts a container that outlives us, as `runArgv` says it; resolves with its identifier. */
  start(options: StartOptions): Promise<string>;
  /** The process that a container's first program is; undefined once it has ended. */
  processOf(id: string): Promise<number | undefined>;
  /** Carries out `network create` or `volume create`. */
  createObject(argv: readonly string[]): Promise<void>;
  removeObject(object: "network" | "volume", name: string): Promise<void>;
  /** Ends a container after `grace` seconds at most; resolves once its name is free. */
  removeContainer(name: string, grace: number): Promise<void>;
  /** Removes what is left of a container that ended; its name can be taken again before that is done. */
  discard(id: string): Promise<void>;
  kill(name: string): Promise<void>;
  /** Asks a running container for its health; a check that takes longer than `timeout` milliseconds has failed. */
  health(name: string, timeout: number): Promise<Health>;
  /** Calls `onEnd` at each end from now on; undefined while there is nothing to watch. `onLost`: the watch broke off. */
  watchEnds(onEnd: EndListener, onLost: (reason: string) => void): (() => void) | undefined;
  /** How a container that is gone ended, from the engine's own history. */
  endOf(id: string): Promise<ContainerEnd | undefined>;
  /**
   * Ends what was left of starts that broke off: containers that write to one of these logs and that the engine does not
   * know. Resolves with their identifiers.
   */
  endOrphans(logFiles: ReadonlySet<string>): Promise<readonly string[]>;
  /** All containers, as a supervisor that comes back finds them, once `endOrphans` has been done. */
  recover(
    logFiles: ReadonlySet<string>,
  ): Promise<{ readonly containers: readonly EngineContainer[]; readonly ended: readonly string[] }>;
  /** Gives a file that is the user's the owner that a container's `uid` and `gid` are on the host. */
  giveFile(path: string, uid: number, gid: number): Promise<void>;
  /** Ends what runs for us alone; containers go on. */
  close(): Promise<void>;
}
