/** Text of somebody else's, as it may be printed. */

/** Escapes what would make a line of its own, colour one, or turn its direction. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
