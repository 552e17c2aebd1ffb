/** The daemon: one supervisor for one folder of state, answering on its control socket until it is told to end. */

import { join } from "node:path";
import type { Paths } from "../base/index.ts";
import { ensureFolder, notifySystemd, removeTree, shrinkHeap, takeLock, watchdogPeriod } from "../sys/index.ts";
import { controlApi } from "./api.ts";
import { Doors } from "./doors.ts";
import { ProcessOne } from "./process-one.ts";
import { serveRoutes } from "./routes.ts";
import type { Log } from "./runner.ts";
import { Supervisor } from "./supervisor.ts";
import type { UnitSet } from "./unit-spec.ts";

export interface DaemonOptions {
  readonly paths: Paths;
  /** The units to begin with: those of the current generation. */
  readonly initial: UnitSet;
  readonly readUnits: (path: string) => UnitSet;
}

/** Milliseconds without a change after which a busy time counts as over. */
const quietPeriod = 10_000;

const log: Log = (level, message) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message })}\n`);
};

/** Runs until a signal or a request ends it. What it supervises goes on, unless it is process 1. */
export async function runDaemon({ paths, initial, readUnits }: DaemonOptions): Promise<void> {
  // A log that cannot be written, as on a full disk, must not end what it is about.
  process.stderr.on("error", () => undefined);
  // Nor may a defect that nobody foresaw leave everything without a supervisor.
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (error: unknown) => log("error", `a defect: ${error instanceof Error ? error.stack : error}`));
  ensureFolder(paths.runtime, 0o700);
  ensureFolder(paths.state);
  // A second daemon would start everything twice; the kernel gives the lock to one.
  await using _lock = await takeLock(join(paths.state, "daemon.lock"), { purpose: "the supervisor", wait: 2 });
  const supervisor = new Supervisor(paths, log);
  const quiet = setTimeout(shrinkHeap, quietPeriod);
  quiet.unref();
  supervisor.events.listen(() => quiet.refresh());
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const routes = controlApi({
    ...{ paths, supervisor, readUnits, shutdown: end },
    log,
    onLoad: ({ access }) => doors.open(access),
  });
  const doors = new Doors(paths, serveRoutes(routes), log);
  log("info", `supervising generation ${initial.generation}: ${initial.units.length} units, process ${process.pid}`);
  await supervisor.recover(initial);
  await doors.open(initial.access);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, end);
  const one = process.pid === 1 ? new ProcessOne(supervisor, log) : undefined;
  await notifySystemd("READY=1", `STATUS=generation ${initial.generation}, ${initial.units.length} units`);
  const watchdog = watchdogPeriod();
  const timer = watchdog === undefined ? undefined : setInterval(() => void notifySystemd("WATCHDOG=1"), watchdog / 3);
  await ended;
  clearInterval(timer);
  await notifySystemd("STOPPING=1");
  if (one === undefined) log("info", "ending; what runs goes on");
  else {
    await one.end();
    // The next one begins as after a boot.
    removeTree(paths.supervisor);
  }
  await supervisor.close();
  doors.close();
}
