/** A small model made by code, for tests: a convolution with constant weights, and one table of every other kind. */
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';

/** [1,4,4,2] float -> 3x3 convolution, stride 2, 3 filters -> custom operator. Weights count up. */
export function smallModel(): TfliteModel {
  const weights = Float32Array.from({ length: 3 * 3 * 3 * 2 }, (_, index) => index / 100);
  const bias = Float32Array.from([1, 2, 3]);
  const plain = { isVariable: false, hasRank: false } as const;
  return {
    version: 3,
    description: 'made by a test',
    operatorCodes: [
      { builtin: 'CONV_2D', version: 3 },
      { builtin: 'CUSTOM', customCode: 'Strange', version: 1 },
    ],
    buffers: [new Uint8Array(), new Uint8Array(weights.buffer), new Uint8Array(bias.buffer), Uint8Array.of(1, 2, 3)],
    subgraphs: [
      {
        name: 'main',
        inputs: [0],
        outputs: [4],
        tensors: [
          { ...plain, name: 'picture', shape: [1, 4, 4, 2], shapeSignature: [-1, 4, 4, 2], type: 'FLOAT32', buffer: 0 },
          {
            ...plain,
            name: 'weights',
            shape: [3, 3, 3, 2],
            type: 'FLOAT32',
            buffer: 1,
            quantization: { scale: [0.5, 0.25, 2], zeroPoint: [0, -3, 7], min: [-1], max: [], quantizedDimension: 0 },
          },
          { ...plain, name: 'bias', shape: [3], type: 'FLOAT32', buffer: 2 },
          { ...plain, name: 'features', shape: [1, 2, 2, 3], type: 'FLOAT32', buffer: 0 },
          {
            ...plain,
            name: 'ärger ✓',
            shape: [],
            type: 'INT8',
            buffer: 0,
            isVariable: true,
            sparsity: {
              traversalOrder: [0, 1],
              dimMetadata: [
                {
                  format: 'SPARSE_CSR',
                  denseSize: 0,
                  arraySegments: { table: 'Uint16Vector', values: [0, 65_535] },
                  arrayIndices: { table: 'Uint8Vector', values: Uint8Array.of(9, 8, 7) },
                },
              ],
            },
          },
        ],
        operators: [
          {
            opcodeIndex: 0,
            inputs: [0, 1, 2],
            outputs: [3],
            customOptionsFormat: 'FLEXBUFFERS',
            largeCustomOptionsOffset: 0,
            largeCustomOptionsSize: 0,
            builtinOptions: {
              table: 'Conv2DOptions',
              padding: 'SAME',
              strideW: 2,
              strideH: 2,
              fusedActivationFunction: 'RELU6',
              dilationWFactor: 1,
              dilationHFactor: 1,
              quantizedBiasType: 'FLOAT32',
            },
          },
          {
            opcodeIndex: 1,
            inputs: [3, -1],
            outputs: [4],
            customOptions: Uint8Array.of(5, 6),
            customOptionsFormat: 'FLEXBUFFERS',
            mutatingVariableInputs: [false, true],
            largeCustomOptionsOffset: 0,
            largeCustomOptionsSize: 0,
          },
        ],
      },
    ],
    metadata: [{ name: 'note', buffer: 3 }],
    signatureDefs: [
      { signatureKey: 'serving_default', subgraphIndex: 0, inputs: [{ name: 'x', tensorIndex: 0 }], outputs: [] },
    ],
  };
}
