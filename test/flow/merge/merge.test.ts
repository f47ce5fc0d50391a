import test from 'ava';
import { type LookResult, mergeLooks } from '../../../src/flow/merge/merge.ts';
import type { Box } from '../../../src/geometry/boxes.ts';

const options = { minScore: 0.5 };
const whole: Box = [0, 0, 1, 1];
const left: Box = [0, 0, 0.5, 1];
const right: Box = [0.4, 0, 0.9, 1];
const person = (box: Box, score = 0.8, label = 'person') => ({ label, score, box });
const look = (area: Box, ...detections: LookResult['detections']): LookResult => ({ area, detections });

test('what two looks show is told once, with both of them named', (t) => {
  const merged = mergeLooks(
    [look(left, person([0.41, 0.3, 0.47, 0.6], 0.7)), look(right, person([0.412, 0.3, 0.47, 0.61], 0.9))],
    options,
  );
  t.is(merged.length, 1);
  t.deepEqual([...merged[0]!.seenIn!].sort(), [0, 1]);
  t.is(merged[0]!.score, 0.9);
});

test('what an edge cuts yields to the whole of it, whatever the scores', (t) => {
  const merged = mergeLooks(
    [look(left, person([0.42, 0.3, 0.5, 0.6], 0.95)), look(right, person([0.42, 0.3, 0.55, 0.6], 0.6))],
    options,
  );
  t.is(merged.length, 1);
  t.deepEqual(merged[0]!.box, [0.42, 0.3, 0.55, 0.6]);
  t.is(merged[0]!.cut, undefined);
});

test('the edge of the frame cuts nothing', (t) => {
  const [only] = mergeLooks([look(left, person([0, 0.3, 0.1, 1])), look(right)], options);
  t.is(only!.cut, undefined);
});

test('the two halves of something larger than a region become one box', (t) => {
  const merged = mergeLooks(
    [look(left, person([0.2, 0.3, 0.5, 0.8], 0.8, 'bus')), look(right, person([0.4, 0.31, 0.8, 0.8], 0.7, 'bus'))],
    options,
  );
  t.deepEqual(
    merged.map(({ box }) => box),
    [[0.2, 0.3, 0.8, 0.8]],
  );
});

test('what only one look shows cut is told with the sides that are missing', (t) => {
  const [piece] = mergeLooks([look(left, person([0.42, 0.3, 0.5, 0.6])), look([0.6, 0, 1, 1])], options);
  t.deepEqual(piece!.cut, { right: true });
});

test('a weak detection never takes the place of a strong one', (t) => {
  const merged = mergeLooks(
    [look(left, person([0.42, 0.3, 0.5, 0.6], 0.6)), look(right, person([0.42, 0.3, 0.56, 0.6], 0.3))],
    options,
  );
  t.true(merged.some(({ score }) => score === 0.6));
});

test('two persons side by side stay two, and a box around a group goes', (t) => {
  const merged = mergeLooks(
    [
      look(whole, person([0.3, 0.3, 0.5, 0.6], 0.6)),
      look(right, person([0.41, 0.3, 0.5, 0.6])),
      look([0.2, 0, 0.7, 1], person([0.3, 0.3, 0.4, 0.6]), person([0.41, 0.3, 0.5, 0.6])),
    ],
    options,
  );
  t.deepEqual(merged.map(({ box }) => box![0]).sort(), [0.3, 0.41]);
});

test('labels are never mixed, and what has no box is handed on', (t) => {
  const merged = mergeLooks(
    [
      look(left, person([0.2, 0.2, 0.4, 0.4]), { label: 'indoors', score: 0.9 }),
      look(right, person([0.2, 0.2, 0.4, 0.4], 0.7, 'dog')),
    ],
    options,
  );
  t.deepEqual(merged.map(({ label }) => label).sort(), ['dog', 'indoors', 'person']);
});

test('one look at the whole frame is told as it is', (t) => {
  const doubled = [person([0.2, 0.2, 0.4, 0.4]), person([0.2, 0.2, 0.4, 0.41], 0.6)];
  t.deepEqual(
    mergeLooks([look(whole, ...doubled)], options).map(({ score }) => score),
    [0.8, 0.6],
  );
});
