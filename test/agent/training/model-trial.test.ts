/** A trained model on one picture, by a child: its answer, its failures, one at a time, and nothing left behind. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ModelTrial } from '../../../src/agent/training/model-trial.ts';
import { silentLogger } from '../../../src/logger.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const jpeg = new Uint8Array([1, 2, 3]);

/** @param script what the child does in the place of `goby classify`; the picture is its last argument */
function setUp(t: ExecutionContext, script: string, patienceMs = 60_000) {
  const file = join(temporaryFolder(t), 'training', '.trial.jpg');
  const command = (set: string, picture: string) => ({
    ...{ program: process.execPath, args: ['-e', script, set, picture], env: process.env },
  });
  return { file, trial: new ModelTrial({ file, command, logger: silentLogger, patienceMs }) };
}

test('the child gets the picture, its scores are told, and only the last picture is kept', async (t) => {
  const { file, trial } = setUp(
    t,
    `const bytes = require('node:fs').readFileSync(process.argv[2]).length;
     console.log(JSON.stringify({ detections: [{ label: process.argv[1], score: bytes / 10 }], invokeMs: 4.5 }));`,
  );
  const { picture, ...told } = await trial.run('door', jpeg);
  t.deepEqual(told, {
    scores: [{ label: 'door', score: 0.3 }],
    invokeMs: 4.5,
  });
  t.false(existsSync(file));
  t.deepEqual(trial.picture(picture), jpeg);
  const next = await trial.run('door', new Uint8Array(5));
  t.is(trial.picture(picture), undefined);
  t.is(trial.picture(next.picture)?.length, 5);
});

test("a child that fails, says nonsense or doesn't end is a sentence, and the next picture can be tried", async (t) => {
  for (const [script, expected] of [
    ["console.error('goby: The model door.tflite is damaged.'); process.exitCode = 65", /door\.tflite is damaged/],
    ["console.log('nonsense')", /printed no answer/],
    ['process.exitCode = 3', /ended with 3/],
  ] as const) {
    const { trial, file } = setUp(t, script);
    await t.throwsAsync(trial.run('door', jpeg), { message: expected });
    await t.throwsAsync(trial.run('door', jpeg), { message: expected });
    t.false(existsSync(file));
  }
  const { trial } = setUp(t, 'setInterval(() => {}, 1000)', 300);
  await t.throwsAsync(trial.run('door', jpeg), { message: /ended with SIGTERM/ });
});

test('one picture at a time', async (t) => {
  const { trial, file } = setUp(
    t,
    `console.log(JSON.stringify({ detections: [], invokeMs: require('node:fs').statSync(process.argv[2]).size }))`,
  );
  const first = trial.run('door', jpeg);
  await t.throwsAsync(trial.run('door', new Uint8Array(9)), { message: /Another picture is being tried/ });
  t.is((await first).invokeMs, 3);
  t.throws(() => readFileSync(file));
});
