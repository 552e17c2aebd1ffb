/** Text in drawings: how wide it is about, what of it fits, and how it stands in XML. Pure. */

/** Shares of the font's size, at least as wide as in the fonts that browsers have; DejaVu Sans is the widest of them. */
const widths: readonly (readonly [characters: RegExp, share: number])[] = [
  [/[ijlI.,:;'|!()[\]/\\ ]/, 0.4],
  [/[frtJ"*-]/, 0.5],
  [/[mMW@%—…]/, 1],
  [/[wA-Z&+<=>~#]/, 0.84],
  [/[ -~]/, 0.65],
  [/[\u00a0-\u04ff]/, 0.85],
];

/** About as wide as a text is at a font's size, rather more than less. */
export function textWidth(text: string, size: number): number {
  let sum = 0;
  for (const character of text) sum += widths.find(([characters]) => characters.test(character))?.[1] ?? 1.3;
  return sum * size;
}

/** As much of a text as fits into so many pixels; its middle is left out, as both ends tell names apart. */
export function fitText(text: string, size: number, room: number): string {
  const shown = visibleText(text);
  if (textWidth(shown, size) <= room) return shown;
  const characters = [...shown];
  for (let kept = characters.length - 1; kept > 1; kept -= 1) {
    const head = Math.ceil(kept / 2);
    const short = `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (kept - head)).join("")}`;
    if (textWidth(short, size) <= room) return short;
  }
  return "…";
}

/** What XML does not have, and what would hide or turn what follows, as a sign. */
function visibleText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu, "\ufffd");
}

/** Text for XML, in an element or an attribute. */
export function xmlText(text: string): string {
  return text
    .split("\n")
    .map(visibleText)
    .join("\n")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
