/** What one inference found in two regions that shared its input, told apart. A pure function. */
import { area, type Box, type Placement, toFrame, wholePlacement } from '../../geometry/boxes.ts';
import type { InferenceResult } from '../infer/engine.ts';
import type { Tensor } from '../preprocess/tensor.ts';
import type { Detection } from './detection.ts';
import type { Interpreter } from './interpreter.ts';

/** @returns for each region that the tensor shows what was found there */
export function interpretRegions(
  interpret: Interpreter,
  answer: InferenceResult,
  { placement, below }: Pick<Tensor, 'placement' | 'below'>,
): Detection[][] {
  if (below === undefined) return [interpret(answer, placement)];
  return detectionsOfHalves(interpret(answer, wholePlacement), [placement, below.placement], below.seam);
}

/** A box of which less lies in one half than this is put together of what the two regions show beside the seam. */
const leastInHalf = 0.8;

/**
 * @param detections boxes in fractions of the tensor
 * @param placements of the frame in the tensor, for the upper and the lower half
 * @param seam where the lower half begins, in fractions of the tensor
 * @returns for each half, boxes in fractions of the frame, cut at the seam
 */
export function detectionsOfHalves(
  detections: readonly Detection[],
  placements: readonly [upper: Placement, lower: Placement],
  seam: number,
): [upper: Detection[], lower: Detection[]] {
  const halves = [
    [0, 0, 1, seam],
    [0, seam, 1, 1],
  ] as const;
  const [upper, lower] = placements.map((placement, at) =>
    detections.flatMap((detection): Detection[] => {
      if (detection.box === undefined) return [];
      const shown = cutTo(detection.box, halves[at]!);
      if (area(shown) < leastInHalf * area(detection.box)) return [];
      return [{ ...detection, box: toFrame(shown, placement) }];
    }),
  );
  return [upper!, lower!];
}

/** Without an area where they have nothing in common. */
function cutTo(box: Box, half: Box): Box {
  return [Math.max(box[0], half[0]), Math.max(box[1], half[1]), Math.min(box[2], half[2]), Math.min(box[3], half[3])];
}
