import { appendFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FileWatch } from '../../../src/system/files/file-watch.ts';
import { until } from '../../flow/infer/engine-under-test.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('a file is told when it was replaced, rewritten or came back, and not when it vanished or stayed', async (t) => {
  const path = join(temporaryFolder(t), 'mine.tflite');
  await writeFile(path, 'one');
  const told: string[] = [];
  const watch = new FileWatch({ onChange: (changed) => told.push(changed), intervalMs: 10 });
  t.teardown(() => watch.stop());
  await watch.add(path);
  watch.start();

  await writeFile(`${path}.new`, 'two');
  await rename(`${path}.new`, path);
  await until(() => told.length === 1, 'the replaced file');

  await rm(path);
  await appendFile(path, 'three');
  await until(() => told.length === 2, 'the file that came back');

  // The same size: only its time tells.
  await writeFile(path, 'THREE');
  await utimes(path, new Date(), new Date(Date.now() + 5000));
  await until(() => told.length >= 3, 'the rewritten file');
  t.true(told.every((one) => one === path));
});

test('a copy that goes on is waited for', async (t) => {
  const path = join(temporaryFolder(t), 'mine.tflite');
  const sizes: number[] = [];
  let size = 0;
  const watch = new FileWatch({ onChange: () => sizes.push(size), intervalMs: 20 });
  t.teardown(() => watch.stop());
  await watch.add(path);
  watch.start();
  for (let part = 0; part < 100; part++) {
    await appendFile(path, 'x'.repeat(100));
    size += 100;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => sizes.at(-1) === 10_000, 'the whole file');
  t.pass();
});
