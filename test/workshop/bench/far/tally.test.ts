import test from 'ava';
import { createTally, heightSteps } from '../../../../src/workshop/bench/far/tally.ts';

const person = (x1: number, y1: number, x2: number, y2: number) => ({
  label: 'person',
  box: [x1, y1, x2, y2] as const,
});
const region = { leftPx: 0, topPx: 0, widthPx: 160, heightPx: 160, reason: 'search' as const };
const frame = { heightPx: 1000, faint: [], regions: [region, region], planMs: 2 };

test('found, missed and extra boxes are counted, by their height in pixels', (t) => {
  const tally = createTally();
  const [small, tall] = [person(0.1, 0.1, 0.12, 0.15), person(0.5, 0.1, 0.7, 0.5)];
  tally.add({ ...frame, there: [small, tall], told: [tall, person(0.8, 0.8, 0.9, 0.9)] });
  const { total } = tally;
  t.like(total, { frames: 1, there: 2, found: 1, told: 2, extra: 1, inferences: [2], reasons: { search: 2 } });
  const step = (heightPx: number) => total.byHeight[heightSteps.findIndex((from) => heightPx < from) - 1];
  t.deepEqual(step(50), { found: 0, all: 1 });
  t.deepEqual(step(400), { found: 1, all: 1 });
});

test('a box that lies badly is extra, but not on nothing', (t) => {
  const tally = createTally();
  const there = person(0.1, 0.1, 0.3, 0.3);
  tally.add({
    ...frame,
    there: [there],
    faint: [there],
    told: [person(0.1, 0.1, 0.3, 0.18), person(0.8, 0.8, 0.9, 0.9)],
  });
  t.like(tally.total, { found: 0, extra: 2, onNothing: 1 });
});

test('what need not be found is not wrong to tell', (t) => {
  const tally = createTally();
  const hidden = person(0.1, 0.1, 0.3, 0.3);
  tally.add({ ...frame, there: [], faint: [hidden], uncounted: [hidden], told: [hidden] });
  t.like(tally.total, { there: 0, told: 0, extra: 0, onNothing: 0 });
});

test('a frame that the gate held back needs no plan and no look', (t) => {
  const tally = createTally();
  tally.add({ ...frame, regions: [], planMs: 0, there: [], told: [] });
  t.like(tally.total, { inferences: [0], planMs: [] });
});

test('what is told twice is found once, and is not extra', (t) => {
  const tally = createTally();
  const there = person(0.1, 0.1, 0.3, 0.3);
  tally.add({ ...frame, there: [there], told: [there, person(0.1, 0.1, 0.3, 0.28)] });
  t.like(tally.total, { found: 1, foundOneToOne: 1, told: 2, extra: 0, doubled: 1 });
});
