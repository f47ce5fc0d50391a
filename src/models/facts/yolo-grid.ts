/**
 * The output of a YOLO detector: for every cell of its grids the box and the score of each class. Versions 8 and later (and 11) have
 * one box a cell and give [1, 4 + classes, cells]; version 5 has three, each with a score of its own, and gives [1, boxes, 5 + classes].
 * Sources: ultralytics/ultralytics (nn/modules/head.py, Detect), ultralytics/yolov5 (models/yolo.py, Detect).
 */

export interface YoloGrid {
  /** Boxes of all grids together. */
  readonly boxes: number;
  /** Without box and objectness. */
  readonly classes: number;
  /** Whether every box has a score of its own before those of its classes: version 5. */
  readonly hasObjectness: boolean;
  /** Whether the numbers of one box lie side by side, [1, boxes, numbers], rather than those of one kind, [1, numbers, boxes]. */
  readonly boxesFirst: boolean;
}

/** Pixels between two cells of a grid: of the usual models, and of those for large pictures (P6). */
const strides = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32],
] as const;
/** Boxes a cell, by version. */
const anchorsOfVersion5 = 3;

/**
 * @param input shape of the picture input
 * @param output shape of an output
 * @returns undefined when it is none
 */
export function yoloGrid(input: readonly number[], output: readonly number[]): YoloGrid | undefined {
  const [, heightPx = 0, widthPx = 0] = input;
  const [batch, second = 0, third = 0] = output;
  if (output.length !== 3 || batch !== 1 || heightPx === 0) return undefined;
  for (const set of strides) {
    const cells = set.reduce((sum, stride) => sum + Math.ceil(heightPx / stride) * Math.ceil(widthPx / stride), 0);
    for (const [numbers, boxes, boxesFirst] of [
      [second, third, false],
      [third, second, true],
    ] as const) {
      if (boxes === cells && numbers > 4) return { boxes, classes: numbers - 4, hasObjectness: false, boxesFirst };
      if (boxes === anchorsOfVersion5 * cells && numbers > 5) {
        return { boxes, classes: numbers - 5, hasObjectness: true, boxesFirst };
      }
    }
  }
  return undefined;
}
