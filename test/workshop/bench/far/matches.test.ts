import test from 'ava';
import { liesOn, partners } from '../../../../src/workshop/bench/far/matches.ts';

const person = (x1: number, y1: number, x2: number, y2: number) => ({
  label: 'person',
  box: [x1, y1, x2, y2] as const,
});

test('each box has one partner, the one that overlaps it most', (t) => {
  const there = [person(0, 0, 0.2, 0.2), person(0.5, 0.5, 0.7, 0.7)];
  const told = [person(0, 0, 0.2, 0.15), person(0, 0, 0.2, 0.19), person(0.5, 0.5, 0.69, 0.7)];
  t.deepEqual(partners(there, told), [1, 2]);
});

test('what two boxes share is the partner of one of them only', (t) => {
  t.deepEqual(partners([person(0, 0, 0.2, 0.2), person(0, 0, 0.2, 0.17)], [person(0, 0, 0.2, 0.2)]), [0, undefined]);
});

test('another label is no partner, and nothing to lie on', (t) => {
  const car = { ...person(0, 0, 0.2, 0.2), label: 'car' };
  t.deepEqual(partners([person(0, 0, 0.2, 0.2)], [car]), [undefined]);
  t.false(liesOn(car, [person(0, 0, 0.2, 0.2)]));
  t.true(liesOn(car, [{ ...car, box: [0, 0, 0.2, 0.1] }]));
});
