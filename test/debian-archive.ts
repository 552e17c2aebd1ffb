/** Small Debian archives, signed with a key of the test's own, as a mirror serves them. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import * as openpgp from "openpgp";
import type { DebianRequest } from "../src/packages/index.ts";
import type { Scratch } from "./support.ts";

export interface TestKey {
  readonly privateKey: openpgp.PrivateKey;
  readonly armoured: string;
  readonly fingerprint: string;
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

export async function makeKey(options: Partial<openpgp.GenerateKeyOptions> = {}): Promise<TestKey> {
  const { privateKey, publicKey } = await openpgp.generateKey({
    type: "curve25519",
    userIDs: [{ name: "An archive" }],
    ...options,
    format: "object",
  });
  return { privateKey, armoured: publicKey.armor(), fingerprint: publicKey.getFingerprint().toUpperCase() };
}

/** An InRelease file: the text with a signature inside. */
export async function sign(
  text: string,
  keys: readonly TestKey[],
  config: openpgp.PartialConfig = {},
): Promise<string> {
  const message = await openpgp.createCleartextMessage({ text });
  return openpgp.sign({ message, signingKeys: keys.map(({ privateKey }) => privateKey), config });
}

export type Fields = Readonly<Record<string, string>>;

/** A Packages file; what a package must have and the test does not care about is filled in. */
export function packagesText(packages: readonly Fields[]): string {
  return packages
    .map((fields) => {
      const { Package: name, Version: version = "1" } = fields;
      const all: Fields = {
        Package: name ?? "",
        Version: version,
        Architecture: "amd64",
        Priority: "optional",
        Filename: `pool/${name}_${version.replace(":", "%3a")}.deb`,
        Size: "1000",
        SHA256: sha256(`${name} ${version}`),
        ...fields,
      };
      return Object.entries(all)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join("");
    })
    .join("\n");
}

export interface TestSuite {
  readonly packages: readonly Fields[];
  readonly name?: string;
  readonly release?: Fields;
  /** Default: amd64 alone. */
  readonly architectures?: readonly string[];
  /** Changes files after they were listed, by their paths below the suite. */
  readonly afterwards?: Readonly<Record<string, string | Uint8Array>>;
}

/** Writes a suite below `scratch/mirror`, and the key to `scratch/key.asc`. */
export async function writeSuite(scratch: Scratch, key: TestKey, suite: TestSuite): Promise<void> {
  const { packages, name = "stable", release = {}, afterwards = {}, architectures = ["amd64"] } = suite;
  const files: Record<string, string | Uint8Array> = {};
  const plain: string[] = [];
  for (const architecture of architectures) {
    const text = packagesText(packages.filter((each) => [architecture, "all"].includes(each.Architecture ?? "amd64")));
    const index = `main/binary-${architecture}/Packages`;
    files[index] = text;
    files[`${index}.gz`] = gzipSync(text);
    plain.push(index);
  }
  const listed = Object.entries(files).map(([path, content]) => ` ${sha256(content)} ${content.length} ${path}`);
  const fields: Fields = {
    Suite: name,
    Date: "Sat, 11 Jul 2026 10:16:37 UTC",
    Architectures: architectures.join(" "),
    Components: "main",
    SHA256: `\n${listed.join("\n")}`,
    ...release,
  };
  const signed = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`);
  for (const index of plain) delete files[index];
  const written = { ...files, ...afterwards, InRelease: afterwards.InRelease ?? (await sign(signed.join(""), [key])) };
  for (const [path, content] of Object.entries(written)) {
    const to = join(scratch.path, "mirror/dists", name, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, content);
  }
  scratch.write({ "key.asc": key.armoured });
}

/** A request for packages of the suites that were written. */
export function requestOf(
  scratch: Scratch,
  packages: readonly string[],
  more: Partial<DebianRequest> = {},
): DebianRequest {
  return {
    archives: [
      {
        mirrors: [`file://${scratch.path}/mirror`],
        suites: ["stable"],
        components: ["main"],
        keyring: join(scratch.path, "key.asc"),
      },
    ],
    architecture: "amd64",
    packages,
    recommends: false,
    essential: false,
    ...more,
  };
}
