/** Puts a head behind a cut MobileNet: RESHAPE and L2_NORMALIZATION of each part of its features, FULLY_CONNECTED, SOFTMAX, in 8 bits or in float. */
import { GraphWriter, type NewTensor } from '../../models/tflite-file/graph-writer.ts';
import type { BuiltinOptions, Tensor } from '../../models/tflite-file/schema.ts';
import { elementCount, mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { featureTensors } from './feature-extractor.ts';
import type { Head } from './head.ts';

export interface AppendOptions {
  /** Least and greatest logit that has to be told apart. */
  readonly logits: { readonly low: number; readonly high: number };
  /** `float` leaves 8 bits behind the pooling layer; a base in float always does. */
  readonly tail: 'quantized' | 'float';
}

interface Scale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The output is [1, classes] of probabilities: uint8 with scale 1/256, or float. */
export function appendHead(base: TfliteModel, head: Head, { logits, tail }: AppendOptions): TfliteModel {
  const graph = mainGraph(base);
  const features = featureTensors(graph);
  const type = features[0]!.type;
  const writer = new GraphWriter(base);
  const { size, classes } = head;
  const out = [1, classes];
  // In the file every part has the length 1, in a row of the head all of them together.
  const headWeights = head.weights.map((weight) => weight / Math.sqrt(features.length));
  const isQuantized = tail === 'quantized' && type !== 'FLOAT32';
  if (!isQuantized) {
    const parts = features.map((part, at) => {
      const given = graph.outputs[at]!;
      const shape = [1, elementCount(part.shape)];
      const real =
        type === 'FLOAT32' ? given : writer.add('DEQUANTIZE', 2, [given], float(`features${at}`, part.shape));
      const row = writer.reshape(real, float(`row${at}`, shape));
      return writer.add('L2_NORMALIZATION', 1, [row], float(`normalised${at}`, shape), l2);
    });
    const unit = joinedBy(writer, parts, 1, float('normalised', [1, size]));
    const weights = writer.constant({ ...float('head/weights', [classes, size]) }, bytesOf(headWeights));
    const bias = writer.constant({ ...float('head/bias', [classes]) }, bytesOf(head.bias));
    const sums = writer.add('FULLY_CONNECTED', 1, [unit, weights, bias], float('logits', out), dense);
    return writer.model([writer.add('SOFTMAX', 1, [sums], float('probabilities', out), soft)]);
  }
  const signed = type === 'INT8';
  const middle = signed ? 0 : 128;
  // The kernels of both types want exactly these: results lie in -1..1, and in 0..1.
  const unitScale: Scale = { scale: 1 / 128, zeroPoint: middle };
  const probabilityScale: Scale = { scale: 1 / 256, zeroPoint: signed ? -128 : 0 };
  const parts = features.map((part, at) => {
    const shape = [1, elementCount(part.shape)];
    const row = writer.reshape(graph.outputs[at]!, { name: `row${at}`, shape, type, ...scaleOf(part) });
    const unit = { name: `normalised${at}`, shape, type, ...unitScale };
    return writer.add('L2_NORMALIZATION', signed ? 2 : 1, [row], unit, l2);
  });
  const joined = { name: 'normalised', shape: [1, size], type, ...unitScale };
  const unit = joinedBy(writer, parts, signed ? 2 : 1, joined);
  const weightScale = Math.fround(largest(headWeights) / 127) || 1;
  const weights = writer.constant(
    { name: 'head/weights', shape: [classes, size], type, scale: weightScale, zeroPoint: middle },
    steps(headWeights, weightScale, middle),
  );
  const biasScale = Math.fround(weightScale * unitScale.scale);
  const bias = writer.constant(
    { name: 'head/bias', shape: [classes], type: 'INT32', scale: biasScale, zeroPoint: 0 },
    bytesOf(Int32Array.from(head.bias, (value) => Math.round(value / biasScale))),
  );
  const logitScale = spread(logits, signed ? -128 : 0);
  const sums = writer.add(
    'FULLY_CONNECTED',
    signed ? 4 : 1,
    [unit, weights, bias],
    { name: 'logits', shape: out, type, ...logitScale },
    dense,
  );
  const scores = writer.add(
    'SOFTMAX',
    signed ? 2 : 1,
    [sums],
    { name: 'probabilities', shape: out, type, ...probabilityScale },
    soft,
  );
  if (!signed) return writer.model([scores]);
  const shown = { name: 'scores', shape: out, type: 'UINT8', scale: 1 / 256, zeroPoint: 0 } as const;
  return writer.model([writer.add('QUANTIZE', 1, [scores], shown, { table: 'QuantizeOptions' })]);
}

const l2: BuiltinOptions = { table: 'L2NormOptions', fusedActivationFunction: 'NONE' };
const concatenation: BuiltinOptions = { table: 'ConcatenationOptions', axis: 1, fusedActivationFunction: 'NONE' };
const soft: BuiltinOptions = { table: 'SoftmaxOptions', beta: 1 };
const dense: BuiltinOptions = {
  table: 'FullyConnectedOptions',
  fusedActivationFunction: 'NONE',
  weightsFormat: 'DEFAULT',
  keepNumDims: false,
  asymmetricQuantizeInputs: false,
  quantizedBiasType: 'FLOAT32',
};

const float = (name: string, shape: readonly number[]): NewTensor => ({ name, shape, type: 'FLOAT32' });

function scaleOf({ quantization }: Tensor): Scale {
  return { scale: quantization?.scale?.[0] ?? 0, zeroPoint: Number(quantization?.zeroPoint?.[0] ?? 0) };
}

/** The scale that spreads 256 steps over a range that holds 0. */
function spread({ low, high }: { low: number; high: number }, least: number): Scale {
  const scale = Math.fround((Math.max(0, high) - Math.min(0, low)) / 255) || Math.fround(1 / 255);
  return { scale, zeroPoint: Math.min(least + 255, Math.max(least, Math.round(least - Math.min(0, low) / scale))) };
}

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function steps(values: Float32Array, scale: number, middle: number): Uint8Array {
  return Uint8Array.from(values, (value) => Math.min(127, Math.max(-127, Math.round(value / scale))) + middle);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** One part is itself; more lie one after the other. */
function joinedBy(writer: GraphWriter, parts: readonly number[], version: number, tensor: NewTensor): number {
  return parts.length === 1 ? parts[0]! : writer.add('CONCATENATION', version, parts, tensor, concatenation);
}
