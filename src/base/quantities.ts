/** Sizes and durations as people write them: "512m", "1m30s". */

const unitsOfTime = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a duration such as "500ms", "30s" or "1h30m" (Go's notation, as the engines read it). */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    sum += Number(amount) * unitsOfTime[unit as keyof typeof unitsOfTime];
  return sum;
}

/** Bytes of a size such as "512m", "1.5g" or "1024": units are powers of 1024, as the engines take them. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text);
  if (match === null) return undefined;
  const [, amount, unit = ""] = match;
  return Math.floor(Number(amount) * 1024 ** " kmgt".indexOf(unit.toLowerCase() || " "));
}
