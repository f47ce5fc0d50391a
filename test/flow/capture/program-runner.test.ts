/** Running programs: their messages, their secrets, their end, and the one that can't be ended. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { UnavailableError } from '../../../src/errors.ts';
import { defaultTiming, systemRoots } from '../../../src/flow/capture/machine.ts';
import { MessageTail } from '../../../src/flow/capture/message-tail.ts';
import { ProgramRunner } from '../../../src/flow/capture/program-runner.ts';
import { isAlive, temporaryFolder, until } from './cameras-under-test.ts';

const shell = { name: 'sh', path: '/bin/sh' };
const timing = { ...defaultTiming, terminateMs: 200, killMs: 200 };
const machine = {
  env: { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '1', LANG: 'de_DE' },
  roots: systemRoots,
};

/** Runs a script to its end and collects what it writes. */
async function run(script: string, more: { privateInput?: string; secrets?: string[] } = {}) {
  const chunks: Buffer[] = [];
  const end = await new ProgramRunner(machine, timing).run({
    program: shell,
    args: ['-c', script],
    onData: (chunk) => chunks.push(chunk),
    signal: new AbortController().signal,
    ...more,
  });
  return { end, output: Buffer.concat(chunks).toString() };
}

test('a program that cannot be started is an error in words', async (t) => {
  const signal = new AbortController().signal;
  const program = { name: 'rpicam-vid', path: '/nowhere/rpicam-vid' };
  await t.throwsAsync(new ProgramRunner(machine, timing).run({ program, args: [], onData: () => undefined, signal }), {
    instanceOf: UnavailableError,
    message: "rpicam-vid (/nowhere/rpicam-vid) can't be started: ENOENT.",
  });
});

test('exit code, signal and the last lines of stderr are told', async (t) => {
  const { end } = await run('for i in 1 2 3 4 5 6 7 8; do echo "line $i" >&2; done; printf "no newline" >&2; exit 3');
  t.deepEqual(end, {
    code: 3,
    signal: null,
    lines: ['line 4', 'line 5', 'line 6', 'line 7', 'line 8', 'no newline'],
  });
  t.like((await run('kill -SEGV $$')).end, { code: null, signal: 'SIGSEGV' });
});

test('systemd sockets stay with goby, and messages are in English', async (t) => {
  const { output } = await run('echo "$NOTIFY_SOCKET|$WATCHDOG_USEC|$LC_ALL"');
  t.is(output, '||C\n');
});

test('private input arrives, and is masked in messages', async (t) => {
  const { output, end } = await run('read -r line <&3; echo "got $line"; echo "oh $line" >&2', {
    privateInput: 's3cret\n',
    secrets: ['s3cret'],
  });
  t.is(output, 'got s3cret\n');
  t.deepEqual(end.lines, ['oh ***']);
});

test('a program that does not read its private input ends all the same', async (t) => {
  const { end } = await run('exec 3<&-; exit 0', { privateInput: 'x'.repeat(1_000_000) });
  t.is(end.code, 0);
});

test('what onData throws ends the program and is thrown', async (t) => {
  let pid = 0;
  const failing = new ProgramRunner(machine, timing).run({
    program: shell,
    args: ['-c', 'echo $$; exec sleep 1000'],
    onData: (chunk) => {
      pid = Number(chunk);
      throw new UnavailableError('out of step');
    },
    signal: new AbortController().signal,
  });
  await t.throwsAsync(failing, { message: 'out of step' });
  t.false(isAlive(pid));
});

test('children of a program are ended with it, and pipes they hold do not delay its end', async (t) => {
  const abort = new AbortController();
  let pids: number[] = [];
  const running = new ProgramRunner(machine, timing).run({
    program: shell,
    args: ['-c', 'sleep 1000 & echo $$ $!; wait'],
    onData: (chunk) => {
      pids = String(chunk).split(' ').map(Number);
      abort.abort(new Error('enough'));
    },
    signal: abort.signal,
  });
  await t.throwsAsync(running, { message: 'enough' });
  await until(() => pids.every((pid) => !isAlive(pid)), 'the end of both');
  // A grandchild that left the group keeps the pipe open for a while after its parent ended.
  const { end } = await run('setsid sleep 5 & exit 4');
  t.is(end.code, 4);
});

test('a program that was halted with SIGSTOP ends in its own way, without SIGKILL', async (t) => {
  const sent: string[] = [];
  const patient = { ...timing, terminateMs: 120_000 };
  const runner = new ProgramRunner(machine, patient, (pid, signal) => {
    sent.push(signal);
    process.kill(-pid, signal);
  });
  const abort = new AbortController();
  let said = '';
  const running = runner.run({
    program: shell,
    args: ['-c', 'trap "exit 0" TERM; echo $$; while :; do sleep 0.1; done'],
    onData: (chunk) => {
      said = String(chunk);
      process.kill(Number(said), 'SIGSTOP');
      abort.abort(new Error('stalled'));
    },
    signal: abort.signal,
  });
  await t.throwsAsync(running, { message: 'stalled' });
  t.deepEqual(sent, ['SIGTERM', 'SIGCONT']);
  t.false(isAlive(Number(said)));
});

/** A /proc in which every process is in this state. */
async function procWith(t: ExecutionContext, pid: number, state: string): Promise<string> {
  const proc = await temporaryFolder(t);
  await mkdir(join(proc, String(pid)));
  await writeFile(join(proc, String(pid), 'stat'), `${pid} (rpicam (vid)) ${state} 1 1 1 0`);
  return proc;
}

test('a program that outlives SIGKILL is told as stuck, and no second one is started beside it', async (t) => {
  const sent: string[] = [];
  let pid = 0;
  // Signals don't reach it: what a process in the kernel's uninterruptible sleep looks like from outside.
  const roots = { ...systemRoots, proc: '' };
  const runner = new ProgramRunner({ env: machine.env, roots }, timing, (_pid, signal) => sent.push(signal));
  const abort = new AbortController();
  const program = { name: 'rpicam-vid', path: '/bin/sh' };
  const running = runner.run({
    program,
    args: ['-c', 'echo $$; exec sleep 1000'],
    onData: (chunk) => {
      pid = Number(chunk);
      procWith(t, pid, 'D').then((proc) => {
        roots.proc = proc;
        abort.abort(new Error('stalled'));
      });
    },
    signal: abort.signal,
  });
  const error = await t.throwsAsync(running, { instanceOf: UnavailableError });
  t.is(
    error?.message,
    `rpicam-vid (process ${pid}) can't be ended, not even with SIGKILL: it hangs inside the kernel (state D), waiting for the camera, so the camera can't be started again. Reboot required: sudo reboot`,
  );
  t.deepEqual(sent, ['SIGTERM', 'SIGCONT', 'SIGKILL']);
  const again = { program, args: ['-c', 'echo again'], onData: () => t.fail(), signal: new AbortController().signal };
  await t.throwsAsync(runner.run(again), { message: /Reboot required/ });
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid), 'its end');
  // Once it is gone after all, the camera may be started again.
  const onData = (): void => undefined;
  let end: { code: number | null } | undefined;
  await until(() => {
    runner.run({ ...again, onData }).then(
      (told) => {
        end = told;
      },
      () => undefined,
    );
    return end !== undefined;
  }, 'a new start');
  t.is(end?.code, 0);
});

test('messages are bounded, without colours and without chatter', (t) => {
  const tail = new MessageTail();
  tail.feed(Buffer.from('\u001b[1;31mERROR\u001b[0m bad\r\n#1 (30.00 fps) exp 100 ag 1.0 dg 1.0\n'));
  for (let count = 0; count < 100; count += 1) tail.feed(Buffer.from('x'.repeat(10_000)));
  tail.feed(Buffer.from('\nlast\n'));
  const lines = tail.lines();
  t.is(lines[0], 'ERROR bad');
  t.is(lines.length, 3);
  t.true((lines[1] ?? '').length <= 300);
  t.is(lines[2], 'last');
});
