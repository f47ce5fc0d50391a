import test from 'ava';
import { contains, crossesItself, type Polygon, segmentsCross, sideOf } from '../../src/geometry/polygon.ts';

const arrow: Polygon = [
  [0, 0],
  [1, 0],
  [0.5, 0.5],
  [1, 1],
  [0, 1],
];

test('inside and outside, also of a polygon with a notch', (t) => {
  t.true(contains(arrow, [0.2, 0.5]));
  t.false(contains(arrow, [0.9, 0.5]));
  t.true(contains(arrow, [0.8, 0.1]));
  t.false(contains(arrow, [1.1, 0.1]));
});

test('the right-hand side of one who walks to the right is below, as y points down', (t) => {
  t.is(sideOf([0, 0], [1, 0], [0.5, 0.25]), 0.25);
  t.is(sideOf([1, 0], [0, 0], [0.5, 0.25]), -0.25);
  t.is(sideOf([1, 1], [1, 1], [0, 0]), 0);
});

test('segments that cross, and those that would if they were longer', (t) => {
  t.true(segmentsCross([0, 0], [1, 1], [0, 1], [1, 0]));
  t.false(segmentsCross([0, 0], [0.4, 0.4], [0, 1], [1, 0]));
  t.false(segmentsCross([0, 0], [1, 0], [0, 1], [1, 1]));
});

test('a bow tie crosses itself, an arrow does not', (t) => {
  t.false(crossesItself(arrow));
  t.true(
    crossesItself([
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ]),
  );
});
