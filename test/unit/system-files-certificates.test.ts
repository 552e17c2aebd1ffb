/** Certificates: hashes as OpenSSL computes them, and nothing but a clear error for what is no certificate. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import { subjectHash } from "../../src/packages/debian/system-files/subject-hash.ts";
import { generateSystemFiles } from "../../src/packages/index.ts";
import { Scratch } from "../support.ts";
import { hasProgram, inventPackage, output } from "../unpacked.ts";

const hasOpenssl = hasProgram("openssl");
if (!hasOpenssl) console.log("certificates are not compared: this needs openssl");

interface Made {
  readonly pem: string;
  readonly der: Buffer;
  /** What OpenSSL says. */
  readonly hash: string;
}

/** A certificate of this subject; `mask` says which kinds of strings OpenSSL writes (asn1_string_table, `string_mask`). */
function certify(scratch: Scratch, subject: string, mask = "utf8only"): Made {
  const at = (name: string): string => join(scratch.path, name);
  scratch.write({ "req.conf": `[req]\ndistinguished_name=dn\nstring_mask=${mask}\n[dn]\n` });
  output([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"],
    ...["-config", at("req.conf"), "-keyout", at("key"), "-out", at("pem"), "-utf8", "-multivalue-rdn"],
    ...["-subj", subject],
  ]);
  const pem = readFileSync(at("pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----.*-----/g, ""), "base64");
  return { pem, der, hash: output(["openssl", "x509", "-noout", "-subject_hash", "-in", at("pem")]).trim() };
}

const paths = (pem: Readonly<Record<string, string>>): ReadonlyMap<string, string | Buffer | undefined> => {
  const files = Object.entries(pem).map(([name, text]) => [`/usr/share/ca-certificates/${name}.crt`, text]);
  const generated = generateSystemFiles([inventPackage({ name: "ca-certificates" }, Object.fromEntries(files))]);
  return new Map(generated.map(({ path, content, target }) => [path, target ?? content]));
};

describe.skipIf(!hasOpenssl)("the hash of a subject is OpenSSL's", () => {
  const subjects = [
    "/CN=plain",
    "/C=DE/O=  Two  Words\tand a tab /CN=MIXED Case",
    "/O=Főtanúsítvány ÄÖÜ/CN=Straße  9",
    "/CN=one+OU=two+O=three/L=Four",
    `/CN=${"long ".repeat(12)}/O=${"x".repeat(60)}/OU=${"y".repeat(60)}`,
    "/emailAddress=Ca@Example.ORG/DC=Example/DC=COM",
    "/",
  ];
  for (const subject of subjects)
    for (const mask of ["utf8only", "default", "MASK:0x800", "MASK:0x4"])
      test(`for ${JSON.stringify(subject)} written as ${mask}`, ({ skip }) => {
        using scratch = new Scratch();
        // BMPString alone holds no country, whose kind is settled.
        if (mask.startsWith("MASK") && /C=DE|emailAddress/.test(subject)) skip("OpenSSL makes no such name");
        if (mask === "MASK:0x4" && /[^ -~\t]/.test(subject)) skip("OpenSSL makes no such name");
        const { der, hash } = certify(scratch, subject, mask);
        expect(subjectHash(der)).toBe(hash);
      });

  test("whatever is changed in a certificate, the answer is a hash or a RangeError", () => {
    using scratch = new Scratch();
    const { der } = certify(scratch, "/C=DE/O=Some one/CN=x+OU=y", "default");
    const edit = fc.tuple(fc.nat(der.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(der.length), (edits, end) => {
        const changed = Buffer.from(der);
        for (const [at, byte] of edits) changed[at] = byte;
        for (const bytes of [changed, changed.subarray(0, end)]) {
          try {
            expect(subjectHash(bytes)).toMatch(/^[0-9a-f]{8}$/);
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe.skipIf(!hasOpenssl)("certificates of packages", () => {
  test("are bundled in the order of names, each with a line's end, and linked by name and by hash", () => {
    using scratch = new Scratch();
    const [a, b] = [certify(scratch, "/CN=One  CA"), certify(scratch, "/CN=one ca")];
    const made = paths({ "mozilla/b (old), x": b.pem.trimEnd(), "mozilla/a": a.pem, "mozilla/a2": a.pem });
    expect(made.get("/etc/ssl/certs/ca-certificates.crt")).toEqual(Buffer.from(a.pem + a.pem + b.pem));
    expect(made.get("/etc/ssl/certs/a.pem")).toBe("/usr/share/ca-certificates/mozilla/a.crt");
    expect(made.get("/etc/ssl/certs/b_=old=__x.pem")).toBe("/usr/share/ca-certificates/mozilla/b (old), x.crt");
    expect(made.get(`/etc/ssl/certs/${a.hash}.0`)).toBe("a.pem");
    expect(made.get(`/etc/ssl/certs/${a.hash}.1`)).toBe("b_=old=__x.pem");
    expect(made.has(`/etc/ssl/certs/${a.hash}.2`)).toBe(false);
    const lines = String(made.get("/etc/ca-certificates.conf")).split("\n");
    expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([
      "mozilla/a.crt",
      "mozilla/a2.crt",
      "mozilla/b (old), x.crt",
    ]);
  });

  test("that are none are refused by their path", () => {
    using scratch = new Scratch();
    const { pem } = certify(scratch, "/CN=x");
    const broken = pem.replace(/-----\n[\s\S]{40}/, "-----\nAAAA");
    for (const text of [
      "",
      "no certificate",
      pem + pem,
      broken,
      pem.replace(/-----END.*/, ""),
      `${pem.slice(0, 90)}\n-----END X`,
    ])
      expect(() => paths({ "x/bad": text })).toThrow(
        expect.toSatisfy(
          (error: unknown) =>
            error instanceof KnownError &&
            error.code === "system-files-invalid" &&
            error.message.includes("/usr/share/ca-certificates/x/bad.crt"),
        ),
      );
  });
});
