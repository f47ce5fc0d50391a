/** Real processes and real signals. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';

const script = join(import.meta.dirname, 'fixtures', 'shutdown-child.ts');

/** Runs the child; `onLine` may send signals. Resolves with all lines and the exit code. */
async function run(
  args: readonly string[],
  onLine: (line: string, send: (signal: NodeJS.Signals) => void) => void = () => undefined,
) {
  const child = spawn(process.execPath, ['--import=tsx', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    onLine(line, (signal) => void child.kill(signal));
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  return { lines, code, signal };
}

test('an uncaught exception makes the outputs safe, then exits 1 with its stack', async (t) => {
  const { lines, code } = await run(['throw']);
  t.is(code, 1);
  t.regex(lines[0]!, /^<3>service: uncaughtException: Error: a bug in a timer \| at .*shutdown-child\.ts/);
  t.deepEqual(lines.slice(1), ['safe']);
});

test('so does a rejection that nobody handles', async (t) => {
  const { lines, code } = await run(['reject']);
  t.is(code, 1);
  t.regex(lines[0]!, /^<3>service: unhandledRejection: Error: nobody waits/);
  t.is(lines[1], 'safe');
});

test('outputs that cannot be made safe do not keep the process alive', async (t) => {
  const { lines, code } = await run(['unsafe']);
  t.is(code, 1);
  t.regex(lines.at(-1)!, /the outputs could not be made safe: Error: line lost/);
});

test('a stop that hangs is given up at its deadline, with safe outputs and exit 1', async (t) => {
  const { lines, code } = await run(['hang', '100'], (line, send) => line === 'ready' && send('SIGTERM'));
  t.is(code, 1);
  t.deepEqual(lines, [
    'ready',
    '<6>service: stopping: SIGTERM',
    'stop SIGTERM',
    '<3>service: the orderly stop took more than 100 ms and was given up',
    'safe',
  ]);
});

test('a stop that fails exits 1 with safe outputs', async (t) => {
  const { lines, code } = await run(['stop-fails'], (line, send) => line === 'ready' && send('SIGTERM'));
  t.is(code, 1);
  t.regex(lines[3]!, /^<3>service: the orderly stop failed: Error: camera refused/);
  t.is(lines[4], 'safe');
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} stops in order, once, and exits 0`, async (t) => {
    const { lines, code } = await run(['orderly'], (line, send) => line === 'ready' && send(signal));
    t.is(code, 0);
    t.deepEqual(lines, ['ready', `<6>service: stopping: ${signal}`, `stop ${signal}`]);
  });
}

test('a second signal exits at once with safe outputs', async (t) => {
  const { lines, code } = await run(['hang'], (line, send) => {
    if (line === 'ready') send('SIGTERM');
    if (line === 'stop SIGTERM') send('SIGINT');
  });
  t.is(code, 130);
  t.deepEqual(lines.slice(3), ['<4>service: SIGINT came again: exit at once', 'safe']);
});

test('the same signal at once is an echo, as npm makes one of Ctrl-C, and the stop stays orderly', async (t) => {
  const { lines, code } = await run(['slow'], (line, send) => {
    if (line !== 'ready') return;
    send('SIGINT');
    send('SIGINT');
  });
  t.is(code, 0);
  t.deepEqual(lines, ['ready', '<6>service: stopping: SIGINT', 'stop SIGINT']);
});

test('a part can ask for the stop itself, the first reason and code count', async (t) => {
  const { lines, code } = await run(['request']);
  t.is(code, 3);
  t.deepEqual(lines, ['<6>service: stopping: the last photo was shown', 'stop the last photo was shown']);
});
