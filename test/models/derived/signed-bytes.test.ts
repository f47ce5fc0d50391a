/** The recipe for signed bytes: what changes in the file, what stays, and what it refuses. */
import test from 'ava';
import { signedBytes } from '../../../src/models/derived/signed-bytes.ts';
import { signedWeights } from '../../../src/models/derived/signed-weights.ts';
import { delegateCoverage } from '../../../src/models/tflite-file/delegate-coverage.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import {
  constantBytes,
  mainGraph,
  operatorName,
  type TfliteModel,
} from '../../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { smallModel } from '../tflite-file/small-model.ts';
import { unsignedModel } from './unsigned-model.ts';

const usual = { furthest: 180, branchScales: [0.1, 0.07] } as const;

function signed(model: TfliteModel): TfliteModel {
  const made = signedBytes.apply(model);
  if ('reason' in made) throw new Error(made.reason);
  return readModel(writeModel(made.model), 'made');
}

const names = (model: TfliteModel): string[] =>
  mainGraph(model).operators.map((operator) => operatorName(model, operator));

test('inputs and outputs stay unsigned bytes with their scales, under their names', (t) => {
  const before = mainGraph(unsignedModel(usual));
  const after = mainGraph(signed(unsignedModel(usual)));
  const facts = (graph: typeof before, list: readonly number[]) =>
    list.map((index) => {
      const { name, shape, type, quantization } = graph.tensors[index]!;
      return { name, shape, type, scale: quantization?.scale, zeroPoint: quantization?.zeroPoint };
    });
  t.deepEqual(facts(after, after.inputs), facts(before, before.inputs));
  t.deepEqual(facts(after, after.outputs), facts(before, before.outputs));
});

test('XNNPACK takes none of the layers before, and all of them but pooling and SOFTMAX after', (t) => {
  const taken = (model: TfliteModel): string[] =>
    delegateCoverage(model).xnnpack.flatMap((reason, at) => (reason === undefined ? [names(model)[at]!] : []));
  t.deepEqual(taken(unsignedModel(usual)), []);
  const after = taken(signed(unsignedModel(usual)));
  for (const name of ['CONV_2D', 'DEPTHWISE_CONV_2D', 'CONCATENATION', 'ADD', 'RESHAPE'])
    t.true(after.includes(name), name);
});

test('parts of another scale are brought to the scale of what they are put together to', (t) => {
  const rescaled = (branchScales: readonly [number, number]) =>
    mainGraph(signed(unsignedModel({ ...usual, branchScales }))).tensors.filter(({ name }) =>
      /rescaled/.test(name ?? ''),
    );
  t.is(rescaled([0.1, 0.1]).length, 0);
  const [one, ...others] = rescaled([0.1, 0.07]);
  t.deepEqual([one!.quantization!.scale, others.length], [[Math.fround(0.1)], 0]);
});

test('every weight means what it did: one that a signed byte cannot hold is the sum of two, over a channel that comes twice', (t) => {
  const filterOf = (model: TfliteModel, name: string) => {
    const tensor = mainGraph(model).tensors.find((one) => one.name === name)!;
    return { tensor, data: constantBytes(model, tensor) };
  };
  const before = filterOf(unsignedModel(usual), 'w0');
  const after = filterOf(signed(unsignedModel(usual)), 'w0');
  t.deepEqual(before.tensor.shape, [8, 3, 3, 3]);
  t.deepEqual(after.tensor.shape, [8, 3, 3, 4]);
  t.deepEqual(after.tensor.quantization!.scale, Array(8).fill(Math.fround(0.01)));
  const weights = new Int8Array(after.data.slice().buffer);
  for (let pixel = 0; pixel < 8 * 9; pixel++) {
    const [red, green, blue, again] = weights.subarray(4 * pixel, 4 * pixel + 4);
    t.deepEqual(
      [red, green, blue! + again!],
      [...before.data.subarray(3 * pixel, 3 * pixel + 3)].map((weight) => weight - 60),
    );
  }
  t.is(weights.at(-1), 180 - 127);
});

test('a channel that two bytes cannot hold, or that may not be split, gets the least scale that holds it', (t) => {
  const weights = {
    data: Uint8Array.of(255, 0, 200, 10),
    shape: [2, 1, 1, 2],
    scale: 0.5,
    zeroPoint: 0,
    channelDimension: 0,
    bias: Int32Array.of(510, 400),
  };
  const split = signedWeights({ ...weights, isSplit: true });
  t.deepEqual([...split.data], [127, 0, 200, 10]);
  t.deepEqual(split.scales, [Math.fround((0.5 * 255) / 127), 0.5]);
  t.deepEqual([...split.bias], [254, 400]);
  t.deepEqual([split.split, split.coarser], [1, 1]);
  const rounded = signedWeights({ ...weights, isSplit: false });
  t.deepEqual([...rounded.data], [127, 0, 127, 6]);
  t.deepEqual([rounded.split, rounded.coarser], [0, 2]);
});

test('an addition whose scales XNNPACK has no kernel for stays on unsigned bytes', (t) => {
  const model = signed(unsignedModel({ ...usual, strangeAddition: true }));
  const graph = mainGraph(model);
  const addition = graph.operators.find((operator) => operatorName(model, operator) === 'ADD')!;
  t.deepEqual(
    addition.inputs.map((index) => graph.tensors[index]!.type),
    ['UINT8', 'UINT8'],
  );
  t.is(delegateCoverage(model).xnnpack[graph.operators.indexOf(addition)], 'unsigned 8-bit data');
});

test('metadata stays, and nothing unused is left in the file', (t) => {
  const model = signed(unsignedModel(usual));
  t.deepEqual(
    model.metadata?.map(({ name }) => name),
    ['note'],
  );
  const graph = mainGraph(model);
  const used = new Set(graph.operators.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
  t.deepEqual(
    graph.tensors.filter((_, index) => !used.has(index)).map(({ name }) => name),
    [],
  );
});

test('what was done to the weights is told with its count', (t) => {
  const made = signedBytes.apply(unsignedModel(usual));
  t.deepEqual('changes' in made && made.changes, [
    '9 of 10 operators went from unsigned to signed bytes',
    'all 42 channels of weights mean what they did; 5 as sums of two bytes',
  ]);
});

test('a model without unsigned layers is refused, one that was made already too', (t) => {
  t.deepEqual(signedBytes.apply(smallModel()), { reason: 'it has no layer with weights in unsigned bytes' });
  t.deepEqual(signedBytes.apply(signed(unsignedModel(usual))), {
    reason: 'it has no layer with weights in unsigned bytes',
  });
});
