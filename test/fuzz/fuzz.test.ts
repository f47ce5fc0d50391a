/** A slice of `npm run fuzz`: a few hundred mutated inputs of each kind, and all that were kept. */
import test from 'ava';
import { type Need, testRequiring } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { Corpus } from './corpus.ts';
import { runTarget } from './run-target.ts';
import { fuzzTargets } from './targets.ts';

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }];
const slices = {
  config: 60,
  'camera-answers': 300,
  commands: 300,
  settings: 150,
  jpeg: 100,
  'worker-messages': 300,
  tflite: 300,
  metadata: 300,
  labels: 300,
  'tflite-worker': 4,
  outbox: 60,
  broker: 100,
};

for (const [name, inputs] of Object.entries(slices)) {
  testRequiring(needs, `${name}: ${inputs} mutated inputs do no harm`, async (t) => {
    const targets = await fuzzTargets(temporaryFolder(t));
    const { failed, failures } = await runTarget(name, targets[name]!, {
      inputs,
      seed: 42,
      onProgress: () => undefined,
    });
    t.is(failed, 0, JSON.stringify(failures, undefined, 2));
  });
}

for (const name of Object.keys(slices).filter((target) => target !== 'tflite-worker')) {
  testRequiring(needs, `${name}: the kept inputs do no harm`, async (t) => {
    const targets = await fuzzTargets(temporaryFolder(t));
    const inputs = new Corpus(name).read();
    t.true(inputs.length > 1);
    for (const input of inputs) t.is(typeof (await targets[name]!.run(input)), 'string');
  });
}

testRequiring(needs, 'tflite: the kept inputs do no harm to the agent when a worker is given them', async (t) => {
  const { 'tflite-worker': worker } = await fuzzTargets(temporaryFolder(t));
  const inputs = new Corpus('tflite').read();
  for (const input of inputs) t.is(typeof (await worker!.run(input)), 'string');
  await worker!.stop?.();
});

test('every input is tried, and what is thrown is counted', async (t) => {
  let tried = 0;
  const target = {
    seeds: [Buffer.from('seed')],
    run: () => {
      tried += 1;
      if (tried === 3) throw new Error('the third');
      return 'taken';
    },
  };
  const report = await runTarget('one', target, { inputs: 10, seed: 1, onProgress: () => undefined });
  t.is(tried, 10);
  t.is(report.failed, 1);
  t.regex(report.failures[0]!.error, /the third/);
});
