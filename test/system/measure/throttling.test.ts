import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { decodeThrottled, vcgencmd } from '../../../src/system/measure/throttling.ts';

test('text that is no word of the firmware is refused', (t) => {
  for (const text of ['', 'throttled=', 'error=1 error_msg="Command not registered"', '0x5000000005', 'throttled=0xzz'])
    t.is(decodeThrottled(text), undefined, text);
});

test('each bit sets its own flag, and only it', (t) => {
  const names = ['undervoltage', 'frequencyCapped', 'throttled', 'softTemperatureLimit'] as const;
  for (const [position, name] of names.entries()) {
    const now = decodeThrottled((1 << position).toString(16));
    const since = decodeThrottled(`throttled=0x${(1 << (position + 16)).toString(16)}\n`);
    for (const other of names) {
      t.is(now?.now[other], other === name);
      t.is(since?.sinceBoot[other], other === name);
      t.false(now?.sinceBoot[other]);
      t.false(since?.now[other]);
    }
  }
});

test('vcgencmd that is missing, fails or hangs gives nothing; one that answers is heard', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'goby-vcgencmd-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const program = async (name: string, body: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${body}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const missing = vcgencmd(join(folder, 'none'));
  t.is(await missing(), undefined);
  t.is(await missing(), undefined);
  t.is(await vcgencmd(await program('fails', 'echo "VCHI initialization failed"; exit 255'))(), undefined);
  t.is(await vcgencmd(await program('hangs', 'exec sleep 600'), 100)(), undefined);
  t.is(await vcgencmd(await program('works', 'test "$1" = get_throttled && echo throttled=0x0'))(), 'throttled=0x0\n');
});
