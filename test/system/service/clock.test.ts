import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isClockSynchronised, SystemDeviceClock } from '../../../src/system/service/clock.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('the boot is named, and its time is the one of every process', async (t) => {
  const clock = new SystemDeviceClock();
  await clock.start();
  t.teardown(() => clock.stop());
  t.regex(clock.bootId, /^[0-9a-f-]{36}$/);
  const before = Number(process.hrtime.bigint()) / 1e6;
  const between = clock.sinceBootMs();
  const after = Number(process.hrtime.bigint()) / 1e6;
  t.true(between >= before - 1 && between <= after + 1);
});

test('the file of systemd-timesyncd says that the clock is right', async (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'run/systemd/timesync'), { recursive: true });
  writeFileSync(join(root, 'run/systemd/timesync/synchronized'), '');
  t.true(await isClockSynchronised(root));
});
