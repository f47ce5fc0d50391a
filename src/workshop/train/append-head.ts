/**
 * Puts a head behind a cut MobileNet: the square roots of its average features, brought to length 1, then FULLY_CONNECTED and
 * SOFTMAX. The backbone stays in 8 bits; the head is computed in float, which takes microseconds for one row.
 */
import { GraphWriter, type NewTensor } from '../../models/tflite-file/graph-writer.ts';
import type { BuiltinOptions } from '../../models/tflite-file/schema.ts';
import { elementCount, mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { featureTensor } from './feature-extractor.ts';
import { rootOffset } from './feature-set.ts';
import type { Head } from './head.ts';

/** The output is [1, classes] of float probabilities. */
export function appendHead(base: TfliteModel, head: Head): TfliteModel {
  const graph = mainGraph(base);
  const features = featureTensor(graph);
  const given = graph.outputs[0]!;
  const writer = new GraphWriter(base);
  const { size, classes } = head;
  const row = [1, elementCount(features.shape)];
  const real =
    features.type === 'FLOAT32' ? given : writer.add('DEQUANTIZE', 2, [given], float('features', features.shape));
  const flat = writer.reshape(real, float('row', row));
  // x / sqrt(|x| + offset): the square root, with the sign of what lies below zero.
  const offset = writer.constant(float('offset', [1]), bytesOf(Float32Array.of(rootOffset)));
  const sizes = writer.add('ABS', 1, [flat], float('sizes', row), { table: 'AbsOptions' });
  const shifted = writer.add('ADD', 1, [sizes, offset], float('shifted', row), sum);
  const roots = writer.add('SQRT', 1, [shifted], float('divisors', row));
  const rooted = writer.add('DIV', 1, [flat, roots], float('roots', row), quotient);
  const unit = writer.add('L2_NORMALIZATION', 1, [rooted], float('normalised', row), l2);
  const weights = writer.constant(float('head/weights', [classes, size]), bytesOf(head.weights));
  const bias = writer.constant(float('head/bias', [classes]), bytesOf(head.bias));
  const logits = writer.add('FULLY_CONNECTED', 1, [unit, weights, bias], float('logits', [1, classes]), dense);
  return writer.model([writer.add('SOFTMAX', 1, [logits], float('probabilities', [1, classes]), soft)]);
}

const l2: BuiltinOptions = { table: 'L2NormOptions', fusedActivationFunction: 'NONE' };
const sum: BuiltinOptions = { table: 'AddOptions', fusedActivationFunction: 'NONE', potScaleInt16: true };
const quotient: BuiltinOptions = { table: 'DivOptions', fusedActivationFunction: 'NONE' };
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

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
