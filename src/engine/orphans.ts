/**
 * Containers that Podman has lost: where it is killed in the midst of a start, conmon(8) and the process that it keeps are left
 * behind, and Podman forgets them with the next container of that name. Their command line still says whose they are.
 */
import { hasErrno } from "../base/index.ts";
import { childrenOf, commandLinesOf, isAlive, type ProcessId } from "../sys/index.ts";
import { type Identity, runAs } from "./identity.ts";

/** A conmon that runs. */
export interface Keeper {
  readonly process: ProcessId;
  /** The container's identifier. */
  readonly id: string;
  /** Where the container's output goes, where that is a file. */
  readonly logFile: string;
}

/** Milliseconds that a conmon may take to notice that its container is gone, and then to go itself. */
const patience = 2_000;
const longest = 10_000;

/** The user's conmons. */
export function keepersOf(identity: Identity): readonly Keeper[] {
  return commandLinesOf("conmon").flatMap(({ process, uid, argv }): Keeper[] => {
    const given = (flag: string): string => argv[argv.indexOf(flag) + 1] ?? "";
    const id = given("-c");
    if (uid !== identity.uid || !/^[0-9a-f]{64}$/.test(id)) return [];
    return [{ process, id, logFile: given("-l").replace(/^k8s-file:/, "") }];
  });
}

export interface EndOptions {
  /** The engine's own runtime; undefined where it cannot be had. */
  readonly runtime: string | undefined;
  /** Seconds between the request to end and the kill. */
  readonly grace: number;
}

/** Ends what it keeps, and then it. */
export async function endKeeper(
  identity: Identity,
  { process: conmon, id }: Keeper,
  { runtime, grace }: EndOptions,
): Promise<void> {
  const kept = isAlive(conmon) && grace > 0 ? childrenOf(conmon.pid) : [];
  for (const child of kept) end(child, "SIGTERM");
  for (let waited = 0; waited < grace * 1000 && isAlive(conmon) && childrenOf(conmon.pid).length > 0; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20));
  // With the container's processes go its control group and what the runtime remembers of it.
  if (runtime !== undefined) await runAs(identity, [runtime, "delete", "--force", id]);
  // A runtime that lost its own folder knows of none of them.
  for (const child of isAlive(conmon) ? childrenOf(conmon.pid) : []) end(child);
  for (let waited = 0; waited < longest && isAlive(conmon); waited += 20) {
    if (waited >= patience) end(conmon.pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function end(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended in between.
    if (!hasErrno(error, "ESRCH")) throw error;
  }
}
