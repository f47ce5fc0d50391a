/** YOLO 5, 8 and later: centre, size and class scores of every cell of the grids, then non-maximum suppression. */
import { InputError } from '../../errors.ts';
import { type YoloGrid, yoloGrid } from '../../models/facts/yolo-grid.ts';
import type { LoadedModel, RawOutput } from '../infer/engine.ts';
import type { FoundBox } from './found-box.ts';
import { type RealValues, realValues } from './real-values.ts';
import { suppressByClass } from './suppress-by-class.ts';

export interface YoloOutputs {
  /** Position of the output with the boxes. */
  readonly boxes: number;
  readonly grid: YoloGrid;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
}

/** What the makers' own programs suppress with: detect.py of version 5 (iou-thres), ultralytics/cfg/default.yaml since 8 (iou). */
const limitOfVersion5 = 0.45;
const limitSince8 = 0.7;

/** Exports give coordinates as fractions of the picture, or in pixels of it: no fraction is as large as this. */
const largestFraction = 4;

/** @throws InputError when no output is that of a YOLO for this input */
export function findYoloOutputs({ name, inputs, outputs }: LoadedModel): YoloOutputs {
  const input = inputs[0]?.shape ?? [];
  for (const [boxes, { shape }] of outputs.entries()) {
    const grid = yoloGrid(input, shape);
    if (grid !== undefined) return { boxes, grid, inputHeightPx: input[1]!, inputWidthPx: input[2]! };
  }
  const shapes = outputs.map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
  throw new InputError(
    `The model ${name} is no YOLO detector: its outputs ${shapes} hold no box for every cell of a picture of ${input[2]}x${input[1]}.`,
    {
      remedy:
        'A box a cell, or [1, n, 6] with x1, y1, x2, y2, score and class of each, is expected; export it so, or set another decoder.',
    },
  );
}

/** Boxes with a score of at least minScore, best first; as fractions of the tensor. */
export function readYolo(outputs: readonly RawOutput[], at: YoloOutputs, minScore: number): FoundBox[] {
  const { grid } = at;
  const values = realValues(outputs[at.boxes]!);
  const { boxes, classes, hasObjectness, boxesFirst } = grid;
  const numbers = 4 + (hasObjectness ? 1 : 0) + classes;
  const value = (box: number, number: number): number =>
    values.at(boxesFirst ? box * numbers + number : number * boxes + box);
  const firstClass = numbers - classes;
  const candidates: { box: number; classIndex: number; score: number }[] = [];
  for (let box = 0; box < boxes; box++) {
    const objectness = hasObjectness ? value(box, 4) : 1;
    if (!(objectness >= minScore)) continue;
    let classIndex = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < classes; index++) {
      const score = value(box, firstClass + index);
      if (score > best) {
        best = score;
        classIndex = index;
      }
    }
    const score = Math.min(1, objectness * best);
    if (score >= minScore) candidates.push({ box, classIndex, score });
  }
  if (candidates.length === 0) return [];
  const [widthPx, heightPx] = areFractions(values, at) ? [1, 1] : [at.inputWidthPx, at.inputHeightPx];
  const found = candidates.flatMap(({ box, classIndex, score }): FoundBox[] => {
    const [x, y, width, height] = [0, 1, 2, 3].map((number) => value(box, number)) as [number, number, number, number];
    const [left, top] = [(x - width / 2) / widthPx, (y - height / 2) / heightPx];
    const [right, bottom] = [(x + width / 2) / widthPx, (y + height / 2) / heightPx];
    const isSound = [left, top, right, bottom].every(Number.isFinite) && width > 0 && height > 0;
    return isSound ? [{ classIndex, score, box: [left, top, right, bottom] }] : [];
  });
  return suppressByClass(found, hasObjectness ? limitOfVersion5 : limitSince8);
}

/** Centres lie all over the picture, so the largest tells which unit they have. */
function areFractions(
  values: RealValues,
  { grid: { boxes, boxesFirst, classes, hasObjectness } }: YoloOutputs,
): boolean {
  const step = boxesFirst ? 4 + (hasObjectness ? 1 : 0) + classes : 1;
  let largest = 0;
  for (let box = 0; box < boxes; box++) {
    const x = values.at(box * step);
    // A value that is no number says nothing.
    if (x > largest) largest = x;
  }
  return largest <= largestFraction;
}
