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
  /** The program with which it made the container. */
  readonly runtime: string;
  /** Where the container's output goes, where that is a file. */
  readonly logFile: string;
}

/** Milliseconds that a conmon may take to notice that its container is gone. */
const patience = 2_000;

/** The user's conmons. */
export function keepersOf(identity: Identity): readonly Keeper[] {
  return commandLinesOf("conmon").flatMap(({ process, uid, argv }): Keeper[] => {
    const given = (flag: string): string => argv[argv.indexOf(flag) + 1] ?? "";
    const id = given("-c");
    // The runtime is run as the user: a conmon of somebody else's must not name it.
    if (uid !== identity.uid || !/^[0-9a-f]{64}$/.test(id)) return [];
    return [{ process, id, runtime: given("-r"), logFile: given("-l").replace(/^k8s-file:/, "") }];
  });
}

/** Ends what it keeps, and then it. */
export async function endKeeper(identity: Identity, { process: conmon, id, runtime }: Keeper): Promise<void> {
  // With the container's processes go its control group and what the runtime remembers of it.
  await runAs(identity, [runtime, "delete", "--force", id]);
  // A runtime that lost its own folder knows of none of them.
  for (const child of isAlive(conmon) ? childrenOf(conmon.pid) : []) end(child);
  for (let waited = 0; isAlive(conmon); waited += 20) {
    if (waited >= patience) end(conmon.pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It ended in between.
    if (!hasErrno(error, "ESRCH")) throw error;
  }
}
