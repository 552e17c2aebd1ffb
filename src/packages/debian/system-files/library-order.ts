/**
 * The order of names in ld.so.cache, which the dynamic linker searches by halves: runs of digits compare as numbers, and
 * come after any other character (glibc, elf/dl-cache.c, `_dl_cache_libcmp`).
 */

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

export function compareLibraries(left: string, right: string): number {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  let [i, j] = [0, 0];
  while (i < a.length) {
    if (isDigit(a[i]) !== isDigit(b[j])) return isDigit(a[i]) ? 1 : -1;
    if (isDigit(a[i])) {
      const [endA, endB] = [endOfDigits(a, i), endOfDigits(b, j)];
      const order = compareNumbers(a.toString("latin1", i, endA), b.toString("latin1", j, endB));
      if (order !== 0) return order;
      [i, j] = [endA, endB];
      continue;
    }
    const difference = (a[i] ?? 0) - (b[j] ?? 0);
    if (difference !== 0) return difference;
    i += 1;
    j += 1;
  }
  return j < b.length ? -1 : 0;
}

function endOfDigits(bytes: Buffer, from: number): number {
  let end = from;
  while (isDigit(bytes[end])) end += 1;
  return end;
}

function compareNumbers(left: string, right: string): number {
  const [a, b] = [left.replace(/^0+/, ""), right.replace(/^0+/, "")];
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
