/** Waits until what was started is ready: looks again and again, each look bounded, until the deadline. */
import { messageOf } from "../base/index.ts";
import { closeSync, constants, fstatSync, openSync, readSync, tryConnect } from "../sys/index.ts";
import type { ProbeSpec, ReadinessSpec } from "./unit-spec.ts";

/** What a probe needs to know of its unit. */
export interface ProbeSurroundings {
  readonly logFile: string;
  /** Runs a program as the unit's user; resolves with what it said, or undefined when it exited with 0. */
  readonly run: (argv: readonly string[], signal: AbortSignal) => Promise<string | undefined>;
  /** What the unit's health check says. */
  readonly health: () => string | null;
  /** The assignments of sd_notify(3) that it has sent since it was last asked. */
  readonly notices: () => readonly string[];
}

/** A look: undefined when the unit is ready, or what it still lacks, in words. */
type Look = (signal: AbortSignal) => Promise<string | undefined>;

/** Milliseconds that one look may take. */
const lookPeriod = 5_000;

/** More of a line than this is not looked at. */
const longestLine = 64 * 1024;

/** Bytes of a log that are looked at in one look, which nothing else runs beside. */
const mostAtOnce = 8 << 20;

function lookAtPort(host: string, port: number): Look {
  return async (signal) => {
    const refusal = await tryConnect({ host, port }, signal);
    return refusal === undefined ? undefined : `${host}:${port} does not accept connections: ${refusal}`;
  };
}

function lookAtPage(url: string, status: number | null): Look {
  return async (signal) => {
    try {
      const response = await fetch(url, { signal, redirect: "manual" });
      await response.body?.cancel();
      const isExpected = status === null ? response.status >= 200 && response.status < 400 : response.status === status;
      return isExpected ? undefined : `${url} answers with status ${response.status}`;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return `${url} does not answer: ${messageOf(cause)}`;
    }
  };
}

/** Reads what was written to the log since `start`, from where the look before left off, and so much at a time. */
function lookAtLog(path: string, pattern: string, start: number): Look {
  const expression = new RegExp(pattern);
  const lack = `no line of its log matches ${expression}`;
  let position = start;
  let rest = "";
  return async () => {
    let descriptor: number;
    try {
      // Somebody else may have put a link or a FIFO there.
      descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return lack;
    }
    try {
      const { size } = fstatSync(descriptor);
      // It was rotated or emptied: what is there is new.
      if (size < position) position = 0;
      const end = Math.min(size, position + mostAtOnce);
      const buffer = Buffer.alloc(longestLine);
      while (position < end) {
        const count = readSync(descriptor, buffer, 0, Math.min(buffer.length, end - position), position);
        if (count === 0) return lack;
        position += count;
        const lines = (rest + buffer.toString("utf8", 0, count)).split("\n");
        rest = (lines.pop() ?? "").slice(-longestLine);
        // conmon(8) writes "time stream P|F text" on each line.
        if (lines.some((line) => expression.test(line.replace(/^\S+ (?:stdout|stderr) [PF] /, "")))) return undefined;
      }
      return lack;
    } finally {
      closeSync(descriptor);
    }
  };
}

function lookAtNotices(notices: () => readonly string[]): Look {
  let status = "";
  return async () => {
    const lines = notices();
    status = lines.findLast((line) => line.startsWith("STATUS=")) ?? status;
    return lines.includes("READY=1") ? undefined : `it has not sent READY=1${status === "" ? "" : `, but ${status}`}`;
  };
}

function lookOf(probe: ProbeSpec, surroundings: ProbeSurroundings, logStart: number): Look {
  const { logFile, run, health, notices } = surroundings;
  switch (probe.kind) {
    case "tcp":
      return lookAtPort(probe.host, probe.port);
    case "http":
      return lookAtPage(probe.url, probe.status);
    case "log":
      return lookAtLog(logFile, probe.pattern, logStart);
    case "program":
      return (signal) => run(probe.argv, signal);
    case "healthy":
      return async () => (health() === "healthy" ? undefined : `its health is ${health() ?? "unknown"}`);
    case "notify":
      return lookAtNotices(notices);
  }
}

/** Resolves with undefined once it is ready, with what it lacks at the deadline, or throws when `signal` says so. */
export async function awaitReady(
  { probe, interval, deadline }: ReadinessSpec,
  surroundings: ProbeSurroundings,
  { logStart, signal }: { readonly logStart: number; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const look = lookOf(probe, surroundings, logStart);
  const late = AbortSignal.timeout(deadline);
  let lack: string | undefined;
  for (;;) {
    lack = await look(AbortSignal.any([signal, late, AbortSignal.timeout(lookPeriod)]));
    signal.throwIfAborted();
    if (lack === undefined) return undefined;
    if (late.aborted) return `not ready within ${deadline / 1000} s: ${lack}`;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, interval);
      for (const each of [signal, late])
        each.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
    });
    signal.throwIfAborted();
  }
}
