/** Shapes that a graph works out at run time become constants, where they are always the same. */
import test from 'ava';
import { staticShapes } from '../../../src/models/derived/static-shapes.ts';
import { readModel } from '../../../src/models/tflite-file/read-model.ts';
import {
  constantBytes,
  mainGraph,
  operatorName,
  type TfliteModel,
} from '../../../src/models/tflite-file/tflite-model.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { denseModel } from './dense-model.ts';
import { flattenModel } from './flatten-model.ts';

const names = (model: TfliteModel): string[] =>
  mainGraph(model).operators.map((operator) => operatorName(model, operator));

/** Numbers of the shape that the RESHAPE gets. */
function reshapedTo(model: TfliteModel): number[] {
  const graph = mainGraph(model);
  const reshape = graph.operators.find((operator) => operatorName(model, operator) === 'RESHAPE')!;
  const bytes = Uint8Array.from(constantBytes(model, graph.tensors[reshape.inputs[1]!]!));
  return [...new Int32Array(bytes.buffer)];
}

for (const [title, model, shape, left] of [
  ['of the picture', flattenModel(), [1, 12], []],
  ['of what an operator made', flattenModel({ before: 'NEG' }), [1, 12], ['NEG']],
  ['with a number left open', flattenModel({ columns: -1 }), [1, -1], []],
] as const) {
  test(`the shape ${title} is a constant`, (t) => {
    const result = staticShapes.apply(model);
    if ('reason' in result) return t.fail(result.reason);
    t.deepEqual(result.changes, ['3 operators that work out shapes became constants']);
    const written = readModel(writeModel(result.model), 'derived');
    t.deepEqual(names(written), [...left, 'RESHAPE', 'FULLY_CONNECTED', 'SOFTMAX']);
    t.deepEqual(reshapedTo(written), [...shape]);
    t.is(names(model).length, 6 + left.length, 'the source stays');
    return undefined;
  });
}

test('what is not the same at every run stays', (t) => {
  const reason = (model: TfliteModel): string => {
    const result = staticShapes.apply(model);
    return 'reason' in result ? result.reason : 'none';
  };
  t.is(reason(denseModel({ version: 1, scales: [0.5] })), 'no shape is worked out at run time');
  t.is(reason(flattenModel({ before: 'WHERE' })), 'no shape is worked out at run time');
  t.regex(reason(flattenModel({ columns: 6 })), /the shape of t\d+ is another at run time/);
  // A number that the model gives out is still worked out; the rest isn't held up by it.
  const kept = staticShapes.apply(flattenModel({ givesShape: true }));
  t.true('model' in kept && names(kept.model).includes('STRIDED_SLICE') && !names(kept.model).includes('SHAPE'));
});
