/** The child that trains: its progress, its report, its end by itself, by a person, by the agent's stop, and after the agent was killed. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TrainingJob } from '../../../src/agent/training/training-job.ts';
import { readTrainingReport } from '../../../src/agent/training/training-report.ts';
import { silentLogger } from '../../../src/logger.ts';
import { until } from '../../flow/publish/waiting.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const report = {
  sha256: 'ab'.repeat(32),
  architecture: 'mobilenet_v2_1.0_224',
  labels: ['nobody', 'postman'],
  photos: { training: 8, validation: 1, testing: 1 },
  perClass: [4, 4],
  quantized: {
    photos: 1,
    right: 1,
    accuracy: 1,
    confusion: [
      [1, 0],
      [0, 0],
    ],
    mistakes: [],
  },
  interval: { low: 0.2, high: 1 },
  seconds: 3.2,
  notes: ['Few photos.'],
};

/** @param script what the child does in the place of `goby train`; `mark` is its last argument */
function setUp(t: ExecutionContext, script: string, patienceMs = 60_000) {
  const folder = join(temporaryFolder(t), 'training');
  mkdirSync(join(folder, 'door'), { recursive: true });
  const mark = join(folder, 'door', 'door.tflite');
  const open = async () => {
    const job = new TrainingJob({
      folder,
      logger: silentLogger,
      patienceMs,
      now: () => 1000,
      command: () => ({ program: process.execPath, args: ['-e', script, mark], env: process.env, mark }),
    });
    t.teardown(() => job.stop());
    await job.open();
    return job;
  };
  return { folder, mark, open };
}

/** Ended by itself, and kept. */
async function over(job: TrainingJob): Promise<void> {
  await until('the training is over', () => !job.isRunning && job.state?.state !== 'running');
  await job.stop();
}
const forever = 'setInterval(() => {}, 1000);';
const progress = (share: number) => `console.error(JSON.stringify({ stage: 'embedding photos', share: ${share} }));`;

test('progress is seen while it runs, the report is kept, and both are there after a restart', async (t) => {
  const { folder, open } = setUp(
    t,
    `${progress(0.4)} process.stdin.resume; const fs = require('node:fs');
     const timer = setInterval(() => { if (fs.existsSync(process.argv[1] + '.go')) { clearInterval(timer); console.log(${JSON.stringify(JSON.stringify(report))}); } }, 20);`,
  );
  const job = await open();
  t.is(job.state, undefined);
  await job.start('door');
  await until('it tells how far it is', () => job.state?.share === 0.4);
  t.like(job.state, { set: 'door', state: 'running', stage: 'embedding photos' });
  await t.throwsAsync(job.start('door'), { message: /door is being trained/ });
  writeFileSync(join(folder, 'door', 'door.tflite.go'), '');
  await over(job);
  t.like(job.state, { set: 'door', state: 'done', startedMs: 1000, endedMs: 1000 });
  const again = await open();
  t.like(again.state, { set: 'door', state: 'done' });
  t.like(await readTrainingReport(again.reportPath('door')), { sha256: report.sha256, labels: report.labels });
});

test('it fails in the words of goby train, and another one can begin', async (t) => {
  const { open } = setUp(
    t,
    `console.error('goby: photos holds 3 photos; at least 10 are needed.'); process.exitCode = 65;`,
  );
  const job = await open();
  await job.start('door');
  await over(job);
  t.like(job.state, { state: 'failed', error: 'photos holds 3 photos; at least 10 are needed.' });
  t.false(existsSync(job.reportPath('door')));
  await job.start('door');
  await over(job);
});

for (const [what, script] of [
  ['nothing', ''],
  ['no JSON', "console.log('done');"],
  ['another object', "console.log('{}');"],
] as const) {
  test(`a child that ends well and prints ${what} made no model`, async (t) => {
    const job = await setUp(t, script).open();
    await job.start('door');
    await over(job);
    t.like(job.state, { state: 'failed', error: 'goby train printed no report' });
  });
}

test('a child that is killed is told by its signal', async (t) => {
  const job = await setUp(t, 'process.kill(process.pid, "SIGSEGV");').open();
  await job.start('door');
  await over(job);
  t.like(job.state, { state: 'failed', error: 'signal SIGSEGV' });
});

test('a program that is not there is a failure, and not a crash', async (t) => {
  const { folder, mark } = setUp(t, '');
  const job = new TrainingJob({
    folder,
    logger: silentLogger,
    command: () => ({ program: join(folder, 'nothing'), args: [], env: {}, mark }),
  });
  await job.open();
  await job.start('door');
  await over(job);
  t.is(job.state?.state, 'failed');
});

test('cancelled it ends, also where it does not listen', async (t) => {
  const job = await setUp(t, forever).open();
  await t.throwsAsync(job.cancel(), { message: /No training runs/ });
  await job.start('door');
  await job.cancel();
  t.like(job.state, { state: 'cancelled' });
  t.false(job.isRunning);

  const deaf = await setUp(t, `process.on('SIGTERM', () => {}); ${progress(0.1)} ${forever}`, 50).open();
  await deaf.start('door');
  await until('it is deaf', () => deaf.state?.share === 0.1);
  await deaf.cancel();
  t.like(deaf.state, { state: 'cancelled' });
});

test('the agent stops: the child ends with it, and the page is told so after the restart', async (t) => {
  const { open } = setUp(t, forever);
  const job = await open();
  await job.start('door');
  await job.stop();
  t.like((await open()).state, { set: 'door', state: 'interrupted' });
});

test('the agent was killed: the child that lives on is ended, and nothing else of the same number', async (t) => {
  const { folder, mark, open } = setUp(t, forever);
  const left = spawn(process.execPath, ['-e', forever, mark]);
  const other = spawn(process.execPath, ['-e', forever, 'other']);
  t.teardown(() => {
    left.kill('SIGKILL');
    other.kill('SIGKILL');
  });
  const ended = new Promise((resolve) => left.once('exit', (_code, signal) => resolve(signal)));
  const running = (pid: number) => JSON.stringify({ set: 'door', state: 'running', startedMs: 1, pid });
  await until('it runs', () => readFileSync(`/proc/${left.pid}/cmdline`, 'utf8').includes(mark));
  writeFileSync(join(folder, 'job.json'), running(left.pid!));
  t.like((await open()).state, { set: 'door', state: 'interrupted' });
  t.is(await ended, 'SIGTERM');
  writeFileSync(join(folder, 'job.json'), running(other.pid!));
  t.like((await open()).state, { state: 'interrupted' });
  t.is(other.exitCode, null);
  t.is(other.signalCode, null);
});

for (const text of ['', '{', '{"set":1}', 'null']) {
  test(`a damaged record ${JSON.stringify(text)} is as if nothing had been trained`, async (t) => {
    const { folder, open } = setUp(t, '');
    writeFileSync(join(folder, 'job.json'), text);
    t.is((await open()).state, undefined);
  });
}
