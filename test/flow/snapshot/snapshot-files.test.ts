/** Snapshots on disk: whole files, the quota and the age kept, oldest first out. */
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { createSnapshotFiles, surplus } from '../../../src/flow/snapshot/snapshot-files.ts';
import { createLogger } from '../../../src/logger.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const nowMs = Date.UTC(2026, 10, 25);
const dayMs = 86_400_000;

function filesIn(folder: string, { quotaMb = 1, maxAgeDays = 30, now = () => nowMs } = {}) {
  const log: string[] = [];
  const logger = createLogger({
    part: 'snapshots',
    threshold: { level: 'debug' },
    format: 'text',
    write: (line) => log.push(line),
  });
  return { log, files: createSnapshotFiles({ folder, config: { quotaMb, maxAgeDays }, logger, now }) };
}

const picture = (bytes: number, fill = 1): Buffer => Buffer.alloc(bytes, fill);

test('a file is written whole, and replaced by a better one of the same event', async (t) => {
  const folder = join(temporaryFolder(t), 'snapshots');
  const { files } = filesIn(folder);
  const path = await files.put('front', 'a.jpg', picture(10, 1));
  t.is(path, join(folder, 'front', 'a.jpg'));
  await files.put('front', 'a.jpg', picture(20, 2));
  t.deepEqual(readFileSync(path!), picture(20, 2));
  t.deepEqual(readdirSync(join(folder, 'front')), ['a.jpg']);
});

test('the oldest go when the quota is full, those of an earlier run too', async (t) => {
  const folder = join(temporaryFolder(t), 'snapshots');
  mkdirSync(join(folder, 'back'), { recursive: true });
  for (const [index, name] of ['b.jpg', 'c.jpg', 'a.jpg'].entries()) {
    writeFileSync(join(folder, 'back', name), picture(300_000));
    utimesSync(join(folder, 'back', name), nowMs / 1000, nowMs / 1000 - 100 + index);
  }
  writeFileSync(join(folder, 'back', 'half.jpg.new'), picture(5));
  writeFileSync(join(folder, 'back', 'notes.txt'), 'not ours');
  const { files } = filesIn(folder);
  await files.put('front', 'new.jpg', picture(300_000));
  t.deepEqual(readdirSync(join(folder, 'back')).sort(), ['a.jpg', 'c.jpg', 'notes.txt']);
  await files.put('front', 'newer.jpg', picture(600_000));
  t.deepEqual(readdirSync(join(folder, 'back')), ['notes.txt']);
  t.deepEqual(readdirSync(join(folder, 'front')).sort(), ['new.jpg', 'newer.jpg']);
});

test('what is too old goes, although there is room', async (t) => {
  const folder = join(temporaryFolder(t), 'snapshots');
  let atMs = nowMs;
  const { files } = filesIn(folder, { maxAgeDays: 2, now: () => atMs });
  await files.put('front', 'a.jpg', picture(10));
  atMs += dayMs;
  await files.put('front', 'b.jpg', picture(10));
  atMs += 1.5 * dayMs;
  await files.tidy();
  t.deepEqual(readdirSync(join(folder, 'front')), ['b.jpg']);
});

test('with a quota of 0 nothing is written', async (t) => {
  const folder = join(temporaryFolder(t), 'snapshots');
  const { files } = filesIn(folder, { quotaMb: 0 });
  t.is(await files.put('front', 'a.jpg', picture(10)), undefined);
  t.false(existsSync(folder));
});

test('a folder that can not be written is told once, and used again when it can be', async (t) => {
  const folder = join(temporaryFolder(t), 'snapshots');
  writeFileSync(folder, 'in the way');
  const { files, log } = filesIn(folder);
  t.is(await files.put('front', 'a.jpg', picture(10)), undefined);
  t.is(await files.put('front', 'b.jpg', picture(10)), undefined);
  t.is(log.length, 1);
  t.regex(log[0]!, /snapshots can't be kept in .*snapshots: /);
});

test('surplus leaves no more than the quota and nothing too old, and never takes a newer file before an older one', (t) => {
  const file = fc.record({ bytes: fc.nat(1000), modifiedMs: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(file, { maxLength: 30 }), fc.nat(5000), fc.nat(1000), (list, quotaBytes, oldestMs) => {
      const files = new Map(list.map((one, index) => [`${index}`, one]));
      const gone = new Set(surplus(files, { quotaBytes, oldestMs }));
      const left = [...files].filter(([path]) => !gone.has(path)).map(([, one]) => one);
      const taken = [...files].filter(([path]) => gone.has(path)).map(([, one]) => one);
      const newestTaken = Math.max(...taken.map(({ modifiedMs }) => modifiedMs), -1);
      const sizeLeft = left.reduce((sum, { bytes }) => sum + bytes, 0);
      t.true(sizeLeft <= quotaBytes);
      t.true(left.every(({ modifiedMs }) => modifiedMs >= oldestMs && modifiedMs >= newestTaken));
      if (taken.every(({ modifiedMs }) => modifiedMs >= oldestMs) && taken.length > 0) {
        const newest = taken.filter(({ modifiedMs }) => modifiedMs === newestTaken);
        t.true(sizeLeft + newest.reduce((sum, { bytes }) => sum + bytes, 0) > quotaBytes, 'no more than needed');
      }
    }),
  );
});
