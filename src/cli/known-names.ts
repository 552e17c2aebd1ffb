/**
 * Names that a shell completes, printed one a line: units of the supervisor that runs, or of the current generation, and
 * numbers of generations. A person waits for it between two keys: only what is needed is loaded, and what goes wrong is silent.
 */
import { join } from "node:path";
import type { Paths } from "../base/index.ts";
import { readdirSync, readTextIfExists, requestSocket } from "../sys/index.ts";

interface Named {
  readonly provision: readonly string[];
}

/** Milliseconds that the supervisor may take. */
const patience = 500;

async function unitsOf(paths: Paths): Promise<readonly Named[]> {
  try {
    const signal = AbortSignal.timeout(patience);
    const answer = await requestSocket(paths.socket, { method: "GET", url: "/v1/status", signal });
    let text = "";
    for await (const chunk of answer) text += String(chunk);
    return (JSON.parse(text) as { readonly units: readonly Named[] }).units;
  } catch {
    const current = readTextIfExists(join(paths.generations, "current"));
    if (current === undefined) return [];
    return (JSON.parse(current) as { readonly spec: { readonly units: readonly Named[] } }).spec.units;
  }
}

/** The names of a kind; none where they cannot be had. */
export async function knownNames(paths: Paths, kind: string): Promise<readonly string[]> {
  try {
    if (kind === "units") return (await unitsOf(paths)).flatMap((unit) => unit.provision);
    const files = readdirSync(paths.generations);
    const numbers = files.flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
    return numbers.sort((a, b) => Number(b) - Number(a));
  } catch {
    return [];
  }
}
