/** What is free goes back to the kernel. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mock } from 'node:test';
import test from 'ava';
import { returnFreeMemory, returnFreeMemoryRegularly } from '../../../src/system/measure/free-memory.ts';

/** Anonymous memory that is in RAM, bytes: statm(5) says it in pages. */
function residentBytes(): number {
  const [, resident, shared] = readFileSync('/proc/self/statm', 'utf8').split(' ').map(Number);
  return 4096 * (resident! - shared!);
}

test('memory that was freed between what is in use goes back to the kernel', (t) => {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = koffi.load(null);
  const malloc = libc.func('void *malloc(size_t)');
  const memset = libc.func('void *memset(void *, int, size_t)');
  const free = libc.func('void free(void *)');
  const blockBytes = 100_000;
  const blocks = Array.from({ length: 600 }, () => malloc(blockBytes) as unknown);
  for (const block of blocks) memset(block, 1, blockBytes);
  // Every second one stays, so that what is free lies between others.
  for (const [at, block] of blocks.entries()) if (at % 2 === 0) free(block);
  const before = residentBytes();
  returnFreeMemory();
  const gained = before - residentBytes();
  for (const [at, block] of blocks.entries()) if (at % 2 === 1) free(block);
  t.true(gained > 0.7 * 300 * blockBytes, `${gained} bytes`);
});

test.serial('it is done once the start is over, then every minute, until it is ended', (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.teardown(() => mock.timers.reset());
  let times = 0;
  const end = returnFreeMemoryRegularly(() => {
    times += 1;
  });
  mock.timers.tick(9_999);
  t.is(times, 0);
  mock.timers.tick(1);
  t.is(times, 1);
  mock.timers.tick(120_000);
  t.is(times, 3);
  end();
  mock.timers.tick(120_000);
  t.is(times, 3);
});
