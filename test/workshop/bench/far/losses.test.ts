import test from 'ava';
import type { Box } from '../../../../src/geometry/boxes.ts';
import { createLosses, lossOf, supportOf } from '../../../../src/workshop/bench/far/losses.ts';

const one = { label: 'person', box: [0.4, 0.4, 0.5, 0.65] as const };
const look = (area: Box, ...detections: { label: string; score: number; box: Box }[]) => ({ area, detections });
const left: Box = [0, 0, 0.6, 1];
const right: Box = [0.45, 0, 1, 1];
const sure = { ...one, score: 0.8 };

test('each loss has its reason, by what the looks of the frame showed', (t) => {
  const reason = (...looks: ReturnType<typeof look>[]) => lossOf(one, looks, 0.5);
  t.is(reason(), 'no look held it closely enough');
  t.is(reason(look(right, sure)), 'no look held it closely enough');
  t.is(reason(look([-1, -1, 1, 1])), 'no look held it closely enough');
  t.is(reason(look(left)), 'no look showed it');
  t.is(reason(look(left, { ...sure, label: 'car' })), 'no look showed it');
  t.is(reason(look(left, { ...sure, score: 0.4 })), 'shown below the minimum score');
  t.is(reason(look(left, { ...sure, box: [0.4, 0.4, 0.5, 0.5] })), 'shown badly placed');
  t.is(reason(look(right), look(left, sure)), 'shown, and not told');
});

test('what few of the tiles that hold a thing show is hard to find', (t) => {
  const tiles = [look(left, sure), look(left), look(left), look([0, 0, 1, 1]), look(right, sure)];
  t.is(supportOf(one, tiles, 0.5), 0.25);
  t.is(supportOf(one, [look(right, sure)], 0.5), undefined);
  const losses = createLosses();
  const frame = { there: [one], tiles, looks: [], minScore: 0.5 };
  losses.add({ ...frame, told: [] });
  losses.add({ ...frame, told: [one] });
  t.deepEqual(losses.total.bySupport[0], { found: 1, all: 2 });
  t.is(losses.total.byLoss['no look held it closely enough'], 1);
});
