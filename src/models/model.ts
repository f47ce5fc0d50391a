/** A model as goby runs it: its files, its labels and how its input and outputs are to be read. The noun of models/. */
import type { ModelPair } from './model-file.ts';

/** `estimate`: says something of a crop that no single label holds, such as gender and age; of use in a second stage only. */
export type ModelTask = 'classify' | 'detect' | 'estimate';

/**
 * `ssd`: TFLite_Detection_PostProcess outputs; `blazeface`: MediaPipe's face detectors; `classification`: scores per label;
 * `gender-age`: the face model of @vladmandic/human.
 */
export type Decoder = 'classification' | 'ssd' | 'blazeface' | 'gender-age';

/** `letterbox` keeps the picture's ratio and pads; `stretch` fills the input. */
export type Fit = 'letterbox' | 'stretch';

/** real value = (pixel - mean) / standardDeviation, pixel 0..255. */
export interface Normalisation {
  readonly mean: number;
  readonly standardDeviation: number;
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
  /** How pictures are put into the input. Absent: as the models of its decoder are trained; see fitOf. */
  readonly fit?: Fit;
}
