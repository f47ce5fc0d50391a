/** The part of the schema that describes a camera's second stage: models that look at crops of what the first one found. */
import type { z } from 'zod';
import { durationMs, fraction, labelList, listOf, realNumber, section, slug, text, wholeNumber } from './values.ts';

const secondStageModel = section({
  /** A classifier or estimating model: catalog name, or the name of an entry under models.own. */
  model: text('the name of a model of the catalog or of models.own', 'face-gender-age'),
  /** What the estimate is called; absent: like the model. Models that estimate several things name them themselves. */
  name: slug('the name of an estimate', 'emotion').optional(),
  /** Detections with these labels are looked at; empty: all that have a box. */
  labels: labelList('a label of the camera model', 'face').default([]),
  /** Estimates whose voted score is lower aren't told. */
  minScore: fraction(0.6).default(0.6),
  /** How much of its longer side a box is enlarged by at each end before it is cut out as a square. */
  margin: realNumber(0, 2, 0.2).default(0.2),
  /** Boxes with a shorter longer side, in pixels of the frame, are not looked at. */
  minBoxPx: wholeNumber(1, 4096, 32).default(32),
  /** For what changes, such as emotion: a vote counts half after this time. Absent: all votes of a stay count alike. */
  halfLifeMs: durationMs(100, 3_600_000, 5000).optional(),
});

export const secondStageSection = section({
  /** Empty: no second stage. */
  models: listOf(secondStageModel, {
    expected: 'a list of models',
    example: '[{ model: face-gender-age }]',
    most: 16,
  }).default([]),
  /** Crops that are looked at in any one second, all models together; the best come first. */
  maxCropsPerSecond: wholeNumber(1, 100, 5).default(5),
});

export type SecondStageConfig = z.output<typeof secondStageSection>;
export type SecondStageModelConfig = z.output<typeof secondStageModel>;
