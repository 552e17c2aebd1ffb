/** What tests share: a scratch folder, the built command, and declarations written on the spot. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("..", import.meta.url));
export const main: string = join(root, "dist/cli/main.js");

/** Every file below a folder. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

/** A folder that is removed at the end of its scope. */
export class Scratch {
  readonly path: string;

  constructor(parent: string = tmpdir()) {
    this.path = mkdtempSync(join(parent, "lading-test-"));
  }

  /** Writes files, by their paths below the folder. */
  write(files: Readonly<Record<string, string | Uint8Array>>): this {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), content);
    }
    return this;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with the process once it runs. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs a program to its end. */
export function exec(argv: readonly string[], { env = {}, cwd, onStart }: ExecOptions = {}): Promise<Ran> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: cwd ?? "/",
      env: { PATH: process.env.PATH ?? "", HOME: "/root", NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout?.on("data", (chunk) => {
      output.stdout += String(chunk);
    });
    child.stderr?.on("data", (chunk) => {
      output.stderr += String(chunk);
    });
    child.once("error", reject);
    // Not "close": a supervisor that the command starts may outlive it.
    child.once("exit", (status) => setTimeout(() => resolve({ status, ...output }), 50));
    onStart?.(child);
  });
}

/** Runs the built command with a state of its own, below `scratch`. */
export function lading(scratch: Scratch, ...args: readonly string[]): Promise<Ran> {
  const env = { LADING_STATE: join(scratch.path, "state"), LADING_RUNTIME: join(scratch.path, "run") };
  return exec([process.execPath, main, ...args], { env, cwd: scratch.path });
}
