/**
 * Tables: columns are lined up by their widest cell. Within a terminal's width the last column is wrapped; where too little
 * is left for it, it goes below its row, and the others are shortened, the widest first.
 */
import { columnsIn, shorten, wrap } from "./columns.ts";

const gap = "  ";

/** What the last column needs to stand beside the others. */
const leastBeside = 16;

/** A column is not made narrower than this. */
const leastColumn = 4;

/** How far what goes below its row stands in. */
const below = "    ";

/** The rows as text, each without the end of its last line. */
export function tableRows(rows: readonly (readonly string[])[], columns?: number): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(0, ...rows.map((row) => columnsIn(row[index] ?? ""))),
  );
  const total = (list: readonly number[]): number => list.reduce((sum, width) => sum + width + gap.length, -gap.length);
  if (columns === undefined || count < 2 || total(widths) <= columns) return rows.map((row) => lineUp(row, widths));
  const others = widths.slice(0, -1);
  const last = widths.at(-1) ?? 0;
  const room = columns - total(others) - gap.length;
  if (room >= Math.min(last, Math.max(leastBeside, columns / 4))) {
    const indent = " ".repeat(columns - room);
    return rows.map((row) => {
      if (row.length < count) return lineUp(row, widths);
      const [first = "", ...rest] = wrap(row.at(-1) ?? "", room);
      return [lineUp([...row.slice(0, -1), first], widths), ...rest.map((line) => `${indent}${line}`)].join("\n");
    });
  }
  const narrow = narrowed(others, columns, total);
  return rows.map((row) => {
    const cells = row.slice(0, count - 1).map((cell, index) => shorten(cell, narrow[index] ?? 0));
    const more = row.length < count ? "" : (row.at(-1) ?? "");
    const lines = more === "" ? [] : wrap(more, columns - below.length);
    return [lineUp(cells, narrow), ...lines.map((line) => `${below}${line}`)].join("\n");
  });
}

/** The rows, one below the other. */
export function table(rows: readonly (readonly string[])[], columns?: number): string {
  return tableRows(rows, columns).join("\n");
}

function lineUp(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, index) => (index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - columnsIn(cell))))
    .join(gap)
    .trimEnd();
}

/** Widths that fit: the widest column gives first. */
function narrowed(
  widths: readonly number[],
  columns: number,
  total: (list: readonly number[]) => number,
): readonly number[] {
  const fitting = [...widths];
  while (total(fitting) > columns) {
    const widest = Math.max(...fitting);
    if (widest <= leastColumn) break;
    fitting[fitting.indexOf(widest)] = widest - 1;
  }
  return fitting;
}
