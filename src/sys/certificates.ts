/**
 * Certificates for servers, from where this host's other programs have theirs: the authorities of the system, and
 * folders for single ones, such as registries (containers-certs.d(5)), of which the first that is there counts.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { KnownError } from "../base/index.ts";
import { existsSync, readdirSync, readForeign } from "./files.ts";
import type { Certificates } from "./http.ts";

/** What counts for a host, which may have a port. */
export type CertificatesLookup = (host: string) => Certificates;

/** Where Debian and Red Hat, and those who follow them, keep all authorities in one file. */
const bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/** A look-up on this host, for the user whose environment this is. */
export function certificatesOf(environment: Readonly<Record<string, string | undefined>>): CertificatesLookup {
  return (host) => {
    const folder = foldersFor(host, environment).find((path) => existsSync(path));
    const own = folder === undefined ? { authorities: [] } : readFolder(folder);
    return { ...own, authorities: [...systemAuthorities(environment.SSL_CERT_FILE), ...own.authorities] };
  };
}

function foldersFor(host: string, environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  // A name from an address of somebody else's, and not to lead out of the folder.
  if (/^\.+$/.test(host)) return [];
  const config = environment.XDG_CONFIG_HOME || join(environment.HOME || "/", ".config");
  return [
    join(config, "containers", "certs.d", host),
    join("/etc/containers/certs.d", host),
    join("/etc/docker/certs.d", host),
  ];
}

/** Bytes of a file of certificates. */
const most = 16 << 20;

function systemAuthorities(named: string | undefined): readonly string[] {
  for (const path of named ? [named] : bundles) {
    const text = readForeign(path, { follow: true, most });
    if (text !== undefined) return [text];
  }
  if (named) throw invalid(named, "it cannot be read");
  return [];
}

/** Authorities are in *.crt; NAME.cert and NAME.key are what the client shows. */
function readFolder(folder: string): Certificates {
  const files = readdirSync(folder).sort();
  const authorities = files
    .filter((name) => name.endsWith(".crt"))
    .map((name) => readChecked(join(folder, name), (text) => new X509Certificate(text)));
  const certificate = files.find((name) => name.endsWith(".cert"));
  if (certificate === undefined) return { authorities };
  const key = certificate.replace(/cert$/, "key");
  const client = {
    certificate: readChecked(join(folder, certificate), (text) => new X509Certificate(text)),
    key: readChecked(join(folder, key), createPrivateKey),
  };
  return { authorities, client };
}

function readChecked(path: string, check: (text: string) => unknown): string {
  const text = readForeign(path, { follow: true, most });
  if (text === undefined) throw invalid(path, "it cannot be read");
  try {
    check(text);
  } catch {
    // What is said of a key might quote it.
    throw invalid(path, "it is no such file in PEM");
  }
  return text;
}

function invalid(path: string, problem: string): KnownError {
  return new KnownError("credentials-invalid", `the certificates in ${path} cannot be used: ${problem}`);
}
