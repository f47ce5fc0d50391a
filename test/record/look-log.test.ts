/** The look log: what was followed is found again, in bounded room. */
import { appendFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { silentLogger } from '../../src/logger.ts';
import { LookLog } from '../../src/record/look-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const box = [0.1, 0.2, 0.3, 0.4] as const;

test('boxes come back by track, and after a restart', async (t) => {
  const folder = temporaryFolder(t);
  const log = new LookLog({ folder, logger: silentLogger });
  for (let one = 0; one < 10; one++)
    log.add({ atMs: 1000 + one, track: one % 2, label: one % 2 === 0 ? 'person' : 'dog', score: one / 10, box });
  await log.close();
  const again = new LookLog({ folder, logger: silentLogger });
  const { fromMs, tracks } = await again.tracks(0);
  t.is(fromMs, 1000);
  t.deepEqual(
    tracks.map(({ label, looks }) => `${label} ${looks.length}`),
    ['person 5', 'dog 5'],
  );
  t.true(tracks[0]!.looks.every(({ box: found }) => found.every((side, at) => Math.abs(side - box[at]!) < 1e-4)));
  t.deepEqual(
    (await again.tracks(1008)).tracks.map(({ looks }) => looks.length),
    [1, 1],
  );
});

test('what a power cut tore, and what is not ours, is left out', async (t) => {
  const folder = temporaryFolder(t);
  const log = new LookLog({ folder, logger: silentLogger });
  log.add({ atMs: 5, track: 1, label: 'person', score: 0.5, box });
  await log.close();
  const name = readdirSync(folder).find((one) => one.endsWith('.bin'))!;
  appendFileSync(join(folder, name), Buffer.alloc(11, 1));
  writeFileSync(join(folder, 'looks-000000000000001.bin'), Buffer.alloc(24, 0xff));
  writeFileSync(join(folder, 'other.bin'), 'x');
  const { tracks } = await new LookLog({ folder, logger: silentLogger }).tracks(0);
  t.deepEqual(
    tracks.map(({ looks }) => looks.length),
    [1],
  );
});

test('age and size end the oldest files', async (t) => {
  const folder = temporaryFolder(t);
  let nowMs = 1_000_000;
  const log = new LookLog({ folder, logger: silentLogger, maxBytes: 3_000_000, maxAgeMs: 1000, now: () => nowMs });
  for (let round = 0; round < 100; round++) {
    for (let one = 0; one < 2048; one++) log.add({ atMs: nowMs, track: one, label: 'person', score: 0.5, box });
    await log.flush();
    nowMs += 10;
  }
  await log.close();
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  t.true(bytes <= 3_000_000, `${bytes}`);
  t.true((await new LookLog({ folder, logger: silentLogger }).tracks(0)).tracks.length > 100);
});

test('a folder that can not be written is told once, and nothing is thrown', async (t) => {
  const folder = join(temporaryFolder(t), 'file');
  writeFileSync(folder, '');
  const warned: string[] = [];
  const log = new LookLog({
    folder: join(folder, 'below'),
    logger: { ...silentLogger, warn: (line) => void warned.push(line) },
  });
  for (let one = 0; one < 3; one++) {
    log.add({ atMs: 5, track: 1, label: 'person', score: 0.5, box });
    await log.flush();
  }
  t.is(warned.length, 1);
  t.deepEqual((await log.tracks(0)).tracks, []);
});
