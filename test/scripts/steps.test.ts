/** The programs that `npm test` runs: their lines, their exit code, and that none is waited for without end. */
import test from 'ava';

type Run = (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
  limitMs?: number,
) => Promise<number>;
// Plain JavaScript, which a checkout without anything installed can run.
const steps = (await import(new URL('../../scripts/test/steps.mjs', import.meta.url).href)) as { run: Run };

test('lines of both outputs, and the exit code', async (t) => {
  const lines: string[] = [];
  const script = 'console.log("one"); console.error("two"); process.exitCode = 7;';
  t.is(await steps.run(process.execPath, ['-e', script], process.env, (line) => lines.push(line)), 7);
  t.deepEqual(lines.sort(), ['one', 'two']);
});

test('a program that is not there is a line and a failure', async (t) => {
  const lines: string[] = [];
  t.is(await steps.run('no-such-program', [], process.env, (line) => lines.push(line)), 1);
  t.regex(lines.join('\n'), /ENOENT/);
});

test('what goes on for ever is ended', async (t) => {
  t.is(await steps.run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], process.env, () => undefined, 200), 1);
});
