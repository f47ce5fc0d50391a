/** The COCO measure on cases small enough to count by hand. */
import test from 'ava';
import { type CocoBox, cocoMap, type FoundBox, type TrueBox } from '../../../src/workshop/evaluate/coco-map.ts';

const truth = (box: CocoBox, more: Partial<TrueBox> = {}): TrueBox => ({
  image: 1,
  category: 1,
  box,
  isCrowd: false,
  ...more,
});
const found = (box: CocoBox, score: number, more: Partial<FoundBox> = {}): FoundBox => ({
  image: 1,
  category: 1,
  box,
  score,
  ...more,
});
const near = (t: import('ava').ExecutionContext, actual: number, expected: number) =>
  t.true(Math.abs(actual - expected) < 1e-9, `${actual}, expected ${expected}`);

test('nothing found is 0, everything found is 1', (t) => {
  const truths = [truth([0, 0, 10, 10]), truth([50, 50, 10, 10], { category: 2 })];
  t.is(cocoMap(truths, []).map, 0);
  const all = truths.map(({ box, category }) => found(box, 0.9, { category }));
  near(t, cocoMap(truths, all).map, 1);
  near(t, cocoMap(truths, all).ap50, 1);
});

test('an overlap of 0.6 counts up to its threshold: .50, .55, .60', (t) => {
  // 10x10 against 10x6 inside it.
  const result = cocoMap([truth([0, 0, 10, 10])], [found([0, 0, 10, 6], 0.9)]);
  near(t, result.ap50, 1);
  near(t, result.map, 0.3);
});

test('a second box on the same object is wrong, and costs only behind the right one', (t) => {
  const truths = [truth([0, 0, 10, 10])];
  near(t, cocoMap(truths, [found([0, 0, 10, 10], 0.9), found([0, 0, 10, 10], 0.8)]).map, 1);
  near(t, cocoMap(truths, [found([60, 0, 10, 10], 0.9), found([0, 0, 10, 10], 0.8)]).map, 0.5);
});

test('half of the objects found is 51 of 101 recall points', (t) => {
  const truths = [truth([0, 0, 10, 10]), truth([50, 50, 10, 10])];
  near(t, cocoMap(truths, [found([0, 0, 10, 10], 0.9)]).ap50, 51 / 101);
});

test('a box on a crowd counts neither way, however many there are', (t) => {
  const truths = [truth([0, 0, 10, 10]), truth([40, 40, 60, 60], { isCrowd: true })];
  const boxes = [found([45, 45, 10, 10], 0.95), found([70, 70, 10, 10], 0.94), found([0, 0, 10, 10], 0.5)];
  near(t, cocoMap(truths, boxes).map, 1);
});

test('categories with only crowds, or with no true box, are not averaged in', (t) => {
  const truths = [truth([0, 0, 10, 10]), truth([0, 0, 10, 10], { category: 2, isCrowd: true })];
  const boxes = [found([0, 0, 10, 10], 0.9), found([0, 0, 10, 10], 0.9, { category: 3 })];
  const result = cocoMap(truths, boxes);
  t.deepEqual(
    result.categories.map(({ category }) => category),
    [1],
  );
  near(t, result.map, 1);
});

test('a box in another picture or of another category finds nothing', (t) => {
  const truths = [truth([0, 0, 10, 10])];
  t.is(cocoMap(truths, [found([0, 0, 10, 10], 0.9, { image: 2 })]).map, 0);
  t.is(cocoMap(truths, [found([0, 0, 10, 10], 0.9, { category: 2 })]).map, 0);
});

test('only the best boxes of a picture are looked at', (t) => {
  const truths = [truth([0, 0, 10, 10])];
  const boxes = [found([60, 60, 5, 5], 0.9), found([0, 0, 10, 10], 0.8)];
  near(t, cocoMap(truths, boxes, 2).map, 0.5);
  t.is(cocoMap(truths, boxes, 1).map, 0);
});
