/** Squarified treemaps: rectangles whose areas are sizes and whose sides are as near to equal as a simple method gets. Pure. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How far from a square the worst rectangle of a row is: 1 is a square. `side` is what the row is laid along. */
function worstRatio(smallest: number, largest: number, sum: number, side: number): number {
  return Math.max((side * side * largest) / (sum * sum), (sum * sum) / (side * side * smallest));
}

/**
 * Boxes for `sizes`, in their order; sizes are positive, the largest first. Rows are filled along the shorter side as long
 * as that makes their rectangles more like squares.
 */
export function squarify(sizes: readonly number[], within: Box): readonly Box[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const scale = (within.width * within.height) / total;
  const boxes: Box[] = [];
  let rest = within;
  for (let start = 0; start < sizes.length; ) {
    const side = Math.min(rest.width, rest.height);
    const largest = (sizes[start] ?? 0) * scale;
    let sum = largest;
    let worst = worstRatio(largest, largest, sum, side);
    let end = start + 1;
    for (; end < sizes.length; end += 1) {
      const area = (sizes[end] ?? 0) * scale;
      const next = worstRatio(area, largest, sum + area, side);
      if (next > worst) break;
      sum += area;
      worst = next;
    }
    const depth = side === 0 ? 0 : sum / side;
    const isColumn = rest.width >= rest.height;
    let offset = 0;
    for (const size of sizes.slice(start, end)) {
      const length = depth === 0 ? 0 : (size * scale) / depth;
      boxes.push(
        isColumn
          ? { x: rest.x, y: rest.y + offset, width: depth, height: length }
          : { x: rest.x + offset, y: rest.y, width: length, height: depth },
      );
      offset += length;
    }
    rest = isColumn
      ? { ...rest, x: rest.x + depth, width: Math.max(0, rest.width - depth) }
      : { ...rest, y: rest.y + depth, height: Math.max(0, rest.height - depth) };
    start = end;
  }
  return boxes;
}
