import type { EngineCli } from "./container-spec.ts";
import { Docker } from "./docker.ts";
import type { Engine } from "./engine.ts";
import type { Identity } from "./identity.ts";
import { type OpenOptions, Podman } from "./podman.ts";

export {
  type Attachment,
  type ContainerFields,
  commandArguments,
  containerOptions,
  type EngineName,
  type FurtherFields,
  fieldOfOption,
  laterNetworks,
  optionPairs,
  optionValues,
  unsupportedFields,
} from "./container-options.ts";
export {
  type Bookkeeping,
  type ContainerSpec,
  createArgv,
  type EngineCli,
  labels,
  type ObjectFields,
  pullArgv,
  removeArgv,
  runArgv,
} from "./container-spec.ts";
export type {
  ContainerEnd,
  EndListener,
  Engine,
  EngineContainer,
  EngineObject,
  Health,
  StartOptions,
} from "./engine.ts";
export {
  commandAs,
  ensureRuntimeFolder,
  findIdentity,
  type Identity,
  ownIdentity,
  runAs,
  runtimeFolder,
  userEnvironment,
  withGroup,
} from "./identity.ts";

/** The engine of a service, run as `identity`. */
export function openEngine(cli: EngineCli, identity: Identity, options?: OpenOptions): Engine {
  return cli.engine === "podman" ? new Podman(cli, identity, options) : new Docker(cli, identity);
}
