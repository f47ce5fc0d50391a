/**
 * Preloaded into every test process: at its end, one line with its test file and how long the process lived, in milliseconds, for
 * the list of the slowest files. Says nothing unless GOBY_TEST_TIMES names the file to write to.
 */
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

const times = process.env.GOBY_TEST_TIMES;
if (times !== undefined) {
  process.once('exit', () => {
    const file = testFile();
    if (file !== undefined)
      appendFileSync(times, `${Math.round(performance.now())}\t${relative(process.cwd(), file)}\n`);
  });
}

/** The test file of this process, which ava keeps in a module of its own; undefined where the process isn't one of ava's. */
function testFile() {
  try {
    return createRequire(import.meta.url)(join(process.cwd(), 'node_modules/ava/lib/worker/options.cjs')).get().file;
  } catch {
    return undefined;
  }
}
