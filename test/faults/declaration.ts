/** Programs and containers to try faults on. */

export interface Declared {
  readonly units?: readonly string[];
  readonly containers?: readonly string[];
  /** Further fields of the containers' service. */
  readonly engine?: string;
}

/** A unit's program, as a script of the shell. */
export const shell = (script: string): string => `start: ["/bin/sh", "-c", ${JSON.stringify(script)}]`;

/** Containers are of `image`; `quiet` gives that, no network and no grace. */
export function declare({ units = [], containers = [], engine = "" }: Declared): string {
  return `
import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service, simpleService, supervisorServiceType, unit } from "lading";
const image = ociImage({ repository: "faults", packOptions: { symlinks: [["/bin/sh", "busybox"], ["/bin/sleep", "busybox"]] },
  value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
const quiet = { image, network: "none", stopGrace: 0 };
export default homeEnvironment({ services: [
  simpleService("units", supervisorServiceType, [${units.join(",\n")}]),
  service(ociServiceType, { ${engine} containers: [${containers.join(",\n")}] }),
] });
`;
}
