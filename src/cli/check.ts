/** `lading check FILE`: everything that is wrong with a declaration, and with this host as the one that is to have it. */
import { KnownError, reportsOf, shortDigest } from "../base/index.ts";
import type { Findings, Loaded } from "../system/index.ts";
import { type Format, formatReport, formats, type Report } from "./check-formats.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";
import { isError, type StrictOption, settle } from "./findings.ts";

interface CheckOptions extends StrictOption {
  readonly format?: string;
}

const loadRules = (): Promise<typeof import("../system/index.ts")> => import("../system/index.ts");

/** Reads the declaration, in its own thread; the rules are loaded meanwhile. */
async function loadBeside(context: Context, file: string): Promise<Loaded> {
  const [loaded] = await Promise.all([context.load(file), loadRules()]);
  return loaded;
}

async function findingsOf({ spec, findings, suppressions }: Loaded): Promise<Findings> {
  const { checkedSystem, checkOnHost, sift, unusedSuppressions } = await loadRules();
  const all = [...findings, ...(await checkOnHost(checkedSystem(spec)))];
  const { found, suppressed } = sift(all, suppressions);
  return { found: [...found, ...unusedSuppressions(all, suppressions)], suppressed };
}

function countsOf({ spec }: Loaded): { readonly units: number; readonly containers: number } {
  return {
    units: spec.units.length,
    containers: spec.units.filter((unit) => unit.start.kind === "container").length,
  };
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** What a declaration is told that cannot be folded at all: the errors alone, in the form that was asked for. */
async function reportOf(context: Context, file: string, options: CheckOptions): Promise<Report> {
  try {
    const loaded = await loadBeside(context, file);
    const { found, suppressed } = await findingsOf(loaded);
    const weighed = found.map((each) => (isError(each, options) ? { ...each, weight: "error" as const } : each));
    return { found: weighed, suppressed, ...countsOf(loaded) };
  } catch (error) {
    const reports = reportsOf(error);
    if (reports === undefined) throw error;
    const found = reports.map((each) => ({ ...each, weight: "error" as const }));
    return { found, suppressed: [], units: null, containers: null };
  }
}

export async function run(
  context: Context,
  [file = ""]: readonly (string | undefined)[],
  options: CheckOptions,
): Answer {
  const format = options.format ?? "text";
  if (!formats.some((each) => each === format))
    throw new KnownError("usage", `--format takes ${formats.join(", ")}, not "${format}"`);
  if (format !== "text") {
    const report = await reportOf(context, file, options);
    const text = formatReport(report, format as Exclude<Format, "text">);
    if (text !== "") context.print(text);
    return report.found.some(({ weight }) => weight === "error") ? exitCodes.failed : exitCodes.done;
  }
  const loaded = await loadBeside(context, file);
  const findings = await findingsOf(loaded);
  settle(context, findings, options);
  const counts = countsOf(loaded);
  if (context.json) context.print(formatReport({ ...findings, ...counts }, "json"));
  else {
    const built = loaded.spec.images.filter((image) => image.item);
    const images = built.map((image) => `${image.reference} (${shortDigest(image.item ?? "")})`).join(", ");
    const warnings = findings.found.length;
    const outcome = warnings === 0 ? "no problems" : `no errors, ${many(warnings, "warning")}`;
    const suppressed = findings.suppressed.length === 0 ? "" : `; ${findings.suppressed.length} suppressed`;
    context.print(
      `${file}: ${outcome}; ${many(counts.units, "unit")}, ${counts.containers} of them containers, ${images || "no images to build"}${suppressed}`,
    );
  }
  return undefined;
}
