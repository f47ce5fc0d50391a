/** Nothing lost, nothing out of order, duplicates marked: over restarts, outages, damage and full disks. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { eventOf, startMs } from '../samples.ts';
import { until } from '../waiting.ts';
import { clockAt, outboxUnderTest } from './outbox-under-test.ts';

const clock = () => clockAt(startMs + 500);
const ids = (from: number, to: number, suffix = '') =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}${suffix}`);

test('events of a live session go out once, in order, not marked', async (t) => {
  const one = outboxUnderTest(t, { folder: temporaryFolder(t), clock: clock() });
  await one.outbox.open();
  one.connect('taken');
  for (const id of ids(1, 300)) one.outbox.add(eventOf(id), true);
  await one.drained();
  t.deepEqual(one.told(), ids(1, 300));
  t.deepEqual(
    one.sent.map(({ sequence }) => sequence),
    ids(1, 300).map(Number),
  );
  t.is(one.outbox.report().lostEventsTotal, 0);
});

test('an event is in the file before it is sent', async (t) => {
  const folder = temporaryFolder(t);
  const one = outboxUnderTest(t, { folder, clock: clock() });
  await one.outbox.open();
  one.connect('never');
  one.outbox.add(eventOf('first'), true);
  t.deepEqual(one.told(), []);
  await until('it to be sent', () => one.sent.length === 1);
  t.true(readdirSync(folder).some((name) => readFileSync(join(folder, name), 'utf8').includes('"id":"first"')));
});

test('events without a session wait, and go out once, oldest first and marked as replayed', async (t) => {
  const one = outboxUnderTest(t, { folder: temporaryFolder(t), clock: clock() });
  await one.outbox.open();
  for (const id of ids(1, 2500)) one.outbox.add(eventOf(id), false);
  await until('all to be written', () => one.outbox.readyTo === 2500);
  t.is(one.outbox.report().waitingEvents, 2500);
  one.connect('taken');
  one.outbox.add(eventOf('live'), true);
  await one.drained();
  t.deepEqual(one.told(), [...ids(1, 2500, ' replayed'), 'live']);
});

test('what a session lost without an answer goes out again, marked', async (t) => {
  const one = outboxUnderTest(t, { folder: temporaryFolder(t), clock: clock() });
  await one.outbox.open();
  one.connect('taken');
  one.outbox.add(eventOf('1'), true);
  await one.drained();
  one.answer('unsent');
  for (const id of ['2', '3']) one.outbox.add(eventOf(id), true);
  await until('an attempt', () => one.sent.length > 1);
  one.disconnect();
  one.outbox.add(eventOf('4'), false);
  await until('it to be written', () => one.outbox.readyTo === 4);
  const before = one.sent.length;
  one.connect('taken');
  await one.drained();
  t.is(one.told()[0], '1');
  const again = one.told().slice(before);
  t.true(again[0] === '2 replayed' && again.at(-1) === '4 replayed', again.join());
  t.deepEqual(
    again.map((told) => told[0]),
    ['2', '3', '4'],
  );
});

test('another run sends what waited, marked, and ends what was open as interrupted', async (t) => {
  const folder = temporaryFolder(t);
  const first = outboxUnderTest(t, { folder, clock: clock() });
  await first.outbox.open();
  first.outbox.add(eventOf('done'), false);
  first.outbox.add(eventOf('done', { type: 'end', endMs: startMs + 400, endMonotonicMs: 1400, reason: 'gone' }), false);
  first.outbox.add(eventOf('open'), false);
  first.outbox.add(eventOf('open', { type: 'update', score: 0.9 }), false);
  await until('all to be written', () => first.outbox.readyTo === 4);

  const second = outboxUnderTest(t, {
    folder,
    clock: clockAt(startMs + 60_000, { bootId: 'boot-2', sinceBoot: 5000 }),
  });
  const left = await second.outbox.open();
  t.deepEqual(
    left.map(({ event }) => [event.id, event.type, event.score]),
    [['open', 'update', 0.9]],
  );
  second.connect('taken');
  await second.drained();
  t.deepEqual(
    second.told(),
    ids(1, 5).map((_, index) => `${index < 2 ? 'done' : 'open'} replayed`),
  );
  const { event, bootId, sequence } = second.sent.at(-1)!;
  t.like(event, { type: 'end', reason: 'interrupted', endMs: startMs + 500, endMonotonicMs: 1500 });
  t.deepEqual([bootId, sequence], ['boot-1', 5]);
  await second.outbox.close();

  const third = outboxUnderTest(t, { folder, clock: clock() });
  t.deepEqual(await third.outbox.open(), []);
  t.is(third.outbox.report().waitingEvents, 0);
});

test('many crashes in a row keep what is open, and the sequence goes on', async (t) => {
  const folder = temporaryFolder(t);
  for (let run = 0; run < 5; run++) {
    // None of them is closed, as none that is killed would be.
    const one = outboxUnderTest(t, { folder, clock: clock() });
    const left = await one.outbox.open();
    t.deepEqual(
      left.map(({ event }) => event.id),
      run === 0 ? [] : [`event-${run - 1}`],
    );
    one.outbox.add(eventOf(`event-${run}`), false);
    await until('it to be written', () => one.outbox.readyTo === 2 * run + 1);
  }
  const last = outboxUnderTest(t, { folder, clock: clock() });
  await last.outbox.open();
  last.connect('taken');
  await last.drained();
  t.deepEqual(
    last.sent.map(({ sequence }) => sequence),
    ids(1, 10).map(Number),
  );
});

test('a torn tail is left out in silence, a damaged middle is counted, and the rest goes out', async (t) => {
  const folder = temporaryFolder(t);
  const first = outboxUnderTest(t, { folder, clock: clock() });
  await first.outbox.open();
  for (const id of ids(1, 20)) first.outbox.add(eventOf(id), false);
  await until('all to be written', () => first.outbox.readyTo === 20);
  await first.outbox.close();
  const file = join(folder, readdirSync(folder)[0]!);
  const lines = readFileSync(file, 'utf8').split('\n');
  const damaged = lines.map((line) => (/"id":"[57]"/.test(line) ? line.replace('0.87', '0.97') : line));
  writeFileSync(file, damaged.join('\n'));
  appendFileSync(file, lines.at(-2)!.slice(0, 50));

  const second = outboxUnderTest(t, { folder, clock: clock() });
  await second.outbox.open();
  second.connect('taken');
  await second.drained();
  const expected = ids(1, 20).filter((id) => id !== '5' && id !== '7');
  t.deepEqual(
    second.told().slice(0, 18),
    expected.map((id) => `${id} replayed`),
  );
  t.is(second.outbox.report().lostEventsTotal, 2);
});

test('a file that is cut anywhere costs what is behind the cut, and nothing before', async (t) => {
  const folder = temporaryFolder(t);
  const first = outboxUnderTest(t, { folder, clock: clock() });
  await first.outbox.open();
  for (const id of ids(1, 50)) first.outbox.add(eventOf(id), false);
  await until('all to be written', () => first.outbox.readyTo === 50);
  await first.outbox.close();
  const file = join(folder, readdirSync(folder)[0]!);
  truncateSync(file, Math.floor(readFileSync(file).byteLength / 2) + 3);
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1).length - 1;
  const second = outboxUnderTest(t, { folder, clock: clock() });
  await second.outbox.open();
  second.connect('taken');
  await second.drained();
  t.deepEqual(second.told().slice(0, whole), ids(1, whole, ' replayed'));
});

test('when it is full the oldest are dropped and counted; the sequence shows the gap', async (t) => {
  const folder = temporaryFolder(t);
  const one = outboxUnderTest(t, { folder, clock: clock(), maxBytes: 262_144 });
  await one.outbox.open();
  const count = 2000;
  for (let id = 1; id <= count; id++) {
    one.outbox.add(eventOf(`${id}`, { type: 'end' }), false);
    if (id % 100 === 0) await until('them to be written', () => one.outbox.readyTo === id);
  }
  await until('room to be made', () => one.outbox.report().outboxBytes <= 262_144);
  const { waitingEvents, lostEventsTotal } = one.outbox.report();
  t.true(lostEventsTotal > 0 && waitingEvents + lostEventsTotal === count, JSON.stringify(one.outbox.report()));
  one.connect('taken');
  await one.drained();
  t.deepEqual(one.told(), ids(lostEventsTotal + 1, count, ' replayed'));
  t.is(one.sent[0]?.sequence, lostEventsTotal + 1);
  t.is(one.outbox.report().lostEventsTotal, lostEventsTotal);
});

test('what is too old is dropped and counted, by the time since boot where the wall clock can not be trusted', async (t) => {
  const now = clock();
  const one = outboxUnderTest(t, { folder: temporaryFolder(t), clock: now, maxAgeMs: 60_000 });
  await one.outbox.open();
  one.outbox.add(eventOf('old'), false);
  now.sinceBoot += 50_000;
  one.outbox.add(eventOf('young'), false);
  now.sinceBoot += 20_000;
  await until('both to be written', () => one.outbox.readyTo === 2);
  one.connect('taken');
  await one.drained();
  t.deepEqual(one.told(), ['young replayed']);
  t.is(one.sent[0]?.expiresInMs, 40_000);
  t.is(one.outbox.report().lostEventsTotal, 1);
});

test('an event that the broker refuses is given up and counted', async (t) => {
  const one = outboxUnderTest(t, { folder: temporaryFolder(t), clock: clock() });
  await one.outbox.open();
  one.connect('refused');
  one.outbox.add(eventOf('1'), true);
  await one.drained();
  t.is(one.outbox.report().lostEventsTotal, 1);
});

test('segments that are dealt with are removed', async (t) => {
  const folder = temporaryFolder(t);
  const one = outboxUnderTest(t, { folder, clock: clock(), maxBytes: 1_048_576 });
  await one.outbox.open();
  one.connect('taken');
  for (let id = 1; id <= 1500; id++) {
    one.outbox.add(eventOf(`${id}`), true);
    if (id % 100 === 0) await one.drained();
  }
  one.outbox.add(eventOf('last'), true);
  await one.drained();
  await until('the old segments to go', () => readdirSync(folder).length === 1);
  t.is(one.sent.length, 1501);
});

test('a folder that can not be used is told, and events go out from memory', async (t) => {
  const folder = join(temporaryFolder(t), 'file');
  writeFileSync(folder, '');
  const one = outboxUnderTest(t, { folder: join(folder, 'outbox'), clock: clock() });
  await one.outbox.open();
  t.regex(one.statuses[0]!, /^unavailable: events are kept in memory only: .*ENOTDIR/);
  for (let id = 1; id <= 1100; id++) one.outbox.add(eventOf(`${id}`), false);
  t.like(one.outbox.report(), { waitingEvents: 1000, lostEventsTotal: 100 });
  one.connect('taken');
  await one.drained();
  t.deepEqual(one.told(), ids(101, 1100, ' replayed'));
});

test('while the folder is away events are kept and sent from memory, and written when it is back', async (t) => {
  const folder = join(temporaryFolder(t), 'outbox');
  mkdirSync(folder);
  const one = outboxUnderTest(t, { folder, clock: clock() });
  await one.outbox.open();
  // Nothing is begun yet: the first segment can't be made while something else has its name.
  const inTheWay = join(folder, `events-${'1'.padStart(15, '0')}.log.part`);
  mkdirSync(inTheWay);
  one.connect('taken');
  for (const id of ids(1, 30)) one.outbox.add(eventOf(id), true);
  await until('the fault to be told', () => one.statuses.some((status) => status.startsWith('unavailable')));
  await one.drained();
  t.deepEqual(one.told(), ids(1, 30));
  rmSync(inTheWay, { recursive: true });
  await until('the end of the fault', () => one.statuses.at(-1) === 'ready: written again');
  const [file] = readdirSync(folder);
  t.is(readFileSync(join(folder, file!), 'utf8').split('"kind":"event"').length - 1, 30);
});
