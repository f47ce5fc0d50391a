/** What `goby models inspect` says of a model that loads, and that goby has no use for all the same. */
import test from 'ava';
import { InputError } from '../../../src/errors.ts';
import type { Engine } from '../../../src/flow/infer/engine.ts';
import { readFacts } from '../../../src/models/facts/model-facts.ts';
import { writeModel } from '../../../src/models/tflite-file/write-model.ts';
import { isUsable, runWords } from '../../../src/workshop/inspect/model-words.ts';
import { constantModel } from '../../models/sample-models.ts';

const pair = { name: 'm', cpu: { path: 'm.tflite', sha256: 'a'.repeat(64) } };
const loading = { load: async () => ({ backend: 'xnnpack' }) } as unknown as Pick<Engine, 'load'>;
const refusing = {
  load: async () => {
    throw new InputError('The library refuses it.');
  },
} as unknown as Pick<Engine, 'load'>;

function factsOf(input: readonly number[]) {
  const model = constantModel([{ shape: [1, 3], values: [1, 2, 3], last: 'SOFTMAX' }], { shape: input });
  return readFacts(writeModel(model), { name: 'm.tflite' });
}

test('a model that loads but takes no picture is not said to run', async (t) => {
  t.true(isUsable(factsOf([1, 32, 32, 3])));
  for (const shape of [
    [1, 3, 32, 32],
    [4, 32, 32, 3],
    [1, 16_000, 1, 1],
  ]) {
    t.false(isUsable(factsOf(shape)), `${shape}`);
  }
  t.deepEqual(await runWords(loading, { pair }), [['runs here', 'yes, on xnnpack']]);
  t.deepEqual(await runWords(loading, { pair }, false), [
    ['runs here', "the library takes it, on xnnpack; goby can't use it, see above"],
  ]);
  t.deepEqual(await runWords(refusing, { pair }, false), [['runs here', 'no: The library refuses it.']]);
});

test('a long column of samples is told for sound, not for a picture', (t) => {
  const { input } = factsOf([1, 16_000, 1, 1]);
  t.regex('refusal' in input ? input.refusal : '', /which is sound or another series of numbers, not a picture/);
});
