import test from 'ava';
import fc from 'fast-check';
import type { Detection, Detections } from '../../../src/flow/interpret/detection.ts';
import type { Event, Presence } from '../../../src/flow/track/event.ts';
import { createEventIds } from '../../../src/flow/track/event-ids.ts';
import { createPresenceTracker, type PresenceSettings } from '../../../src/flow/track/presence-tracker.ts';
import type { TrackResult } from '../../../src/flow/track/tracker.ts';

const wallMs = 1_700_000_000_000;

function seen(atMs: number, ...found: readonly (readonly [label: string, score: number])[]): Detections {
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
    detections: found.map(([label, score]): Detection => ({ label, score })),
  };
}

function tracker(settings: Partial<PresenceSettings> = {}) {
  return createPresenceTracker({
    camera: 'front',
    labels: [],
    holdMs: 2000,
    scoreMarks: [],
    newId: createEventIds(),
    ...settings,
  });
}

const short = ({ type, label, score, reason }: Event): string =>
  `${type} ${label} ${score}${reason === undefined ? '' : ` ${reason}`}`;
const shortPresence = ({ label, present, count }: Presence): string => `${label} ${present ? 'ON' : 'OFF'} ${count}`;
const told = ({ events }: TrackResult): string[] => events.map(short);

test('what is not followed does not exist', (t) => {
  const track = tracker({ labels: ['person'] });
  const result = track.update(seen(0, ['car', 0.9]));
  t.deepEqual(told(result), []);
  t.deepEqual(told(track.update(seen(1, ['person', 0.5]))), ['new person 0.5']);
});

test('a detection that comes back within the hold time is the same event', (t) => {
  const track = tracker();
  track.update(seen(0, ['person', 0.8]));
  t.deepEqual(told(track.update(seen(1999))), []);
  t.deepEqual(told(track.update(seen(2000, ['person', 0.8]))), []);
  t.deepEqual(told(track.update(seen(3999))), []);
  t.deepEqual(told(track.update(seen(4000))), ['end person 0.8 gone']);
  t.deepEqual(told(track.update(seen(9000))), []);
});

test('time alone ends an event when no frames come', (t) => {
  const track = tracker();
  track.update(seen(0, ['person', 0.8]));
  track.update(seen(100, ['person', 0.8]));
  t.deepEqual(told(track.tick(2099)), []);
  const { events, presences } = track.tick(2100);
  t.deepEqual(events.map(short), ['end person 0.8 gone']);
  t.like(events[0], { startMs: wallMs, endMs: wallMs + 100 });
  t.deepEqual(presences.map(shortPresence), ['person OFF 0']);
  t.deepEqual(told(track.tick(2101)), []);
});

test('between the photos of a slow camera a label stays, and goes when two are missing', (t) => {
  const track = tracker();
  track.update(seen(0));
  track.update(seen(10_000, ['person', 0.8]));
  t.deepEqual(told(track.tick(19_999)), []);
  t.deepEqual(told(track.update(seen(20_000, ['person', 0.8]))), ['update person 0.8']);
  t.deepEqual(told(track.tick(39_999)), []);
  t.deepEqual(told(track.tick(40_000)), ['end person 0.8 gone']);
});

test('a hold time of zero ends with the first frame without, not between frames', (t) => {
  const track = tracker({ holdMs: 0 });
  track.update(seen(0));
  track.update(seen(100, ['person', 0.8]));
  t.deepEqual(told(track.tick(150)), []);
  t.deepEqual(told(track.update(seen(200))), ['end person 0.8 gone']);
});

for (const reason of ['camera-lost', 'stopped', 'interrupted'] as const) {
  test(`everything ends when the reason is ${reason}, and begins anew after it`, (t) => {
    const track = tracker();
    const first = track.update(seen(0, ['person', 0.8], ['dog', 0.7])).events[0];
    const { events, presences } = track.end(reason);
    t.deepEqual(events.map(short), [`end person 0.8 ${reason}`, `end dog 0.7 ${reason}`]);
    t.deepEqual(presences.map(shortPresence), ['person OFF 0', 'dog OFF 0']);
    t.deepEqual(told(track.end(reason)), []);
    const again = track.update(seen(10, ['person', 0.8])).events[0];
    t.is(again?.type, 'new');
    t.not(again?.id, first?.id);
  });
}

test('updates come when the best score rises noticeably, and every five seconds', (t) => {
  const track = tracker({ holdMs: 10_000 });
  const steps: readonly (readonly [number, number, string[]])[] = [
    [0, 0.6, ['new person 0.6']],
    [1000, 0.64, []],
    [2000, 0.55, []],
    [3000, 0.66, ['update person 0.66']],
    [4000, 0.5, []],
    [7999, 0.5, []],
    [8000, 0.5, ['update person 0.66']],
    [8100, 0.9, ['update person 0.9']],
  ];
  for (const [atMs, score, expected] of steps) t.deepEqual(told(track.update(seen(atMs, ['person', score]))), expected);
});

test('crossing a mark is told at once, however small the rise', (t) => {
  const track = tracker({ scoreMarks: [0.6] });
  track.update(seen(0, ['person', 0.59]));
  t.deepEqual(told(track.update(seen(100, ['person', 0.595]))), []);
  t.deepEqual(told(track.update(seen(200, ['person', 0.6]))), ['update person 0.6']);
  t.deepEqual(told(track.update(seen(300, ['person', 0.61]))), []);
});

test('an event carries its best score, its newest look, and who saw it', (t) => {
  const track = tracker();
  const start = track.update(seen(0, ['person', 0.6], ['person', 0.9])).events[0]!;
  track.update({ ...seen(100, ['person', 0.7]), backend: 'edgetpu', modelSha256: 'e'.repeat(64) });
  const end = track.end('stopped').events[0]!;
  t.deepEqual(end, {
    type: 'end',
    id: start.id,
    camera: 'front',
    label: 'person',
    score: 0.9,
    zones: [],
    enteredZones: [],
    stationary: false,
    crossings: [],
    startMs: wallMs,
    startMonotonicMs: 0,
    endMs: wallMs + 100,
    endMonotonicMs: 100,
    reason: 'stopped',
    backend: 'edgetpu',
    modelSha256: 'e'.repeat(64),
  });
  t.true(start.id.startsWith(`${wallMs.toString(36)}-`), start.id);
  t.false('endMs' in start);
});

test('the best moment is told with new, and whenever a detection beats every one before', (t) => {
  const track = tracker();
  const { events, best } = track.update(seen(0, ['person', 0.6]));
  t.deepEqual(best, [{ id: events[0]!.id, label: 'person', score: 0.6 }]);
  t.deepEqual(track.update(seen(100, ['person', 0.55])).best, []);
  t.like(track.update(seen(200, ['person', 0.61])).best[0], { id: events[0]!.id, score: 0.61 });
  t.deepEqual(track.end('stopped').best, []);
});

test('what has a box is an object, and none of its business', (t) => {
  const { detections, ...rest } = seen(0, ['person', 0.9]);
  const boxed = detections.map((detection) => ({ ...detection, box: [0, 0, 0.5, 0.5] as const }));
  t.deepEqual(tracker().update({ ...rest, detections: boxed }).events, []);
});

test('a wall clock that is set back does not put the end before the start', (t) => {
  const track = tracker();
  track.update(seen(0, ['person', 0.8]));
  track.update({ ...seen(100, ['person', 0.8]), capturedAtMs: wallMs - 3_600_000 });
  t.like(track.end('stopped').events[0], { startMs: wallMs, endMs: wallMs });
});

test('presence tells changes only: number in view, and that it has gone', (t) => {
  const track = tracker();
  const steps: readonly (readonly [number, readonly (readonly [string, number])[], string[]])[] = [
    [0, [], []],
    [100, [['person', 0.8]], ['person ON 1']],
    [200, [['person', 0.8]], []],
    [
      300,
      [
        ['person', 0.8],
        ['person', 0.6],
      ],
      ['person ON 2'],
    ],
    [400, [], []],
    [500, [['person', 0.8]], ['person ON 1']],
    [2500, [], ['person OFF 0']],
  ];
  for (const [atMs, found, expected] of steps) {
    t.deepEqual(track.update(seen(atMs, ...found)).presences.map(shortPresence), expected);
  }
});

test('ids are unique over all cameras, also in the same millisecond', (t) => {
  const newId = createEventIds();
  const ids = Array.from({ length: 100 }, () => newId(wallMs));
  t.is(new Set(ids).size, 100);
  t.regex(ids[99]!, /^[0-9a-z]+-[0-9a-z]+$/);
});

type Step = { readonly afterMs: number; readonly found?: readonly (readonly [string, number])[]; readonly end?: true };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      afterMs: fc.integer({ min: 0, max: 1500 }),
      found: fc.array(fc.tuple(fc.constantFrom('person', 'dog', 'car'), fc.double({ min: 0.3, max: 1, noNaN: true })), {
        maxLength: 4,
      }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ afterMs: fc.integer({ min: 0, max: 5000 }) }) },
  { weight: 1, arbitrary: fc.record({ afterMs: fc.constant(0), end: fc.constant(true as const) }) },
);

test('for each label new and end alternate, with updates only between, and presence says the same', (t) => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const track = tracker({ scoreMarks: [0.7] });
      const open = new Map<string, Event>();
      const present = new Map<string, boolean>();
      const ids = new Set<string>();
      const check = ({ events, presences }: TrackResult): void => {
        for (const event of events) {
          const before = open.get(event.label);
          if (event.type === 'new') {
            if (before !== undefined || ids.has(event.id)) throw new Error(`${short(event)} while one is open`);
            ids.add(event.id);
            open.set(event.label, event);
          } else {
            if (before?.id !== event.id || event.score < before.score) throw new Error(`${short(event)} fits nothing`);
            if (event.type === 'end') open.delete(event.label);
            else open.set(event.label, event);
          }
        }
        for (const presence of presences) present.set(presence.label, presence.present);
        for (const [label, isPresent] of present) {
          if (isPresent !== open.has(label)) throw new Error(`presence of ${label} is ${isPresent}`);
        }
      };
      let nowMs = 0;
      for (const { afterMs, found, end } of steps) {
        nowMs += afterMs;
        check(end ? track.end('camera-lost') : found ? track.update(seen(nowMs, ...found)) : track.tick(nowMs));
      }
      check(track.end('stopped'));
      return open.size === 0;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('with other settings events in view go on; what is followed no more ends as if it had gone', (t) => {
  const track = tracker({ labels: ['person', 'dog'], holdMs: 1000 });
  const [first] = track.update(seen(0, ['person', 0.8], ['dog', 0.8])).events;
  track.reconfigure({ labels: ['person', 'car'], holdMs: 3000 });
  const next = track.update(seen(100, ['person', 0.9], ['dog', 0.9]));
  t.deepEqual(
    next.events.map(({ type, id, label }) => [type, id, label]),
    [['update', first!.id, 'person']],
  );
  t.deepEqual(told(track.tick(2999)), []);
  t.deepEqual(told(track.tick(3000)), ['end dog 0.8 gone']);
  t.deepEqual(told(track.tick(3100)), ['end person 0.9 gone']);
});
