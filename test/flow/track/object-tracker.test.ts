import test from 'ava';
import fc from 'fast-check';
import { configSchema } from '../../../src/config/schema.ts';
import type { Detection, Detections } from '../../../src/flow/interpret/detection.ts';
import { createTracker, type TrackerOptions } from '../../../src/flow/track/create-tracker.ts';
import type { Event, Presence } from '../../../src/flow/track/event.ts';
import { createEventIds } from '../../../src/flow/track/event-ids.ts';
import { followedLabels } from '../../../src/flow/track/followed-labels.ts';
import type { Tracker, TrackResult } from '../../../src/flow/track/tracker.ts';
import type { Box } from '../../../src/geometry/boxes.ts';

const wallMs = 1_700_000_000_000;
const defaults = configSchema.parse({}).cameras['camera']!;

/** A detection, or a weak one with a score below the minimum. */
type Found = readonly [label: string, box: Box | undefined, score?: number];

function seen(atMs: number, found: readonly Found[], more: Partial<Detections> = {}): Detections {
  const all = found.map(
    ([label, box, score = 0.7]): Detection => ({ label, score, ...(box === undefined ? {} : { box }) }),
  );
  return {
    camera: 'front',
    frameSequence: 1,
    capturedAtMs: wallMs + atMs,
    monotonicMs: atMs,
    frameWidthPx: 640,
    frameHeightPx: 480,
    model: 'm',
    modelSha256: 'f'.repeat(64),
    backend: 'xnnpack',
    latencyMs: { preprocess: 1, infer: 1, invoke: 1, interpret: 1 },
    detections: all.filter(({ score }) => score >= 0.5),
    weak: all.filter(({ score }) => score < 0.5),
    ...more,
  };
}

function tracker(config: Partial<TrackerOptions['config']> = {}, more: Partial<TrackerOptions> = {}): Tracker {
  return createTracker({
    camera: 'front',
    labels: [],
    config: { ...defaults, ...config },
    scoreMarks: [],
    newId: createEventIds(),
    ...more,
  });
}

/** A person of ordinary shape whose middle is here. */
function at(x: number, y = 0.6, height = 0.4): Box {
  return [x - height / 5, y - height / 2, x + height / 5, y + height / 2];
}

/** Feeds looks at a frame rate; @returns all events and presences. */
function film(
  track: Tracker,
  { fps, seconds, from = 0 }: { fps: number; seconds: number; from?: number },
  view: (seconds: number) => readonly Found[],
): { events: Event[]; presences: Presence[]; results: TrackResult[] } {
  const results = Array.from({ length: Math.round(fps * seconds) }, (_, look) => {
    const atMs = from + (look * 1000) / fps;
    return track.update(seen(atMs, view((look * 1000) / fps / 1000)));
  });
  return {
    results,
    events: results.flatMap(({ events }) => [...events]),
    presences: results.flatMap(({ presences }) => [...presences]),
  };
}

const types = (events: readonly Event[]): string => events.map(({ type }) => type).join(' ');

for (const fps of [2, 5, 15]) {
  test(`one who walks through the picture is one event, at ${fps} frames a second`, (t) => {
    const track = tracker();
    const { events } = film(track, { fps, seconds: 6 }, (s) => [['person', at(0.1 + 0.13 * s)]]);
    const end = track.tick(6000 + 2000 + 1000 / fps).events;
    t.is(new Set([...events, ...end].map(({ id }) => id)).size, 1);
    t.is(types(events).replaceAll(' update', ''), 'new');
    t.like(end[0], { type: 'end', reason: 'gone', startMs: wallMs, startMonotonicMs: 0 });
    t.is(end[0]!.endMs, wallMs + 6000 - 1000 / fps);
  });

  test(`two who cross, one behind the other, keep their identities, at ${fps} frames a second`, (t) => {
    const track = tracker();
    const { results } = film(track, { fps, seconds: 7 }, (s) => {
      const left = 0.1 + 0.11 * s;
      const right = 0.9 - 0.11 * s;
      const found: Found[] = [['person', at(left, 0.62)]];
      // Hidden while behind the other one.
      if (Math.abs(left - right) > 0.08) found.push(['person', at(right, 0.58)]);
      return found;
    });
    const events = results.flatMap(({ events }) => [...events]);
    t.is(events.filter(({ type }) => type === 'new').length, 2);
    const byStart = events.filter(({ type }) => type === 'new').map(({ id, box }) => ({ id, left: box![0] < 0.5 }));
    const ends = track.end('stopped').events;
    for (const { id, left } of byStart) t.is(ends.find((event) => event.id === id)!.box![0] > 0.5, left);
  });
}

test('a flicker is no event; what is seen in N of M looks is, and a sure look counts twice', (t) => {
  const track = tracker();
  const quiet = film(track, { fps: 10, seconds: 1 }, () => []);
  t.is(quiet.events.length, 0);
  t.is(types(track.update(seen(1000, [['person', at(0.5)]])).events), '');
  t.is(types(track.update(seen(1100, [])).events), '');
  t.is(types(track.update(seen(1200, [['person', at(0.5)]])).events), '');
  t.is(types(track.update(seen(1300, [['person', at(0.5)]])).events), 'new');
  t.is(types(track.update(seen(1400, [['car', at(0.2), 0.9]])).events), '');
  t.is(types(track.update(seen(1500, [['car', at(0.2), 0.6]])).events), 'new');
});

test('the number of looks can be set, and photos count at once', (t) => {
  const patient = tracker({ tracking: { ...defaults.tracking, confirmHits: 4 } });
  t.is(film(patient, { fps: 5, seconds: 0.6 }, () => [['person', at(0.5)]]).events.length, 0);
  t.is(types(patient.update(seen(600, [['person', at(0.5)]])).events), 'new');
  const photos = tracker();
  photos.update(seen(0, [], { origin: 'a.jpg' }));
  t.is(types(photos.update(seen(500, [['person', at(0.5)]], { origin: 'b.jpg' })).events), 'new');
});

test('in photos whoever is of the same kind is the same event, wherever it is', (t) => {
  const track = tracker();
  const photo = (atMs: number, ...found: Found[]) => track.update(seen(atMs, found, { origin: `${atMs}.jpg` })).events;
  t.is(types(photo(0, ['face', at(0.1)])), 'new');
  t.is(types(photo(100, ['face', at(0.8, 0.3, 0.2)], ['face', at(0.4)])), 'new');
  t.false(/new|end/.test(types(photo(200, ['face', at(0.5, 0.7, 0.6)]))));
  t.false(/new|end/.test(types(photo(300))));
  t.is(types(photo(2100)), 'end');
  t.is(types(photo(2200)), 'end');
});

test('a parked car that is hidden for five seconds is the same car, and is told as stationary', (t) => {
  const track = tracker();
  const car: Found = ['car', [0.4, 0.5, 0.7, 0.7]];
  const { events } = film(track, { fps: 5, seconds: 30 }, (s) => (s > 15 && s < 20 ? [] : [car]));
  t.is(events.filter(({ type }) => type === 'new').length, 1);
  t.is(events.filter(({ type }) => type === 'end').length, 0);
  t.is(events.filter(({ stationary }) => stationary).length, 1, 'told once');
});

test('what moves again is told as moving, under the same id', (t) => {
  const track = tracker();
  const { events } = film(track, { fps: 5, seconds: 16 }, (s) => [['car', at(s < 12 ? 0.3 : 0.3 + (s - 12) * 0.1)]]);
  const told = events.filter(({ type }) => type !== 'new').map(({ stationary }) => stationary);
  t.true(told.includes(true));
  t.false(told.at(-1));
  t.is(new Set(events.map(({ id }) => id)).size, 1);
});

test('weak detections carry an event on, and begin none', (t) => {
  const track = tracker();
  t.is(film(track, { fps: 5, seconds: 3 }, () => [['person', at(0.3), 0.4]]).events.length, 0);
  film(track, { fps: 5, seconds: 1, from: 3000 }, () => [['person', at(0.3)]]);
  const { events, results } = film(track, { fps: 5, seconds: 6, from: 4000 }, () => [['person', at(0.3), 0.4]]);
  t.false(events.some(({ type }) => type === 'end'));
  t.true(results.every(({ tracked }) => tracked.length === 0));
});

test('while nothing moves nobody looks: what stood still stays, and the hold time stands still too', (t) => {
  const track = tracker();
  film(track, { fps: 5, seconds: 1 }, () => [
    ['person', at(0.3)],
    ['person', at(0.7)],
  ]);
  // The last look misses one of them.
  track.update(seen(1000, [['person', at(0.3)]]));
  for (let atMs = 1200; atMs <= 60_000; atMs += 200) {
    track.still({ monotonicMs: atMs, capturedAtMs: wallMs + atMs });
    t.deepEqual(track.tick(atMs + 100).events, []);
  }
  const { events } = track.update(seen(60_200, [['person', at(0.3)]]));
  t.false(events.some(({ type }) => type === 'end' || type === 'new'));
  const gone = film(track, { fps: 5, seconds: 3, from: 60_400 }, () => [['person', at(0.3)]]).events;
  t.is(gone.filter(({ type }) => type === 'end').length, 1);
  t.like(track.end('stopped').events[0], { endMs: wallMs + 60_400 + 2800 });
});

test('scores are smoothed: one lucky look does not lift an event over a mark', (t) => {
  const track = tracker({}, { scoreMarks: [0.8] });
  const lucky = film(track, { fps: 10, seconds: 2 }, (s) => [['person', at(0.5), Math.abs(s - 1) < 0.01 ? 0.99 : 0.6]]);
  t.true(lucky.events.every(({ score }) => score < 0.8));
  const sure = film(track, { fps: 10, seconds: 2, from: 2000 }, () => [['person', at(0.5), 0.9]]);
  t.true(sure.events.some(({ score }) => score >= 0.8));
});

test('zones and crossings are told as they happen', (t) => {
  const track = tracker({
    zones: {
      drive: {
        points: [
          [0.5, 0],
          [1, 0],
          [1, 1],
          [0.5, 1],
        ],
        labels: [],
        minDwellMs: 0,
      },
    },
    lines: { gate: { from: [0.5, 1], to: [0.5, 0] } },
  });
  const { events } = film(track, { fps: 5, seconds: 6 }, (s) => [['person', at(0.2 + 0.1 * s)]]);
  const entered = events.find(({ zones }) => zones.includes('drive'));
  t.is(entered?.type, 'update');
  const crossed = events.filter(({ crossings }) => crossings.length > 0);
  t.like(crossed[0]!.crossings[0], { line: 'gate', direction: 'in' });
  t.true(crossed.every(({ crossings }) => crossings.length === 1));
});

test('the best view is told with new, and when a view is clearly better', (t) => {
  const track = tracker();
  const { results, events } = film(track, { fps: 5, seconds: 4 }, (s) => [['person', at(0.5, 0.6, 0.2 + 0.06 * s)]]);
  const best = results.flatMap(({ best }) => [...best]);
  t.true(best.length > 2 && best.length < results.length / 2);
  t.true(best.every(({ id }) => id === events[0]!.id));
  t.is(results.find(({ events }) => events.length > 0)!.best.length, 1);
});

test('presence follows confirmed objects of followed labels: none at first, then their number', (t) => {
  const track = tracker({}, { labels: ['person'] });
  const first = track.update(seen(0, []));
  t.deepEqual(first.presences, [{ camera: 'front', label: 'person', present: false, count: 0 }]);
  const { presences } = film(track, { fps: 5, seconds: 2, from: 200 }, (s) => [
    ['person', at(0.2)],
    ['dog', at(0.5)],
    ...(s > 1 ? [['person', at(0.8)] as const] : []),
  ]);
  t.deepEqual(
    presences.map(({ label, count }) => `${label} ${count}`),
    ['person 1', 'person 2'],
  );
  t.deepEqual(track.end('camera-lost').presences, [{ camera: 'front', label: 'person', present: false, count: 0 }]);
});

test('with other settings objects in view go on, and a label that is new to them is told as absent', (t) => {
  const track = tracker({}, { labels: ['person', 'dog'] });
  const { events } = film(track, { fps: 5, seconds: 2 }, () => [
    ['person', at(0.2)],
    ['dog', at(0.7)],
  ]);
  track.reconfigure({ labels: ['person', 'car'], config: { ...defaults, holdMs: 3000 } });
  const next = film(track, { fps: 5, seconds: 4, from: 2000 }, () => [
    ['person', at(0.2)],
    ['dog', at(0.7)],
  ]);
  t.deepEqual(
    next.presences.map(({ label, count }) => `${label} ${count}`),
    ['car 0', 'dog 0'],
  );
  const ended = next.events.filter(({ type }) => type === 'end');
  t.deepEqual(
    ended.map(({ id }) => id),
    events.filter(({ label }) => label === 'dog').map(({ id }) => id),
  );
});

test('labels that are not set mean persons, where the model knows them', (t) => {
  t.deepEqual(followedLabels(undefined, ['cat', 'person']), ['person']);
  t.deepEqual(followedLabels(undefined, ['face']), []);
  t.deepEqual(followedLabels(undefined, undefined), []);
  t.deepEqual(followedLabels([], ['person']), []);
  t.deepEqual(followedLabels(['cat'], ['cat', 'person']), ['cat']);
});

test('classifications of the whole frame keep their presence by label', (t) => {
  const track = tracker();
  t.is(types(track.update(seen(0, [['macaw', undefined]])).events), 'new');
  t.is(types(track.tick(1999).events), '');
  for (let atMs = 100; atMs <= 10_000; atMs += 100) track.still({ monotonicMs: atMs, capturedAtMs: wallMs + atMs });
  t.is(types(track.tick(11_000).events), '');
  t.like(track.tick(12_000).events[0], { type: 'end', endMs: wallMs + 10_000 });
});

type Step =
  | { readonly kind: 'look' | 'still' | 'tick'; readonly afterMs: number; readonly found: readonly Found[] }
  | { readonly kind: 'end'; readonly afterMs: number; readonly found: readonly Found[] };

const anyFound: fc.Arbitrary<Found> = fc
  .tuple(
    fc.constantFrom('person', 'car'),
    fc.option(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.3, max: 1, noNaN: true }))),
    fc.double({ min: 0.2, max: 1, noNaN: true }),
  )
  .map(([label, place, score]) => [label, place === null ? undefined : at(place[0], place[1]), score]);

const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('look', 'look', 'look', 'look', 'look', 'still', 'tick', 'tick', 'end'),
  afterMs: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 15_000 })),
  found: fc.array(anyFound, { maxLength: 4 }),
});

test('each event is new first, then updates, then one end; scores never fall; presence counts the open ones', (t) => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
      const track = tracker({}, { scoreMarks: [0.7] });
      const open = new Map<string, Event>();
      const closed = new Set<string>();
      const count = new Map<string, number>();
      const check = ({ events, presences, best, tracked }: TrackResult): void => {
        for (const event of events) {
          const before = open.get(event.id);
          if (event.id === '' || closed.has(event.id)) throw new Error(`${event.type} after the end`);
          if ((event.type === 'new') !== (before === undefined)) throw new Error(`${event.type} out of order`);
          if (before !== undefined && event.score < before.score) throw new Error('the score fell');
          if (event.type === 'end') {
            if (event.endMs === undefined || event.reason === undefined || event.endMs < event.startMs)
              throw new Error('a bad end');
            open.delete(event.id);
            closed.add(event.id);
          } else open.set(event.id, event);
        }
        for (const one of presences) count.set(one.label, one.count);
        for (const { id } of [...best, ...tracked]) if (!open.has(id)) throw new Error('a moment of nothing');
        const boxed = [...open.values()].filter(({ box }) => box !== undefined);
        if (boxed.length !== open.size) return;
        for (const label of ['person', 'car']) {
          const there = boxed.filter((event) => event.label === label).length;
          if ((count.get(label) ?? 0) !== there) throw new Error(`${label}: ${count.get(label)} told, ${there} open`);
        }
      };
      let nowMs = 0;
      for (const { kind, afterMs, found } of steps) {
        nowMs += afterMs;
        if (kind === 'look')
          check(
            track.update(
              seen(
                nowMs,
                found.filter(([, box]) => box !== undefined),
              ),
            ),
          );
        else if (kind === 'tick') check(track.tick(nowMs));
        else if (kind === 'still') track.still({ monotonicMs: nowMs, capturedAtMs: wallMs + nowMs });
        else check(track.end('camera-lost'));
      }
      check(track.end('stopped'));
      return open.size === 0 && [...count.values()].every((number) => number === 0);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('with usualSize what is far too small for its place begins nothing, unless the model is very sure, and is carried on', (t) => {
  // Half the picture is usual; nothing is known of cars.
  const judgeSize: TrackerOptions['judgeSize'] = (label, [, y1, , y2]) =>
    label === 'person' ? { height: y2 - y1, usualHeight: 0.5, fits: y2 - y1 > 0.16 } : undefined;
  const filters = { person: { minScore: 0, minArea: 0, maxArea: 1, minRatio: 0, maxRatio: 100, usualSize: true } };
  const run = (config: Partial<TrackerOptions['config']>, height: number, score: number, label = 'person') =>
    film(tracker(config, { judgeSize }), { fps: 5, seconds: 3 }, () => [[label, at(0.5, 0.6, height), score]]).events;
  t.is(run({ filters }, 0.1, 0.8).length, 0);
  t.is(run({}, 0.1, 0.8)[0]?.type, 'new', 'off unless it is wanted');
  t.is(run({ filters }, 0.1, 0.8, 'car')[0]?.type, 'new');
  t.like(run({ filters }, 0.1, 0.9)[0], { type: 'new', size: { usualHeight: 0.5, counts: true } });
  t.is(run({ filters, minScore: 0.6 }, 0.1, 0.9).length, 0);
  const [usual] = run({ filters }, 0.4, 0.6);
  t.true(Math.abs(usual!.size!.height - 0.4) < 1e-9);
  t.is(usual!.size!.counts, true);

  // Who walks away beyond what is usual is still the same person, and the event says so.
  const away = tracker({ filters }, { judgeSize });
  const { events } = film(away, { fps: 5, seconds: 8 }, (s) => [
    ['person', at(0.5, 0.6, Math.max(0.1, 0.4 - 0.06 * s))],
  ]);
  t.is(new Set(events.map(({ id }) => id)).size, 1);
  t.false(events.at(-1)!.size!.counts);
});
