/** Times of events on a device whose clock starts a year behind, and jumps. */
import test from 'ava';
import { timedEvent } from '../../../../src/flow/publish/outbox/event-times.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { eventOf, startMs } from '../samples.ts';
import { until } from '../waiting.ts';
import { clockAt, outboxUnderTest } from './outbox-under-test.ts';

const yearMs = 31_536_000_000;
const hourMs = 3_600_000;
const stamp = { bootId: 'boot-1', sinceBootMs: 5000, wallMs: startMs + 4000, synchronised: true };
const ended = eventOf('1', { type: 'end', endMs: startMs + 2000, endMonotonicMs: 3000, reason: 'gone' });
const record = { sequence: 1, event: ended, stamp, live: true };
const lasted = ({ startMs: from, endMs = 0 }: typeof ended) => endMs - from;

test('a right clock is left alone, to the millisecond', (t) => {
  const { event, clockSynchronised, recordedMs } = timedEvent(record, stamp.wallMs - stamp.sinceBootMs + 7);
  t.deepEqual(event, ended);
  t.true(clockSynchronised);
  t.is(recordedMs, stamp.wallMs);
});

test('a clock a year behind is corrected once the right time is known, and told as wrong before', (t) => {
  const wrong = {
    ...record,
    event: { ...ended, startMs: startMs - yearMs, endMs: startMs + 2000 - yearMs },
    stamp: { ...stamp, wallMs: stamp.wallMs - yearMs, synchronised: false },
  };
  const before = timedEvent(wrong, undefined);
  t.deepEqual([before.event.startMs, before.clockSynchronised], [startMs - yearMs, false]);
  const after = timedEvent(wrong, stamp.wallMs - stamp.sinceBootMs);
  t.deepEqual([after.event.startMs, after.event.endMs, after.clockSynchronised], [startMs, startMs + 2000, true]);
});

test('an event that began before the clock was set is told on the right clock', (t) => {
  const crossings = [
    { line: 'gate', direction: 'in', atMs: startMs + 100 - yearMs },
    { line: 'gate', direction: 'out', atMs: startMs + 1900 },
  ] as const;
  const { event } = timedEvent({ ...record, event: { ...ended, startMs: startMs - yearMs, crossings } }, undefined);
  t.deepEqual([event.startMs, event.endMs], [startMs, startMs + 2000]);
  t.deepEqual(
    event.crossings.map(({ atMs }) => atMs - startMs),
    [100, 1900],
  );
});

for (const [title, jumpMs] of [
  ['forwards', hourMs],
  ['back', -hourMs],
] as const) {
  test(`a clock that jumps an hour ${title} during an event changes no duration`, (t) => {
    const jumped = {
      ...record,
      event: { ...ended, endMs: startMs + 2000 + jumpMs },
      stamp: { ...stamp, wallMs: stamp.wallMs + jumpMs },
    };
    t.is(lasted(timedEvent(jumped, undefined).event), 2000);
    t.is(lasted(timedEvent({ ...jumped, stamp: { ...jumped.stamp, synchronised: false } }, undefined).event), 2000);
  });

  test(`a clock that jumps an hour ${title} changes neither order nor what is too old`, async (t) => {
    const clock = clockAt(startMs + 500);
    const one = outboxUnderTest(t, { folder: temporaryFolder(t), clock, maxAgeMs: 60_000 });
    await one.outbox.open();
    one.outbox.add(eventOf('before'), false);
    clock.wall += jumpMs;
    one.outbox.add(eventOf('after', { startMs: startMs + jumpMs }), false);
    await until('both to be written', () => one.outbox.readyTo === 2);
    one.connect('taken');
    await one.drained();
    t.deepEqual(one.told(), ['before replayed', 'after replayed']);
  });
}

test('events of a boot without a right clock are corrected by a later run that learns it, also after another boot', async (t) => {
  const folder = temporaryFolder(t);
  const clock = clockAt(startMs + 500 - yearMs, { synchronised: false });
  const first = outboxUnderTest(t, { folder, clock });
  await first.outbox.open();
  const behind = { startMs: startMs - yearMs };
  first.outbox.add(eventOf('early', behind), false);
  first.outbox.add(
    eventOf('early', { ...behind, type: 'end', endMs: startMs - yearMs + 400, endMonotonicMs: 1400 }),
    false,
  );
  clock.synchronised = true;
  clock.wall += yearMs;
  first.outbox.add(eventOf('late', { type: 'end' }), false);
  await until('all to be written', () => first.outbox.readyTo === 3);
  await first.outbox.close();

  const later = clockAt(startMs + 90_000, { bootId: 'boot-2', sinceBoot: 100, synchronised: false });
  const second = outboxUnderTest(t, { folder, clock: later });
  await second.outbox.open();
  second.connect('taken');
  await second.drained();
  t.deepEqual(
    second.sent.map(({ event, clockSynchronised }) => [event.startMs, clockSynchronised]),
    [
      [startMs, true],
      [startMs, true],
      [startMs, true],
    ],
  );
});
