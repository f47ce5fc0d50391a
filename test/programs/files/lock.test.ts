/** The lock dies with its holder, and only with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { UnavailableError } from '../../../src/errors.ts';
import { holding } from '../../../src/system/files/lock.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('held by a living process: refused with its number', async (t) => {
  const file = join(temporaryFolder(t), 'lock');
  await holding(file, async () => {
    await t.throwsAsync(
      holding(file, async () => t.fail('both hold it')),
      { instanceOf: UnavailableError, message: new RegExp(`process ${process.pid}`) },
    );
    t.true(existsSync(file), 'the refused one leaves it alone');
  });
  t.false(existsSync(file));
});

test('removed when the work fails', async (t) => {
  const file = join(temporaryFolder(t), 'lock');
  await t.throwsAsync(
    holding(file, async () => {
      throw new Error('no');
    }),
    { message: 'no' },
  );
  t.false(existsSync(file));
});

test('left by a process that is gone, by a number that was given away since, or half written: taken over', async (t) => {
  const file = join(temporaryFolder(t), 'lock');
  const gone = spawn('true');
  await once(gone, 'close');
  for (const content of [`${gone.pid} 12345`, `${process.pid} 1`, '']) {
    writeFileSync(file, content);
    t.is(await holding(file, async () => readFileSync(file, 'utf8').split(' ')[0]), String(process.pid), content);
  }
});
