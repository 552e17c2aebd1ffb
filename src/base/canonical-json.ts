/** JSON with one spelling per value: keys sorted bytewise, no white space. Digests are taken over it. */

/** A value that survives a round trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Serialises with sorted keys; `undefined` members are left out, as `JSON.stringify` does. */
export function canonicalJson(value: unknown, omitted: ReadonlySet<string> = new Set()): string {
  return JSON.stringify(sorted(value, omitted));
}

function sorted(value: unknown, omitted: ReadonlySet<string>): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((each) => sorted(each, omitted));
  const members = value as Readonly<Record<string, unknown>>;
  // Without a prototype, "__proto__" is a name like others.
  const copy = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(members).sort()) if (!omitted.has(name)) copy[name] = sorted(members[name], omitted);
  return copy;
}
