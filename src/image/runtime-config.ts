/** What engines do with an image unless they are told otherwise, in OCI's own keys. */
import { KnownError } from "../base/index.ts";
import { type Lowerer, type Pair, renderText } from "../store/index.ts";
import type { RuntimeConfig } from "./layout.ts";
import type { PackOptions } from "./oci-image.types.ts";

function plain(pair: Pair, lowerer: Lowerer): string {
  // Inside an image a store path means nothing, so staged members may hold text only.
  const parts = lowerer.text(pair);
  if (parts.every((part) => typeof part === "string")) return renderText(parts, "");
  const hint = "put the file into the manifest and name it by its path in the image";
  throw new KnownError("image-invalid", "an image's environment or label names a store item", { hint });
}

/** OCI has sets as objects: each key of an empty object. */
function keys(names: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function withProtocol(port: string): string {
  return port.includes("/") ? port : `${port}/tcp`;
}

export function runtimeConfig(options: PackOptions, lowerer: Lowerer): RuntimeConfig {
  const labels = options.labels.map((label) => {
    const [key = "", ...value] = plain(label, lowerer).split("=");
    return [key, value.join("=")] as const;
  });
  const entryPoint = typeof options.entryPoint === "string" ? [options.entryPoint] : options.entryPoint;
  return {
    ...(options.environment.length > 0 ? { Env: options.environment.map((pair) => plain(pair, lowerer)) } : {}),
    ...(entryPoint === undefined ? {} : { Entrypoint: entryPoint }),
    ...(options.command.length > 0 ? { Cmd: options.command } : {}),
    ...(labels.length > 0 ? { Labels: Object.fromEntries(labels) } : {}),
    ...(options.user === undefined ? {} : { User: options.user }),
    ...(options.ports.length > 0 ? { ExposedPorts: keys(options.ports.map(withProtocol)) } : {}),
    ...(options.volumes.length > 0 ? { Volumes: keys(options.volumes) } : {}),
    ...(options.stopSignal === undefined ? {} : { StopSignal: `SIG${options.stopSignal.replace(/^SIG/, "")}` }),
    ...(options.workdir === undefined ? {} : { WorkingDir: options.workdir }),
  };
}
