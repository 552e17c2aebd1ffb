/**
 * A suite's InRelease file: the text that the archive signs, and through its hashes everything else. Only what the
 * signature covers is ever read: text around it, in the same file, is somebody else's.
 */
import type { Key } from "openpgp";
import { digestOf, hexOf, KnownError } from "../../base/index.ts";
import { readForeignBytes } from "../../sys/index.ts";
import { type Paragraph, parseParagraph } from "./control-fields.ts";

/** One file that a release lists, by its path below the suite. */
export interface ListedFile {
  /** 64 digits. */
  readonly sha256: string;
  readonly size: number;
}

export interface Release {
  /** SHA-256 of the signed text, 64 digits. */
  readonly sha256: string;
  readonly date: Date;
  /** Fingerprints of the certificates whose signatures are good. */
  readonly signedBy: readonly string[];
  readonly fields: Paragraph;
  readonly files: ReadonlyMap<string, ListedFile>;
  /** Whether its files can be had by their hashes as well, which does not race with an update of the archive. */
  readonly byHash: boolean;
}

export interface ReleaseOptions {
  /** The keyring's file, binary or armoured. */
  readonly keyring: string;
  /** As the request names it. */
  readonly suite: string;
  /** The address, for errors. */
  readonly where: string;
  readonly now: Date;
  /** The date of a release that was read before: an older one is not taken. */
  readonly notBefore?: Date | undefined;
}

/** Bytes of a keyring; Debian's has 56 KB. */
const largestKeyring = 16 << 20;

/** Checks the signature of an InRelease text, and reads what is signed. */
export async function readRelease(inRelease: string, options: ReleaseOptions): Promise<Release> {
  const { signed, signedBy } = await verifySigned(inRelease, options);
  const fields = parseParagraph(signed, options.where);
  checkSuite(fields, options);
  const date = readDate(fields, "Date", options.where);
  if (date === undefined) throw new KnownError("archive-invalid", `${options.where} has no date`);
  const end = readDate(fields, "Valid-Until", options.where);
  if (end !== undefined && end < options.now) {
    const hint =
      "check this machine's clock; otherwise the mirror is stale, or somebody answers with what was valid once";
    throw new KnownError("archive-expired", `${options.where} was valid until ${end.toISOString()}`, { hint });
  }
  if (options.notBefore !== undefined && date < options.notBefore) {
    const hint =
      "the mirror is stale, or somebody answers with what was signed once; to go back on purpose, name a `snapshot`";
    const known = options.notBefore.toISOString();
    throw new KnownError(
      "archive-expired",
      `${options.where} is of ${date.toISOString()}, and the lock was made from one of ${known}`,
      { hint },
    );
  }
  return {
    sha256: hexOf(digestOf(signed)),
    date,
    signedBy,
    fields,
    files: readFiles(fields, options.where),
    byHash: fields.get("acquire-by-hash")?.toLowerCase() === "yes",
  };
}

/** The text that some certificate of the keyring has signed; one good signature is enough. */
async function verifySigned(
  inRelease: string,
  { keyring, where, now }: ReleaseOptions,
): Promise<{ readonly signed: string; readonly signedBy: readonly string[] }> {
  // 17 MB of library, which only those need who ask an archive.
  const openpgp = await import("openpgp");
  const { sha1, md5, ripemd, sha224 } = openpgp.enums.hash;
  const config = { rejectMessageHashAlgorithms: new Set([md5, sha1, ripemd, sha224]) };
  const keys = await readKeyring(keyring);
  const message = await openpgp.readCleartextMessage({ cleartextMessage: inRelease }).catch((cause) => {
    throw untrusted(`${where} is not signed`, "it must be an InRelease file with a signature inside", cause);
  });
  const { data, signatures } = await openpgp.verify({ message, verificationKeys: keys, date: now, config });
  const signedBy: string[] = [];
  const failures: Error[] = [];
  for (const { keyID, verified } of signatures) {
    const key = keys.find((candidate) => candidate.getKeys(keyID).length > 0);
    if (key === undefined) continue;
    try {
      await verified;
      // The signature was good when it was made; the certificate must be so today.
      await key.verifyPrimaryKey(now);
      await key.getSigningKey(keyID, now);
      signedBy.push(key.getFingerprint().toUpperCase());
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  if (signedBy.length > 0) return { signed: data, signedBy: [...new Set(signedBy)].sort() };
  const [cause] = failures;
  if (cause !== undefined)
    throw untrusted(`the signature of ${where} is not good`, "try another mirror; this file must not be used", cause);
  const ids = signatures.map(({ keyID }) => keyID.toHex().toUpperCase());
  if (ids.length === 0)
    throw untrusted(`${where} is not signed`, "it must be an InRelease file with a signature inside");
  const hint = "name the keyring of this archive, or get its newest one: archives change their keys every few years";
  throw untrusted(`${where} is signed by ${ids.join(", ")}, and ${keyring} has none of these`, hint);
}

async function readKeyring(path: string): Promise<Key[]> {
  const { readKeys } = await import("openpgp");
  const bytes = readForeignBytes(path, { follow: true, most: largestKeyring });
  const hint = "a keyring is a file that `gpg --export` writes; Debian's come with the package debian-archive-keyring";
  if (bytes === undefined) throw new KnownError("keyring-invalid", `the keyring ${path} cannot be read`, { hint });
  try {
    // A file may hold several armours, one behind the other; the library reads one at a time.
    const armours = bytes.toString("latin1").split(/^(?=-----BEGIN PGP PUBLIC KEY BLOCK-----)/m);
    const armoured = armours.filter((part) => part.startsWith("-----BEGIN"));
    const keys =
      armoured.length === 0
        ? await readKeys({ binaryKeys: bytes })
        : (await Promise.all(armoured.map((armoredKeys) => readKeys({ armoredKeys })))).flat();
    if (keys.length > 0) return keys;
  } catch (cause) {
    throw new KnownError("keyring-invalid", `the keyring ${path} holds no certificates`, { hint, cause });
  }
  throw new KnownError("keyring-invalid", `the keyring ${path} holds no certificates`, { hint });
}

function untrusted(message: string, hint: string, cause?: unknown): KnownError {
  return new KnownError("archive-untrusted", message, { hint, cause });
}

/** Or somebody could answer with another suite of the same archive, which is signed as well. */
function checkSuite(fields: Paragraph, { suite, where }: ReleaseOptions): void {
  const names = [fields.get("suite"), fields.get("codename")].filter((name) => name !== undefined);
  if (names.length === 0 || names.includes(suite)) return;
  const hint = `ask for the suite by the name that it has: ${names.join(" or ")}`;
  throw new KnownError("archive-invalid", `${where} should be of ${suite}, and is of ${names.join(", ")}`, { hint });
}

function readDate(fields: Paragraph, name: string, where: string): Date | undefined {
  const text = fields.get(name.toLowerCase());
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new KnownError("archive-invalid", `${where} has the ${name} "${text}"`);
  return date;
}

function readFiles(fields: Paragraph, where: string): ReadonlyMap<string, ListedFile> {
  const text = fields.get("sha256");
  if (text === undefined) {
    const hint = "archives that list their files by MD5 or SHA-1 alone cannot be trusted";
    throw new KnownError("archive-untrusted", `${where} lists no files by SHA-256`, { hint });
  }
  const files = new Map<string, ListedFile>();
  for (const line of text.split("\n").filter(Boolean)) {
    const [, sha256, size, path] = /^([0-9a-f]{64})\s+(\d{1,15})\s+(\S+)$/.exec(line) ?? [];
    if (sha256 === undefined || size === undefined || path === undefined)
      throw new KnownError("archive-invalid", `${where} lists a file as "${line.slice(0, 120)}"`);
    files.set(path, { sha256, size: Number(size) });
  }
  return files;
}
