/** What the supervisor says of units: the plain data that `status` and the control API hand out. */
import type { Health } from "../engine/index.ts";
import type { Running } from "./state-file.ts";
import type { UnitSpec } from "./unit-spec.ts";
import type { Change, UnitState } from "./unit-state.ts";

/** One unit as `status` shows it. */
export interface UnitReport extends Omit<UnitState, "unit" | "next" | "history"> {
  readonly name: string;
  readonly provision: readonly string[];
  readonly requirement: readonly string[];
  readonly documentation: string;
  readonly kind: UnitSpec["start"]["kind"];
  readonly digest: string;
  readonly image: string | null;
  readonly pid: number | null;
  readonly containerId: string | null;
  /** Null where no health check is declared, or nothing runs. */
  readonly health: Health | null;
  /** When it runs next, in milliseconds since 1970; null where it has no schedule. */
  readonly nextRun: number | null;
}

/** One unit as `status UNIT` shows it. */
export interface UnitHistory extends UnitReport {
  readonly version: 1;
  /** Its last changes, oldest first. */
  readonly history: readonly Change[];
}

export interface StatusReport {
  readonly version: 1;
  readonly generation: number;
  readonly pid: number;
  readonly settled: boolean;
  readonly units: readonly UnitReport[];
}

/** What is known of a unit beside its state. */
interface Surroundings extends Pick<UnitReport, "health" | "nextRun"> {
  readonly spec: UnitSpec | undefined;
  readonly running: Running | undefined;
}

export function reportOf({ unit, next: _, history: __, ...state }: UnitState, about: Surroundings): UnitReport {
  const { spec, running, health, nextRun } = about;
  return {
    ...state,
    name: unit.name,
    provision: unit.provision,
    requirement: unit.requirement,
    documentation: spec?.documentation ?? "",
    kind: spec?.start.kind ?? "none",
    digest: unit.digest,
    image: spec?.start.kind === "container" ? (spec.start.imageId ?? spec.start.container.image) : null,
    pid: running?.process?.pid ?? null,
    containerId: running?.id ?? null,
    health,
    nextRun,
  };
}
