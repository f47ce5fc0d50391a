/** The counts of the closing line come from what ava really prints. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { places } from '../requiring.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const { avaOutput, closingLine } = (await import(join(places.root, 'scripts/test/ava-output.mjs'))) as {
  avaOutput(show: (line: string) => void): {
    take(line: string): void;
    counts(exitCode: number): Counts;
    failures(): readonly string[];
  };
  closingLine(counts: Counts): string;
};

/** Runs ava of this checkout on files of the test's own. */
function runAva(
  folder: string,
  files: Record<string, string>,
): Promise<{ counts: Counts; shown: string; failures: readonly string[] }> {
  mkdirSync(join(folder, 'test'));
  symlinkSync(join(places.root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', ava: { files: ['test/*.js'] } }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'test', name), text);
  const shown: string[] = [];
  const output = avaOutput((line) => shown.push(line));
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('AVA')));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(places.root, 'node_modules/ava/entrypoints/cli.mjs'), ...Object.keys(files).map((name) => `test/${name}`)],
      { cwd: folder, env },
      (error, stdout, stderr) => {
        for (const line of `${stdout}\n${stderr}`.split('\n')) output.take(line);
        const code = typeof error?.code === 'number' ? error.code : 0;
        resolve({ counts: output.counts(code), shown: shown.join('\n'), failures: output.failures() });
      },
    );
  });
}

const header = "import test from 'ava';\n";

test('failed, skipped, todo and expected failures are told apart', async (t) => {
  const { counts, shown, failures } = await runAva(temporaryFolder(t), {
    'a.js': `${header}test('one', (t) => t.pass()); test('two', (t) => t.is(1, 2)); test.skip('three', (t) => t.pass());
      test.todo('four'); test.failing('five', (t) => t.fail()); test('six', (t) => { t.log('a figure'); t.pass(); });`,
  });
  t.deepEqual(counts, { passed: 3, failed: 1, skipped: 1 });
  t.regex(shown, /\[fail\]: two/);
  t.is(failures.length, 1);
  t.regex(failures[0]!, /^✘ \[fail\]: two/);
  t.notRegex(shown, /tests? passed/);
  t.notRegex(shown, /✔ one/, 'what passed is quiet');
  t.regex(shown, /✔ six\n.*a figure/, 'unless it says something');
});

test('a file that crashes, one without tests and one that cannot be loaded each fail', async (t) => {
  const { counts } = await runAva(temporaryFolder(t), {
    'crash.js': `${header}test('one', () => new Promise(() => { setTimeout(() => { throw new Error('late'); }, 1); }));`,
    'none.js': 'export const nothing = 1;',
    'broken.js': "import './no-such-file.js';",
    'good.js': `${header}test('good', (t) => t.pass());`,
  });
  t.is(counts.passed, 1);
  t.is(counts.failed, 3);
});

test('a run that ends badly without a failed test is one failure', (t) => {
  t.deepEqual(avaOutput(() => undefined).counts(2), { passed: 0, failed: 1, skipped: 0 });
});

test('the closing line has the form CI reads', (t) => {
  t.is(closingLine({ passed: 12, failed: 0, skipped: 0 }), '12 passed, 0 failed');
  t.is(closingLine({ passed: 1, failed: 2, skipped: 3 }), '1 passed, 2 failed, 3 skipped');
});
