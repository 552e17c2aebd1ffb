/** Layers from Debian packages: each is unpacked in a thread, but for the small ones; see `unpackPackage`. */
import type { BuildContext, BuiltFacts, Reference } from "../store/index.ts";
import { Threads } from "./_threads.ts";
import { type NamedPackage, type PackageJob, unpackPackage } from "./unpack-package.ts";

export interface PackageLayerArgs {
  /** Raised whenever the same package would give other bytes. */
  readonly format: 1;
  readonly package: NamedPackage;
  /** The .deb, an input. */
  readonly deb: Reference;
}

/** Bytes of a .deb from which on it is worth handing over. */
const worthAThread = 64 << 10;

const threads = new Threads<PackageJob, BuiltFacts>(new URL("../image/package-worker.js", import.meta.url));

export async function buildPackageLayer(context: BuildContext): Promise<BuiltFacts> {
  const { package: locked, deb } = context.args as PackageLayerArgs;
  const job: PackageJob = { package: locked, path: context.pathOf(deb), out: context.out };
  return locked.size < worthAThread ? unpackPackage(job) : threads.run(job);
}
