/** Rounds, accuracy, the Pareto front, the verdict, and how a comparison is shown. */
import test from 'ava';
import { distinctLabels } from '../../../src/models/labels/distinct-labels.ts';
import type { ComparedModel, Comparison } from '../../../src/workshop/compare/comparison.ts';
import { comparisonPage } from '../../../src/workshop/compare/comparison-page.ts';
import { comparisonCsv, comparisonNotes, filledColumns } from '../../../src/workshop/compare/comparison-table.ts';
import { paretoFront } from '../../../src/workshop/compare/pareto-front.ts';
import { measureRounds } from '../../../src/workshop/compare/rounds.ts';
import { versionVerdict } from '../../../src/workshop/compare/version-verdict.ts';
import {
  agreement,
  isClass,
  labelsOfClass,
  topAccuracy,
  unknownClasses,
} from '../../../src/workshop/evaluate/top-accuracy.ts';

test('rounds give every model its time, in turns that begin with another model each', async (t) => {
  let nowMs = 0;
  const order: string[] = [];
  const runner = (name: string, ms: number) => ({
    run: () => {
      order.push(name);
      nowMs += ms;
      return Promise.resolve({ invokeMs: ms - 1, roundTripMs: ms });
    },
  });
  let temperatureC = 50;
  const [fast, slow] = await measureRounds({
    runners: [runner('fast', 2), runner('slow', 10)],
    durationMs: 40,
    turn: 2,
    machine: () => Promise.resolve({ temperatureC: temperatureC++, throttled: temperatureC === 52 }),
    now: () => nowMs,
  });
  t.is(order.slice(0, 8).join(' '), 'fast fast slow slow slow slow fast fast');
  t.is(fast!.roundTripMs.length, 20);
  t.is(slow!.roundTripMs.length, 4);
  t.is(fast!.framesPerSecond, 500);
  t.is(slow!.framesPerSecond, 100);
  t.true(fast!.temperatureC! > slow!.temperatureC!);
  t.true(slow!.throttled);
  t.false(fast!.throttled);
});

test('classes are found by label, synonym and spelling', (t) => {
  t.true(isClass('tiger cat', 'tiger_cat'));
  t.true(isClass('tabby, tabby cat', 'Tabby-Cat'));
  t.false(isClass('tiger cat', 'cat'));
  t.deepEqual(unknownClasses(['macaw', 'tabby, tabby cat'], ['tabby', 'wolf']), ['wolf']);
});

test('a label that got a number for its topic is the class that is spelled so, and no other', (t) => {
  const { labels } = distinctLabels(['Cat', 'cat', 'dog house', 'dog_house']);
  t.deepEqual([...labelsOfClass(labels, 'Cat')], ['Cat (2)']);
  t.deepEqual([...labelsOfClass(labels, 'cat')], ['cat']);
  t.deepEqual([...labelsOfClass(labels, 'dog house')], ['dog house (2)']);
  t.deepEqual(topAccuracy([['Cat (2)'], ['cat']], ['cat', 'cat'], labels).top1, 0.5);
});

test('top-1 and top-5 count photos', (t) => {
  const rankings = [['macaw', 'cat'], ['cat', 'macaw'], ['a', 'b', 'c', 'd', 'e', 'cat'], ['cat']];
  const labels = ['macaw', 'cat', 'a', 'b', 'c', 'd', 'e'];
  t.deepEqual(topAccuracy(rankings, ['macaw', 'macaw', 'cat', 'cat'], labels), { top1: 0.5, top5: 0.75 });
  t.is(agreement(rankings, [['macaw'], ['macaw'], ['a'], ['dog']]), 0.5);
  t.throws(() => topAccuracy([], [], labels), { instanceOf: RangeError });
  t.throws(() => agreement([['a']], []), { instanceOf: RangeError });
});

test('the Pareto front is what nothing beats', (t) => {
  const points = [
    { name: 'slow and good', latencyMs: 50, accuracy: 0.7 },
    { name: 'beaten', latencyMs: 60, accuracy: 0.65 },
    { name: 'fast', latencyMs: 5, accuracy: 0.4 },
    { name: 'equal to fast', latencyMs: 5, accuracy: 0.4 },
    { name: 'slower, not better', latencyMs: 6, accuracy: 0.4 },
  ];
  t.deepEqual(
    paretoFront(points).map(({ name }) => name),
    ['fast', 'slow and good'],
  );
  t.deepEqual(paretoFront([]), []);
});

function model(over: Partial<ComparedModel>): ComparedModel {
  const ms = { count: 10, median: 10, p95: 12 };
  return {
    name: 'model',
    sha256: 'ab'.repeat(32),
    backend: 'xnnpack',
    quantization: 'int8 per channel',
    bytes: 1e6,
    macs: 100e6,
    parameters: 2e6,
    arenaBytes: 1e6,
    loadMs: 3,
    firstMs: 20,
    invokeMs: ms,
    roundTripMs: ms,
    framesPerSecond: 100,
    compiledForEdgeTpu: false,
    checks: [],
    ...over,
  };
}

const v1 = model({
  name: 'one',
  architecture: { version: 1, width: 1, resolutionPx: 224 },
  macs: 569e6,
  parameters: 4e6,
});
const v2 = model({
  name: 'two',
  backend: 'xnnpack',
  architecture: { version: 2, width: 1, resolutionPx: 224 },
  macs: 300e6,
  parameters: 3e6,
  roundTripMs: { count: 10, median: 5, p95: 6 },
});

test('the verdict takes the pair of one size, and says when there is none', (t) => {
  const small = model({ name: 'small', architecture: { version: 1, width: 0.25, resolutionPx: 128 }, macs: 14e6 });
  const verdict = versionVerdict([small, v1, v2])!;
  t.regex(
    verdict,
    /^MobileNet V2 1\.0 224 \(two\) needs 0\.53 times the multiply-accumulates and 0\.75 times the parameters/,
  );
  t.regex(
    verdict,
    /runs 2\.00 times as fast here \(median 5\.0 ms against 10\.0 ms, both int8 per channel on xnnpack\) and no accuracy/,
  );
  t.regex(versionVerdict([small, v2])!, /differ in size/);
  t.is(versionVerdict([v1, small]), undefined);
  const measured = [
    { ...v1, accuracy: { top1: 0.9, top5: 1, photos: 10 } },
    { ...v2, accuracy: { top1: 0.95, top5: 1, photos: 10 } },
  ];
  t.regex(
    versionVerdict(measured)!,
    /5\.0 points more accurate \(top-1, measured on your photos, 95\.0 % against 90\.0 %\)\.$/,
  );
});

test('versions in different forms are not held against each other, and it is said why', (t) => {
  const legacy = { ...v1, quantization: 'uint8 per tensor', backend: 'cpu' } as const;
  t.is(
    versionVerdict([legacy, v2]),
    `V1 and V2 are not held against each other, since no two of them have one form: ${v1.name} is uint8 per tensor on cpu; ${v2.name} is int8 per channel on xnnpack.`,
  );
  t.regex(versionVerdict([legacy, v1, v2])!, /runs 2\.00 times as fast/);
  const sameBytes = { ...v1, backend: 'cpu' } as const;
  t.regex(versionVerdict([sameBytes, v2])!, /not held against each other/);
});

test('accuracies on different photos are not held against each other', (t) => {
  const onImagenet = { ...v2, imagenet: { top1: 0.45, top5: 0.8, photos: 10 } };
  const onOwn = { ...v1, accuracy: { top1: 0.98, top5: 1, photos: 10 } };
  const verdict = versionVerdict([onOwn, onImagenet])!;
  t.regex(
    verdict,
    /and has 45\.0 % against 98\.0 % \(top-1, measured on ImageNet photos; V1: top-1, measured on your photos\)/,
  );
  t.false(/points/.test(verdict));
  // A slower file of V2 whose accuracy is of the same photos speaks before it.
  const trained = {
    ...v2,
    name: 'trained',
    roundTripMs: v1.roundTripMs,
    accuracy: { top1: 0.99, top5: 1, photos: 10 },
  };
  t.regex(versionVerdict([onOwn, onImagenet, trained])!, /\(trained\).* 1\.0 points more accurate/);
  const page = comparisonPage({ ...comparison, models: [onOwn, onImagenet] });
  t.regex(page, /The accuracies come from different photos/);
  t.false(/different photos/.test(comparisonPage({ ...comparison, models: [onOwn, trained] })));
});

const comparison: Comparison = {
  machine: 'a <board> & co',
  threads: 1,
  secondsEach: 2,
  reference: 'two',
  agreementPhotos: 6,
  models: [
    { ...v1, accuracy: { top1: 0.9, top5: 1, photos: 10 }, agreement: 0.5 },
    { ...v2, name: 'two, "quoted"', accuracy: { reason: "its labels don't have cat" } },
  ],
};

test('columns that no model fills are left out', (t) => {
  const titles = filledColumns(comparison).map(({ title }) => title);
  t.true(titles.includes('top-1 %'));
  t.true(titles.includes('agrees %'));
  t.false(titles.includes('mAP %'));
  t.false(titles.includes('hottest C'));
});

test('CSV has a line for each model and quotes what needs it', (t) => {
  const [head, first, second, end] = comparisonCsv(comparison).split('\r\n');
  t.regex(head!, /^model,backend,weights,threads,MMAC,.*MMAC \(published\),.*,sha256$/);
  t.regex(first!, /^one,xnnpack,int8 per channel,,569\.0,/);
  t.regex(second!, /^"two, ""quoted""",xnnpack,/);
  t.is(end, '');
});

test('notes tell what is missing and why', (t) => {
  const notes = comparisonNotes(comparison).join('\n');
  t.regex(notes, /two, "quoted" has no accuracy: its labels don't have cat\./);
  t.regex(notes, /agrees: same first label as two on 6 photos\./);
});

test('the page says its verdict on the versions once', (t) => {
  const versions = versionVerdict([v1, v2])!;
  const page = comparisonPage({ ...comparison, versions });
  t.is(page.split(versions).length - 1, 1);
});

test('the page stands alone, escapes what it shows and draws what has an accuracy', (t) => {
  const page = comparisonPage(comparison);
  t.regex(page, /a &lt;board&gt; &amp; co/);
  t.false(/(src|href)=/.test(page));
  t.is(page.match(/<circle/g)!.length, 1);
  t.regex(comparisonPage({ ...comparison, models: [v1] }), /there is no plot/);
});
