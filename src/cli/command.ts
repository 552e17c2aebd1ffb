/**
 * Any command but the supervisor: what a shell completes, and an apply of what is in force, is answered at once; all else by
 * the whole program.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pathsFor } from "../base/index.ts";
import { isKnownInForce } from "./in-force.ts";
import { knownNames } from "./known-names.ts";
import { unchanged } from "./unchanged.ts";

async function isUnchanged(): Promise<boolean> {
  const [verb, file, ...rest] = process.argv.slice(2);
  if (verb !== "apply" || file === undefined || file.startsWith("-")) return false;
  if (!rest.every((flag) => flag === "-y" || flag === "--yes")) return false;
  const paths = pathsFor({ uid: process.getuid?.() ?? 0, environment: process.env });
  return isKnownInForce(paths, fileURLToPath(new URL("../cli/main.js", import.meta.url)), resolve(file));
}

/** The names that a shell asks for between two keys. */
function askedNames(): string | undefined {
  const [verb, kind = "", ...rest] = process.argv.slice(2);
  return verb === "completion" && rest.length === 0 && /^(units|generations)$/.test(kind) ? kind : undefined;
}

/** Does what the process was called for, and sets its exit code. */
export async function runCommand(): Promise<void> {
  const asked = askedNames();
  if (asked !== undefined) {
    const paths = pathsFor({ uid: process.getuid?.() ?? 0, environment: process.env });
    process.stdout.write((await knownNames(paths, asked)).map((name) => `${name}\n`).join(""));
  } else if (await isUnchanged()) process.stdout.write(`${unchanged}\n`);
  else {
    const { runProgram } = await import("./program.ts");
    await runProgram();
  }
}
