/** A model as goby runs it: its files, its labels and how its input and outputs are to be read. The noun of models/. */
import type { ModelPair } from './model-file.ts';

/** `estimate`: says something of a crop that no single label holds, such as gender and age; of use in a second stage only. */
export type ModelTask = 'classify' | 'detect' | 'estimate';

/**
 * `ssd`: TFLite_Detection_PostProcess outputs; `ssd-raw`: box encodings and scores of a MobileNet SSD without it; `yolo`: YOLO 5, 8 and
 * later, with or without its own suppression; `fomo`: Edge Impulse's grid of classes; `blazeface`: MediaPipe's face detectors; `classification`: scores per label;
 * `gender-age`: the face model of @vladmandic/human.
 */
export const decoders = ['classification', 'ssd', 'ssd-raw', 'yolo', 'fomo', 'blazeface', 'gender-age'] as const;
export type Decoder = (typeof decoders)[number];

/** Decoders that find things with boxes. */
export const isDetector = (decoder: Decoder): boolean => decoder !== 'classification' && decoder !== 'gender-age';

/**
 * What the last operator of a graph makes of the scores. `softmax`: they sum up to 1; `sigmoid`: each is a probability of its own;
 * `logits` and `log-softmax`: a softmax is still to be taken.
 */
export const scoreKinds = ['softmax', 'sigmoid', 'logits', 'log-softmax'] as const;
export type ScoreKind = (typeof scoreKinds)[number];

/** `letterbox` keeps the picture's ratio and pads; `stretch` fills the input. */
export type Fit = 'letterbox' | 'stretch';

/** real value = (pixel - mean) / standardDeviation, pixel 0..255; one number for all channels, or one each for red, green and blue. */
export interface Normalisation {
  readonly mean: number | readonly number[];
  readonly standardDeviation: number | readonly number[];
}

export interface Model {
  readonly name: string;
  readonly task: ModelTask;
  readonly decoder: Decoder;
  readonly pair: ModelPair;
  /** Position is class index. Absent: labels are `class 0`, `class 1` and so on. */
  readonly labels?: readonly string[];
  /** Absent: uint8 inputs take pixels as they are, int8 inputs pixels - 128, float inputs (pixel - 127.5) / 127.5. */
  readonly normalisation?: Normalisation;
  /** What the scores are. Absent: it is told from the values. */
  readonly scores?: ScoreKind;
  /** Positions among the outputs by what they are, such as `boxes` and `scores`. Absent: told from their shapes. */
  readonly roles?: Readonly<Record<string, number>>;
  /** What its user should know, as sentences. */
  readonly notes?: readonly string[];
  /** How pictures are put into the input. Absent: as the models of its decoder are trained; see fitOf. */
  readonly fit?: Fit;
}
