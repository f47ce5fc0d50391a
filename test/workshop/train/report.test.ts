/** What the report says of the time of a run, and of how its file was tried. */
import test from 'ava';
import { judge } from '../../../src/workshop/evaluate/verdict.ts';
import {
  accuracyRows,
  basePhase,
  embeddingPhase,
  headPhase,
  startPhase,
  timeRows,
  timeTexts,
  trialText,
} from '../../../src/workshop/train/report.ts';

const run = {
  phases: [
    { name: basePhase, seconds: 0.2 },
    { name: startPhase, seconds: 0.3 },
    { name: embeddingPhase, seconds: 8 },
    { name: `${headPhase} (softmax)`, seconds: 1 },
    { name: 'writing and trying the file', seconds: 0.4 },
  ],
  seconds: 10,
  onceSeconds: 5,
  inferences: 900,
};

test('the whole run is told against embedding every photo once, with the start and without', (t) => {
  t.is(
    timeTexts(run)[0],
    'The whole run took 2.00 times as long as decoding and embedding every photo once (5.00 s), 1.82 times as long as that with its start (0.50 s).',
  );
});

test('what comes beside decoding and embedding is told with its parts', (t) => {
  t.is(
    timeTexts(run)[1],
    'Beside decoding and embedding, and its start (6.3 % of that time), it took 18.8 %: training the head (softmax) 12.5 %; writing and trying the file 5.0 %.',
  );
});

test('a run that embedded nothing, or too little to time, says nothing of it', (t) => {
  const { onceSeconds: _, ...untimed } = run;
  t.is(timeTexts(untimed).length, 1);
  t.deepEqual(timeTexts({ ...untimed, inferences: 0 }), []);
});

test('all of the run is more than its phases', (t) => {
  t.deepEqual(timeRows(run).at(-1), ['in all', '10.00']);
});

test('the report says how many photos went through the whole file', (t) => {
  t.is(trialText({ tried: 5, fromPixels: 5 }), 'The whole file was run on 5 photos.');
  t.regex(trialText({ tried: 87, fromPixels: 8 }), /^The whole file was run on 8 photos, .* on the other 79\.$/);
});

test('an accuracy is told with its interval, never alone', (t) => {
  const verdict = judge(
    [0, 1, 1].map((truth) => ({ photo: '', truth, probabilities: truth === 0 ? [1, 0] : [0, 1] })),
    2,
  );
  const rows = accuracyRows({ validation: judge([], 2), testing: verdict, quantized: verdict });
  t.deepEqual(rows[0]!.slice(1), [0, 0, '-', '-', '-']);
  t.deepEqual(rows[2], ['test, the file itself', 3, 3, '100.0 %', '43.9 to 100.0 %', '100.0 %']);
});
