/** What the kernel counts of a process, where other processes run the same program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { filelessBytes, proportionalSetBytes } from '../../../src/workshop/bench/memory.ts';

/** A node that says when it is there, and takes 40 MB when it is asked. */
async function startNode(t: ExecutionContext): Promise<ChildProcess> {
  const script = `let held; process.stdin.on('data', () => { held = Buffer.alloc(40e6, 1); console.log('taken'); }); console.log('there')`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

test.serial('memory that a process takes is counted with and without pages of files', async (t) => {
  const child = await startNode(t);
  const before = { all: await proportionalSetBytes(child.pid), fileless: await filelessBytes(child.pid) };
  t.true(before.fileless > 1e6 && before.fileless < before.all, JSON.stringify(before));
  child.stdin!.write('go');
  await once(child.stdout!, 'data');
  t.true((await filelessBytes(child.pid)) - before.fileless > 35e6);
  t.true((await proportionalSetBytes(child.pid)) - before.all > 30e6);
});

test.serial('another process of the same program changes its proportional set size alone', async (t) => {
  const child = await startNode(t);
  const before = { all: await proportionalSetBytes(child.pid), fileless: await filelessBytes(child.pid) };
  await Promise.all(Array.from({ length: 8 }, () => startNode(t)));
  const after = { all: await proportionalSetBytes(child.pid), fileless: await filelessBytes(child.pid) };
  t.log(JSON.stringify({ before, after }));
  t.true(Math.abs(after.fileless - before.fileless) < 3e6, JSON.stringify({ before, after }));
});
