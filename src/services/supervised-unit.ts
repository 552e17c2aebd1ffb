/** What the supervisor is given to run, before it is written out as data. */
import type { OciService } from "./oci.types.ts";
import type { OciContainer } from "./oci-container.types.ts";
import type { Unit } from "./unit.types.ts";

/** A container together with the service that runs it. */
export interface ContainerUnit {
  readonly kind: "container";
  readonly container: OciContainer;
  readonly service: OciService;
  readonly requirement: readonly string[];
}

/** The networks, or the volumes, of a service. */
export interface ObjectsUnit {
  readonly kind: "objects";
  readonly object: "network" | "volume";
  readonly name: string;
  readonly service: OciService;
  readonly requirement: readonly string[];
}

/** A program, a container, or the networks or volumes that containers need. */
export type SupervisedUnit = Unit | ContainerUnit | ObjectsUnit;
