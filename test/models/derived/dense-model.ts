/** A dense layer on float data with 8-bit weights [[1,-2,3],[4,5,-6]], or their first row: what dynamic-range quantization writes. */
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';
import { GraphBuilder } from '../graph-builder.ts';

/** @param scales one a row, or one for all */
export function denseModel({ version, scales }: { version: number; scales: readonly number[] }): TfliteModel {
  const rows = scales.length;
  const graph = new GraphBuilder();
  const input = graph.tensor([1, 3], { name: 'features' });
  const weights = graph.constant([rows, 3], [1, -2, 3, 4, 5, -6].slice(0, 3 * rows), {
    type: 'INT8',
    quantization: { scale: scales, zeroPoint: scales.map(() => 0) },
  });
  const output = graph.tensor([1, rows], { name: 'scores' });
  graph.operator('FULLY_CONNECTED', [input, weights, -1], [output], {
    version,
    options: {
      table: 'FullyConnectedOptions',
      fusedActivationFunction: 'NONE',
      weightsFormat: 'DEFAULT',
      keepNumDims: false,
      asymmetricQuantizeInputs: true,
      quantizedBiasType: 'FLOAT32',
    },
  });
  return graph.model([input], [output]);
}
