/**
 * `npm test`: types, lint, unit tests, then end-to-end tests, and where it is asked for the package in a guest. `npm test -- TEXT...` runs only test files whose path has one of
 * the texts. The last line is `N passed, N failed`, with `, N skipped` where some were.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLine } from './test/ava-output.mjs';
import { runGuest } from './test/guest.mjs';
import { runCheck, runTests } from './test/steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const filters = process.argv.slice(2);

const mirror = join(root, '..', 'shared', 'models');
if (process.env.GOBY_MODEL_MIRROR === undefined && existsSync(mirror)) process.env.GOBY_MODEL_MIRROR = mirror;

const { status } = spawnSync(process.execPath, ['scripts/bootstrap.mjs', '--for', 'test'], { stdio: ['ignore', 1, 2] });
if (status !== 0) process.exit(status ?? 1);

const total = { passed: 0, failed: 0, skipped: 0 };
function add({ passed, failed, skipped }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

if (filters.length === 0) {
  for (const [title, program, args] of [
    ['types', 'node_modules/.bin/tsc', ['--noEmit', '-p', 'tsconfig.json']],
    ['lint', 'node_modules/.bin/biome', ['check', '.']],
  ]) {
    const good = await runCheck(title, program, args);
    add({ passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 });
  }
}

const files = readdirSync('test', { recursive: true })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => join('test', path))
  .filter((path) => filters.length === 0 || filters.some((text) => path.includes(text)))
  .sort();
const isEndToEnd = (path) => path.startsWith(join('test', 'end-to-end'));
add(await runTests({ title: 'unit', files: files.filter((path) => !isEndToEnd(path)) }));
add(
  await runTests({
    title: 'end to end',
    files: files.filter(isEndToEnd),
    args: ['--serial', '--concurrency=1', '--timeout=400s'],
  }),
);
if (filters.length === 0) add(await runGuest());

if (files.length === 0) {
  console.log(`No test file's path has ${filters.join(' or ')}.`);
  total.failed++;
}
console.log(closingLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
