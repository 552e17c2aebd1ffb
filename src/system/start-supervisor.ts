/** Starts the supervisor where none answers: in a session of its own, for it outlives the command. */
import { join } from "node:path";
import { KnownError, type Paths } from "../base/index.ts";
import { closeSync, ensureFolder, openSync, readTextIfExists, spawn } from "../sys/index.ts";
import { observeSupervisor } from "./observe.ts";

/** The supervisor outlives the command: of the command's surroundings it gets only what says where things are. */
function daemonEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([key]) => /^(HOME|USER|LOGNAME|PATH|XDG_\w+|LADING_\w+)$/.test(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, value ?? ""]));
}

/** Makes sure that the supervisor runs and answers. */
export async function startSupervisor(paths: Paths, daemonArgv: readonly string[]): Promise<void> {
  if ((await observeSupervisor(paths)) !== null) return;
  ensureFolder(paths.state);
  const logFile = join(paths.state, "daemon.log");
  const log = openSync(logFile, "a", 0o640);
  const [program = "", ...args] = daemonArgv;
  const child = spawn(program, args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
    env: daemonEnvironment(),
  });
  closeSync(log);
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  child.once("error", () => {
    ended = true;
  });
  child.unref();
  for (let waited = 0; waited < 60_000; waited += 20) {
    if ((await observeSupervisor(paths)) !== null) return;
    if (ended) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const words = readTextIfExists(logFile)?.trim().split("\n").slice(-3).join("\n");
  throw new KnownError("daemon-failed", `the supervisor did not start: ${words ?? "it said nothing"}`, {
    hint: `its log is ${logFile}`,
  });
}
