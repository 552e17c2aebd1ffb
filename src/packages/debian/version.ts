/** Versions of Debian packages: what is one, and their order, as deb-version(7) and dpkg have them. */

/** `[epoch:]upstream[-revision]`, cut at the first colon and the last hyphen. */
interface VersionParts {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

/** dpkg keeps an epoch in an int. */
const largestEpoch = 0x7fffffff;

/** Whether dpkg accepts it as the version of a package. */
export function isVersion(text: string): boolean {
  const match = /^(?:(\d+):)?(\d[A-Za-z0-9.+~:-]*)$/.exec(text);
  // The first colon ends the epoch, whatever stands before it.
  if (match === null || (match[1] === undefined && text.includes(":"))) return false;
  if (Number(match[1] ?? 0) > largestEpoch) return false;
  const { upstream, revision } = cut(text);
  return upstream !== "" && (revision !== "" || !text.endsWith("-")) && !revision.includes(":");
}

/** Negative, zero or positive, as `a` is before, the same as or after `b`. Both are versions, or near enough. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = cut(a);
  const right = cut(b);
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

function cut(version: string): VersionParts {
  const colon = version.indexOf(":");
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf("-");
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)) || 0,
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? "" : rest.slice(hyphen + 1),
  };
}

/** Stretches without digits and numbers take turns; the first that differs decides. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = weightAt(a, i) - weightAt(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const left = endOfNumber(a, i);
    const right = endOfNumber(b, j);
    const difference = compareNumbers(a.slice(i, left), b.slice(j, right));
    if (difference !== 0) return difference;
    i = left;
    j = right;
  }
  return 0;
}

/** Numbers of any length: without zeros in front the longer one is larger. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function endOfNumber(text: string, start: number): number {
  let end = start;
  while (end < text.length && isDigit(text, end)) end++;
  return end;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** A tilde is before the end, the end and digits before letters, and letters before everything else. */
function weightAt(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 126) return -1;
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) ? code : code + 256;
}
