/** The event store: what was kept is found again, after crashes too, and it stays within its bounds. */
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLogger } from '../../src/logger.ts';
import type { EventRecord } from '../../src/record/event-record.ts';
import { EventStore, type EventStoreOptions } from '../../src/record/event-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const dayMs = 86_400_000;

function record(number: number, change: Partial<EventRecord> = {}): EventRecord {
  const startMs = 1_760_000_000_000 + 10_000 * number;
  return {
    id: `${startMs.toString(36)}-${number.toString(36)}`,
    camera: 'front',
    label: 'person',
    score: 0.8,
    startMs,
    endMs: startMs + 5000,
    reason: 'gone',
    zones: [],
    crossings: [],
    backend: 'xnnpack',
    modelSha256: 'ab'.repeat(32),
    scores: [
      [0, 0.6],
      [400, 0.8],
    ],
    path: [[0, 0.5, 0.9]],
    verdicts: [],
    messages: [{ type: 'end', sequence: 2 * number, atMs: startMs + 5000 }],
    furtherMessages: 0,
    picture: true,
    ...change,
  };
}

async function opened(
  t: ExecutionContext,
  folder: string,
  change: Partial<EventStoreOptions> = {},
): Promise<EventStore> {
  const store = new EventStore({
    folder,
    maxAgeDays: 30,
    quotaMb: 100,
    logger: silentLogger,
    now: () => 1_760_000_000_000,
    segmentBytes: 4000,
    ...change,
  });
  await store.open();
  t.teardown(() => store.close());
  return store;
}

async function allIds(store: EventStore, filter = {}, most = 7): Promise<string[]> {
  const ids: string[] = [];
  for (let before: string | undefined; ; ) {
    const page = await store.page(filter, most, before);
    ids.push(...page.events.map(({ id }) => id));
    if (page.next === undefined) return ids;
    before = page.next;
  }
}

test('what was added is found newest first, page by page, and after a restart', async (t) => {
  const folder = temporaryFolder(t);
  const store = await opened(t, folder);
  const records = Array.from({ length: 50 }, (_, number) => record(number));
  for (const one of records) store.add(one);
  await store.written();
  const expected = records.map(({ id }) => id).reverse();
  t.deepEqual(await allIds(store), expected);
  t.deepEqual(await store.event(records[13]!.id), records[13]);
  t.is(await store.event('nothing-1'), undefined);
  await store.close();
  t.true(readdirSync(folder).filter((name) => name.endsWith('.index')).length > 3);
  const again = await opened(t, folder);
  t.deepEqual(await allIds(again), expected);
  t.is(again.length, 50);
});

test('filters: camera, label, zone, time', async (t) => {
  const store = await opened(t, temporaryFolder(t));
  store.add(record(0, { camera: 'back' }));
  store.add(record(1, { label: 'dog', zones: ['drive', 'path'] }));
  store.add(record(2, { zones: ['drive'] }));
  // More zones than there are bits for.
  for (let one = 3; one < 43; one++) store.add(record(one, { zones: [`zone-${one}`] }));
  await store.written();
  const numbers = async (filter: object) =>
    (await allIds(store, filter)).map((id) => Number.parseInt(id.split('-')[1]!, 36));
  t.deepEqual(await numbers({ camera: 'back' }), [0]);
  t.deepEqual(await numbers({ label: 'dog' }), [1]);
  t.deepEqual(await numbers({ zone: 'drive' }), [2, 1]);
  t.deepEqual(await numbers({ zone: 'drive', label: 'person' }), [2]);
  t.deepEqual(await numbers({ zone: 'zone-42' }), [42]);
  t.deepEqual(await numbers({ zone: 'nowhere' }), []);
  t.deepEqual(await numbers({ camera: 'nowhere' }), []);
  const { startMs } = record(2);
  t.deepEqual(await numbers({ fromMs: startMs, toMs: startMs + 5000 }), [2]);
  t.deepEqual(store.names().cameras, ['back', 'front']);
  t.deepEqual(store.names().labels, ['dog', 'person']);
});

test('when the broker had a message is known, also when it had it long after the end and across restarts', async (t) => {
  const folder = temporaryFolder(t);
  const store = await opened(t, folder);
  const late = record(1);
  store.add(late);
  // In the same millisecond, and never taken.
  const twin = record(2, { id: `${late.startMs.toString(36)}-zz`, startMs: late.startMs });
  store.add(twin);
  for (let one = 3; one < 40; one++) store.add(record(one));
  store.taken(late.id, 42);
  await store.written();
  for (const one of [store, await opened(t, folder)]) {
    t.is((await one.event(late.id))?.messages[0]?.takenMs, 42);
    t.is((await one.event(twin.id))?.messages[0]?.takenMs, undefined);
  }
});

test('a power cut in the middle of a line costs that line only, and what is written afterwards is whole', async (t) => {
  const folder = temporaryFolder(t);
  const store = await opened(t, folder, { segmentBytes: 1e9 });
  for (let one = 0; one < 5; one++) store.add(record(one));
  await store.close();
  const [name] = readdirSync(folder);
  const path = join(folder, name!);
  truncateSync(path, statSync(path).size - 20);
  const again = await opened(t, folder, { segmentBytes: 1e9 });
  t.is(again.length, 4);
  again.add(record(9));
  await again.written();
  t.deepEqual((await allIds(again)).length, 5);
  t.deepEqual((await allIds(await opened(t, folder, { segmentBytes: 1e9 }))).length, 5);
});

test('damage in the middle costs the damaged lines; a damaged or foreign index is made anew', async (t) => {
  const folder = temporaryFolder(t);
  const store = await opened(t, folder);
  for (let one = 0; one < 80; one++) store.add(record(one));
  await store.close();
  const logs = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();
  const first = join(folder, logs[0]!);
  const bytes = readFileSync(first);
  bytes[100] = bytes[100]! ^ 1;
  writeFileSync(first, bytes);
  const indexes = readdirSync(folder)
    .filter((name) => name.endsWith('.index'))
    .sort();
  writeFileSync(join(folder, indexes[0]!), 'nonsense');
  rmSync(join(folder, indexes[1]!));
  const third = join(folder, indexes[2]!);
  const third_bytes = readFileSync(third);
  third_bytes[third_bytes.length - 60] = third_bytes[third_bytes.length - 60]! ^ 1;
  writeFileSync(third, third_bytes);
  appendFileSync(join(folder, 'notes.txt'), 'not ours');
  const warned: string[] = [];
  const again = await opened(t, folder, { logger: { ...silentLogger, warn: (line) => void warned.push(line) } });
  t.is(again.length, 79);
  t.is((await allIds(again)).length, 79);
  t.regex(warned.join(), /1 lines of .* could not be read/);
  t.true(readdirSync(folder).includes('notes.txt'));
});

test('age and size end whole segments, the oldest first, and never the newest', async (t) => {
  const folder = temporaryFolder(t);
  let nowMs = 1_760_000_000_000;
  const store = await opened(t, folder, { quotaMb: 0.02, now: () => nowMs });
  for (let one = 0; one < 100; one++) store.add(record(one));
  await store.written();
  await store.tidy();
  t.true(store.report().bytes <= 20_000 + 5000, `${store.report().bytes}`);
  const ids = await allIds(store);
  t.is(ids[0], record(99).id);
  t.true(ids.length > 20 && ids.length < 100);
  nowMs += 31 * dayMs;
  await store.tidy();
  t.true((await allIds(store)).length < 15);
  t.true((await allIds(store)).length > 0);
});

test('a folder that can not be written is told once; what waits is written when it can be', async (t) => {
  const folder = join(temporaryFolder(t), 'store');
  writeFileSync(folder, 'a file where the folder should be');
  const warned: string[] = [];
  const store = await opened(t, folder, { logger: { ...silentLogger, warn: (line) => void warned.push(line) } });
  for (let one = 0; one < 5; one++) store.add(record(one));
  await store.written();
  t.is(warned.length, 1);
  t.regex(warned[0]!, /timeline in .*store/);
  t.deepEqual(await store.page({}, 10), { events: [] });
});

test('a state folder that is deleted while it runs is made again', async (t) => {
  const folder = join(temporaryFolder(t), 'store');
  const store = await opened(t, folder);
  store.add(record(1));
  await store.written();
  rmSync(folder, { recursive: true });
  store.add(record(2));
  await store.written();
  store.add(record(3));
  await store.written();
  t.true((await allIds(store)).includes(record(3).id));
});
