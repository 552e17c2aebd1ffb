/** Locks that the kernel drops when their holder dies: flock(2), held by a child whose standard input is our pipe. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { KnownError } from "../base/index.ts";
import { ensureFolder, readTextIfExists } from "./files.ts";
import { processId } from "./proc.ts";
import { hostPath } from "./process.ts";

export interface LockOptions {
  readonly shared?: boolean;
  /** Seconds to wait for the lock; 0 gives up at once. Default: 0. */
  readonly wait?: number;
  /** What the holder does, for the error of whoever comes second. */
  readonly purpose: string;
}

/** Takes the lock at `path` or throws `locked`, naming the holder. */
export async function takeLock(path: string, options: LockOptions): Promise<AsyncDisposable> {
  ensureFolder(dirname(path));
  // flock(1) keeps the lock for as long as cat waits for the end of our pipe; our death is that end.
  const child = spawn(
    "flock",
    [
      options.shared ? "--shared" : "--exclusive",
      "--wait",
      String(options.wait ?? 0),
      path,
      "sh",
      "-c",
      "echo locked; exec cat",
    ],
    { stdio: ["pipe", "pipe", "ignore"], env: { PATH: hostPath }, detached: true },
  );
  child.stdin.on("error", () => undefined);
  const exit = once(child, "exit");
  const locked = await Promise.race([once(child.stdout, "data").then(() => true), exit.then(() => false)]);
  if (!locked) {
    const holder = readTextIfExists(`${path}.holder`)?.trim();
    throw new KnownError("locked", `another lading command is at work here${holder ? `: ${holder}` : ""}`, {
      hint: "wait for it to end, then try again",
    });
  }
  if (!options.shared) {
    const self = processId(process.pid);
    writeFileSync(`${path}.holder`, `${options.purpose}, process ${process.pid}, started at tick ${self?.startTime}\n`);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
