/** How a picture is put into a model's input: the one rule for the agent and for every command. */
import type { Decoder, Fit } from './model.ts';

/**
 * What the models of each decoder are trained on. The Object Detection API stretches (its fixed_shape_resizer), and so do
 * MobileNet classifiers and `goby train`; MediaPipe's face detectors keep the ratio (keep_aspect_ratio), and so does YOLO (LetterBox in
 * ultralytics/data/augment.py). Of FOMO either is in use; stretched it sees the whole picture.
 */
const trainedOn: Readonly<Record<Decoder, Fit>> = {
  classification: 'stretch',
  ssd: 'stretch',
  'ssd-raw': 'stretch',
  yolo: 'letterbox',
  fomo: 'stretch',
  blazeface: 'letterbox',
  'gender-age': 'stretch',
};

/** What was asked for wins, then what the model itself says, then what its decoder's models are trained on. */
export function fitOf({ decoder, fit }: { readonly decoder: Decoder; readonly fit?: Fit }, asked: Fit | 'auto'): Fit {
  return asked === 'auto' ? (fit ?? trainedOn[decoder]) : asked;
}
