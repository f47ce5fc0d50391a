/** Model files made by code: small enough to be read in no time, and whole .tflite files all the same. */
import { plainOperator } from '../../src/models/tflite-file/plain-operator.ts';
import type { Tensor } from '../../src/models/tflite-file/schema.ts';
import { writeModel } from '../../src/models/tflite-file/write-model.ts';

const plain = { isVariable: false, hasRank: false, buffer: 0 } as const;

function picture(sidePx: number): Tensor {
  return { ...plain, name: 'picture', shape: [1, sidePx, sidePx, 3], type: 'UINT8', quantization: scaled };
}

const scaled = { scale: [1 / 255], zeroPoint: [0], quantizedDimension: 0 };

/** A classifier whose classes are the values of its input, one after the other, as scores: 3 * sidePx * sidePx of them. */
export function echoModel({ sidePx = 2, description = 'echo' } = {}): Uint8Array {
  const count = 3 * sidePx * sidePx;
  return writeModel({
    version: 3,
    description,
    operatorCodes: [{ builtin: 'RESHAPE', version: 1 }],
    buffers: [new Uint8Array(), new Uint8Array(Int32Array.of(1, count).buffer)],
    subgraphs: [
      {
        name: 'main',
        inputs: [0],
        outputs: [2],
        tensors: [
          picture(sidePx),
          { ...plain, name: 'shape', shape: [2], type: 'INT32', buffer: 1 },
          { ...plain, name: 'scores', shape: [1, count], type: 'UINT8', quantization: scaled },
        ],
        operators: [
          {
            ...plainOperator,
            opcodeIndex: 0,
            inputs: [0, 1],
            outputs: [2],
            builtinOptions: { table: 'ReshapeOptions', newShape: [1, count] },
          },
        ],
      },
    ],
  });
}

/** A detector as far as its file tells: what it sees is said by the fake engine. */
export function detectorModel({ sidePx = 2, most = 10, description = 'detector' } = {}): Uint8Array {
  const float = { ...plain, type: 'FLOAT32' } as const;
  return writeModel({
    version: 3,
    description,
    operatorCodes: [{ builtin: 'CUSTOM', customCode: 'TFLite_Detection_PostProcess', version: 1 }],
    buffers: [new Uint8Array()],
    subgraphs: [
      {
        name: 'main',
        inputs: [0],
        outputs: [1, 2, 3, 4],
        tensors: [
          picture(sidePx),
          { ...float, name: 'boxes', shape: [1, most, 4] },
          { ...float, name: 'classes', shape: [1, most] },
          { ...float, name: 'scores', shape: [1, most] },
          { ...float, name: 'count', shape: [1] },
        ],
        operators: [{ ...plainOperator, opcodeIndex: 0, inputs: [0], outputs: [1, 2, 3, 4] }],
      },
    ],
  });
}
