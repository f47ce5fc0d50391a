import test from 'ava';
import type { LineConfig, ZoneConfig } from '../../../src/config/zones-section.ts';
import { counts, type DetectionFilter, footOf } from '../../../src/flow/track/detection-filter.ts';
import { moveTo, nowhere, type Places, type Whereabouts } from '../../../src/flow/track/zone-watch.ts';

const rightHalf: ZoneConfig = {
  points: [
    [0.5, 0],
    [1, 0],
    [1, 1],
    [0.5, 1],
  ],
  labels: [],
  minDwellMs: 0,
};
const wall: LineConfig = { from: [0.5, 0], to: [0.5, 0.6] };

/** Walks through points [x, y, atMs]; @returns where it is after each. */
function walk(places: Partial<Places>, steps: readonly (readonly [number, number, number])[], label = 'person') {
  const states: Whereabouts[] = [];
  let state = nowhere;
  for (const [x, y, atMs] of steps) {
    const sighting = { label, foot: [x, y] as const, size: 0.2, nowMs: atMs, atMs: 1000 + atMs };
    state = moveTo(state, sighting, { zones: {}, lines: {}, ...places });
    states.push(state);
  }
  return states;
}

test('a zone is entered, left after half a second, and remembered', (t) => {
  const states = walk({ zones: { drive: rightHalf } }, [
    [0.4, 0.5, 0],
    [0.6, 0.5, 100],
    [0.49, 0.5, 200],
    [0.6, 0.5, 300],
    [0.4, 0.5, 400],
    [0.4, 0.5, 799],
    [0.4, 0.5, 800],
  ]);
  t.deepEqual(
    states.map(({ zones }) => zones.join()),
    ['', 'drive', 'drive', 'drive', 'drive', 'drive', ''],
  );
  t.deepEqual(states.at(-1)!.enteredZones, ['drive']);
});

test('who passes through in less than the minimum dwell was never there', (t) => {
  const states = walk({ zones: { drive: { ...rightHalf, minDwellMs: 1000 } } }, [
    [0.6, 0.5, 0],
    [0.6, 0.5, 900],
    [0.4, 0.5, 950],
    [0.6, 0.5, 1000],
    [0.6, 0.5, 1999],
    [0.6, 0.5, 2000],
  ]);
  t.deepEqual(
    states.map(({ zones }) => zones.join()),
    ['', '', '', '', '', 'drive'],
  );
});

test('a zone for persons is none for cars; zones keep the order of the configuration', (t) => {
  const zones = { b: rightHalf, a: { ...rightHalf, labels: ['person'] } };
  t.deepEqual(walk({ zones }, [[0.7, 0.5, 0]])[0]!.zones, ['b', 'a']);
  t.deepEqual(walk({ zones }, [[0.7, 0.5, 0]], 'car')[0]!.zones, ['b']);
});

test('a line is crossed in both directions, with the time of the frame', (t) => {
  const [, , back] = walk({ lines: { gate: wall } }, [
    [0.3, 0.3, 0],
    [0.7, 0.3, 100],
    [0.3, 0.3, 200],
  ]);
  // From [0.5, 0] down to [0.5, 0.6] the right-hand side is the left one of the picture.
  t.deepEqual(back!.crossings, [
    { line: 'gate', direction: 'out', atMs: 1100 },
    { line: 'gate', direction: 'in', atMs: 1200 },
  ]);
});

test('who trembles on the line, walks along it or round its end does not cross', (t) => {
  const trembling = walk({ lines: { gate: wall } }, [
    [0.4, 0.3, 0],
    [0.505, 0.3, 100],
    [0.495, 0.3, 200],
    [0.51, 0.3, 300],
  ]);
  t.deepEqual(trembling.at(-1)!.crossings, []);
  const round = walk({ lines: { gate: wall } }, [
    [0.4, 0.3, 0],
    [0.4, 0.8, 100],
    [0.7, 0.8, 200],
    [0.7, 0.3, 300],
  ]);
  t.deepEqual(round.at(-1)!.crossings, []);
});

test('slowly over the line is one crossing', (t) => {
  const steps = Array.from({ length: 21 }, (_, at) => [0.4 + at * 0.01, 0.3, at * 100] as const);
  t.is(walk({ lines: { gate: wall } }, steps).at(-1)!.crossings.length, 1);
});

const open: DetectionFilter = { labels: [], masks: [], filters: {} };
const size = { frameWidthPx: 640, frameHeightPx: 480 };
const person = { label: 'person', score: 0.6, box: [0.4, 0.2, 0.6, 0.8] as const };

test('a mask hides what stands in it, not what only reaches into it', (t) => {
  t.deepEqual(footOf(person.box), [0.5, 0.8]);
  const upper = { ...open, masks: [rightHalf.points.map(([x, y]): [number, number] => [x, y * 0.5])] };
  t.true(counts({ ...person, box: [0.5, 0.1, 0.7, 0.8] }, upper, size));
  t.false(counts({ ...person, box: [0.5, 0.1, 0.7, 0.4] }, upper, size));
});

test('filters by label: score, area, and the ratio in pixels', (t) => {
  const filter = (change: object) => ({
    ...open,
    filters: {
      person: { minScore: 0, minArea: 0, maxArea: 1, minRatio: 0, maxRatio: 100, usualSize: false, ...change },
    },
  });
  t.true(counts(person, filter({}), size));
  t.false(counts(person, filter({ minScore: 0.61 }), size));
  // 0.2 x 0.6 of the frame; 128 x 288 pixels.
  t.false(counts(person, filter({ minArea: 0.13 }), size));
  t.false(counts(person, filter({ maxArea: 0.11 }), size));
  t.true(counts(person, filter({ minRatio: 0.44, maxRatio: 0.45, usualSize: false }), size));
  t.false(counts(person, filter({ minRatio: 0.45 }), size));
  t.true(counts({ ...person, label: 'car' }, filter({ minScore: 0.9 }), size));
  t.false(counts(person, { ...open, labels: ['car'] }, size));
});
