/** MobileNet SSDs without TFLite_Detection_PostProcess: box encodings against anchors, scores of all classes, background first. */
import { InputError } from '../../errors.ts';
import { type SsdAnchor, ssdAnchors } from '../../models/facts/ssd-anchors.ts';
import { rawSsdRoles } from '../../models/facts/ssd-outputs.ts';
import type { Model } from '../../models/model.ts';
import type { LoadedModel, RawOutput } from '../infer/engine.ts';
import type { FoundBox } from './found-box.ts';
import { realValues } from './real-values.ts';
import { suppressByClass } from './suppress-by-class.ts';

export interface RawSsdOutputs {
  readonly boxes: number;
  readonly scores: number;
  readonly anchors: readonly SsdAnchor[];
  /** Without background. */
  readonly classes: number;
  /** Whether a sigmoid is still to be taken; undefined: told from the values. */
  readonly areLogits: boolean | undefined;
}

/** By how much encodings are larger than what they decode to: object_detection/box_coders/faster_rcnn_box_coder.py with its usual settings. */
const scales = { centre: 10, size: 5 };
/** iou_threshold of the published configurations. */
const limit = 0.6;

/** @throws InputError when the outputs aren't there, or the anchors aren't known */
export function findRawSsdOutputs(
  { name, inputs, outputs }: LoadedModel,
  { roles, scores: kind }: Pick<Model, 'roles' | 'scores'>,
): RawSsdOutputs {
  const found = rawSsdRoles(outputs.map(({ shape, name: own }) => ({ shape, names: [own] })));
  const { boxes = found?.boxes, scores = found?.scores } = roles ?? {};
  const [, heightPx = 0, widthPx = 0] = inputs[0]?.shape ?? [];
  const anchors = ssdAnchors(heightPx, widthPx);
  const shape = scores === undefined ? [] : (outputs[scores]?.shape ?? []);
  if (boxes === undefined || scores === undefined || shape[1] !== anchors.length || shape.length !== 3) {
    const shapes = outputs.map((one) => `[${one.shape.join(', ')}]`).join(', ');
    throw new InputError(
      `The model ${name} is no MobileNet SSD without post-processing: expected [1, ${anchors.length}, 4] and [1, ${anchors.length}, classes + 1] for its input of ${widthPx}x${heightPx}, got ${shapes}.`,
      { remedy: 'Export it with its post-processing, or set another decoder.' },
    );
  }
  return {
    boxes,
    scores,
    anchors,
    classes: shape[2]! - 1,
    areLogits: kind === undefined ? undefined : kind === 'logits',
  };
}

/** Boxes with a score of at least minScore, best first; as fractions of the tensor. */
export function readRawSsd(outputs: readonly RawOutput[], at: RawSsdOutputs, minScore: number): FoundBox[] {
  const encodings = realValues(outputs[at.boxes]!);
  const scores = realValues(outputs[at.scores]!);
  const columns = at.classes + 1;
  let areLogits = at.areLogits ?? false;
  for (let index = 0; at.areLogits === undefined && !areLogits && index < scores.length; index++) {
    areLogits = scores.at(index) < -0.001 || scores.at(index) > 1.001;
  }
  const found: FoundBox[] = [];
  for (const [index, anchor] of at.anchors.entries()) {
    for (let column = 1; column < columns; column++) {
      const value = scores.at(index * columns + column);
      const score = Math.min(1, areLogits ? 1 / (1 + Math.exp(-value)) : value);
      if (score >= minScore) found.push(...boxOf(index, anchor, column - 1, score));
    }
  }
  return suppressByClass(found, limit);

  function boxOf(
    index: number,
    [anchorY, anchorX, anchorHeight, anchorWidth]: SsdAnchor,
    classIndex: number,
    score: number,
  ): FoundBox[] {
    const [y, x, height, width] = [0, 1, 2, 3].map((side) => encodings.at(4 * index + side)) as [
      number,
      number,
      number,
      number,
    ];
    const centreY = (y / scales.centre) * anchorHeight + anchorY;
    const centreX = (x / scales.centre) * anchorWidth + anchorX;
    const halfHeight = (Math.exp(height / scales.size) * anchorHeight) / 2;
    const halfWidth = (Math.exp(width / scales.size) * anchorWidth) / 2;
    const box = [centreX - halfWidth, centreY - halfHeight, centreX + halfWidth, centreY + halfHeight] as const;
    return box.every(Number.isFinite) ? [{ classIndex, score, box }] : [];
  }
}
