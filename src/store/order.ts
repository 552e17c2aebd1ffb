/** The order of names and paths that no locale and no file system decides. */

/** Compares as bytes, as `LC_ALL=C sort` does. */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 and UTF-8 have one order, but for what takes two units.
  if (surrogates.test(a) || surrogates.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const surrogates = /[\ud800-\udfff]/;
