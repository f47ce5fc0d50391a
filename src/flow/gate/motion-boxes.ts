/** Connected parts of a grid of blocks: what moves, as boxes. */
import { mostMotionBoxes } from './admission.ts';

/** In blocks, right and bottom not included. */
export interface BlockBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Blocks that moved in it. */
  readonly blocks: number;
}

export interface BlockGrid {
  readonly columns: number;
  readonly rows: number;
  /** One per block: 1 where it moved. Row after row. */
  readonly moving: Uint8Array;
}

/** @returns what hangs together, corners included, the largest first. Allocates nothing but the boxes. */
export function createMotionBoxes({
  columns,
  rows,
}: Pick<BlockGrid, 'columns' | 'rows'>): (moving: Uint8Array) => BlockBox[] {
  const stack = new Int32Array(columns * rows);
  const seen = new Uint8Array(columns * rows);
  return (moving) => {
    seen.fill(0);
    const boxes: BlockBox[] = [];
    for (let start = 0; start < moving.length; start++) {
      if (moving[start] === 0 || seen[start] === 1) continue;
      let depth = 0;
      stack[depth++] = start;
      seen[start] = 1;
      let [left, right, top, bottom, blocks] = [columns, 0, rows, 0, 0];
      while (depth > 0) {
        const at = stack[--depth]!;
        const x = at % columns;
        const y = (at - x) / columns;
        blocks += 1;
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
        for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
          for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
            const next = row * columns + column;
            if (moving[next] === 0 || seen[next] === 1) continue;
            seen[next] = 1;
            stack[depth++] = next;
          }
        }
      }
      boxes.push({ left, top, right, bottom, blocks });
    }
    return boxes.sort((a, b) => b.blocks - a.blocks).slice(0, mostMotionBoxes);
  };
}
