/** What rules found of a declaration: who is told, and whether it stops the command. */
import { KnownError, Problems } from "../base/index.ts";
import type { Findings, Loaded, Weighed } from "../system/index.ts";
import type { Context } from "./context.ts";

export interface StrictOption {
  /** Warnings count as errors. */
  readonly strict?: boolean;
}

export function isError({ weight }: Weighed, { strict = false }: StrictOption): boolean {
  return strict || weight === "error";
}

/** How many findings a person is shown; errors come before warnings. */
export const mostFindings = 100;

/** Warns of what does not stop the command; throws what does. */
export function settle(context: Context, { found }: Findings, options: StrictOption): void {
  const errors = found.filter((each) => isError(each, options));
  const warnings = found.filter((each) => !isError(each, options));
  context.warn(warnings, Math.max(0, mostFindings - errors.length));
  if (errors.length > 0)
    throw new Problems(
      errors.map(({ code, message, hint, where, also }) => new KnownError(code, message, { hint, where, also })),
    );
}

/** What the declaration's own text is enough to find: `check` asks the host as well. */
export async function settleLoaded(
  context: Context,
  { findings, suppressions }: Loaded,
  options: StrictOption,
): Promise<void> {
  const { sift } = await import("../system/index.ts");
  settle(context, sift(findings, suppressions), options);
}
