/** Digests as branded types: one parser each, and past it nobody validates again. */
import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/** `sha256:` and 64 lower-case hexadecimal digits, as OCI writes it. */
export type Digest = string & { readonly __digest: unique symbol };

/** Whether somebody else's value is a digest. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
}

/** The digest of a text or of bytes. */
export function digestOf(content: string | Uint8Array): Digest {
  return asDigest(createHash("sha256").update(content).digest("hex"));
}

/** The digest of a value's canonical JSON. */
export function digestOfJson(value: unknown, omitted?: ReadonlySet<string>): Digest {
  return digestOf(canonicalJson(value, omitted));
}

/** Brands 64 hexadecimal digits that a hash function returned. */
export function asDigest(hex: string): Digest {
  return `sha256:${hex}` as Digest;
}

/** The 64 digits without the algorithm's name. */
export function hexOf(digest: Digest): string {
  return digest.slice(7);
}

/** Twelve digits, as engines show identifiers to people. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
