/** Somebody removes, moves, cuts or replaces the outbox's files while it works: it is noticed, and what is known is written anew. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Outbox } from '../../../../src/flow/publish/outbox/outbox.ts';
import { createLogger } from '../../../../src/logger.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { eventOf, startMs } from '../samples.ts';
import { until } from '../waiting.ts';
import { clockAt, outboxUnderTest } from './outbox-under-test.ts';

const clock = () => clockAt(startMs + 500);

function stateFolder(t: ExecutionContext): { state: string; folder: string } {
  const state = join(temporaryFolder(t), 'state');
  return { state, folder: join(state, 'outbox') };
}

async function outboxAt(t: ExecutionContext, folder: string, maxBytes = 67_108_864) {
  const log: string[] = [];
  const logger = createLogger({
    part: 'outbox',
    threshold: { level: 'info' },
    format: 'text',
    write: (line) => log.push(line),
  });
  const statuses: string[] = [];
  const outbox = new Outbox({
    folder,
    maxBytes,
    syncIntervalMs: 10,
    clock: clock(),
    logger,
    onStatus: ({ state, detail }) => statuses.push(`${state}: ${detail}`),
  });
  await outbox.open();
  t.teardown(() => outbox.close());
  const add = async (from: number, to: number) => {
    for (let id = from; id <= to; id++) outbox.add(eventOf(`${id}`, { type: 'end' }), false);
    await until('them to be written', () => outbox.readyTo === to);
  };
  return { outbox, log, statuses, add };
}

/** What a run that begins now would send. */
async function nextRun(t: ExecutionContext, folder: string) {
  const next = outboxUnderTest(t, { folder, clock: clock() });
  await next.outbox.open();
  next.connect('taken');
  next.outbox.add(eventOf('of the next run', { type: 'end' }), true);
  await next.drained();
  const sequences = next.sent.map(({ sequence }) => sequence);
  return { sequences, lost: next.outbox.report().lostEventsTotal };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const removals: readonly [string, (state: string, folder: string) => void][] = [
  ['the state folder is deleted', (state) => rmSync(state, { recursive: true })],
  ['the outbox folder is deleted', (_, folder) => rmSync(folder, { recursive: true })],
  ['the state folder is moved away', (state) => renameSync(state, `${state}.old`)],
  [
    'the state folder is deleted and made anew by somebody',
    (state, folder) => {
      rmSync(state, { recursive: true });
      mkdirSync(folder, { recursive: true });
    },
  ],
  ['only its newest file is deleted', (_, folder) => rmSync(join(folder, readdirSync(folder).at(-1)!))],
  ['its file is emptied', (_, folder) => truncateSync(join(folder, readdirSync(folder).at(-1)!))],
  ['its file is cut in the middle', (_, folder) => truncateSync(join(folder, readdirSync(folder).at(-1)!), 700)],
  [
    'its file is replaced by another',
    (_, folder) => {
      const file = join(folder, readdirSync(folder).at(-1)!);
      rmSync(file);
      writeFileSync(file, 'nonsense\n');
    },
  ],
];

for (const [title, remove] of removals) {
  test(`${title}: it is said once, no event is lost, and the next run goes on counting`, async (t) => {
    const { state, folder } = stateFolder(t);
    const { outbox, log, add } = await outboxAt(t, folder);
    await add(1, 20);
    remove(state, folder);
    await add(21, 40);
    t.true(existsSync(folder));
    await outbox.close();
    t.is(
      log.filter((line) => line.includes('were removed while goby runs; they are made anew, no event is lost')).length,
      1,
    );
    t.like(outbox.report(), { waitingEvents: 40, lostEventsTotal: 0 });
    t.deepEqual(await nextRun(t, folder), { sequences: upTo(41), lost: 0 });
  });

  test(`${title}, and then goby is stopped: the next run goes on counting`, async (t) => {
    const { state, folder } = stateFolder(t);
    const { outbox, add } = await outboxAt(t, folder);
    await add(1, 20);
    for (const sequence of upTo(15)) outbox.taken(sequence);
    remove(state, folder);
    await outbox.close();
    const { sequences } = await nextRun(t, folder);
    t.deepEqual(sequences, [16, 17, 18, 19, 20, 21]);
  });
}

test('nothing waits and nothing is written: it is noticed all the same', async (t) => {
  const { state, folder } = stateFolder(t);
  const { outbox, log, add } = await outboxAt(t, folder);
  await add(1, 3);
  for (const sequence of upTo(3)) outbox.taken(sequence);
  rmSync(state, { recursive: true });
  await until('it to be noticed', () => log.some((line) => line.includes('made anew')));
  // As after SIGKILL: nobody closes it.
  t.deepEqual((await nextRun(t, folder)).sequences, [4]);
});

test('what was on the disk alone is lost, counted and told; newer events go on', async (t) => {
  const { state, folder } = stateFolder(t);
  const one = await outboxAt(t, folder);
  await one.add(1, 50);
  await one.outbox.close();
  const two = await outboxAt(t, folder);
  rmSync(state, { recursive: true });
  await two.add(51, 60);
  t.true(
    two.log.some((line) => line.includes('50 events that waited in them are lost')),
    two.log.join('\n'),
  );
  t.like(two.outbox.report(), { waitingEvents: 10, lostEventsTotal: 50 });
  await two.outbox.close();
  t.deepEqual((await nextRun(t, folder)).sequences, [51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61]);
});

test('older files that are still there keep their events when the newest is removed', async (t) => {
  const { folder } = stateFolder(t);
  // A segment has a sixteenth of it.
  const { outbox, add } = await outboxAt(t, folder, 1_048_576);
  await add(1, 600);
  const files = readdirSync(folder);
  t.true(files.length > 2, files.join());
  rmSync(join(folder, files.at(-1)!));
  await add(601, 620);
  await outbox.close();
  t.deepEqual(await nextRun(t, folder), { sequences: upTo(621), lost: 0 });
});

test('where the folder can not be made again events are kept in memory, and written once it can', async (t) => {
  const { state, folder } = stateFolder(t);
  const { outbox, statuses, log } = await outboxAt(t, folder);
  outbox.add(eventOf('1', { type: 'end' }), false);
  await until('it to be written', () => outbox.readyTo === 1);
  rmSync(state, { recursive: true });
  writeFileSync(state, 'in the way');
  outbox.add(eventOf('2', { type: 'end' }), false);
  await until('a word about it', () =>
    statuses.some((status) => status.startsWith('unavailable: events are kept in memory')),
  );
  rmSync(state);
  await until('it to be ready again', () => statuses.at(-1)?.startsWith('ready') ?? false);
  t.true(log.some((line) => line.includes('made anew')));
  await outbox.close();
  t.deepEqual((await nextRun(t, folder)).sequences, [1, 2, 3]);
});

test('what somebody appends is no removal', async (t) => {
  const { folder } = stateFolder(t);
  const { outbox, log, add } = await outboxAt(t, folder);
  await add(1, 5);
  appendFileSync(join(folder, readdirSync(folder).at(-1)!), '\n');
  await add(6, 10);
  await outbox.close();
  t.deepEqual(log, []);
});
