/** What Lading asks of a container engine. Podman implements it; the tests hold every implementation to it. */
import type { EngineCli } from "./container-spec.ts";
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

/** A network or volume that the engine knows. */
export interface EngineObject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

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
  /** Makes an image of the store available under `reference`, sending only the layers that the engine lacks. */
  load(imageItem: string, reference: string, signal?: AbortSignal): Promise<void>;
  pull(reference: string, signal?: AbortSignal): Promise<void>;
  /** Starts a container detached; resolves with its identifier. */
  start(argv: readonly string[], environment: Readonly<Record<string, string>>): Promise<string>;
  /** The process that a container's first program is; undefined once it has ended. */
  processOf(id: string): Promise<number | undefined>;
  /** Makes a network or volume unless one of this name exists; resolves with whether it was made. */
  ensureObject(object: "network" | "volume", name: string, argv: readonly string[]): Promise<boolean>;
  removeContainer(name: string, grace: number): Promise<void>;
  removeObject(object: "network" | "volume", name: string): Promise<void>;
  removeImage(reference: string): Promise<void>;
  /** The folder in which conmon leaves the exit status of each container, by identifier. */
  readonly exitsFolder: string | undefined;
  /** The exit status of a container that is gone, from the engine's own history. */
  exitStatus(id: string): Promise<number | undefined>;
}
