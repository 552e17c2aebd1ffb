/** Units as plain data: what a generation holds and the supervisor runs. No code crosses a process boundary. */
import type { Place } from "../base/index.ts";
import type { ContainerSpec, EngineCli } from "../engine/index.ts";
import type { MachineUnit } from "./unit-state.ts";

export interface ActionSpec {
  readonly name: string;
  readonly documentation: string;
  readonly argv: readonly string[];
}

/** When a unit is asked for its health, and what an unhealthy one is done with. Times are milliseconds. */
export interface HealthSpec {
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly retries: number;
  readonly onFailure: "none" | "restart" | "stop" | "kill";
}

/** What shows that a unit is ready. */
export type ProbeSpec =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** Any status from 200 to 399 where `status` is null. */
  | { readonly kind: "http"; readonly url: string; readonly status: number | null }
  | { readonly kind: "log"; readonly pattern: string }
  | { readonly kind: "program"; readonly argv: readonly string[] }
  | { readonly kind: "healthy" }
  /** It says so itself: sd_notify(3). */
  | { readonly kind: "notify" };

/** When a unit that was started counts as up. Times are milliseconds. */
export interface ReadinessSpec {
  readonly probe: ProbeSpec;
  readonly interval: number;
  readonly deadline: number;
}

/** How much of a unit's log is kept. */
export interface LogLimits {
  /** Bytes from which on it is rotated. */
  readonly size: number;
  /** How many rotated files are kept. */
  readonly keep: number;
  /** Milliseconds after which it is rotated whatever its size; null for never. */
  readonly age: number | null;
}

export const defaultLogLimits: LogLimits = { size: 16 * 2 ** 20, keep: 4, age: null };

/** When a unit is run. Times are milliseconds. */
export interface ScheduleSpec {
  readonly calendars: readonly string[];
  readonly timeZone: string | null;
  /** Instead of calendars. */
  readonly interval: number | null;
  readonly jitter: number;
  readonly catchUp: boolean;
}

/** Where a secret comes from and what the container finds; never its value. */
export interface SecretSpec {
  readonly name: string;
  readonly as: "file" | "environment";
  /** The file in the container. */
  readonly target: string;
  /** Owner, group and mode of the file, as the container numbers users. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly source:
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "command"; readonly argv: readonly string[] }
    | { readonly kind: "age"; readonly path: string; readonly identity: string };
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
      /** Instead of the user's own. */
      readonly groups?: readonly string[];
      readonly umask?: number;
      /** `name=soft[:hard]`. */
      readonly limits?: readonly string[];
      /** What its processes are asked to end by; SIGTERM where unset. */
      readonly stopSignal?: NodeJS.Signals;
      /** `argv` is run as the unit's user; 0 is healthy. */
      readonly health?: HealthSpec & { readonly argv: readonly string[] };
    }
  | {
      readonly kind: "container";
      readonly cli: EngineCli;
      readonly container: ContainerSpec;
      /** `sha256:…` of the image's configuration: known once it is built or pulled. */
      readonly imageId: string | null;
      readonly hostEnvironment: readonly string[];
      /** Networks and volumes that it is to be replaced with, and what they are made of. */
      readonly uses?: Readonly<Record<string, string>>;
      /** Arguments of Docker's `network connect`, for each network after the first. */
      readonly connect?: readonly (readonly string[])[];
      readonly secrets?: readonly SecretSpec[];
      readonly health?: HealthSpec;
    }
  /** Makes networks or volumes that are missing, and networks anew that were made otherwise. */
  | {
      readonly kind: "objects";
      readonly cli: EngineCli;
      readonly object: "network" | "volume";
      readonly items: readonly ObjectItem[];
    };

/** A network or volume to be made. */
export interface ObjectItem {
  readonly name: string;
  readonly argv: readonly string[];
  /** Of the declared fields: what was made with others carries another. */
  readonly digest: string;
  /** A volume may be made anew, without its data: the user's word, given for one switch. */
  readonly mayReplace?: true;
}

export interface UnitSpec extends Omit<MachineUnit, "scheduled" | "transient"> {
  readonly documentation: string;
  /** Seconds. */
  readonly stopGrace: number;
  readonly transient?: true;
  readonly ready?: ReadinessSpec;
  readonly schedule?: ScheduleSpec;
  readonly logFile: string | null;
  readonly log?: LogLimits;
  readonly user: string | null;
  readonly group: string | null;
  readonly start: StartSpec;
  readonly actions: readonly ActionSpec[];
  readonly place?: Place;
}

/** How the unit's health is watched; undefined where nobody asks for it. */
export function healthOf({ start }: Pick<UnitSpec, "start">): HealthSpec | undefined {
  return start.kind === "container" || start.kind === "program" ? start.health : undefined;
}

/** Seconds within which a unit that starts is ready, or is not going to be. */
export function readyWithin({ start, ready }: Pick<UnitSpec, "start" | "ready">): number {
  const health = healthOf({ start });
  const healthy = health === undefined ? 0 : health.startPeriod + health.retries * (health.interval + health.timeout);
  return Math.ceil(Math.max(healthy, ready?.deadline ?? 0) / 1000) + 1;
}

/** Whether the unit runs something that does its work and ends: it is done once that has. */
export function isWork({ oneShot, start }: Pick<UnitSpec, "oneShot" | "start">): boolean {
  return oneShot && (start.kind === "program" || start.kind === "container");
}

/** Groups that may speak to the supervisor beside its owner. */
export interface AccessSpec {
  /** May do everything, which is as good as being the owner. */
  readonly control?: string | null;
  /** May look. */
  readonly read?: string | null;
}

/** What the supervisor is given: a generation's units. */
export interface UnitSet {
  readonly generation: number;
  readonly units: readonly UnitSpec[];
  readonly access?: AccessSpec | undefined;
}

/** What the state machine knows of a unit. */
export function machineUnit(spec: UnitSpec): MachineUnit {
  const { name, provision, requirement, restartWith = [], digest, oneShot, autoStart } = spec;
  const { respawn, respawnLimit, respawnDelay, transient = false } = spec;
  const scheduled = spec.schedule !== undefined;
  const policy = { oneShot, scheduled, transient, respawn, respawnLimit, respawnDelay, autoStart };
  return { name, provision, requirement, restartWith, digest, ...policy };
}
