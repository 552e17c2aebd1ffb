/** What the output goes to: how wide it is, whether it takes colours, and how progress can be shown on it. */
import { KnownError } from "../base/index.ts";

/** A stream as far as it matters here. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Columns of a terminal that does not say how many it has. */
const defaultColumns = 80;

/** Nothing is laid out for less. */
const fewestColumns = 20;

/** What COLUMNS asks for; undefined where it asks for nothing. */
function askedColumns({ environment }: Pick<Surroundings, "environment">): number | undefined {
  const asked = /^\d{1,4}$/.test(environment.COLUMNS ?? "") ? Number(environment.COLUMNS) : 0;
  return asked === 0 ? undefined : Math.max(fewestColumns, asked);
}

/**
 * The columns of a terminal, by COLUMNS or by its own word; undefined for what is none. Programs read tables and lines from
 * there, some below a shell that exports COLUMNS, so nothing is cut for it.
 */
export function columnsOf(stream: OutputStream, surroundings: Pick<Surroundings, "environment">): number | undefined {
  if (stream.isTTY !== true) return undefined;
  return askedColumns(surroundings) ?? Math.max(fewestColumns, stream.columns || defaultColumns);
}

/** The columns for what is laid out wherever it goes, such as help: those of the terminal, else of COLUMNS, else `usual`. */
export function layoutColumns(
  stream: OutputStream,
  surroundings: Pick<Surroundings, "environment">,
  usual: number = defaultColumns,
): number {
  return columnsOf(stream, surroundings) ?? askedColumns(surroundings) ?? usual;
}

/** Whether a stream takes colours: FORCE_COLOR decides, then NO_COLOR, then whether it is a terminal that knows some. */
export function takesColours(stream: OutputStream, { environment }: Pick<Surroundings, "environment">): boolean {
  const { FORCE_COLOR: forced = "", NO_COLOR: refused = "", TERM: terminal } = environment;
  if (forced !== "") return forced !== "0" && forced !== "false";
  return refused === "" && stream.isTTY === true && terminal !== "dumb";
}

/** How progress is shown: in place, as lines, or not at all. */
export type ProgressMode = "live" | "plain" | "none";

const modes: readonly string[] = ["live", "plain", "none"];

/**
 * What LADING_PROGRESS asks for; without it, live on a terminal that can move its cursor and that nobody records. What is
 * no terminal never gets a live view. With --json, stderr is left to errors as data unless a person looks at it.
 */
export function progressMode(
  { environment, stderr }: Surroundings,
  { quiet, json }: { readonly quiet: boolean; readonly json: boolean },
): ProgressMode {
  const { LADING_PROGRESS: asked = "", TERM: terminal = "", CI: automatic = "" } = environment;
  if (asked !== "" && !modes.includes(asked))
    throw new KnownError("usage", `LADING_PROGRESS takes ${modes.join(", ")}, not "${asked}"`);
  if (quiet || asked === "none") return "none";
  if (stderr.isTTY !== true) return json && asked === "" ? "none" : "plain";
  if (asked !== "") return asked as ProgressMode;
  const canMove = terminal !== "" && terminal !== "dumb";
  const isRecorded = automatic !== "" && automatic !== "false" && automatic !== "0";
  return canMove && !isRecorded ? "live" : "plain";
}
