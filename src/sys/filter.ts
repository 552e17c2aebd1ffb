/** Programs that turn one stream of bytes into another, such as decompressors. */
import { join } from "node:path";
import type { Writable } from "node:stream";
import { KnownError } from "../base/index.ts";
import { existsSync } from "./files.ts";
import { hostPath, lastWords, spawn } from "./process.ts";

/** Where a program of the host is, if it is installed. */
export function findProgram(name: string): string | undefined {
  return hostPath
    .split(":")
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Bytes of what a program says of its failure that are kept. */
const mostWords = 16 << 10;

/**
 * What a program makes of `source`, as it comes. A program that fails is an error with its last words; one whose output
 * nobody reads to the end is killed.
 */
export async function* filterThrough(
  argv: readonly string[],
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, {
    env: { PATH: hostPath, LC_ALL: "C.UTF-8" },
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe"],
  });
  const words: Buffer[] = [];
  let kept = 0;
  child.stderr?.on("data", (chunk: Buffer) => {
    if (kept < mostWords) words.push(chunk);
    kept += chunk.length;
  });
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve({ status, signal }));
  });
  // It is looked at when the output has ended, which may be after it failed.
  ended.catch(() => undefined);
  let unread: unknown;
  const fed = child.stdin
    ? feed(child.stdin, source).catch((error: unknown) => {
        unread = error;
      })
    : Promise.resolve();
  try {
    if (child.stdout) yield* child.stdout as AsyncIterable<Buffer>;
    const { status, signal } = await ended;
    await fed;
    if (unread !== undefined) throw unread;
    if (status !== 0) {
      const stderr = Buffer.concat(words).toString("utf8");
      const told = lastWords({ status, signal, stderr, stdout: "" });
      throw new KnownError("command-failed", `${program} failed: ${told}`);
    }
  } finally {
    child.stdin?.destroy();
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }
}

/** Writes all of `source`, or as much as the program reads: one that found a mistake, or the end, reads no further. */
async function feed(stdin: Writable, source: AsyncIterable<Uint8Array>): Promise<void> {
  let wake = (): void => undefined;
  stdin.on("error", () => undefined);
  stdin.on("close", () => wake());
  stdin.on("drain", () => wake());
  try {
    for await (const chunk of source) {
      if (stdin.destroyed) return;
      if (stdin.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (stdin.destroyed) resolve();
      });
    }
  } finally {
    stdin.end();
  }
}
