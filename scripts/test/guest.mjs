/** The package in an x86-64 guest, as a part of `npm test`: asked for with GOBY_TEST_GUEST=1, since it wants QEMU and many minutes. */
import { run, tell } from './steps.mjs';

/** All of CI is to take twenty minutes at most, and this takes up to nine. */
const latestStartMs = 11 * 60_000;

/** It takes four minutes, and five more where its parts have to be made first. What takes this long has stopped. */
const limitMs = 25 * 60_000;

/**
 * A guest that can't be had here, or not in time, is one line and counts for nothing: it is not the tests that are missing.
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function runGuest() {
  const none = { passed: 0, failed: 0, skipped: 0 };
  if (process.env.GOBY_TEST_GUEST !== '1') {
    console.log('The package on a real systemd, in a guest, is not part of this run: npm run test:guest');
    return none;
  }
  if (performance.now() > latestStartMs) {
    console.log(`Left out, for this run is old already: the package in a guest (npm run test:guest -- --short)`);
    return none;
  }
  const startMs = performance.now();
  let counts;
  const onLine = (line) => {
    const found = /^(\d+) passed, (\d+) failed(, 1 skipped)?$/.exec(line);
    if (found) counts = { passed: Number(found[1]), failed: Number(found[2]), skipped: 0 };
    else if (line.trim() !== '') console.log(line);
  };
  const args = ['--import=tsx', 'test/guest/main.ts', '--short'];
  const code = await run(process.execPath, args, process.env, onLine, limitMs);
  counts ??= none;
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  tell('guest', counts.failed === 0, startMs, `${counts.passed} passed, ${counts.failed} failed`);
  return counts;
}
