/** YOLO with its own non-maximum suppression: boxes, scores and classes are there already. See models/facts/yolo-rows.ts. */
import { yoloRows } from '../../models/facts/yolo-rows.ts';
import type { Model } from '../../models/model.ts';
import type { LoadedModel, RawOutput } from '../infer/engine.ts';
import type { FoundBox } from './found-box.ts';
import { type RealValues, realValues } from './real-values.ts';

/** Where a number of each box stands: in which output, at which place of its first box, and how far from one box to the next. */
interface Place {
  readonly output: number;
  readonly first: number;
  readonly step: number;
}

export interface SortedYolo {
  readonly boxes: Place;
  readonly score: Place;
  readonly class: Place;
  /** Position of the output that counts boxes; absent: all rows count, empty ones have a score of 0. */
  readonly count?: number;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
}

/** Undefined: it gives a box for every cell. */
export function findSortedYolo(
  { inputs, outputs }: LoadedModel,
  { roles = {} }: Pick<Model, 'roles'>,
): SortedYolo | undefined {
  const input = inputs[0]?.shape ?? [];
  const [, inputHeightPx = 1, inputWidthPx = 1] = input;
  const { boxes, scores, classes, count } = roles;
  if (boxes !== undefined && scores !== undefined && classes !== undefined && count !== undefined) {
    const row = (output: number): Place => ({ output, first: 0, step: 1 });
    const whole = { boxes: { output: boxes, first: 0, step: 4 }, score: row(scores), class: row(classes), count };
    return { ...whole, inputWidthPx, inputHeightPx };
  }
  const output = roles['rows'] ?? outputs.findIndex(({ shape }) => yoloRows(input, shape) !== undefined);
  if (output < 0) return undefined;
  const place = (first: number): Place => ({ output, first, step: 6 });
  const { score = 4, class: kind = 5 } = roles;
  return { boxes: place(0), score: place(score), class: place(kind), inputWidthPx, inputHeightPx };
}

/** Boxes in pixels reach further than this sooner or later; fractions never do. */
const largestFraction = 2;
/** Classes are whole numbers, but for what rounding leaves. */
const almostWhole = 0.01;

/**
 * Reads boxes with a score of at least minScore, in the model's own order, as fractions of the tensor. Rows that hold no box are left out,
 * and so are those whose class is no whole number.
 * @returns a reader that knows, from the frames that it has seen, whether coordinates are pixels
 */
export function createSortedYoloReader(
  at: SortedYolo,
): (outputs: readonly RawOutput[], minScore: number) => FoundBox[] {
  let arePixels = false;
  return (outputs, minScore) => {
    const values = outputs.map(realValues);
    const value = ({ output, first, step }: Place, box: number, more = 0): number =>
      values[output]!.at(first + step * box + more);
    const rows = rowsOf(values, at);
    const found: { score: number; classIndex: number; sides: [number, number, number, number] }[] = [];
    for (let box = 0; box < rows; box++) {
      const sides = [0, 1, 2, 3].map((side) => value(at.boxes, box, side)) as [number, number, number, number];
      const [left, top, right, bottom] = sides;
      arePixels ||= Math.max(right, bottom) > largestFraction;
      const score = value(at.score, box);
      const kind = value(at.class, box);
      const isSound = sides.every(Number.isFinite) && right > left && bottom > top && score <= 1 + almostWhole;
      if (!(score >= minScore) || !isSound || !(kind >= 0) || Math.abs(kind - Math.round(kind)) > almostWhole) continue;
      found.push({ score: Math.min(1, score), classIndex: Math.round(kind), sides });
    }
    const [widthPx, heightPx] = arePixels ? [at.inputWidthPx, at.inputHeightPx] : [1, 1];
    return found.map(({ sides: [left, top, right, bottom], ...rest }) => ({
      ...rest,
      box: [left / widthPx, top / heightPx, right / widthPx, bottom / heightPx],
    }));
  };
}

function rowsOf(values: readonly RealValues[], { boxes, count }: SortedYolo): number {
  const most = Math.floor(values[boxes.output]!.length / boxes.step);
  const told = count === undefined ? most : values[count]!.at(0);
  return Number.isFinite(told) ? Math.min(most, Math.max(0, Math.round(told))) : 0;
}
