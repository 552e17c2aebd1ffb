/** `lading daemon`: the supervisor, until a signal or `down` ends it. */
import { pathsFor } from "../base/index.ts";
import { runDaemon } from "../supervisor/daemon.ts";
import { Generations, readUnits } from "../system/generations.ts";
import type { Answer, Context } from "./context.ts";

export async function run({ paths }: Pick<Context, "paths">): Answer {
  const current = new Generations(paths).current();
  const { units = [], access } = current?.spec ?? {};
  const initial = { generation: current?.number ?? 0, units, access };
  await runDaemon({ paths, initial, readUnits });
  return undefined;
}

/** The whole command, for a process that is nothing else, and its exit code: what prints for people is not loaded before. */
export async function runAlone(root: string | undefined): Promise<void> {
  try {
    if (root !== undefined) (await import("./context.ts")).requireAbsoluteRoot(root);
    await run({ paths: pathsFor({ uid: process.getuid?.() ?? 0, root, environment: process.env }) });
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    const { SourceLines } = await import("./source-lines.ts");
    process.exitCode = reportError(error, { json: false, sources: new SourceLines() });
  }
}
