/**
 * What update-ca-certificates makes of the certificates below /usr/share/ca-certificates, all of them trusted: the bundle
 * that most programs read, and the folder in which OpenSSL looks for one by its subject's hash.
 *
 * Its hooks are not run, so Java's own store of certificates is not made.
 */
import { posix } from "node:path";
import { KnownError } from "../../../base/index.ts";
import { subjectHash } from "./subject-hash.ts";
import { file, type GeneratedFile, link } from "./types.ts";
import { compareBytes, type Union } from "./union.ts";

const source = "/usr/share/ca-certificates/";
const folder = "/etc/ssl/certs";

export function certificates(union: Union): readonly GeneratedFile[] {
  const found = union.matching(/^\/usr\/share\/ca-certificates\/.*\.crt$/).flatMap((path) => {
    const content = union.kept(path);
    return content === undefined ? [] : [{ path, name: `${linkName(path)}.pem`, text: content.toString("latin1") }];
  });
  if (found.length === 0) return [];
  const bundle = found.map(({ text }) => (text.endsWith("\n") ? text : `${text}\n`)).join("");
  const names = new Map(found.map((each) => [each.name, each]));
  return [
    file("/etc/ca-certificates.conf", configuration(found.map(({ path }) => path.slice(source.length)))),
    file(`${folder}/ca-certificates.crt`, Buffer.from(bundle, "latin1")),
    ...[...names.values()].map(({ name, path }) => link(`${folder}/${name}`, path)),
    ...hashLinks([...names.values()]),
  ];
}

function configuration(names: readonly string[]): string {
  const head = [
    "# Which certificates below /usr/share/ca-certificates are trusted, for update-ca-certificates(8).",
    "# A line that begins with ! names one that is not.",
  ];
  return `${[...head, ...names].join("\n")}\n`;
}

/** As update-ca-certificates writes names: without what a shell could misread. */
function linkName(path: string): string {
  return posix.basename(path, ".crt").replace(/[ ,]/g, "_").replace(/[()]/g, "=");
}

/** HASH.0, and HASH.1 and so on where several share a subject, in the order of names; the same one twice is linked once. */
function hashLinks(found: readonly { readonly name: string; readonly path: string; readonly text: string }[]) {
  const byHash = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const { name, path, text } of [...found].sort((a, b) => compareBytes(a.name, b.name))) {
    const certificate = parseCertificate(path, text);
    const bytes = certificate.toString("latin1");
    if (seen.has(bytes)) continue;
    seen.add(bytes);
    const hash = hashOf(path, certificate);
    byHash.set(hash, [...(byHash.get(hash) ?? []), name]);
  }
  return [...byHash].flatMap(([hash, names]) => names.map((name, index) => link(`${folder}/${hash}.${index}`, name)));
}

function hashOf(path: string, certificate: Buffer): string {
  try {
    return subjectHash(certificate);
  } catch (cause) {
    if (cause instanceof RangeError) throw refusal(path, cause);
    throw cause;
  }
}

/** RFC 7468: one certificate, with or without text around it. */
function parseCertificate(path: string, text: string): Buffer {
  const begin = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;
  const [first, second] = text.matchAll(begin);
  if (first === undefined || second !== undefined) throw refusal(path);
  const start = first.index + first[0].length;
  const end = text.indexOf("-----END ", start);
  if (end === -1) throw refusal(path);
  return Buffer.from(text.slice(start, end), "base64");
}

function refusal(path: string, cause?: unknown): KnownError {
  return new KnownError("system-files-invalid", `${path} does not hold exactly one certificate`, { cause });
}
