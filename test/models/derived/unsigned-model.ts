/** A small network on unsigned bytes, as quantization-aware training leaves it, made by code for tests. */
import { GraphWriter } from '../../../src/models/tflite-file/graph-writer.ts';
import type { BuiltinOptions } from '../../../src/models/tflite-file/schema.ts';
import type { TfliteModel } from '../../../src/models/tflite-file/tflite-model.ts';

export interface UnsignedModelOptions {
  /** Most steps between a weight and its zero point; over 127 it can't be held by a signed byte. */
  readonly furthest: number;
  /** Scales of the two branches that are put side by side. */
  readonly branchScales: readonly [number, number];
  /** Scale of the one input of the addition that is off all limits of XNNPACK. */
  readonly strangeAddition?: boolean;
}

const classes = 10;

/** [1,16,16,3] pixels -> convolution, depthwise convolution, two branches, addition, pooling, dense layer, SOFTMAX -> [1,10]. */
export function unsignedModel({ furthest, branchScales, strangeAddition = false }: UnsignedModelOptions): TfliteModel {
  const writer = new GraphWriter({
    version: 3,
    operatorCodes: [],
    buffers: [new Uint8Array()],
    subgraphs: [{ name: 'main', tensors: [], inputs: [0], outputs: [], operators: [] }],
    metadata: [{ name: 'note', buffer: 0 }],
  });
  const random = numbers(7);
  const activation = (name: string, shape: number[], scale: number, zeroPoint: number) =>
    ({ name, shape, type: 'UINT8', scale, zeroPoint }) as const;
  /** The last weight is the furthest from the zero point, which lies at 60. */
  const weights = (name: string, shape: number[], scale: number) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Uint8Array.from({ length: count }, (_, at) =>
      at === count - 1 ? 60 + furthest : 60 + Math.round((random() - 0.5) * 80),
    );
    return writer.constant({ name, shape, type: 'UINT8', scale, zeroPoint: 60 }, data);
  };
  const bias = (name: string, size: number, scale: number) =>
    writer.constant(
      { name, shape: [size], type: 'INT32', scale, zeroPoint: 0 },
      new Uint8Array(Int32Array.from({ length: size }, () => ((random() - 0.3) * 0.5) / scale).buffer),
    );
  const picture = writer.tensor(activation('picture', [1, 16, 16, 3], 1 / 128, 128));
  const first = writer.add(
    'CONV_2D',
    1,
    [picture, weights('w0', [8, 3, 3, 3], 0.01), bias('b0', 8, 0.01 / 128)],
    activation('first', [1, 8, 8, 8], 0.0235, 0),
    convolution(2, 'RELU6'),
  );
  const deep = writer.add(
    'DEPTHWISE_CONV_2D',
    1,
    [first, weights('w1', [1, 3, 3, 8], 0.02), bias('b1', 8, 0.02 * 0.0235)],
    activation('deep', [1, 8, 8, 8], 0.0235, 0),
    { ...convolution(1, 'RELU6'), table: 'DepthwiseConv2DOptions', depthMultiplier: 1 },
  );
  const branches = branchScales.map((scale, at) =>
    writer.add(
      'CONV_2D',
      1,
      [deep, weights(`w2${at}`, [8, 1, 1, 8], 0.02), bias(`b2${at}`, 8, 0.02 * 0.0235)],
      activation(`branch${at}`, [1, 8, 8, 8], scale, 120),
      convolution(1, 'NONE'),
    ),
  );
  const side = writer.add('CONCATENATION', 1, branches, activation('side', [1, 8, 8, 16], branchScales[0], 120), {
    table: 'ConcatenationOptions',
    axis: 3,
    fusedActivationFunction: 'NONE',
  });
  const sum = writer.add(
    'ADD',
    1,
    [side, side],
    activation('sum', [1, 8, 8, 16], strangeAddition ? branchScales[0] * 2 ** 12 : branchScales[0] * 2, 120),
    { table: 'AddOptions', fusedActivationFunction: 'NONE', potScaleInt16: false },
  );
  const whole = strangeAddition ? side : sum;
  const pooledScale = strangeAddition ? branchScales[0] : branchScales[0] * 2;
  const pooled = writer.add('AVERAGE_POOL_2D', 1, [whole], activation('pooled', [1, 1, 1, 16], pooledScale, 120), {
    table: 'Pool2DOptions',
    padding: 'VALID',
    strideW: 8,
    strideH: 8,
    filterWidth: 8,
    filterHeight: 8,
    fusedActivationFunction: 'NONE',
  });
  const row = writer.reshape(pooled, activation('row', [1, 16], pooledScale, 120));
  const logits = writer.add(
    'FULLY_CONNECTED',
    1,
    [row, weights('w3', [classes, 16], 0.004), bias('b3', classes, 0.004 * pooledScale)],
    activation('logits', [1, classes], 0.1, 120),
    {
      table: 'FullyConnectedOptions',
      fusedActivationFunction: 'NONE',
      weightsFormat: 'DEFAULT',
      keepNumDims: false,
      asymmetricQuantizeInputs: false,
      quantizedBiasType: 'FLOAT32',
    },
  );
  const scores = writer.add('SOFTMAX', 1, [logits], activation('scores', [1, classes], 1 / 256, 0), {
    table: 'SoftmaxOptions',
    beta: 1,
  });
  return writer.model(strangeAddition ? [scores, sum] : [scores]);
}

function convolution(stride: number, fusedActivationFunction: 'NONE' | 'RELU6') {
  return {
    table: 'Conv2DOptions',
    padding: 'SAME',
    strideW: stride,
    strideH: stride,
    dilationWFactor: 1,
    dilationHFactor: 1,
    fusedActivationFunction,
    quantizedBiasType: 'FLOAT32',
  } as const satisfies BuiltinOptions;
}

/** Linear congruential generator of Numerical Recipes, 0..1. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
