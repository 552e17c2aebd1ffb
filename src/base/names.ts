/** Names of units and references of images: what they may be, and how their parts are taken. */

/** The name of a unit, which is the container's name too. */
export type ServiceName = string & { readonly __serviceName: unique symbol };

/** Containers, networks and volumes share this grammar in Podman and Docker. */
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function isName(text: string): text is ServiceName {
  return namePattern.test(text) && text.length <= 128;
}

/** An image reference taken apart; `domain` is empty where the engine would search its registries. */
export interface ImageRef {
  readonly domain: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Parses as the engines do (distribution's grammar); undefined when the text is no reference. */
export function parseImageRef(text: string): ImageRef | undefined {
  const [named = "", digest, ...rest] = text.split("@");
  if (rest.length > 0 || (digest !== undefined && !/^[a-z0-9]+:[0-9a-fA-F]{2,}$/.test(digest))) return undefined;
  const slash = named.lastIndexOf("/");
  const colon = named.indexOf(":", slash + 1);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) return undefined;
  const parts = (colon === -1 ? named : named.slice(0, colon)).split("/");
  const [first = ""] = parts;
  const hasDomain = parts.length > 1 && (/[.:]/.test(first) || first === "localhost");
  const domain = hasDomain ? first : "";
  if (hasDomain && !/^(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?$/.test(first)) return undefined;
  const path = hasDomain ? parts.slice(1) : parts;
  if (path.length === 0 || !path.every((part) => pathComponent.test(part))) return undefined;
  return { domain, repository: path.join("/"), tag, digest };
}

/** The last part of a reference's repository, without registry, tag and digest: what a unit's name is guessed from. */
export function imageBaseName(reference: string): string {
  const [named = ""] = reference.split("@");
  const last = named.slice(named.lastIndexOf("/") + 1);
  return last.split(":")[0] ?? last;
}

/** The candidate nearest to `word` in edit distance, when near enough to be a slip. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The candidates, those first that are nearest to `word` in edit distance. */
export function byDistance(word: string, candidates: readonly string[]): readonly string[] {
  const distance = new Map(candidates.map((each) => [each, editDistance(word.toLowerCase(), each.toLowerCase())]));
  return candidates.toSorted((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0));
}

/** Levenshtein's distance, where swapping two neighbours counts as one edit. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (di: number, dj: number): number => (di === 0 ? row[j - dj] : rows[i - di]?.[j - dj]) ?? 0;
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(1, 0) + 1, at(0, 1) + 1, at(1, 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(2, 2) + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
