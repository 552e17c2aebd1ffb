/** Programs of the host: always an argument array, an explicit environment and a deadline; never a shell. */
import { type ChildProcess, spawn } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { createInterface } from "node:readline";
import { hasErrno, KnownError } from "../base/index.ts";

export { type ChildProcess, spawn };

/** The programs that a host keeps outside a plain user's PATH are looked for as well. */
export const hostPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** An open file that the program reads, instead of `input`. */
  readonly stdin?: number;
  /** In milliseconds; the program is killed after it. Default: 10 minutes. */
  readonly deadline?: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears each line that the program prints, on either stream, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** The exit status; 128 + N for an end by signal N is not used: `signal` says it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that ended, for whoever wants to tell of it. */
export interface ProgramEnd {
  readonly argv: readonly string[];
  /** From its start. */
  readonly milliseconds: number;
  /** "status 0", "SIGKILL". */
  readonly ended: string;
}

const ends = channel("lading.program-end");

/** Hears of each program that `run` ran, from now on. */
export function onProgramEnd(listener: (end: ProgramEnd) => void): void {
  ends.subscribe((end) => listener(end as ProgramEnd));
}

/** Milliseconds after a program's end in which what it wrote is still read. */
const drainPeriod = 300;

/**
 * Runs a program to its end. Resolves on the program's own exit: a grandchild that keeps the pipes open, such as
 * aardvark-dns, is not waited for. Throws only when the program cannot be started, is aborted or exceeds its deadline.
 */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program = "", ...rest] = argv;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      env: { PATH: hostPath, LC_ALL: "C.UTF-8", ...options.env },
      cwd: options.cwd ?? "/",
      stdio: [options.stdin ?? "pipe", "pipe", "pipe"],
    });
    // Without a descriptor to spare there are no streams, and the error comes later.
    if (!child.stdout || !child.stderr) {
      child.once("error", reject);
      return;
    }
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
    if (options.onLine !== undefined)
      for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", options.onLine);
    const limit = options.deadline ?? 600_000;
    let late = false;
    let hasEnded = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit);
    const abort = (): void => void child.kill("SIGTERM");
    options.signal?.addEventListener("abort", abort, { once: true });
    const done = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    child.on("error", (error) => {
      done();
      reject(hasErrno(error, "ENOENT") ? notInstalled(program, error) : error);
    });
    const finish = (status: number | null, signal: NodeJS.Signals | null): void => {
      done();
      // "exit" and "close" both come; the program is told of once.
      if (ends.hasSubscribers && !hasEnded)
        ends.publish({ argv, milliseconds: performance.now() - began, ended: signal ?? `status ${status}` });
      hasEnded = true;
      if (options.signal?.aborted) reject(new KnownError("interrupted", `${program} was interrupted`));
      else if (late) reject(new KnownError("command-failed", `${program} did not end within ${limit / 1000} s`));
      else resolve({ status, signal, stdout: text(output.stdout), stderr: text(output.stderr) });
    };
    // "close" comes when the pipes are empty and closed by all who had them; who inherited them may never do so.
    child.on("close", finish);
    child.on("exit", (status, signal) => setTimeout(finish, drainPeriod, status, signal));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
  });
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}

function notInstalled(program: string, cause: unknown): KnownError {
  const hint = "run `lading doctor` to see what this host lacks and how to get it";
  return new KnownError("command-failed", `the program "${program}" is not installed`, { hint, cause });
}

/** Runs a program that must succeed; its last words are the error otherwise. */
export async function runOrFail(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.status !== 0) throw new KnownError("command-failed", `${argv[0]} failed: ${lastWords(result)}`);
  return result.stdout;
}

/** The lines of an error output that say why; engines put the cause last. */
export function lastWords(result: Pick<RunResult, "status" | "signal" | "stderr" | "stdout">): string {
  const lines = (result.stderr.trim() || result.stdout.trim())
    .split("\n")
    .filter((line) => !line.includes("level=warning"));
  const words = lines.slice(-3).join("; ");
  return words || (result.signal === null ? `exit status ${result.status}` : `ended by ${result.signal}`);
}

/** Whether a process exists, and since when: pid and start time together name a process for ever. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTime: number;
}
