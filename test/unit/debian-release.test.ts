/** Release files: what is signed is believed, and nothing else. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCleartextMessage, enums, generateKey, sign as signMessage } from "openpgp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Release, readRelease } from "../../src/packages/debian/release.ts";
import { makeKey, sha256, sign, type TestKey } from "../debian-archive.ts";
import { exec, Scratch } from "../support.ts";

const scratch = new Scratch();
afterAll(() => scratch[Symbol.dispose]());

const hash = sha256("");
const text = [
  "Suite: stable",
  "Codename: bookworm",
  "Date: Sat, 11 Jul 2026 10:16:37 UTC",
  "Acquire-By-Hash: yes",
  "SHA256:",
  ` ${hash} 0 main/binary-amd64/Packages`,
].join("\n");

let key: TestKey;
let other: TestKey;
let signed: string;
beforeAll(async () => {
  [key, other] = await Promise.all([makeKey(), makeKey()]);
  signed = await sign(text, [key]);
  scratch.write({ "key.asc": key.armoured, "both.asc": `${other.armoured}\n${key.armoured}` });
});

const read = (inRelease: string, more: Partial<Parameters<typeof readRelease>[1]> = {}): Promise<Release> =>
  readRelease(inRelease, {
    keyring: join(scratch.path, "key.asc"),
    suite: "bookworm",
    where: "the release",
    now: new Date(),
    ...more,
  });

const failure = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe("a release that is signed", () => {
  test("tells its date, its files and who signed it", async () => {
    const release = await read(signed);
    expect(release).toMatchObject({ sha256: sha256(text), signedBy: [key.fingerprint], byHash: true });
    expect(release.date.toISOString()).toBe("2026-07-11T10:16:37.000Z");
    expect([...release.files]).toEqual([["main/binary-amd64/Packages", { sha256: hash, size: 0 }]]);
  });

  test("by several needs one certificate of the keyring", async () => {
    const release = await read(await sign(text, [other, key]));
    expect(release.signedBy).toEqual([key.fingerprint]);
    const both = await read(await sign(text, [other, key]), { keyring: join(scratch.path, "both.asc") });
    expect(both.signedBy).toEqual([key.fingerprint, other.fingerprint].sort());
  });

  test("may be checked with a binary keyring", async () => {
    writeFileSync(join(scratch.path, "key.gpg"), key.privateKey.toPublic().write());
    expect((await read(signed, { keyring: join(scratch.path, "key.gpg") })).signedBy).toEqual([key.fingerprint]);
  });

  test("may be asked for by its suite or its codename, and is no other", async () => {
    expect((await read(signed, { suite: "stable" })).sha256).toBe(sha256(text));
    await expect(read(signed, { suite: "trixie" })).rejects.toThrow(failure("archive-invalid", "should be of trixie"));
  });

  test("is not believed in what stands before and behind what is signed", async () => {
    const forged = `Date: Sat, 11 Jul 2099 10:16:37 UTC\nSHA256:\n ${"0".repeat(64)} 1 evil\n\n`;
    for (const wrapped of [forged + signed, signed + forged]) {
      const release = await read(wrapped).catch((error: unknown) => error);
      if (release instanceof Error) expect(release).toMatchObject({ code: "archive-untrusted" });
      else expect(release).toMatchObject({ sha256: sha256(text) });
    }
    expect((await read(forged + signed)).date.getUTCFullYear()).toBe(2026);
  });

  test.skipIf(!existsSync("/usr/bin/gpgv"))("is what gpgv accepts too", async () => {
    const rsa = await makeKey({ type: "rsa", rsaBits: 2048 });
    writeFileSync(join(scratch.path, "rsa.gpg"), rsa.privateKey.toPublic().write());
    scratch.write({ InRelease: await sign(text, [rsa]) });
    const [keyring, file] = [join(scratch.path, "rsa.gpg"), join(scratch.path, "InRelease")];
    expect((await exec(["gpgv", "--keyring", keyring, file])).status).toBe(0);
    expect((await read(await sign(text, [rsa]), { keyring })).signedBy).toEqual([rsa.fingerprint]);
  });
});

describe("not believed is a release", () => {
  test.each([
    ["that is empty", ""],
    ["without a signature", text],
    ["that is a page", "<html>404</html>"],
    ["with an armour that holds nothing", `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}\n`],
    ["with a hostile armour", `${"-----BEGIN PGP SIGNED MESSAGE-----\n".repeat(2000)}`],
  ])("%s", async (_, inRelease) => {
    await expect(read(inRelease)).rejects.toThrow(failure("archive-untrusted", "the release is not signed"));
  });

  test("signed by somebody else", async () => {
    const id = other.privateKey.getKeyID().toHex().toUpperCase();
    await expect(read(await sign(text, [other]))).rejects.toThrow(failure("archive-untrusted", `signed by ${id}`));
  });

  test.each([
    ["a letter of it", (all: string) => all.replace("Suite: stable", "Suite: stabLe")],
    ["a line more", (all: string) => all.replace("Date:", "Valid-Until: never\nDate:")],
    ["a line less", (all: string) => all.replace(/Acquire-By-Hash: yes\r?\n/, "")],
    ["its end", (all: string) => all.replace("binary-amd64/Packages\n", "binary-amd64/Packages\n more\n")],
  ])("that was changed: %s", async (_, change) => {
    expect(change(signed)).not.toBe(signed);
    await expect(read(change(signed))).rejects.toThrow(
      failure("archive-untrusted", "signature of the release is not good"),
    );
  });

  test("whose signature was cut or changed", async () => {
    const lines = signed.trimEnd().split("\n");
    const without = [...lines.slice(0, -4), ...lines.slice(-2)].join("\n");
    await expect(read(without)).rejects.toThrow(expect.objectContaining({ code: "archive-untrusted" }));
  });

  test("with the signature of another text", async () => {
    const another = await sign(`${text}\nMore: 1`, [key]);
    const cut = "-----BEGIN PGP SIGNATURE-----";
    const mixed = signed.slice(0, signed.indexOf(cut)) + another.slice(another.indexOf(cut));
    await expect(read(mixed)).rejects.toThrow(failure("archive-untrusted", "not good"));
  });

  test.each(["sha1", "sha224"] as const)("with a signature over %s", async (weak) => {
    const old = await makeKey({ type: "rsa", rsaBits: 2048 });
    writeFileSync(join(scratch.path, `${weak}.gpg`), old.privateKey.toPublic().write());
    const config = {
      preferredHashAlgorithm: enums.hash[weak],
      rejectHashAlgorithms: new Set<enums.hash>(),
      nonDeterministicSignaturesViaNotation: false,
    };
    // What the key itself prefers would be used instead.
    for (const { selfCertifications } of old.privateKey.users)
      for (const certification of selfCertifications) certification.preferredHashAlgorithms = [enums.hash[weak]];
    const weakly = await sign(text, [old], config);
    expect(weakly).toMatch(new RegExp(`Hash: ${weak}`, "i"));
    await expect(read(weakly, { keyring: join(scratch.path, `${weak}.gpg`) })).rejects.toThrow(
      failure("archive-untrusted", "not good"),
    );
  });

  test("signed with a certificate that has expired", async () => {
    const past = new Date("2020-01-01");
    const { privateKey, publicKey } = await generateKey({
      type: "curve25519",
      userIDs: [{ name: "Past" }],
      date: past,
      keyExpirationTime: 86_400,
      format: "object",
    });
    scratch.write({ "past.asc": publicKey.armor() });
    const message = await createCleartextMessage({ text });
    const then = new Date("2020-01-01T12:00:00Z");
    const inRelease = await signMessage({ message, signingKeys: privateKey, date: then });
    const keyring = join(scratch.path, "past.asc");
    await expect(read(inRelease, { keyring })).rejects.toThrow(failure("archive-untrusted", "not good"));
    expect((await read(inRelease, { keyring, now: new Date("2020-01-01T18:00:00Z") })).signedBy).toHaveLength(1);
  });

  test("that is not valid any more", async () => {
    const dated = await sign(`${text}\nValid-Until: Sat, 18 Jul 2026 10:16:37 UTC`, [key]);
    const keyring = join(scratch.path, "key.asc");
    await expect(read(dated, { keyring, now: new Date("2126-07-19T00:00:00Z") })).rejects.toThrow(
      failure("archive-expired", "was valid until 2026-07-18T10:16:37.000Z"),
    );
  });

  test.each([
    ["without hashes", text.slice(0, text.indexOf("SHA256")), "archive-untrusted", "by SHA-256"],
    ["with MD5 alone", text.replace("SHA256:", "MD5Sum:"), "archive-untrusted", "by SHA-256"],
    ["without a date", text.replace("Date:", "Dote:"), "archive-invalid", "no date"],
    ["with a date that is none", text.replace("11 Jul", "41 Jul"), "archive-invalid", "Date"],
    ["with a line that lists nothing", `${text}\n garbage`, "archive-invalid", "garbage"],
    ["with a size that is none", text.replace(" 0 main", " -1 main"), "archive-invalid", "lists a file"],
    ["of two paragraphs", `${text}\n\nA: 1`, "archive-invalid", "several"],
  ])("%s", async (_, content, code, message) => {
    await expect(read(await sign(content, [key]))).rejects.toThrow(failure(code, message));
  });
});

describe("a keyring", () => {
  test.each([
    ["that is missing", undefined],
    ["that is empty", ""],
    ["that is text", "hello"],
    ["that is a broken armour", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxx\n-----END PGP PUBLIC KEY BLOCK-----\n"],
  ])("%s is one error", async (_, content) => {
    using own = new Scratch();
    if (content !== undefined) own.write({ ring: content });
    await expect(read(signed, { keyring: join(own.path, "ring") })).rejects.toThrow(failure("keyring-invalid", "ring"));
  });
});
