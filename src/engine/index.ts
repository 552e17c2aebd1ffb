import { KnownError } from "../base/index.ts";
import type { EngineCli } from "./container-spec.ts";
import type { Engine } from "./engine.ts";
import type { Identity } from "./identity.ts";
import { Podman } from "./podman.ts";

export {
  type Bookkeeping,
  type ContainerFields,
  type ContainerSpec,
  commandArguments,
  containerOptions,
  createArgv,
  type EngineCli,
  type EngineName,
  labels,
  type ObjectFields,
  pullArgv,
  removeArgv,
  runArgv,
} from "./container-spec.ts";
export type { Engine, EngineContainer, EngineObject } from "./engine.ts";
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
export function openEngine(cli: EngineCli, identity: Identity): Engine {
  if (cli.engine === "podman") return new Podman(cli, identity);
  const hint = 'declare runtime: "podman"; a Docker declaration can be checked and inspected';
  throw new KnownError("engine-missing", "this version switches and supervises Podman only", { hint });
}
