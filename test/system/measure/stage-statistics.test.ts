import test from 'ava';
import fc from 'fast-check';
import { createStageStatistics, percentile } from '../../../src/system/measure/stage-statistics.ts';

test('no sample, no stage', (t) => {
  t.deepEqual(createStageStatistics().snapshot(), {});
});

test('percentiles are taken over the window only, while the count goes on', (t) => {
  const statistics = createStageStatistics({ windowSize: 100 });
  for (let sample = 0; sample < 50; sample += 1) statistics.record('infer', 1000);
  for (let sample = 1; sample <= 100; sample += 1) statistics.record('infer', sample);
  statistics.record('decode', 7.126);
  t.deepEqual(statistics.snapshot(), {
    infer: { count: 150, p50Ms: 50, p95Ms: 95, maxMs: 100 },
    decode: { count: 1, p50Ms: 7.13, p95Ms: 7.13, maxMs: 7.13 },
  });
});

test('a percentile is a sample, and at least its share of the samples does not exceed it', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (samples, share) => {
        const sorted = Float64Array.from(samples).sort();
        const value = percentile(sorted, share);
        const atMost = sorted.filter((sample) => sample <= value).length;
        const below = sorted.filter((sample) => sample < value).length;
        return sorted.includes(value) && atMost >= share * sorted.length - 1e-9 && below < share * sorted.length;
      },
    ),
  );
  t.pass();
});

test('recording makes no buffer per sample', (t) => {
  const statistics = createStageStatistics();
  statistics.record('infer', 1);
  const before = process.memoryUsage().arrayBuffers;
  for (let sample = 0; sample < 100_000; sample += 1) statistics.record('infer', sample);
  t.true(process.memoryUsage().arrayBuffers <= before);
});
