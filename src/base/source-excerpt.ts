/**
 * One line of source with a mark below a column, as a terminal shows it: tabs are spaces, wide characters count as two,
 * what would steer the terminal is escaped, and a long line is cut around the mark.
 */

export interface Excerpt {
  readonly text: string;
  /** Columns of the terminal before the mark. */
  readonly indent: number;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  /** The UTF-16 unit of the line that it begins at. */
  readonly from: number;
}

const tab = "  ";

/** Control characters, those that turn the direction of text or show nothing, and halves of pairs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const combining = /[\p{Mn}\p{Me}]/u;
/** What terminals draw two columns wide: the scripts of East Asia, full-width forms, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function cellOf(character: string, from: number): Cell {
  if (character === "\t") return { text: tab, width: tab.length, from };
  if (unprintable.test(character)) {
    const text = `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    return { text, width: text.length, from };
  }
  return { text: character, width: combining.test(character) ? 0 : wide.test(character) ? 2 : 1, from };
}

function cellsOf(line: string): readonly Cell[] {
  const cells: Cell[] = [];
  let from = 0;
  for (const character of line) {
    cells.push(cellOf(character, from));
    from += character.length;
  }
  return cells;
}

const widthOf = (cells: readonly Cell[]): number => cells.reduce((sum, { width }) => sum + width, 0);

/**
 * The line with `column` (from 1, in UTF-16 units) marked, in at most `width` columns. Undefined where the line has
 * nothing at that column: it is not the line that was meant.
 */
export function excerptOf(line: string, column: number, width: number): Excerpt | undefined {
  const code = line.replace(/\r$/, "").trimEnd();
  // A problem may lie just behind the last character, where something is missing.
  if (code === "" || column > code.length + 1) return undefined;
  const cells = cellsOf(code);
  const marked = cells.findIndex(({ from, text }) => from + text.length > column - 1 && from >= column - 1);
  const mark = marked === -1 ? cells.length : marked;
  const blank = cells.findIndex(({ text }) => text.trim() !== "");
  // No cell that is shown lies further from the mark than this; those without a width are few.
  const reach = 4 * width;
  let first = Math.max(Math.min(blank, mark), mark - reach);
  let last = Math.min(cells.length, mark + reach);
  let before = widthOf(cells.slice(first, mark));
  let after = widthOf(cells.slice(mark, last));
  const fits = (): boolean => before + after + (first > blank ? 1 : 0) + (last < cells.length ? 1 : 0) <= width;
  // What follows the mark goes first, while there is more of it than before the mark.
  while (!fits() && last - first > 1) {
    if (last > mark + 1 && after >= before) {
      last -= 1;
      after -= cells[last]?.width ?? 0;
    } else {
      const gone = cells[first]?.width ?? 0;
      if (first < mark) before -= gone;
      else after -= gone;
      first += 1;
    }
  }
  const head = first > blank ? "…" : "";
  return {
    text: `${head}${cells
      .slice(first, last)
      .map(({ text }) => text)
      .join("")}${last < cells.length ? "…" : ""}`,
    indent: head.length + widthOf(cells.slice(first, mark)),
  };
}
