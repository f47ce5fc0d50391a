/** How pixels go into a model: what the file's metadata states, what its graph shows, or what its kind is trained on. */

import type { Decoder, Normalisation } from '../model.ts';
import { type StatedNormalisation, statedNormalisation } from '../tflite-file/metadata.ts';
import type { MetadataValue } from '../tflite-file/metadata-schema.ts';
import type { Tensor } from '../tflite-file/schema.ts';
import type { GraphWalk } from './graph-walk.ts';
import { leadingScale } from './leading-scale.ts';
import { isRescalingName, rangeBefore } from './range-before.ts';
import type { InputReading } from './reading.ts';

/** Of YOLO (ultralytics: images / 255) and of Edge Impulse's blocks. */
const unitTrained: readonly Decoder[] = ['yolo', 'fomo'];

export function readInput(
  walk: GraphWalk,
  metadata: MetadataValue | undefined,
  decoder: Decoder | undefined,
): InputReading {
  const index = walk.graph.inputs[0]!;
  const tensor = walk.tensor(index);
  const stated = metadata && statedNormalisation(metadata, 0);
  if (stated !== undefined) return fromMetadata(stated, tensor);
  if (tensor.type !== 'FLOAT32')
    return { reason: 'it is quantized, and its scale takes pixels as they are', isAssumed: false };
  const range = rangeBefore(leadingScale(walk, index));
  if (range !== undefined) {
    return {
      normalisation: normalisationOf(range.low, range.high),
      reason: `its graph begins with ${range.words}`,
      isAssumed: false,
    };
  }
  const layer = rescalingLayer(walk, index);
  if (layer !== undefined) {
    const reason = `a Rescaling layer is part of its first operator (${layer})`;
    return { normalisation: normalisationOf(0, 255), reason, isAssumed: false };
  }
  if (decoder !== undefined && unitTrained.includes(decoder)) {
    return { normalisation: normalisationOf(0, 1), reason: `${decoder} models are trained on it`, isAssumed: false };
  }
  return { reason: 'nothing in the file says otherwise, and MobileNets are trained on it', isAssumed: true };
}

/** What turns pixels 0..255 into low..high. */
export function normalisationOf(low: number, high: number): Normalisation {
  const standardDeviation = 255 / (high - low);
  // Adding 0 turns -0 into 0.
  return { mean: -low * standardDeviation + 0, standardDeviation };
}

function fromMetadata({ mean, standardDeviation }: StatedNormalisation, tensor: Tensor): InputReading {
  const reason = 'its metadata states it';
  const simple = (values: readonly number[]): number | readonly number[] =>
    values.every((value) => value === values[0]) ? values[0]! : values;
  const normalisation = { mean: simple(mean), standardDeviation: simple(standardDeviation) };
  // Pixels as they are save the way there and back, which only adds rounding.
  return keepsPixels(normalisation, tensor)
    ? { reason: `${reason}, and its scale takes pixels as they are`, isAssumed: false }
    : { normalisation, reason, isAssumed: false };
}

/** Whether quantizing what the normalisation gives leads back to the pixels, within two steps of 255. */
function keepsPixels({ mean, standardDeviation }: Normalisation, { type, quantization }: Tensor): boolean {
  const scale = quantization?.scale?.[0];
  const zeroPoint = quantization?.zeroPoint?.[0] ?? 0;
  if (type === 'FLOAT32' || scale === undefined || typeof mean !== 'number' || typeof standardDeviation !== 'number') {
    return false;
  }
  const low = type === 'INT8' ? -128 : 0;
  return [0, 255].every((pixel) => {
    const stored = (pixel - mean) / standardDeviation / scale + zeroPoint;
    return Math.abs(stored - low - pixel) <= 2;
  });
}

/** Converters fold a Rescaling layer into the weights behind it; its name stays at the input, or among the first tensors. */
function rescalingLayer(walk: GraphWalk, input: number): string | undefined {
  const name = walk.tensor(input).name ?? '';
  if (isRescalingName(name)) return name;
  const first = walk.readersOf(input).slice(0, 4);
  const near = first.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  return near.map((index) => (index < 0 ? '' : (walk.tensor(index).name ?? ''))).find(isRescalingName);
}
