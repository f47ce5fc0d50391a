/** Outputs of TFLite_Detection_PostProcess -> boxes for the COCO measure. */
import { InputError } from '../../errors.ts';
import type { RawOutput } from '../../flow/infer/engine.ts';

export interface SsdBox {
  /** Class index, 0 for the first one behind the background. */
  readonly classIndex: number;
  /** 0..1. */
  readonly score: number;
  /** Fractions of the picture, kept within it. */
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** @param outputs boxes [1,n,4], classes [1,n], scores [1,n], count [1], float */
export function ssdBoxes(outputs: readonly RawOutput[], model: string): SsdBox[] {
  const [boxes, classes, scores, count] = outputs.map(({ spec, bytes }) =>
    spec.type === 'float32' ? new Float32Array(new Uint8Array(bytes).buffer) : undefined,
  );
  if (boxes === undefined || classes === undefined || scores === undefined || count?.length !== 1) {
    throw new InputError(`${model} has no outputs of TFLite_Detection_PostProcess: it can't be measured by boxes.`);
  }
  const within = (fraction: number): number => Math.min(1, Math.max(0, fraction));
  return Array.from({ length: Math.min(count[0]!, scores.length) }, (_, at) => {
    const [top = 0, left = 0, bottom = 0, right = 0] = Array.from(boxes.subarray(at * 4, at * 4 + 4), within);
    return { classIndex: Math.round(classes[at]!), score: scores[at]!, top, left, bottom, right };
  });
}
