/** Looking up users and groups: through the host's name services, or, where an image has no getent(1), in /etc alone. */
import { readTextIfExists } from "./files.ts";
import { findProgram } from "./filter.ts";
import { run } from "./process.ts";

/** The fields of an entry of passwd(5) or group(5), by name or number; undefined where there is none. */
export async function lookUp(database: "passwd" | "group", key: string): Promise<readonly string[] | undefined> {
  if (findProgram("getent") === undefined) return lookUpInFile(database, key);
  const { status, stdout } = await run(["getent", database, key]);
  return status === 0 ? stdout.trim().split(":") : undefined;
}

function lookUpInFile(database: string, key: string): readonly string[] | undefined {
  const lines = readTextIfExists(`/etc/${database}`)?.split("\n") ?? [];
  const byNumber = /^\d+$/.test(key) ? 2 : 0;
  return lines.map((line) => line.split(":")).find((fields) => fields[byNumber] === key && fields.length > 2);
}
