/** What was learnt of sizes on the disk. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type KeptSizes, keptText, mostKeptBytes, readKept } from '../../../src/flow/sizes/kept-sizes.ts';
import { createSizesFile } from '../../../src/flow/sizes/sizes-file.ts';
import { silentLogger } from '../../../src/logger.ts';
import { mountSmallDisk } from '../../faults/small-disk.ts';
import { serialTestRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { drawnStreet, heightsOf } from './drawn-street.ts';

const kept: KeptSizes = {
  of: { widthPx: 1280, heightPx: 720, rotationDeg: 90, source: 'a camera' },
  picture: { widthPx: 80, heightPx: 45, bytes: drawnStreet(80, 45) },
  heights: new Map([...heightsOf('person', [0.5, 0.6], 0.2), ...heightsOf('traffic light', [0.2, 0.3], 0.1)]),
};

function fileIn(folder: string) {
  const path = join(folder, 'sizes', 'front.json');
  const log: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (text: string) => log.push(text),
    info: (text: string) => log.push(text),
  };
  return { path, log, file: createSizesFile(path, logger as typeof silentLogger) };
}

test('what is written is read, by goby alone', async (t) => {
  const { path, file } = fileIn(temporaryFolder(t));
  t.is(file.read(), undefined);
  t.true(await file.write(kept));
  t.deepEqual(file.read(), kept);
  t.is(statSync(path).mode & 0o777, 0o600);
  t.true(statSync(path).size < 20_000);
});

async function damaged(t: ExecutionContext, text: string | Buffer): Promise<void> {
  const { path, log, file } = fileIn(temporaryFolder(t));
  await file.write(kept);
  writeFileSync(path, text);
  t.is(file.read(), undefined);
  t.is(log.length, 1);
  t.regex(log[0]!, /front\.json can't be read; they are learnt anew.*The file is now .*\.damaged/);
  t.false(existsSync(path));
  t.true(await file.write(kept), 'and it is kept again');
  t.deepEqual(file.read(), kept);
}

test('a damaged file is set aside with a sentence, whatever is in it', async (t) => {
  const whole = keptText(kept);
  const other = (change: object) => JSON.stringify({ ...JSON.parse(whole), ...change });
  const tooMany = Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`label ${at}`, { at: [], counts: [] }]));
  for (const text of [
    '',
    whole.slice(0, 500),
    Buffer.from([0, 255, 1]),
    '[[[[[]]]]]',
    other({ version: 2 }),
    other({ picture: { widthPx: 80, heightPx: 45, bytes: 'AAAA' } }),
    other({ picture: { widthPx: 60_000, heightPx: 45, bytes: 'AAAA' } }),
    other({ heights: { person: { at: [1e9], counts: [1] } } }),
    other({ heights: { person: { at: [1], counts: [-1] } } }),
    other({ heights: tooMany }),
    ' '.repeat(mostKeptBytes + 1),
  ])
    await damaged(t, text);
});

test('labels that are names of every object are labels', (t) => {
  const text = JSON.stringify({
    ...JSON.parse(keptText(kept)),
    heights: { constructor: { at: [1], counts: [2] }, toString: { at: [], counts: [] } },
  });
  t.deepEqual([...readKept(text).heights.keys()], ['constructor', 'toString']);
});

serialTestRequiring(
  [{ kind: 'small-disk' }],
  'a full disk is told once; the old file is whole, and later the new one',
  async (t) => {
    const disk = mountSmallDisk({
      folder: () => temporaryFolder(t),
      teardown: (end: () => void) => t.teardown(end),
    } as never);
    const { path, log, file } = fileIn(disk.folder);
    await file.write(kept);
    const before = readFileSync(path, 'utf8');
    disk.fill();
    const more = { ...kept, heights: heightsOf('person', [0.5, 0.6], 0.2, 90) };
    t.false(await file.write(more));
    t.false(await file.write(more));
    t.is(log.length, 1);
    t.regex(log[0]!, /can't be kept, and a restart would forget what is new: The disk is full/);
    t.is(readFileSync(path, 'utf8'), before);
    t.deepEqual(readdirSync(join(disk.folder, 'sizes')), ['front.json'], 'nothing is left lying about');
    disk.empty();
    t.true(await file.write(more));
    t.deepEqual(file.read(), more);
    t.is(log.at(-1), 'the usual sizes are kept now');
  },
);
