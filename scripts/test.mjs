/**
 * `npm test`: types, lint, units, tests that start programs, end-to-end tests, and where it is asked for the package in a guest.
 * `npm test -- TEXT...` runs only test files whose path has one of the texts: `npm test -- flow/track` runs one folder.
 * The last line is `N passed, N failed`, with `, N skipped` where some were.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closingLine } from './test/ava-output.mjs';
import { runGuest } from './test/guest.mjs';
import { slowestFiles } from './test/slowest.mjs';
import { runCheck, runTests } from './test/steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const filters = process.argv.slice(2);

const mirror = join(root, '..', 'shared', 'models');
if (process.env.GOBY_MODEL_MIRROR === undefined && existsSync(mirror)) process.env.GOBY_MODEL_MIRROR = mirror;

const { status } = spawnSync(process.execPath, ['scripts/bootstrap.mjs', '--for', 'test'], { stdio: ['ignore', 1, 2] });
if (status !== 0) process.exit(status ?? 1);

const total = { passed: 0, failed: 0, skipped: 0 };
/** Told once more at the end: what failed is hard to find in thousands of lines. */
const failures = [];
function add({ passed, failed, skipped, failures: some = [] }) {
  failures.push(...some);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

if (filters.length === 0) {
  for (const [title, program, args] of [
    ['types', 'node_modules/.bin/tsc', ['--noEmit', '-p', 'tsconfig.json']],
    ['page types', 'node_modules/.bin/tsc', ['--noEmit', '-p', 'src/web/page/tsconfig.json']],
    ['lint', 'node_modules/.bin/biome', ['check', '.']],
  ]) {
    const good = await runCheck(title, program, args);
    add({ passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0, failures: good ? [] : [`✘ ${title}`] });
  }
}

const files = readdirSync('test', { recursive: true })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => join('test', path))
  .filter((path) => filters.length === 0 || filters.some((text) => path.includes(text)))
  .sort();
/** What starts programs needs the machine more than a unit does: it comes apart, and whole agents come two at a time. */
const kindOf = (path) => {
  const folder = path.split('/')[1];
  if (path.endsWith('-soak.test.ts')) return 'soak';
  if (folder === 'end-to-end') return 'end to end';
  return ['programs', 'faults', 'scripts', 'systemd'].includes(folder) ? 'programs' : 'unit';
};
const filesOf = (kind) => files.filter((path) => kindOf(path) === kind);

const folder = mkdtempSync(join(tmpdir(), 'goby-test-run-'));
const times = join(folder, 'times');
writeFileSync(times, '');
const env = { ...process.env, GOBY_TEST_TIMES: times };
try {
  add(await runTests({ title: 'unit', files: filesOf('unit'), env }));
  // Two minutes that are mostly waiting: they pass beside the others.
  const soak = runTests({ title: 'soak', files: filesOf('soak'), args: ['--timeout=400s'], env });
  add(await runTests({ title: 'programs', files: filesOf('programs'), env }));
  add(await soak);
  const args = ['--serial', '--timeout=400s'];
  add(await runTests({ title: 'end to end', files: filesOf('end to end'), args, env, lanes: 2 }));
  if (filters.length === 0)
    console.log(['The slowest test files:', ...slowestFiles(readFileSync(times, 'utf8'))].join('\n'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (filters.length === 0) add(await runGuest());

if (files.length === 0) {
  console.log(`No test file's path has ${filters.join(' or ')}.`);
  total.failed++;
}
if (failures.length > 0) console.log(['What failed:', ...failures.map((line) => `  ${line}`)].join('\n'));
console.log(closingLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
