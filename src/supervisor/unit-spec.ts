/** Units as plain data: what a generation holds and the supervisor runs. No code crosses a process boundary. */
import type { Place } from "../base/index.ts";
import type { ContainerSpec, EngineCli } from "../engine/index.ts";

export interface ActionSpec {
  readonly name: string;
  readonly documentation: string;
  readonly argv: readonly string[];
}

/** What starting a unit means. */
export type StartSpec =
  /** Nothing of its own: it gathers what it requires. */
  | { readonly kind: "none" }
  | {
      readonly kind: "program";
      readonly argv: readonly string[];
      readonly environment: readonly string[];
      readonly directory: string;
    }
  | {
      readonly kind: "container";
      readonly cli: EngineCli;
      readonly container: ContainerSpec;
      /** `sha256:…` of the image's configuration: known once it is built or pulled. */
      readonly imageId: string | null;
      readonly hostEnvironment: readonly string[];
    }
  /** Makes networks or volumes that are missing. */
  | {
      readonly kind: "objects";
      readonly cli: EngineCli;
      readonly object: "network" | "volume";
      readonly items: readonly { readonly name: string; readonly argv: readonly string[] }[];
    };

export interface UnitSpec {
  readonly name: string;
  readonly provision: readonly string[];
  readonly requirement: readonly string[];
  readonly documentation: string;
  readonly oneShot: boolean;
  readonly respawn: boolean;
  /** More respawns than this within `respawnWindow` milliseconds fail the unit. */
  readonly respawnLimit: number;
  readonly respawnDelay: number;
  /** Seconds. */
  readonly stopGrace: number;
  readonly autoStart: boolean;
  readonly logFile: string | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly start: StartSpec;
  readonly actions: readonly ActionSpec[];
  /** The digest of everything above that matters to what runs: a unit is replaced when it changes. */
  readonly digest: string;
  readonly place?: Place;
}

/** What the supervisor is given: a generation's units. */
export interface UnitSet {
  readonly generation: number;
  readonly units: readonly UnitSpec[];
}
