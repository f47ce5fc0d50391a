/** BlazeFace, MediaPipe's face detector: anchors, box decoding and scores. */
import { InputError } from '../../errors.ts';
import type { Box } from '../../geometry/boxes.ts';
import { suppress } from '../../geometry/boxes.ts';
import type { LoadedModel, RawOutput } from '../infer/engine.ts';
import { realValues } from './real-values.ts';

/** Centre of an anchor as fractions of the tensor; all anchors are one unit wide and high (fixed_anchor_size). */
export type Anchor = readonly [x: number, y: number];

export interface BlazefaceOutputs {
  readonly boxes: number;
  readonly scores: number;
  readonly anchors: readonly Anchor[];
  /** Box regressors are in pixels of the input: this is its side. */
  readonly sidePx: number;
}

/** Anchor layers per input side, from MediaPipe's face_detection_short_range.pbtxt and face_detection_full_range.pbtxt. */
const layers: Record<number, readonly { readonly stride: number; readonly perCell: number }[]> = {
  128: [
    { stride: 8, perCell: 2 },
    { stride: 16, perCell: 6 },
  ],
  192: [{ stride: 4, perCell: 1 }],
};

/** Raw scores are clipped to this before the sigmoid (score_clipping_thresh). */
const clippedScore = 100;
/** Faces that overlap by more are one (min_suppression_threshold). */
const suppressionLimit = 0.3;

/** @throws InputError for an input side or outputs that no BlazeFace has */
export function findBlazefaceOutputs({ name, inputs, outputs }: LoadedModel): BlazefaceOutputs {
  const sidePx = inputs[0]?.shape[1] ?? 0;
  const anchors = anchorsFor(sidePx);
  const position = (last: number) =>
    outputs.findIndex(({ shape }) => shape.length === 3 && shape[1] === anchors.length && shape[2] === last);
  const boxes = position(16);
  const scores = position(1);
  if (anchors.length === 0 || boxes < 0 || scores < 0) {
    throw new InputError(
      `The model ${name} is no BlazeFace: expected an input of 128 or 192 pixels and outputs [1, anchors, 16] and [1, anchors, 1].`,
      { remedy: 'Set another decoder for it.' },
    );
  }
  return { boxes, scores, anchors, sidePx };
}

/** Cell centres, row by row, as MediaPipe's SsdAnchorsCalculator makes them with fixed_anchor_size. */
export function anchorsFor(sidePx: number): Anchor[] {
  return (layers[sidePx] ?? []).flatMap(({ stride, perCell }) => {
    const cells = Math.ceil(sidePx / stride);
    return Array.from({ length: cells * cells * perCell }, (_, index): Anchor => {
      const cell = Math.floor(index / perCell);
      return [((cell % cells) + 0.5) / cells, (Math.floor(cell / cells) + 0.5) / cells];
    });
  });
}

/** Faces with a score of at least minScore, best first; boxes as fractions of the tensor. */
export function readBlazeface(
  outputs: readonly RawOutput[],
  { boxes, scores, anchors, sidePx }: BlazefaceOutputs,
  minScore: number,
): { score: number; box: Box }[] {
  const regressors = realValues(outputs[boxes]!);
  const logits = realValues(outputs[scores]!);
  const candidates: { score: number; box: Box }[] = [];
  for (const [index, [anchorX, anchorY]] of anchors.entries()) {
    const logit = Math.min(clippedScore, Math.max(-clippedScore, logits.at(index)));
    const score = 1 / (1 + Math.exp(-logit));
    if (!(score >= minScore)) continue;
    const [x, y, width, height] = [0, 1, 2, 3].map((side) => regressors.at(16 * index + side) / sidePx) as [
      number,
      number,
      number,
      number,
    ];
    const [centreX, centreY] = [anchorX + x, anchorY + y];
    const box: Box = [centreX - width / 2, centreY - height / 2, centreX + width / 2, centreY + height / 2];
    if (box.every(Number.isFinite) && width > 0 && height > 0) candidates.push({ score, box });
  }
  return suppress(candidates, suppressionLimit);
}
