/** Starting anew: the real thing, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const fixture = fileURLToPath(new URL('fixtures/relaunch-child.ts', import.meta.url));

function start(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import=tsx', fixture, 'a', 'b c'], {
    env: { ...process.env, NOTIFY_SOCKET: '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

test('without systemd the process becomes a fresh one: same id, same arguments, same output, and signals reach it', async (t) => {
  const { child, lines } = start({});
  const first = JSON.parse((await lines.next()).value!);
  const second = JSON.parse((await lines.next()).value!);
  t.deepEqual(first, { round: 0, pid: child.pid, args: ['a', 'b c'] });
  t.deepEqual(second, { ...first, round: 1 });
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  t.deepEqual(await ended, [7, null]);
});

test('under systemd it ends with 0 and leaves the rest to Restart=always', async (t) => {
  const { child, lines } = start({ NOTIFY_SOCKET: '/nowhere/notify' });
  const ended = once(child, 'exit');
  t.is(JSON.parse((await lines.next()).value!).round, 0);
  t.deepEqual(await ended, [0, null]);
});
