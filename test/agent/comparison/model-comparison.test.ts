/** Models side by side, by a child: its report, its failures, one at a time, and an end that leaves nothing running. */
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { ModelComparison } from '../../../src/agent/comparison/model-comparison.ts';
import { comparisonRequests } from '../../../src/agent/requests/comparison-requests.ts';
import { silentLogger } from '../../../src/logger.ts';

/** @param script what the child does in the place of `goby compare`; the task and the names are its arguments */
function comparing(script: string): ModelComparison {
  return new ModelComparison({
    command: (task, names) => ({ program: process.execPath, args: ['-e', script, task, ...names], env: process.env }),
    logger: silentLogger,
    now: () => 1_760_000_000_000,
  });
}

async function over(comparison: ModelComparison): Promise<ModelComparison['state']> {
  while (comparison.state?.state === 'running') await pause(10);
  return comparison.state;
}

const report = `{ machine: 'a board', extra: 1, models: process.argv.slice(2).map((name) => ({
  name, backend: 'xnnpack', quantization: 'int8', bytes: 1, macs: 2, parameters: 3, compiledForEdgeTpu: false,
  invokeMs: { count: 5, median: 1.5, p95: 2 } })) }`;

test('the report of the child is kept, with what the page shows of it', async (t) => {
  const comparison = comparing(`console.log(JSON.stringify(${report}))`);
  t.is(comparison.state, undefined);
  comparison.start('classify', ['one', 'two']);
  t.is(comparison.state?.state, 'running');
  t.throws(() => comparison.start('classify', ['one']), { message: /being compared already/ });
  const { state, task, comparison: kept } = (await over(comparison))!;
  t.deepEqual([state, task], ['done', 'classify']);
  t.deepEqual(
    kept?.models.map(({ name, invokeMs }) => [name, invokeMs]),
    [
      ['one', { median: 1.5, p95: 2 }],
      ['two', { median: 1.5, p95: 2 }],
    ],
  );
  t.false('extra' in kept!);
  t.notThrows(() => comparison.start('detect', ['one']));
  await over(comparison);
});

test('a child that fails or says nonsense is a sentence, and the next one can begin', async (t) => {
  for (const [script, expected] of [
    ["console.error('goby: one is damaged.'); process.exitCode = 1", /^one is damaged/],
    ["console.log('nonsense')", /printed no report/],
    ['console.log(JSON.stringify({ machine: 1 }))', /printed no report/],
    ['process.exitCode = 3', /ended with 3/],
  ] as const) {
    const comparison = comparing(script);
    comparison.start('classify', ['one']);
    const { state, error } = (await over(comparison))!;
    t.is(state, 'failed', script);
    t.regex(error ?? '', expected);
  }
  t.throws(() => comparing('').start('detect', []), { message: /No detector is on this device/ });
});

test('a stop ends the child', async (t) => {
  const comparison = comparing('setInterval(() => {}, 1000)');
  comparison.start('classify', ['one']);
  await comparison.stop();
  t.is(comparison.state?.state, 'failed');
  await t.notThrowsAsync(comparison.stop());
});

test('only models that are here and of the task are compared, and only the page may ask', async (t) => {
  const asked: unknown[] = [];
  const requests = comparisonRequests({
    comparison: { start: (...args) => void asked.push(args), state: undefined },
    models: async () => [
      { name: 'a', task: 'classify', here: 'yes' },
      { name: 'b', task: 'classify', here: 'no' },
      { name: 'c', task: 'classify', here: 'damaged' },
      { name: 'trained/d', task: 'classify', here: 'yours' },
      { name: 'e', task: 'detect', here: 'yes' },
    ],
  });
  await requests['models-compare']!.run({ task: 'classify' });
  t.deepEqual(asked, [['classify', ['a', 'trained/d']]]);
  t.deepEqual(await requests['models-comparison']!.run({}), {});
  t.true(Object.values(requests).every(({ onlyFrom }) => onlyFrom === 'page'));
});
