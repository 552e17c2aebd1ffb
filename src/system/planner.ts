/** What a plan consists of, and what gathers it. */
import { KnownError, type Place } from "../base/index.ts";
import type { EngineCli } from "../engine/index.ts";
import type { ImageSummary } from "../image/index.ts";
import type { Reference } from "../store/index.ts";
import type { LayerFiles } from "./differences.ts";
import type { Repair } from "./host-needs.ts";
import type { LedgerFile } from "./ledger.ts";
import type { GroupSpec, ImageSpec, UserSpec } from "./spec.ts";

/** What carrying out a step does. */
export type Deed =
  | { readonly kind: "group-add"; readonly group: GroupSpec }
  | { readonly kind: "user-add"; readonly user: UserSpec; readonly uid: number | null }
  | { readonly kind: "user-join"; readonly user: string; readonly group: string }
  | Repair
  | { readonly kind: "sysctl-restore"; readonly key: string; readonly value: number; readonly before: number }
  | { readonly kind: "linger-end"; readonly user: string }
  | {
      readonly kind: "file-write";
      readonly path: string;
      readonly source: Reference;
      readonly digest: string;
      readonly keep: boolean;
    }
  | { readonly kind: "file-restore"; readonly file: LedgerFile }
  | { readonly kind: "image-load"; readonly image: ImageSpec }
  | { readonly kind: "image-pull"; readonly image: ImageSpec }
  | { readonly kind: "supervisor-start" }
  | { readonly kind: "unit-start" | "unit-replace" | "unit-remove"; readonly unit: string }
  | { readonly kind: "unit-retry"; readonly unit: string }
  | {
      readonly kind: "object-remove";
      readonly object: "network" | "volume";
      readonly name: string;
      readonly user: string | null;
      readonly cli: EngineCli;
    }
  /** Carried out by the unit that makes it, between the end of what uses it and the next start. */
  | { readonly kind: "object-replace"; readonly object: "network" | "volume"; readonly name: string }
  | { readonly kind: "user-remove"; readonly user: string; readonly home: boolean }
  | { readonly kind: "home-remove"; readonly user: string; readonly home: string }
  | { readonly kind: "group-remove"; readonly group: string }
  /** Nothing on the host: the generation is only written down. */
  | { readonly kind: "generation-record" };

export interface Step {
  readonly deed: Deed;
  readonly what: string;
  readonly why: string;
  /** Field by field, where there is something to compare. */
  readonly details: readonly string[];
  readonly where?: Place;
  /** The record that it comes from, and those of its fields that make it necessary; none where the host alone does. */
  readonly record: string | null;
  readonly fields: readonly string[];
  /** What it interrupts: nothing, a unit, or data that goes. */
  readonly interrupts: "nothing" | "restart" | "data";
  /** How long a unit is away at most; null where none is. */
  readonly seconds: number | null;
  /** Whether a rollback brings back what was before. */
  readonly canUndo: boolean;
}

export interface Plan {
  readonly version: 1;
  readonly steps: readonly Step[];
  /** What stands in the way; nothing is done while there is one. */
  readonly problems: readonly KnownError[];
  /** Volumes of ours that nothing declares any more: kept until the user says otherwise. */
  readonly orphans: readonly string[];
  /** What the engines in question have that Lading did not make: left alone. */
  readonly foreign: readonly { readonly kind: "container" | "network" | "volume"; readonly name: string }[];
  /** What is told without being changed. */
  readonly notes: readonly string[];
}

export const emptyPlan: Plan = { version: 1, steps: [], problems: [], orphans: [], foreign: [], notes: [] };

/** What the planner may know of built things: pure look-ups, given so that it reads nothing itself. */
export interface PlanContext {
  /** The content of a managed file. */
  readonly content: (source: Reference) => Buffer;
  /** The built image of a reference, and the one of the generation before. */
  readonly image: (image: ImageSpec) => ImageSummary | undefined;
  readonly imageBefore: (reference: string) => ImageSummary | undefined;
  /** What a layer holds, by path. */
  readonly filesIn: LayerFiles;
  /** Volumes that may be made anew, without their data. */
  readonly replaceVolumes: readonly string[];
  /** Also take away what holds data: volumes and homes. */
  readonly withVolumes: boolean;
  /** Accounts of ours to take away as well: all of them for `down`, none for `apply`. */
  readonly removeAccounts: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** The value of the owner label. */
  readonly owner: string;
}

/** The record that a deed carries out. */
function recordOf({ kind }: Deed): string | null {
  switch (kind) {
    case "group-add":
      return "userGroup";
    case "user-add":
    case "user-join":
      return "userAccount";
    case "subid-add":
      return "subidRange";
    case "image-load":
      return "ociImage";
    default:
      return null;
  }
}

/** Gathers steps, problems and notes in their order. */
export class Planner {
  readonly steps: Step[] = [];
  readonly problems: KnownError[] = [];
  readonly notes: string[] = [];

  add(
    deed: Deed,
    what: string,
    why: string,
    more: Partial<Pick<Step, "details" | "interrupts" | "seconds" | "record">> & {
      readonly where?: Place | undefined;
    } = {},
  ): void {
    const { where, details = [], interrupts = "nothing", seconds = null, record = recordOf(deed) } = more;
    const fields = [...new Set(details.flatMap((line) => /^(?:\+ |− )?([A-Za-z]+)(?:\.\w+)?: /.exec(line)?.[1] ?? []))];
    const canUndo = interrupts !== "data";
    this.steps.push({
      deed,
      what,
      why,
      record,
      fields,
      details,
      interrupts,
      seconds,
      canUndo,
      ...(where ? { where } : {}),
    });
  }

  problem(...parameters: ConstructorParameters<typeof KnownError>): void {
    this.problems.push(new KnownError(...parameters));
  }
}
