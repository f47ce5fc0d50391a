/** The one place where minScore counts. */
import test from 'ava';
import { splitByScore } from '../../../src/flow/interpret/split-by-score.ts';

const found = (...scores: number[]) => scores.map((score) => ({ label: 'person', score }));
const scores = (detections: readonly { score: number }[]) => detections.map(({ score }) => score);

test('the minimum score itself is strong; what has no score is neither; order is kept', (t) => {
  const { detections, weak } = splitByScore(found(0.9, 0.5, 0.49, Number.NaN, 0.25), 0.5);
  t.deepEqual(scores(detections), [0.9, 0.5]);
  t.deepEqual(scores(weak), [0.49, 0.25]);
});

test('at a minimum of 0 everything is strong, at 1 only what is certain', (t) => {
  t.deepEqual(scores(splitByScore(found(0.3, 0), 0).detections), [0.3, 0]);
  t.deepEqual(scores(splitByScore(found(1, 0.99), 1).detections), [1]);
});
