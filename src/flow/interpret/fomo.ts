/** Edge Impulse's FOMO: cells of a coarse grid in which things have their centres; cells that touch are one thing. */
import { InputError } from '../../errors.ts';
import { type FomoGrid, fomoGrid } from '../../models/facts/fomo-grid.ts';
import type { LoadedModel, RawOutput } from '../infer/engine.ts';
import type { FoundBox } from './found-box.ts';
import { realValues } from './real-values.ts';

/** @throws InputError when the output is no grid of the input */
export function findFomoGrid({ name, inputs, outputs }: LoadedModel): FomoGrid {
  const grid = fomoGrid(inputs[0]?.shape ?? [], outputs[0]?.shape ?? []);
  if (grid !== undefined) return grid;
  throw new InputError(
    `The model ${name} is no FOMO: its output [${outputs[0]?.shape.join(', ')}] is no coarse grid of its input [${inputs[0]?.shape.join(', ')}].`,
    { remedy: 'Set another decoder for it.' },
  );
}

/**
 * One box around all cells of a class that touch, also by a corner, with the best score among them, as Edge Impulse's own runner has it
 * (edge-impulse-sdk, ei_fill_result_struct.h: ei_handle_cube). What FOMO tells is the centre; the box is as coarse as its cells.
 */
export function readFomo(
  outputs: readonly RawOutput[],
  { rows, columns, classes }: FomoGrid,
  minScore: number,
): FoundBox[] {
  const values = realValues(outputs[0]!);
  const scoreOf = (cell: number, classIndex: number): number => values.at(cell * (classes + 1) + classIndex + 1);
  const found: FoundBox[] = [];
  for (let classIndex = 0; classIndex < classes; classIndex++) {
    const seen = new Uint8Array(rows * columns);
    for (let cell = 0; cell < rows * columns; cell++) {
      if (seen[cell] === 1 || !(scoreOf(cell, classIndex) >= minScore)) continue;
      found.push(grow(cell, classIndex, seen));
    }
  }
  return found.sort((a, b) => b.score - a.score);

  function grow(start: number, classIndex: number, seen: Uint8Array): FoundBox {
    const waiting = [start];
    seen[start] = 1;
    let [left, top, right, bottom, score] = [columns, rows, 0, 0, 0];
    for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
      const [x, y] = [cell % columns, Math.floor(cell / columns)];
      [left, top, right, bottom] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x + 1),
        Math.max(bottom, y + 1),
      ];
      score = Math.max(score, scoreOf(cell, classIndex));
      for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
          const next = row * columns + column;
          if (seen[next] === 1 || !(scoreOf(next, classIndex) >= minScore)) continue;
          seen[next] = 1;
          waiting.push(next);
        }
      }
    }
    return { classIndex, score: Math.min(1, score), box: [left / columns, top / rows, right / columns, bottom / rows] };
  }
}
