/**
 * Hands secrets to a container. Values are fetched at each start and kept in memory only: files lie on the runtime
 * folder's file system, each readable by its owner alone, in folders that only the supervisor can write; variables go
 * through the engine's own environment, so that no argument, log or generation holds a value.
 */
import { join } from "node:path";
import { hasErrno, KnownError, type Paths } from "../base/index.ts";
import type { Engine } from "../engine/index.ts";
import {
  chmodSync,
  chownSync,
  ensureFolder,
  lastWords,
  readFileSync,
  removeTree,
  run,
  writeFileAtomic,
} from "../sys/index.ts";
import type { SecretSpec } from "./unit-spec.ts";

/** A secret's command must answer within this many milliseconds. */
const commandDeadline = 60_000;

function secretFolder(paths: Paths, unit: string): string {
  return join(paths.secrets, unit);
}

/** How the engine is told of a unit's secrets: mounts of files, and names of variables. */
export function secretArguments(
  paths: Paths,
  unit: string,
  secrets: readonly SecretSpec[],
): { readonly mounts: readonly string[]; readonly variables: readonly string[] } {
  const folder = secretFolder(paths, unit);
  return {
    mounts: secrets.flatMap((each) => (each.as === "file" ? [`${join(folder, each.name)}:${each.target}:ro`] : [])),
    variables: secrets.flatMap((each) => (each.as === "environment" ? [each.name] : [])),
  };
}

function unavailable(name: string, message: string, hint: string, cause?: unknown): KnownError {
  return new KnownError("secret-unsafe", `the secret "${name}" ${message}`, { hint, cause });
}

async function decrypt(name: string, path: string, identityPath: string): Promise<Uint8Array> {
  let identities: readonly string[];
  try {
    identities = readFileSync(identityPath, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line.startsWith("AGE-SECRET-KEY-"));
  } catch (error) {
    throw unavailable(name, "needs an age identity that cannot be read", `put the key into ${identityPath}`, error);
  }
  try {
    const { armor, Decrypter } = await import("age-encryption");
    const decrypter = new Decrypter();
    for (const each of identities) decrypter.addIdentity(each);
    const sealed = readFileSync(path);
    const armored = sealed.subarray(0, 10).toString("latin1") === "-----BEGIN";
    return await decrypter.decrypt(
      armored ? armor.decode(sealed.toString("utf8")) : new Uint8Array(sealed),
      "uint8array",
    );
  } catch (error) {
    const hint = `encrypt it for the identity in ${identityPath}: age -r RECIPIENT`;
    throw unavailable(name, "cannot be decrypted", hint, error);
  }
}

/** The value of a secret. */
async function fetchSecret({ name, source }: SecretSpec): Promise<Uint8Array> {
  switch (source.kind) {
    case "file":
      try {
        return readFileSync(source.path);
      } catch (error) {
        if (!hasErrno(error, "ENOENT", "EACCES", "EISDIR", "ENOTDIR")) throw error;
        throw unavailable(name, "cannot be read", `put the value into ${source.path}`, error);
      }
    case "command": {
      const result = await run(source.argv, { deadline: commandDeadline });
      // What the program printed may hold the value: only its words of failure are told.
      if (result.status === 0) return Buffer.from(result.stdout, "utf8");
      const words = lastWords({ ...result, stdout: "" });
      throw unavailable(name, `was not given: ${words}`, `try it: ${source.argv[0]}`);
    }
    case "age":
      return decrypt(name, source.path, source.identity);
  }
}

/** Fetches a unit's secrets and puts the files in place; resolves with the variables for the engine's environment. */
export async function provideSecrets(
  paths: Paths,
  unit: string,
  secrets: readonly SecretSpec[],
  engine: Engine,
): Promise<Readonly<Record<string, string>>> {
  const variables: Record<string, string> = {};
  if (secrets.length === 0) return variables;
  const folder = secretFolder(paths, unit);
  // Others may pass through, to the files that are theirs, but neither list nor write.
  for (const path of [paths.secrets, folder]) ensureFolder(path, 0o711);
  for (const secret of secrets) {
    const value = await fetchSecret(secret);
    if (secret.as === "environment") {
      const text = Buffer.from(value).toString("utf8").replace(/\n$/, "");
      if (text.includes("\0")) {
        throw unavailable(secret.name, "holds a NUL, which no variable can", 'declare it with as: "file"');
      }
      variables[secret.name] = text;
      continue;
    }
    const path = join(folder, secret.name);
    writeFileAtomic(path, value, 0o400);
    const { uid, gid } = engine.identity;
    if (process.getuid?.() === 0) chownSync(path, uid, gid);
    if (secret.uid !== 0 || secret.gid !== 0 || uid === 0) await engine.giveFile(path, secret.uid, secret.gid);
    if (secret.mode !== 0o400) chmodSync(path, secret.mode);
  }
  return variables;
}

/** Takes the files of a unit's secrets away. */
export function withdrawSecrets(paths: Paths, unit: string): void {
  removeTree(secretFolder(paths, unit));
}
